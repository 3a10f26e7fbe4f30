//! Bars with error bars: a value per group and series, the groups from top to bottom.

use kuva::plot::BarPlot;
use kuva::prelude::{LegendEntry, LegendShape, Plot};

use super::frame::{colour, draw, ink, label, layout, nothing, title};
use super::{Chart, Look};

/// A bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    value: f64,
    interval: Option<(f64, f64)>,
}

impl Bar {
    /// A bar from 0 to `value`, with the interval that the true value is in.
    pub fn new(value: f64, interval: Option<(f64, f64)>) -> Self {
        Self { value, interval }
    }
}

/// A bar chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// What it shows.
    pub title: String,
    /// The values' name and unit.
    pub value_label: String,
    /// The names of the series.
    pub series: Vec<String>,
    /// The groups from top to bottom: name, and one bar per series.
    pub groups: Vec<(String, Vec<Bar>)>,
}

impl Chart for Bars {
    fn svg(&self, look: Look) -> String {
        if self.groups.iter().all(|(_, bars)| bars.is_empty()) {
            return nothing(look);
        }
        let mut plot = BarPlot::new().with_horizontal(true).with_width(0.7);
        let mut errors = Vec::new();
        for (name, bars) in self.groups.iter().rev() {
            // From the bottom up, so that the first series is the upper one.
            let shown = || bars.iter().enumerate().rev().filter(|(_, bar)| bar.value.is_finite());
            plot = plot.with_group(
                label(name),
                shown().map(|(series, bar)| (bar.value, colour(series))).collect::<Vec<_>>(),
            );
            errors.extend(shown().map(|(_, bar)| bar.reach()));
        }
        if errors.iter().any(|reach| *reach != (0.0, 0.0)) {
            plot = plot.with_asymmetric_error(errors).with_error_color(ink(look));
        }
        let names: Vec<String> = self.series.iter().map(|name| label(name)).collect();
        if names.len() > 1 {
            plot = plot.with_legend(names.iter().rev().map(String::as_str).collect());
        }
        let plots = vec![Plot::Bar(plot)];
        let rows: usize = self.groups.iter().map(|(_, bars)| bars.len() + 1).sum();
        let layout = layout(&plots, look, 95.0 + 19.0 * rows as f64)
            .with_title(title(&self.title))
            .with_x_label(label(&self.value_label));
        // Read from top to bottom, as the bars are.
        let entry = |(series, name): (usize, String)| LegendEntry {
            label: name,
            color: colour(series).to_owned(),
            shape: LegendShape::Rect,
            dasharray: None,
        };
        let legend: Vec<LegendEntry> = names.into_iter().enumerate().map(entry).collect();
        let layout = if legend.len() > 1 { layout.with_legend_entries(legend) } else { layout };
        draw(plots, layout, look)
    }
}

impl Bar {
    /// How far the interval reaches below and above the value.
    fn reach(&self) -> (f64, f64) {
        match self.interval {
            Some((low, high)) if low.is_finite() && high.is_finite() => {
                ((self.value - low).max(0.0), (high - self.value).max(0.0))
            }
            _ => (0.0, 0.0),
        }
    }
}
