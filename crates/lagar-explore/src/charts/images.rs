//! Charts of pictures, and of pictures with their texts.

use lagar_report::chart::{Density, Scale};

use super::texts::distributions;
use super::{Drawn, Sheet, bars, top};
use crate::profile::{Profile, Repeats};
use lagar_report::words::{count, number, percent};

/// Size, shape and format.
pub(super) fn shapes(profile: &Profile) -> Sheet {
    let mut sheet = Sheet::new("image_analysis", "Pictures");
    distributions(&mut sheet, profile, &["width", "height", "aspect", "megapixels", "bytes"]);
    let pictures = &profile.pictures;
    for (title, shares, caption) in [
        ("Sizes", &pictures.sizes, "By the shorter side: small under 224 pixels, medium to 512."),
        ("Formats", &pictures.formats, "By what the files' bytes say, not by their names."),
        ("Colour modes", &pictures.modes, "By Pillow's names."),
    ] {
        if let Some(most) = shares.first() {
            let first = format!("{} of the pictures are {}.", percent(most.share), most.name);
            sheet.push(bars(title, "pictures", &top(shares, 10)), format!("{caption} {first}"));
        }
    }
    sheet
}

/// What pixels show.
pub(super) fn pixels(profile: &Profile) -> Sheet {
    let mut sheet = Sheet::new("image_quality_analysis", "Sharpness, brightness, contrast");
    distributions(&mut sheet, profile, &["sharpness", "brightness", "contrast"]);
    sheet
}

/// Texts against pictures.
pub(super) fn pairs(profile: &Profile) -> Sheet {
    let mut sheet = Sheet::new("pair_analysis", "Texts and their pictures");
    density(&mut sheet, profile);
    let names: Vec<&str> = profile.pairs.distributions.keys().map(String::as_str).collect();
    distributions(&mut sheet, profile, &names);
    repeats(&mut sheet, "Texts by their pictures", "texts", &profile.pairs.pictures_per_text);
    repeats(&mut sheet, "Pictures by their texts", "pictures", &profile.pairs.texts_per_picture);
    sheet
}

/// Words of texts against the area of their pictures.
fn density(sheet: &mut Sheet, profile: &Profile) {
    let grid = &profile.pairs.words_by_megapixels;
    if grid.counts.len() < 2 {
        return;
    }
    let chart = Density {
        title: "Words and the area of the picture".to_owned(),
        x_label: "megapixels".to_owned(),
        y_label: "words".to_owned(),
        x_scale: Scale::Logarithmic,
        y_scale: Scale::Logarithmic,
        x_edges: grid.x_edges.clone(),
        y_edges: grid.y_edges.clone(),
        counts: grid.counts.clone(),
    };
    let found = profile.pairs.words_pixels_correlation;
    let correlation = found
        .map_or_else(String::new, |found| format!(" Pearson's correlation is {}.", number(found)));
    let caption =
        format!("How many rows have so many words beside a picture so large.{correlation}");
    sheet.push(Drawn::Density(chart), caption);
}

/// How many things are used how often, where any is used more than once.
fn repeats(sheet: &mut Sheet, title: &str, things: &str, repeats: &Repeats) {
    let several: u64 = repeats.iter().filter(|(uses, _)| *uses > 1).map(|(_, many)| many).sum();
    if several == 0 {
        return;
    }
    let named = |(uses, many): &(u64, u64)| (format!("with {uses}"), *many as f64);
    let mut rows: Vec<(String, f64)> = repeats.iter().take(12).map(named).collect();
    let rest: u64 = repeats.iter().skip(12).map(|(_, many)| many).sum();
    if rest > 0 {
        rows.push((format!("with {} or more", repeats[12].0), rest as f64));
    }
    let other = if things == "texts" { "pictures" } else { "texts" };
    let caption = format!("{} {things} have several {other}.", count(several));
    sheet.push(bars(title, things, &rows), caption);
}
