//! The comparison as one HTML page: verdict first, then why it is to be believed, then the questions.

mod benchmark;
mod cards;
mod words;

use lagar_report::{Notice, Page, Tone};

pub use cards::Pictures;
pub use words::{points, probability, signed_points, verdict};

use super::Comparison;

/// How the page is to be made.
#[derive(Clone, Debug)]
pub struct PageOptions {
    /// The most questions shown in each list.
    pub shown: usize,
    /// Where the pictures are.
    pub pictures: Pictures,
}

impl Default for PageOptions {
    fn default() -> Self {
        Self { shown: 24, pictures: Pictures::default() }
    }
}

/// The page.
pub fn page(comparison: &Comparison, options: &PageOptions) -> Page {
    let (a, b) = (&comparison.a, &comparison.b);
    let title = if a.name == b.name {
        "Comparison of two models".to_owned()
    } else {
        format!("{} → {}", a.name, b.name)
    };
    let named = |model: &Option<String>| {
        model.as_ref().map_or_else(String::new, |model| format!(" ({model})"))
    };
    let mut page = Page::new(title).lead(format!(
        "A is {}{}; B is {}{}. Differences are B − A.",
        a.path,
        named(&a.model),
        b.path,
        named(&b.model)
    ));
    for warning in &comparison.warnings {
        page = page.notice(Notice::warning(warning));
    }
    for benchmark in &comparison.benchmarks {
        let (tone, text) = verdict(benchmark, comparison.options.alpha);
        let tone = if benchmark.suspicions.is_empty() { tone } else { Tone::Plain };
        page = page.notice(Notice::new(tone, text).labelled("Result"));
    }
    for benchmark in &comparison.benchmarks {
        for section in benchmark::sections(benchmark, comparison, options) {
            page = page.section(section);
        }
    }
    let used = &comparison.options;
    page.section(benchmark::method(comparison)).footer(format!(
        "lagar {} · seed {} · {} resamples · alpha {}",
        env!("CARGO_PKG_VERSION"),
        used.seed,
        used.resamples,
        used.alpha
    ))
}
