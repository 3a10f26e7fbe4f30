//! The report of a profile: charts as files, a Markdown file, and one HTML page that needs nothing else.

mod integrity;
mod markdown;
mod page;
mod problems;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lagar_core::fsio;

pub(crate) use markdown::Markdown;
pub use markdown::markdown;
pub(crate) use page::page;

use crate::ExploreError;
use crate::charts::{self, sheets};
use crate::gallery::Gallery;
use crate::profile::{Example, Profile};
use crate::rows::{self, Row, Source};

/// How a report is made.
#[derive(Clone, Debug)]
pub struct ReportOptions {
    /// The longest side of thumbnails, in pixels.
    pub side: u32,
    /// How many rows are shown as a sample.
    pub samples: usize,
    /// The suggested recipe as it stands in its file.
    pub recipe: Option<String>,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self { side: 240, samples: 12, recipe: None }
    }
}

/// What was written.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The files, relative to the folder.
    pub files: Vec<String>,
    /// Letters in charts for which this machine has no font: boxes in PNG files, right in SVG files.
    pub missing: Vec<char>,
}

/// The name of the page.
pub const PAGE: &str = "report.html";
/// The name of the Markdown file.
pub const MARKDOWN: &str = "comprehensive_analysis_report.md";
/// The folder of the charts.
pub const CHARTS: &str = "charts";

/// What a page shows beside the profile.
#[derive(Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) gallery: Gallery,
    /// Rows spread evenly over the data.
    pub(crate) samples: Vec<Row>,
    /// Rows that carry their pictures.
    carried: BTreeMap<u64, Row>,
    pub(crate) options: &'a ReportOptions,
}

impl Shown<'_> {
    /// The card of an example, with the picture that its row carries if it does.
    pub(crate) fn card(&self, example: &Example) -> lagar_report::Card {
        match self.carried.get(&example.row).and_then(|row| row.carried.as_deref()) {
            Some(bytes) => {
                let card = crate::gallery::plain_card(example);
                self.gallery.with_picture(card, example, Some(bytes))
            }
            None => self.gallery.card(example),
        }
    }
}

/// Writes charts, `comprehensive_analysis_report.md` and `report.html` into `folder`.
///
/// # Errors
/// When the data cannot be read again, a chart cannot be drawn, or a file cannot be written.
pub fn write(
    profile: &Profile,
    source: Source<'_>,
    folder: &Path,
    options: &ReportOptions,
) -> Result<Written, ExploreError> {
    let sheets = sheets(profile);
    let mut written = Written::default();
    let mut missing = BTreeSet::new();
    for sheet in &sheets {
        let files = charts::write(&folder.join(CHARTS), sheet.name, &sheet.panels())?;
        written.files.extend(files.names.into_iter().map(|name| format!("{CHARTS}/{name}")));
        missing.extend(files.missing);
    }
    fsio::write(folder.join(MARKDOWN), markdown(profile, &sheets).as_bytes())?;
    let shown = shown(profile, source, options)?;
    fsio::write(folder.join(PAGE), page(profile, &sheets, &shown).render().as_bytes())?;
    written.files.extend([MARKDOWN.to_owned(), PAGE.to_owned()]);
    written.missing = missing.into_iter().collect();
    Ok(written)
}

/// Reads what is shown beside the profile.
fn shown<'a>(
    profile: &Profile,
    source: Source<'_>,
    options: &'a ReportOptions,
) -> Result<Shown<'a>, ExploreError> {
    let rows = profile.dataset.rows;
    let samples = options.samples as u64;
    let spread: BTreeSet<u64> = (0..samples.min(rows))
        .map(|place| (2 * place + 1) * rows / (2 * samples.min(rows)))
        .collect();
    let carrying = problems::examples(profile)
        .filter(|example| example.picture.as_ref().is_some_and(|picture| picture.carried));
    let wanted: BTreeSet<u64> = spread.iter().copied().chain(carrying.map(|one| one.row)).collect();
    let wanted: Vec<u64> = wanted.into_iter().collect();
    let found = rows::read(source, &wanted)?;
    let samples = spread.iter().filter_map(|row| found.get(row).cloned()).collect();
    let files = source.data.files().iter().map(|file| file.path.clone());
    let gallery = Gallery::new(files, options.side);
    Ok(Shown { gallery, samples, carried: found, options })
}
