//! Panels: several charts on one sheet, for files. A page puts its charts beside each other itself.

use std::fmt;

use super::frame::{opening, title};
use super::{Chart, Look};

/// Charts beside and below each other.
#[derive(Default)]
pub struct Panels {
    title: String,
    columns: usize,
    charts: Vec<Box<dyn Chart>>,
}

impl fmt::Debug for Panels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Panels({}, {} charts)", self.title, self.charts.len())
    }
}

/// Above the charts, for the title of the sheet.
const HEAD: f64 = 44.0;

impl Panels {
    /// A sheet without charts, `columns` wide.
    pub fn new(title: impl Into<String>, columns: usize) -> Self {
        Self { title: title.into(), columns: columns.max(1), charts: Vec::new() }
    }

    /// With one chart more.
    #[must_use]
    pub fn with(mut self, chart: impl Chart + 'static) -> Self {
        self.charts.push(Box::new(chart));
        self
    }

    /// Whether there is nothing on it.
    pub fn is_empty(&self) -> bool {
        self.charts.is_empty()
    }
}

/// The width and height that the first tag of an SVG says.
fn size(svg: &str) -> (f64, f64) {
    let tag = svg.split('>').next().unwrap_or_default();
    let number = |name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        rest.split('"').next()?.parse().ok()
    };
    (number("width").unwrap_or(0.0), number("height").unwrap_or(0.0))
}

impl Chart for Panels {
    fn svg(&self, look: Look) -> String {
        let drawn: Vec<String> = self.charts.iter().map(|chart| chart.svg(look)).collect();
        let columns = self.columns.min(drawn.len()).max(1);
        let sizes: Vec<(f64, f64)> = drawn.iter().map(|svg| size(svg)).collect();
        let width = sizes.iter().map(|size| size.0).fold(240.0, f64::max);
        let mut inside = String::new();
        let mut top = HEAD;
        for (row, sizes) in drawn.chunks(columns).zip(sizes.chunks(columns)) {
            for (column, svg) in row.iter().enumerate() {
                let left = width * column as f64;
                inside += &svg.replacen("<svg", &format!("<svg x=\"{left}\" y=\"{top}\""), 1);
            }
            top += sizes.iter().map(|size| size.1).fold(0.0, f64::max);
        }
        let width = width * columns as f64;
        let paper = if look == Look::File {
            format!("<rect width=\"{width}\" height=\"{top}\" fill=\"#ffffff\"/>")
        } else {
            String::new()
        };
        let middle = width / 2.0;
        let name = escaped(&title(&self.title).replace("\\$", "$"));
        format!(
            "{}{paper}<text x=\"{middle}\" y=\"29\" font-size=\"19\" text-anchor=\"middle\">{name}</text>\
             {inside}</svg>",
            opening(width, top, look)
        )
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
