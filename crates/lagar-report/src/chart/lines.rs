//! Lines: how something changes along an axis, with a band for what it may be in truth.

use kuva::plot::LinePlot;
use kuva::prelude::Plot;

use super::frame::{colour, draw_over, label, layout, nothing, scaled, title};
use super::marks::lines_at;
use super::{Chart, Look, Mark, Scale};

/// A line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Its points, in the order in which they are joined.
    pub points: Vec<(f64, f64)>,
    /// For each point the lower and upper border of the band around it, or nothing at all.
    pub band: Vec<(f64, f64)>,
}

impl Line {
    /// A line without a band.
    pub fn new(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        Self { name: name.into(), points, band: Vec::new() }
    }
}

/// A line chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lines {
    /// What it shows.
    pub title: String,
    /// The horizontal axis: name and unit.
    pub x_label: String,
    /// The vertical axis: name and unit.
    pub y_label: String,
    /// How the horizontal axis counts.
    pub x_scale: Scale,
    /// How the vertical axis counts.
    pub y_scale: Scale,
    /// The lines; points that are not finite are left out.
    pub lines: Vec<Line>,
    /// Values of the horizontal axis to point at.
    pub marks: Vec<Mark>,
}

impl Chart for Lines {
    fn svg(&self, look: Look) -> String {
        let mut plots = Vec::new();
        for (place, line) in self.lines.iter().enumerate() {
            let finite = |point: &&(f64, f64)| point.0.is_finite() && point.1.is_finite();
            let points: Vec<(f64, f64)> = line.points.iter().filter(finite).copied().collect();
            if points.is_empty() {
                continue;
            }
            let whole = points.len() == line.points.len() && line.band.len() == points.len();
            let mut plot = LinePlot::new().with_data(points).with_color(colour(place));
            plot = plot.with_stroke_width(2.0);
            if whole {
                plot = plot.with_band(
                    line.band.iter().map(|border| border.0),
                    line.band.iter().map(|border| border.1),
                );
            }
            if self.lines.len() > 1 {
                plot = plot.with_legend(label(&line.name));
            }
            plots.push(Plot::Line(plot));
        }
        if plots.is_empty() {
            return nothing(look);
        }
        let layout = layout(&plots, look, 340.0)
            .with_title(title(&self.title))
            .with_x_label(label(&self.x_label))
            .with_y_label(label(&self.y_label));
        let layout = scaled(layout, self.x_scale, self.y_scale);
        draw_over(plots, layout, look, |place| lines_at(&self.marks, place, look))
    }
}
