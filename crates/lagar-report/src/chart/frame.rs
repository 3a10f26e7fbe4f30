//! What all charts share: paper, ink, sizes, and the way from kuva's drawing to an SVG element.

use kuva::backend::svg::SvgBackend;
use kuva::prelude::{Layout, LegendPosition, Plot, ReferenceLine, Theme};
use kuva::render::render::render_multiple;
use lagar_core::Digest;

use super::{Look, Mark, Scale};

/// Okabe and Ito's colours, the most distinct first.
const COLOURS: [&str; 6] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9"];

/// The colour of a series.
pub(super) fn colour(series: usize) -> &'static str {
    COLOURS[series % COLOURS.len()]
}

/// The colour of a series through which others can be seen.
pub(super) fn faint_colour(series: usize) -> String {
    let hex = colour(series);
    let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap_or(0);
    format!("rgba({},{},{},0.6)", part(1), part(3), part(5))
}

/// The ink of lines and letters.
pub(super) fn ink(look: Look) -> &'static str {
    match look {
        Look::Page => "currentColor",
        Look::File => "#1d1b19",
    }
}

/// The longest text beside an axis, in characters.
const LABEL: usize = 44;

/// A text for kuva: on one line, not too long, and with no formulas in it.
pub(super) fn label(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short = if line.chars().count() > LABEL {
        line.chars().take(LABEL - 1).chain(['…']).collect()
    } else {
        line
    };
    short.replace('\\', "\\\\").replace('$', "\\$")
}

/// A title for kuva: as long as it is.
pub(super) fn title(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('$', "\\$")
}

/// Width of every chart, in pixels.
const WIDTH: f64 = 640.0;

/// The layout that fits `plots`, in the house's clothes; `height` is that of the drawing area.
pub(super) fn layout(plots: &[Plot], look: Look, height: f64) -> Layout {
    let (paper, grid) = match look {
        Look::Page => ("none", "var(--grid)"),
        Look::File => ("#ffffff", "#e9e5de"),
    };
    let theme = Theme {
        background: paper.to_owned(),
        axis_color: ink(look).to_owned(),
        tick_color: ink(look).to_owned(),
        text_color: ink(look).to_owned(),
        grid_color: grid.to_owned(),
        legend_bg: "none".to_owned(),
        legend_border: "none".to_owned(),
        font_family: Some("system-ui, 'Noto Sans', 'Noto Sans CJK SC', sans-serif".to_owned()),
        ..Theme::light()
    };
    Layout::auto_from_plots(plots)
        .with_theme(theme)
        .with_width(WIDTH)
        .with_height(height)
        .with_title_size(15)
        .with_label_size(13)
        .with_tick_size(12)
        .with_body_size(12)
        .with_legend_position(LegendPosition::OutsideRightTop)
}

/// With an axis in powers of ten, where asked for.
pub(super) fn scaled(layout: Layout, x: Scale, y: Scale) -> Layout {
    let layout = if x == Scale::Logarithmic { layout.with_log_x() } else { layout };
    if y == Scale::Logarithmic { layout.with_log_y() } else { layout }
}

/// With dashed lines at the marks of the horizontal axis.
pub(super) fn marked(layout: Layout, marks: &[Mark], look: Look) -> Layout {
    marks.iter().fold(layout, |layout, mark| {
        let line = ReferenceLine::vertical(mark.value).with_color(ink(look));
        layout.with_reference_line(line.with_label(label(&mark.label)))
    })
}

/// The drawing as an SVG element.
pub(super) fn draw(plots: Vec<Plot>, layout: Layout, look: Look) -> String {
    let scene = render_multiple(plots, layout);
    let (width, height) = (scene.width.round(), scene.height.round());
    let svg = SvgBackend::new().render_scene(&scene);
    let inside = own_ids(svg.split_once('>').map_or("", |(_, inside)| inside));
    let name = if look == Look::File { " xmlns=\"http://www.w3.org/2000/svg\"" } else { "" };
    let family = "system-ui, 'Noto Sans', 'Noto Sans CJK SC', sans-serif";
    let ink = ink(look);
    format!(
        "<svg viewBox=\"0 0 {width} {height}\"{name} width=\"{width}\" height=\"{height}\" \
         font-family=\"{family}\" fill=\"{ink}\">{inside}"
    )
}

/// What kuva numbers through over the whole process, and a page must not have twice.
const ID: &str = "kuva-clip-";

/// The same drawing with ids that depend on nothing but itself.
fn own_ids(drawing: &str) -> String {
    let mut parts = drawing.split(ID);
    let mut text = parts.next().unwrap_or_default().to_owned();
    let mut seen: Vec<&str> = Vec::new();
    for part in parts {
        let end = part.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(part.len());
        let (number, rest) = part.split_at(end);
        let place = seen.iter().position(|known| *known == number).unwrap_or(seen.len());
        if place == seen.len() {
            seen.push(number);
        }
        text.extend([ID, &place.to_string(), rest]);
    }
    let digest = Digest::of(text.as_bytes()).to_string();
    text.replace(ID, &format!("clip-{}-", &digest[..12]))
}

/// What stands for a chart without data.
pub(super) fn nothing(look: Look) -> String {
    let name = if look == Look::File { " xmlns=\"http://www.w3.org/2000/svg\"" } else { "" };
    let ink = ink(look);
    format!(
        "<svg viewBox=\"0 0 240 40\"{name} width=\"240\" height=\"40\" fill=\"{ink}\">\
         <text x=\"8\" y=\"25\">nothing to show</text></svg>"
    )
}
