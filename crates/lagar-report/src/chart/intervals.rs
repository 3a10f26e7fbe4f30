//! Intervals: a value with what it may be in truth, one row each, and a line at 0.

use kuva::plot::ScatterPlot;
use kuva::prelude::{Plot, ReferenceLine};

use super::frame::{colour, draw, ink, label, layout, nothing, title};
use super::{Chart, Look};

/// A row of the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    name: String,
    value: f64,
    interval: (f64, f64),
}

impl Row {
    /// A value and its interval.
    pub fn new(name: impl Into<String>, value: f64, interval: (f64, f64)) -> Self {
        Self { name: name.into(), value, interval }
    }

    fn is_finite(&self) -> bool {
        self.value.is_finite() && self.interval.0.is_finite() && self.interval.1.is_finite()
    }
}

/// A chart of intervals.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intervals {
    /// What it shows.
    pub title: String,
    /// The values' name and unit.
    pub value_label: String,
    /// From top to bottom; rows that are not finite are left out.
    pub rows: Vec<Row>,
}

impl Chart for Intervals {
    fn svg(&self, look: Look) -> String {
        let rows: Vec<&Row> = self.rows.iter().rev().filter(|row| row.is_finite()).collect();
        if rows.is_empty() {
            return nothing(look);
        }
        let points = rows.iter().enumerate().map(|(place, row)| (row.value, place as f64 + 1.0));
        let reach = |row: &&Row| (row.value - row.interval.0, row.interval.1 - row.value);
        let plot = ScatterPlot::new()
            .with_data(points)
            .with_x_err_asymmetric(rows.iter().map(reach))
            .with_color(colour(0))
            .with_size(5.0);
        let plots = vec![Plot::Scatter(plot)];
        let names = rows.iter().map(|row| label(&row.name)).collect();
        let mut layout = layout(&plots, look, 110.0 + 22.0 * rows.len() as f64);
        layout.y_range = (0.5, rows.len() as f64 + 0.5);
        let layout = layout
            .with_y_categories(names)
            .with_y_axis_min(0.5)
            .with_y_axis_max(rows.len() as f64 + 0.5)
            .with_reference_line(ReferenceLine::vertical(0.0).with_color(ink(look)))
            .with_title(title(&self.title))
            .with_x_label(label(&self.value_label));
        draw(plots, layout, look)
    }
}
