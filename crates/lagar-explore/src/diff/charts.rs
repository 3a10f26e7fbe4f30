//! Distributions of both data sets on common bins, and the charts of a comparison.

use lagar_report::chart::{Bar, Bars, Histogram as Chart, Layer, Scale};
use serde::Serialize;

use super::{Change, Diff};
use crate::charts::{Drawn, Sheet, title_of};
use crate::measure::{Axis, Measured, bins, count_in};
use lagar_report::words::{number, percent, signed};

/// A statistic of both, counted in the same bins.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overlaid {
    /// Its name.
    pub name: String,
    /// Its unit, or nothing.
    pub unit: String,
    /// Whether its tail asks for a logarithmic axis.
    pub log_scale: bool,
    /// The borders of the bins, ascending.
    pub edges: Vec<f64>,
    /// How many values before each bin has.
    pub before: Vec<u64>,
    /// How many values after each bin has.
    pub after: Vec<u64>,
}

impl Overlaid {
    pub(super) fn of(name: &str, before: &Measured, after: &Measured) -> Option<Self> {
        let (one, other) = (before.profile.distribution(name)?, after.profile.distribution(name)?);
        let (old, new) = (before.tallies.get(name)?.values(), after.tallies.get(name)?.values());
        let (min, max) = (one.min.min(other.min), one.max.max(other.max));
        if min >= max {
            return None;
        }
        let log_scale = one.log_scale && other.log_scale;
        let integer = one.integer && other.integer;
        let edges = bins(min, max, Axis { integer, log_scale });
        let (before, after) = (count_in(&edges, &old), count_in(&edges, &new));
        Some(Self {
            name: name.to_owned(),
            unit: one.unit.clone(),
            log_scale,
            edges,
            before,
            after,
        })
    }

    fn chart(&self) -> Chart {
        let layer = |name: &str, counts: &[u64]| {
            let all = counts.iter().sum::<u64>().max(1) as f64;
            Layer {
                name: name.to_owned(),
                edges: self.edges.clone(),
                counts: counts.iter().map(|count| *count as f64 * 100.0 / all).collect(),
            }
        };
        let title = title_of(&self.name);
        let layers = vec![layer("before", &self.before), layer("after", &self.after)];
        // Where nearly all values are one, the others are seen on a logarithmic scale only.
        let is_lopsided = layers.iter().flat_map(|layer| &layer.counts).any(|share| *share > 60.0);
        let scale = |logarithmic| if logarithmic { Scale::Logarithmic } else { Scale::Linear };
        Chart {
            x_label: if self.unit.is_empty() { title.clone() } else { self.unit.clone() },
            title,
            y_label: "share of each, %".to_owned(),
            x_scale: scale(self.log_scale),
            y_scale: scale(is_lopsided),
            layers,
            ..Chart::default()
        }
    }
}

/// Statistics whose charts come first; of the rest, those that changed clearly.
const FIRST: [&str; 6] =
    ["words", "characters", "megapixels", "aspect", "image_text_similarity", "words_per_megapixel"];
/// The most distributions drawn.
const MOST: usize = 14;

/// The charts of a comparison.
pub(super) fn sheet(diff: &Diff) -> Sheet {
    let mut sheet = Sheet::new("before_and_after", "Before and after");
    if !diff.operators.is_empty() {
        let mut rows = vec![("all rows".to_owned(), diff.before.rows as f64)];
        rows.extend(diff.operators.iter().map(|one| (one.name.clone(), one.kept as f64)));
        let group = |(name, value): (String, f64)| (name, vec![Bar::new(value, None)]);
        let bars = Bars {
            title: "Rows left after each operator".to_owned(),
            value_label: "rows".to_owned(),
            series: vec!["rows".to_owned()],
            groups: rows.into_iter().map(group).collect(),
        };
        let caption = format!("{} of the rows are kept.", percent(diff.retention));
        sheet.push(Drawn::Bars(bars), caption);
    }
    let clear = |name: &str| {
        let known = diff.statistics.iter().find(|change| change.name == name);
        known.is_some_and(Change::is_clear)
    };
    let place = |one: &Overlaid| FIRST.iter().position(|name| *name == one.name);
    let twins =
        ["num_words", "text_len", "image_width", "image_height", "aspect_ratios", "image_sizes"];
    let mut chosen: Vec<&Overlaid> = diff
        .distributions
        .iter()
        .filter(|one| !twins.contains(&one.name.as_str()))
        .filter(|one| place(one).is_some() || clear(&one.name))
        .collect();
    chosen.sort_by_key(|one| (place(one).unwrap_or(FIRST.len()), one.name.clone()));
    for one in chosen.into_iter().take(MOST) {
        let found = diff.statistics.iter().find(|change| change.name == one.name);
        let caption = found.map_or_else(String::new, |change| {
            format!(
                "Mean {} before, {} after: {} (95 % interval {} to {}).",
                number(change.before.mean),
                number(change.after.mean),
                signed(change.difference),
                signed(change.interval.0),
                signed(change.interval.1)
            )
        });
        sheet.push(Drawn::Histogram(one.chart()), caption);
    }
    sheet
}
