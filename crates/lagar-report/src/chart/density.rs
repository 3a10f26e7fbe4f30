//! Densities: how often two values come together, as a grid of cells.
//!
//! A cell is the denser the more it holds, on a logarithmic scale: one row far outside shows as well
//! as the thousand in the middle. One hue in different strength reads the same on light and dark paper
//! and for every kind of colour vision.

use kuva::plot::ScatterPlot;
use kuva::prelude::{LegendEntry, LegendShape, Plot};
use kuva::render::layout::ComputedLayout;
use kuva::render::render::Primitive;

use super::frame::{draw_over, faint_colour, label, layout, nothing, scaled, title};
use super::ticks::short_number;
use super::{Chart, Look, Scale};

/// A grid of counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Density {
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
    /// The borders of the columns, ascending: one more than there are columns.
    pub x_edges: Vec<f64>,
    /// The borders of the rows, ascending: one more than there are rows.
    pub y_edges: Vec<f64>,
    /// How many values each cell has: row by row from below, in each from the left.
    pub counts: Vec<Vec<u64>>,
}

impl Density {
    fn most(&self) -> u64 {
        self.counts.iter().flatten().copied().max().unwrap_or(0)
    }

    /// How strong the colour of a cell is.
    fn opacity(&self, count: u64) -> f64 {
        let most = self.most().max(1) as f64;
        0.12 + 0.88 * ((count as f64).ln_1p() / most.ln_1p())
    }

    fn cells(&self, place: &ComputedLayout) -> Vec<Primitive> {
        let mut cells = Vec::new();
        for (row, y) in self.counts.iter().zip(self.y_edges.windows(2)) {
            for (count, x) in row.iter().zip(self.x_edges.windows(2)) {
                if *count > 0 {
                    let (left, top) = (place.map_x(x[0]), place.map_y(y[1]));
                    cells.push(Primitive::Rect {
                        x: left,
                        y: top,
                        width: place.map_x(x[1]) - left,
                        height: place.map_y(y[0]) - top,
                        fill: faint_colour(0, self.opacity(*count)).into(),
                        stroke: None,
                        stroke_width: None,
                        opacity: None,
                    });
                }
            }
        }
        cells
    }

    /// Powers of ten up to the fullest cell, and that one itself.
    fn legend(&self) -> Vec<LegendEntry> {
        let most = self.most();
        let powers = std::iter::successors(Some(1_u64), |power| power.checked_mul(10));
        let mut steps: Vec<u64> = powers.take_while(|power| *power < most).collect();
        steps.push(most);
        let entry = |count: &u64| LegendEntry {
            label: short_number(*count as f64),
            color: faint_colour(0, self.opacity(*count)),
            shape: LegendShape::Rect,
            dasharray: None,
        };
        steps.iter().rev().map(entry).collect()
    }
}

impl Chart for Density {
    fn svg(&self, look: Look) -> String {
        let ends = |edges: &[f64]| Some((*edges.first()?, *edges.last()?));
        let (Some(x), Some(y)) = (ends(&self.x_edges), ends(&self.y_edges)) else {
            return nothing(look);
        };
        if self.most() == 0 {
            return nothing(look);
        }
        let corners = ScatterPlot::new().with_data([(x.0, y.0), (x.1, y.1)]).with_size(0.0);
        let plots = vec![Plot::Scatter(corners.with_color("none").with_legend("rows"))];
        let mut layout = layout(&plots, look, 380.0)
            .with_title(title(&self.title))
            .with_x_label(label(&self.x_label))
            .with_y_label(label(&self.y_label))
            .with_legend_entries(self.legend());
        layout.x_range = x;
        layout.y_range = y;
        let logarithmic = |scale: Scale, low: f64| if low > 0.0 { scale } else { Scale::Linear };
        let layout = scaled(layout, logarithmic(self.x_scale, x.0), logarithmic(self.y_scale, y.0))
            .with_clamp_axis();
        draw_over(plots, layout, look, |place| self.cells(place))
    }
}
