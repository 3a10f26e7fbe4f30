//! Marks: values of the horizontal axis that are pointed at, their labels never on top of each other.
//!
//! A quantile is a dashed line, a threshold a thick one in a colour of its own, so that the two are
//! told apart without colours too. Labels stand above the drawing in as many rows as they need.

use kuva::prelude::Layout;
use kuva::render::layout::ComputedLayout;
use kuva::render::render::{Primitive, TextAnchor};

use super::frame::{colour, ink, label};
use super::{Look, Scale};

/// A value that is marked with a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    value: f64,
    label: String,
    is_threshold: bool,
}

impl Mark {
    /// A value of the data: a quantile, a mean.
    pub fn quantile(value: f64, label: impl Into<String>) -> Self {
        Self { value, label: label.into(), is_threshold: false }
    }

    /// A border that somebody has drawn.
    pub fn threshold(value: f64, label: impl Into<String>) -> Self {
        Self { value, label: label.into(), is_threshold: true }
    }
}

/// Height of a row of labels, in pixels.
const ROW: f64 = 15.0;
/// The width of a letter of a label, on average.
const LETTER: f64 = 6.9;
/// Roughly the height of a drawing between its axes.
const INNER: f64 = 240.0;

/// With room above the highest bar for the labels.
pub(super) fn headroom(mut layout: Layout, marks: &[Mark], scale: Scale) -> Layout {
    if marks.is_empty() {
        return layout;
    }
    let share = ROW * (rows_of(marks) as f64 + 0.6) / INNER;
    let (low, high) = layout.y_range;
    let top = match scale {
        Scale::Linear => high / (1.0 - share),
        Scale::Logarithmic => high * (high / low).max(10.0).powf(share / (1.0 - share)),
    };
    layout.y_range.1 = top;
    layout.with_y_axis_max(top)
}

/// How many rows the labels take at most: as many as there are, up to four.
fn rows_of(marks: &[Mark]) -> usize {
    marks.len().min(4)
}

/// The lines and labels of `marks`, at their places.
pub(super) fn lines_at(marks: &[Mark], place: &ComputedLayout, look: Look) -> Vec<Primitive> {
    let (left, right) = (place.margin_left, place.width - place.margin_right);
    let (top, bottom) = (place.margin_top, place.height - place.margin_bottom);
    let mut sorted: Vec<(f64, &Mark)> = marks
        .iter()
        .map(|mark| (place.map_x(mark.value), mark))
        .filter(|(x, _)| x.is_finite() && *x >= left - 0.5 && *x <= right + 0.5)
        .collect();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut ends = vec![f64::NEG_INFINITY; rows_of(marks)];
    let mut drawn = Vec::new();
    for (x, mark) in sorted {
        let text = label(&mark.label);
        let width = LETTER
            * text.chars().map(|letter| if letter.is_ascii() { 1.0 } else { 1.6 }).sum::<f64>();
        let is_left = x + width + 6.0 > right && x - width - 6.0 > left;
        let begin = if is_left { x - width - 5.0 } else { x + 5.0 };
        let row = free_row(&ends, begin.min(x));
        ends[row] = begin + width;
        let (colour, thickness, dashes) = if mark.is_threshold {
            (colour(4), 2.5, None)
        } else {
            (ink(look), 1.2, Some("5 4".to_owned()))
        };
        drawn.push(Primitive::Line {
            x1: x,
            y1: top + ROW * row as f64,
            x2: x,
            y2: bottom,
            stroke: colour.into(),
            stroke_width: thickness,
            stroke_dasharray: dashes,
        });
        drawn.push(Primitive::Text {
            x: if is_left { x - 5.0 } else { x + 5.0 },
            y: top + 12.0 + ROW * row as f64,
            content: text,
            size: 12,
            anchor: if is_left { TextAnchor::End } else { TextAnchor::Start },
            rotate: None,
            bold: mark.is_threshold,
            color: None,
        });
    }
    drawn
}

/// The uppermost row from which a line can go down without crossing a label that is there already.
fn free_row(ends: &[f64], from: f64) -> usize {
    let taken = ends.iter().rposition(|end| *end + 4.0 > from);
    taken.map_or(0, |row| (row + 1).min(ends.len() - 1))
}
