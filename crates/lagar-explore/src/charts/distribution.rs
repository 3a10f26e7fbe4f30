//! The histogram of a distribution: with its quantiles, and with the line that a rule draws.

use lagar_report::chart::{Histogram, Layer, Mark, Scale};

use crate::profile::{Distribution, Profile};
use lagar_report::words::{number, spaced};

/// What a statistic is called above its chart.
pub fn title_of(name: &str) -> String {
    let known = match name {
        "words" => "Words per text",
        "characters" => "Characters per text",
        "sentences" => "Sentences per text",
        "tokens" => "Tokens per text",
        "distinct_words" => "Different words in a text",
        "digits" => "Digits in a text",
        "symbols" => "Symbols in a text",
        "capitals" => "Capitals in a text",
        "width" => "Width of pictures",
        "height" => "Height of pictures",
        "aspect" => "Width over height of pictures",
        "megapixels" => "Area of pictures",
        "bytes" => "File size of pictures",
        "sharpness" => "Sharpness of pictures",
        "brightness" => "Brightness of pictures",
        "contrast" => "Contrast of pictures",
        "pictures_per_row" => "Pictures per row",
        "words_per_megapixel" => "Words per megapixel",
        "image_text_similarity" => "Similarity of picture and text (CLIP)",
        _ => return spaced(name),
    };
    known.to_owned()
}

/// The histogram of a statistic; `things` are what is counted (`texts`, `pictures`).
pub fn histogram(profile: &Profile, name: &str, things: &str) -> Option<(Histogram, String)> {
    let distribution = profile.distribution(name)?;
    let mut chart = of(name, distribution, things);
    for problem in &profile.problems {
        if let (Some(statistic), Some(line)) = (&problem.statistic, problem.line)
            && statistic == name
        {
            let label = format!("{}: {}", spaced(&problem.rule), number(line));
            chart.marks.push(Mark::threshold(line, label));
        }
    }
    Some((chart, caption(distribution)))
}

/// The histogram of a distribution with its median and its 5 and 95 per cent.
fn of(name: &str, distribution: &Distribution, things: &str) -> Histogram {
    let marks = [(0.05, "5 %"), (0.5, "median"), (0.95, "95 %")];
    let mark = |(q, label): (f64, &str)| {
        let value = distribution.quantile(q)?;
        Some(Mark::quantile(value, format!("{label}: {}", number(value))))
    };
    let counts = || distribution.histogram.counts.iter().map(|count| *count as f64);
    let layer = Layer {
        name: things.to_owned(),
        edges: distribution.histogram.edges.clone(),
        counts: counts().collect(),
    };
    let title = title_of(name);
    Histogram {
        x_label: match distribution.unit.as_str() {
            "" => title.clone(),
            unit => unit.to_owned(),
        },
        title,
        y_label: things.to_owned(),
        x_scale: if distribution.log_scale { Scale::Logarithmic } else { Scale::Linear },
        y_scale: if has_thin_tail(distribution) { Scale::Logarithmic } else { Scale::Linear },
        layers: vec![layer],
        marks: marks.into_iter().filter_map(mark).collect(),
    }
}

/// Whether one per cent of the values takes up most of the axis, where a linear scale shows nothing.
fn has_thin_tail(distribution: &Distribution) -> bool {
    let (Some(low), Some(high)) = (distribution.quantile(0.01), distribution.quantile(0.99)) else {
        return false;
    };
    let range = distribution.max - distribution.min;
    !distribution.log_scale && range > 0.0 && (high - low) < 0.4 * range
}

/// What the histogram shows, in a sentence.
fn caption(distribution: &Distribution) -> String {
    let sd = distribution.sd.map_or_else(String::new, |sd| format!(" ± {}", number(sd)));
    let about = distribution.about.trim_end_matches('.');
    let rounded = if distribution.exact { "" } else { " (quantiles of rounded values)" };
    format!(
        "{about}: mean {}{sd}, median {}, from {} to {}{rounded}.",
        number(distribution.mean),
        number(distribution.median()),
        number(distribution.min),
        number(distribution.max),
    )
}
