//! The pictures of a profile: sheets of charts for files, and the same charts one by one for a page.
//!
//! `text_length_analysis`, `word_frequency_analysis` and `image_analysis` have the names under which
//! users of Data-Juicer's analysis know such pictures; the others are named alike.

mod distribution;
mod images;
mod overview;
mod texts;

use std::path::Path;

use lagar_core::fsio;
use lagar_report::Figure;
use lagar_report::chart::{Bars, Chart, Density, Histogram, Lines, Look, Panels, png};

pub use distribution::{histogram, title_of};

use crate::ExploreError;
use crate::profile::{Profile, Share};

/// A chart of any kind.
#[derive(Clone, Debug)]
pub enum Drawn {
    /// Values by how often they occur.
    Histogram(Histogram),
    /// Kinds by how often they occur.
    Bars(Bars),
    /// How one number depends on another.
    Lines(Lines),
    /// How often two numbers come together.
    Density(Density),
}

impl Chart for Drawn {
    fn svg(&self, look: Look) -> String {
        match self {
            Self::Histogram(chart) => chart.svg(look),
            Self::Bars(chart) => chart.svg(look),
            Self::Lines(chart) => chart.svg(look),
            Self::Density(chart) => chart.svg(look),
        }
    }
}

/// Charts that belong together.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The name of its files.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The charts, each with a sentence that says what it shows.
    pub charts: Vec<(Drawn, String)>,
}

impl Sheet {
    /// A sheet without charts.
    pub(crate) fn new(name: &'static str, title: &'static str) -> Self {
        Self { name, title, charts: Vec::new() }
    }

    pub(crate) fn push(&mut self, chart: Drawn, caption: impl Into<String>) {
        self.charts.push((chart, caption.into()));
    }

    /// The charts for a page.
    pub fn figures(&self) -> Vec<Figure> {
        self.charts.iter().map(|(chart, caption)| Figure::new(chart, caption)).collect()
    }

    /// All charts as one drawing.
    pub fn panels(&self) -> Panels {
        let charts = self.charts.iter().map(|(chart, _)| chart.clone());
        charts.fold(Panels::new(self.title, 2), Panels::with)
    }
}

/// All sheets of a profile that have something on them.
pub fn sheets(profile: &Profile) -> Vec<Sheet> {
    let all = [
        overview::problems(profile),
        texts::lengths(profile),
        texts::frequencies(profile),
        texts::quality(profile),
        images::shapes(profile),
        images::pixels(profile),
        images::pairs(profile),
    ];
    all.into_iter().filter(|sheet| !sheet.charts.is_empty()).collect()
}

/// How sharp PNG files are, in pixels per unit of the drawing.
const SHARPNESS: f32 = 1.5;

/// What was written of a drawing.
#[derive(Clone, Debug, Default)]
pub struct ChartFiles {
    /// Names of the files in the folder.
    pub names: Vec<String>,
    /// Letters that no font here has: boxes in the PNG, right in the SVG.
    pub missing: Vec<char>,
}

/// Writes a drawing as `NAME.svg` and `NAME.png` into `folder`.
///
/// # Errors
/// When it cannot be drawn or written.
pub fn write(folder: &Path, name: &str, chart: &dyn Chart) -> Result<ChartFiles, ExploreError> {
    let svg = chart.svg(Look::File);
    let drawn = png(&svg, SHARPNESS)?;
    let names = vec![format!("{name}.svg"), format!("{name}.png")];
    fsio::write(folder.join(&names[0]), svg.as_bytes())?;
    fsio::write(folder.join(&names[1]), &drawn.bytes)?;
    Ok(ChartFiles { names, missing: drawn.missing })
}

/// Bars of kinds and their counts, the most frequent first.
fn bars(title: &str, unit: &str, shares: &[(String, f64)]) -> Drawn {
    use lagar_report::chart::Bar;
    let group = |(name, value): &(String, f64)| (name.clone(), vec![Bar::new(*value, None)]);
    Drawn::Bars(Bars {
        title: title.to_owned(),
        value_label: unit.to_owned(),
        series: vec![unit.to_owned()],
        groups: shares.iter().map(group).collect(),
    })
}

/// The most frequent kinds, and the rest as one.
fn top(shares: &[Share], most: usize) -> Vec<(String, f64)> {
    let named = |share: &Share| (share.name.clone(), share.count as f64);
    let mut top: Vec<(String, f64)> = shares.iter().take(most).map(named).collect();
    let rest: u64 = shares.iter().skip(most).map(|share| share.count).sum();
    if rest > 0 {
        top.push((format!("{} others", shares.len() - most), rest as f64));
    }
    top
}
