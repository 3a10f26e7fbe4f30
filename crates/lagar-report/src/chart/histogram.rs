//! Histograms: how often which value occurs, several sets laid over each other.

use kuva::plot::Histogram as Plotted;
use kuva::prelude::{Layout, Plot};

use super::frame::{draw_over, faint_colour, label, layout, nothing, scaled, title};
use super::marks::{headroom, lines_at};
use super::ticks::round_step;
use super::{Chart, Look, Mark, Scale};

/// One set of values, counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// The borders between the bins, ascending: one more than there are counts.
    pub edges: Vec<f64>,
    /// How many values each bin has.
    pub counts: Vec<f64>,
}

impl Layer {
    /// Counts `values` in `bins` bins of equal width, over `range` or from the least to the largest.
    ///
    /// As in numpy, the last bin holds its upper border too; what is not finite or outside is left out.
    pub fn of(name: &str, values: &[f64], bins: usize, range: Option<(f64, f64)>) -> Self {
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let (low, high) = range.unwrap_or_else(|| {
            (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max))
        });
        let bins = bins.max(1);
        if !(low.is_finite() && high.is_finite()) {
            return Self { name: name.to_owned(), ..Self::default() };
        }
        let (low, high) = if high - low == 0.0 { (low - 0.5, high + 0.5) } else { (low, high) };
        let edge = |bin: usize| low + (high - low) * bin as f64 / bins as f64;
        let mut counts = vec![0.0; bins];
        for value in finite().filter(|value| (low..=high).contains(value)) {
            let bin = ((value - low) / (high - low) * bins as f64) as usize;
            counts[bin.min(bins - 1)] += 1.0;
        }
        Self { name: name.to_owned(), edges: (0..=bins).map(edge).collect(), counts }
    }
}

/// A histogram.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// What it shows.
    pub title: String,
    /// The values' name and unit.
    pub x_label: String,
    /// What is counted.
    pub y_label: String,
    /// How the values are spaced.
    pub x_scale: Scale,
    /// How the counts are spaced.
    pub y_scale: Scale,
    /// The sets of values.
    pub layers: Vec<Layer>,
    /// Values to point at.
    pub marks: Vec<Mark>,
}

impl Chart for Histogram {
    fn svg(&self, look: Look) -> String {
        let shown: Vec<&Layer> =
            self.layers.iter().filter(|layer| !layer.counts.is_empty()).collect();
        if shown.is_empty() {
            return nothing(look);
        }
        let draw_layer = |(place, layer): (usize, &&Layer)| {
            let plot = Plotted::from_bins(layer.edges.clone(), layer.counts.clone())
                .with_color(faint_colour(place, 0.6));
            let named = if shown.len() > 1 { plot.with_legend(label(&layer.name)) } else { plot };
            Plot::Histogram(named)
        };
        let plots: Vec<Plot> = shown.iter().enumerate().map(draw_layer).collect();
        let layout = layout(&plots, look, 320.0)
            .with_title(title(&self.title))
            .with_x_label(label(&self.x_label))
            .with_y_label(label(&self.y_label));
        let layout = headroom(self.spaced(layout, &shown), &self.marks, self.y_scale);
        draw_over(plots, layout, look, |place| lines_at(&self.marks, place, look))
    }
}

impl Histogram {
    /// With axes that begin and end where the bins do; a logarithmic one needs values above 0.
    fn spaced(&self, layout: Layout, shown: &[&Layer]) -> Layout {
        let edges = || shown.iter().flat_map(|layer| layer.edges.iter().copied());
        let (low, high) =
            (edges().fold(f64::INFINITY, f64::min), edges().fold(f64::NEG_INFINITY, f64::max));
        let x = if low > 0.0 { self.x_scale } else { Scale::Linear };
        let mut layout = scaled(layout, x, self.y_scale);
        layout.clamp_axis = false;
        if x == Scale::Linear {
            layout = layout.with_x_tick_step(round_step(high - low));
        }
        layout.x_range = (low, high);
        let counts = || shown.iter().flat_map(|layer| layer.counts.iter().copied());
        let most = counts().fold(0.0, f64::max);
        let least = counts().filter(|count| *count > 0.0).fold(f64::INFINITY, f64::min);
        let floor = if self.y_scale == Scale::Logarithmic { (least / 2.0).min(most) } else { 0.0 };
        layout.y_range = (floor, most);
        if floor > 0.0 { layout.with_y_axis_min(floor) } else { layout }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bin_holds_its_upper_border() {
        let layer = Layer::of("x", &[0.0, 0.5, 1.0, 1.0, f64::NAN], 2, None);
        assert_eq!(layer.edges, [0.0, 0.5, 1.0]);
        assert_eq!(layer.counts, [1.0, 3.0]);
    }

    #[test]
    fn equal_values_have_a_bin_around_them() {
        let layer = Layer::of("x", &[3.0, 3.0], 3, None);
        assert_eq!(layer.counts, [0.0, 2.0, 0.0]);
        assert!(Layer::of("x", &[], 3, None).counts.is_empty());
    }
}
