//! Charts as SVG, drawn by kuva: bars, intervals, histograms, lines, densities, and panels of them.
//!
//! Every chart can also be had as a PNG ([`png`]). Colours are those of Okabe and Ito, which readers with any kind of colour vision can tell apart;
//! they stand on light and dark paper alike. Lines and letters take the page's own ink.

mod bars;
mod density;
mod frame;
mod histogram;
mod intervals;
mod lines;
mod marks;
mod panels;
mod png;
mod ticks;

pub use bars::{Bar, Bars};
pub use density::Density;
pub use histogram::{Histogram, Layer};
pub use intervals::{Intervals, Row};
pub use lines::{Line, Lines};
pub use marks::Mark;
pub use panels::Panels;
pub use png::{Png, png};
pub use ticks::short_number;

/// Where a chart will be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Inside a [`crate::Page`]: transparent, with the ink of the page.
    Page,
    /// As a file of its own: black on white.
    File,
}

/// Something that can be drawn.
pub trait Chart {
    /// The chart as an SVG element; every text in it is escaped.
    fn svg(&self, look: Look) -> String;
}

/// How an axis counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    #[default]
    Linear,
    /// In powers of ten; only for values above 0.
    Logarithmic,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Lines {
        let points = vec![(1.0, 2.0), (10.0, 3.0), (100.0, 2.5)];
        Lines {
            title: "<script>alert(1)</script> costs $5 & $6".to_owned(),
            x_label: "题数".to_owned(),
            y_label: "y".to_owned(),
            x_scale: Scale::Logarithmic,
            lines: vec![Line::new("a", points)],
            marks: vec![Mark::quantile(10.0, "here")],
            ..Lines::default()
        }
    }

    #[test]
    fn texts_of_users_are_escaped_and_shown_as_they_are() {
        let svg = lines().svg(Look::Page);
        assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;"), "{svg}");
        assert!(svg.contains("$5 &amp; $6") && svg.contains("题数"), "{svg}");
    }

    #[test]
    fn a_chart_of_a_page_grows_with_it_and_takes_its_ink() {
        let svg = lines().svg(Look::Page);
        assert!(svg.starts_with("<svg viewBox=\"0 0 "), "{svg}");
        assert!(svg.contains("currentColor") && !svg.contains("http"), "{svg}");
        assert!(lines().svg(Look::File).contains("http://www.w3.org/2000/svg"));
    }

    #[test]
    fn every_chart_draws_what_it_was_given() {
        let bars = Bars {
            title: "accuracy".to_owned(),
            value_label: "%".to_owned(),
            series: vec!["A".to_owned(), "B".to_owned()],
            groups: vec![(
                "textvqa".to_owned(),
                vec![Bar::new(57.1, Some((55.0, 59.0))), Bar::new(58.0, None)],
            )],
        };
        let svg = bars.svg(Look::Page);
        assert!(svg.contains("textvqa") && svg.contains("accuracy"), "{svg}");
        let histogram = Histogram {
            title: "words".to_owned(),
            layers: vec![Layer::of("before", &[1.0, 2.0, 2.0, 3.0, 9.0], 4, None)],
            ..Histogram::default()
        };
        assert!(histogram.svg(Look::Page).matches("<rect").count() >= 3);
        let intervals = Intervals {
            title: "difference".to_owned(),
            value_label: "points".to_owned(),
            rows: vec![
                Row::new("what color", 1.0, (0.5, 1.5)),
                Row::new("how many", -1.0, (-2.0, 0.5)),
            ],
        };
        let svg = intervals.svg(Look::Page);
        assert!(svg.contains("what color") && svg.contains("how many"), "{svg}");
    }

    #[test]
    fn nothing_to_draw_is_drawn_as_nothing() {
        for svg in [
            Bars::default().svg(Look::Page),
            Histogram::default().svg(Look::File),
            Intervals::default().svg(Look::Page),
            Lines::default().svg(Look::File),
        ] {
            assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"), "{svg}");
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
