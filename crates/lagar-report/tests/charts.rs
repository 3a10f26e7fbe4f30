//! Charts as files: legible as PNG too, whatever is written on them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::path::Path;

use lagar_core::fsio;
use lagar_report::chart::{
    Bar, Bars, Chart as _, Density, Histogram, Layer, Look, Mark, Panels, Scale, png,
};

/// Values with a tail: 1 often, 2000 once.
fn tail() -> Vec<f64> {
    (1..2_000)
        .flat_map(|value| {
            vec![f64::from(value); 2_000 / (value * value) as usize + usize::from(value % 97 == 0)]
        })
        .collect()
}

fn words() -> Histogram {
    let values: Vec<f64> =
        (0..4_000).map(|i| 8.0 + f64::from(i % 7) + f64::from(i % 5) - f64::from(i % 11)).collect();
    Histogram {
        title: "Words per caption".to_owned(),
        x_label: "words".to_owned(),
        y_label: "captions".to_owned(),
        layers: vec![Layer::of("all", &values, 30, None)],
        marks: vec![
            Mark::quantile(3.0, "5 %: 3"),
            Mark::quantile(8.0, "median: 8"),
            Mark::quantile(8.5, "mean: 8.5"),
            Mark::quantile(14.0, "95 %: 14"),
            Mark::threshold(4.0, "min_num: 4"),
        ],
        ..Histogram::default()
    }
}

fn long_tail() -> Histogram {
    Histogram {
        title: "Characters per caption".to_owned(),
        x_label: "characters".to_owned(),
        y_label: "captions".to_owned(),
        y_scale: Scale::Logarithmic,
        layers: vec![Layer::of("all", &tail(), 40, None)],
        marks: vec![Mark::quantile(2.0, "median: 2"), Mark::quantile(1_900.0, "99 %: 1,900")],
        ..Histogram::default()
    }
}

fn laid_over() -> Histogram {
    let before: Vec<f64> = (0..3_000).map(|i| f64::from(i % 17)).collect();
    let after: Vec<f64> = (0..1_000).map(|i| 6.0 + f64::from(i % 12)).collect();
    Histogram {
        title: "Before and after".to_owned(),
        x_label: "words".to_owned(),
        y_label: "share of rows, %".to_owned(),
        layers: vec![
            Layer::of("before", &before, 18, Some((0.0, 18.0))),
            Layer::of("after", &after, 18, Some((0.0, 18.0))),
        ],
        ..Histogram::default()
    }
}

fn frequent() -> Bars {
    let words = ["the", "a", "with", "白色", "背景", "größe", "здание"];
    Bars {
        title: "Most frequent words".to_owned(),
        value_label: "times".to_owned(),
        series: vec!["all".to_owned()],
        groups: words
            .iter()
            .enumerate()
            .map(|(place, word)| {
                ((*word).to_owned(), vec![Bar::new(26_000.0 / (place + 1) as f64, None)])
            })
            .collect(),
    }
}

fn density() -> Density {
    let edge = |power: i32| 10.0_f64.powf(f64::from(power) / 4.0);
    let cell = |x: u64, y: u64| if x + y < 9 { 1_u64 << (10 - x.min(y) - x / 2) } else { 0 };
    Density {
        title: "Caption length and picture size".to_owned(),
        x_label: "megapixels".to_owned(),
        y_label: "words".to_owned(),
        x_scale: Scale::Logarithmic,
        y_scale: Scale::Logarithmic,
        x_edges: (-6..=2).map(edge).collect(),
        y_edges: (0..=8).map(edge).collect(),
        counts: (0..8).map(|y| (0..8).map(|x| cell(x, y)).collect()).collect(),
    }
}

fn sheet() -> Panels {
    Panels::new("Everything <at> \"once\" & 一起", 2)
        .with(words())
        .with(long_tail())
        .with(laid_over())
        .with(frequent())
        .with(density())
}

/// How many pixels of a PNG are neither white nor nearly so.
fn inked(bytes: &[u8]) -> usize {
    let picture = lagar_image::decode(bytes).unwrap().to_rgb();
    picture.pixels().chunks(3).filter(|pixel| pixel.iter().any(|part| *part < 200)).count()
}

#[test]
fn a_sheet_of_charts_becomes_svg_and_png() {
    let svg = sheet().svg(Look::File);
    assert!(svg.starts_with("<svg viewBox") && svg.ends_with("</svg>"));
    assert!(svg.contains("Everything &lt;at&gt;") && svg.contains("一起"));
    let drawn = png(&svg, 1.5).unwrap();
    assert!(inked(&drawn.bytes) > 20_000);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fsio::write(folder.join("sheet.svg"), svg.as_bytes()).unwrap();
    fsio::write(folder.join("sheet.png"), &drawn.bytes).unwrap();
    assert_eq!(png(&svg, 1.5).unwrap(), drawn, "the same bytes every time");
}

#[test]
fn letters_of_europe_need_no_font_of_the_machine() {
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"400\" height=\"40\"><text x=\"5\" \
               y=\"25\">Größe, здание, λ ≥ 5 × 3 → “x”</text></svg>";
    let drawn = png(svg, 1.0).unwrap();
    assert_eq!(drawn.missing, []);
    let picture = lagar_image::decode(&drawn.bytes).unwrap();
    let visible = picture.pixels().chunks(4).filter(|pixel| pixel[3] > 100).count();
    assert!(visible > 300, "{visible} pixels");
}

#[test]
fn a_letter_that_no_font_has_is_reported() {
    let bars = Bars {
        series: vec!["all".to_owned()],
        groups: vec![("\u{10ffff}".to_owned(), vec![Bar::new(1.0, None)])],
        ..Bars::default()
    };
    assert_eq!(png(&bars.svg(Look::File), 1.0).unwrap().missing, ['\u{10ffff}']);
}

#[test]
fn what_is_no_drawing_is_an_error() {
    let error = png("<p>no</p>", 1.0).unwrap_err();
    assert!(error.to_string().starts_with("chart as PNG: "), "{error}");
    assert!(png(&words().svg(Look::File), 0.0).is_err());
}

#[test]
fn labels_of_marks_never_stand_on_each_other() {
    let svg = words().svg(Look::File);
    let place = |text: &str| {
        let before = svg.split(&format!(">{text}<")).next().unwrap();
        let tag = &before[before.rfind("<text").unwrap()..];
        let number = |name: &str| -> f64 {
            tag.split(&format!(" {name}=\""))
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap()
                .parse()
                .unwrap()
        };
        (number("x"), number("y"))
    };
    let labels = ["5 %: 3", "median: 8", "mean: 8.5", "min_num: 4"].map(place);
    for (one, (x, y)) in labels.iter().enumerate() {
        for (other_x, other_y) in &labels[one + 1..] {
            assert!((y - other_y).abs() > 10.0 || (x - other_x).abs() > 40.0, "{labels:?}");
        }
    }
}

#[test]
fn an_empty_bin_of_a_logarithmic_axis_is_drawn_as_nothing() {
    let svg = long_tail().svg(Look::File);
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    assert!(Density::default().svg(Look::Page).contains("nothing to show"));
}
