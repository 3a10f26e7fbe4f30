//! What all charts share: paper, ink, sizes, and the way from kuva's drawing to an SVG element.

use std::sync::Arc;

use kuva::TickFormat;
use kuva::backend::svg::SvgBackend;
use kuva::prelude::{Layout, LegendPosition, Plot, Theme};
use kuva::render::layout::ComputedLayout;
use kuva::render::render::{Primitive, render_multiple};
use lagar_core::Digest;

use super::ticks::short_number;
use super::{Look, Scale};

/// Okabe and Ito's colours, the most distinct first.
const COLOURS: [&str; 6] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9"];

/// The colour of a series.
pub(super) fn colour(series: usize) -> &'static str {
    COLOURS[series % COLOURS.len()]
}

/// The colour of a series through which others can be seen; `opacity` from 0 to 1.
pub(super) fn faint_colour(series: usize, opacity: f64) -> String {
    let hex = colour(series);
    let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap_or(0);
    format!("rgba({},{},{},{opacity:.2})", part(1), part(3), part(5))
}

/// The font of every letter: the page's own, or what the machine has that looks like it.
pub(super) const FAMILY: &str = "system-ui, 'Noto Sans', 'Noto Sans CJK SC', sans-serif";

/// The ink of lines and letters.
pub(super) fn ink(look: Look) -> &'static str {
    match look {
        Look::Page => "currentColor",
        Look::File => "#1d1b19",
    }
}

/// The longest text beside an axis, in characters.
const LABEL: usize = 44;

/// A text for kuva: on one line, not too long, and with no formulas in it.
pub(super) fn label(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short = if line.chars().count() > LABEL {
        line.chars().take(LABEL - 1).chain(['…']).collect()
    } else {
        line
    };
    short.replace('\\', "\\\\").replace('$', "\\$")
}

/// A title for kuva: as long as it is.
pub(super) fn title(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('$', "\\$")
}

/// Width of every chart, in pixels.
pub(super) const WIDTH: f64 = 640.0;

/// The layout that fits `plots`, in the house's clothes; `height` is that of the drawing area.
pub(super) fn layout(plots: &[Plot], look: Look, height: f64) -> Layout {
    let (paper, grid) = match look {
        Look::Page => ("none", "var(--grid)"),
        Look::File => ("#ffffff", "#e9e5de"),
    };
    let theme = Theme {
        background: paper.to_owned(),
        axis_color: ink(look).to_owned(),
        tick_color: ink(look).to_owned(),
        text_color: ink(look).to_owned(),
        grid_color: grid.to_owned(),
        legend_bg: "none".to_owned(),
        legend_border: "none".to_owned(),
        font_family: Some(FAMILY.to_owned()),
        ..Theme::light()
    };
    Layout::auto_from_plots(plots)
        .with_theme(theme)
        .with_width(WIDTH)
        .with_height(height)
        .with_title_size(15)
        .with_label_size(13)
        .with_tick_size(12)
        .with_body_size(12)
        .with_tick_format(TickFormat::Custom(Arc::new(short_number)))
        .with_legend_position(LegendPosition::OutsideRightTop)
}

/// With an axis in powers of ten, where asked for.
pub(super) fn scaled(layout: Layout, x: Scale, y: Scale) -> Layout {
    let layout = if x == Scale::Logarithmic { layout.with_log_x() } else { layout };
    if y == Scale::Logarithmic { layout.with_log_y() } else { layout }
}

/// The drawing as an SVG element.
pub(super) fn draw(plots: Vec<Plot>, layout: Layout, look: Look) -> String {
    draw_over(plots, layout, look, |_| Vec::new())
}

/// The drawing as an SVG element, with what `over` adds to it; it is told where values are.
pub(super) fn draw_over(
    plots: Vec<Plot>,
    layout: Layout,
    look: Look,
    over: impl FnOnce(&ComputedLayout) -> Vec<Primitive>,
) -> String {
    let added = over(&ComputedLayout::from_layout(&layout));
    let mut scene = render_multiple(plots, layout);
    scene.elements.extend(added);
    let (width, height) = (scene.width.round(), scene.height.round());
    let svg = SvgBackend::new().render_scene(&scene);
    let inside = own_ids(svg.split_once('>').map_or("", |(_, inside)| inside));
    format!("{}{inside}", opening(width, height, look))
}

/// The start of an SVG element of this size.
pub(super) fn opening(width: f64, height: f64, look: Look) -> String {
    let name = if look == Look::File { " xmlns=\"http://www.w3.org/2000/svg\"" } else { "" };
    let ink = ink(look);
    format!(
        "<svg viewBox=\"0 0 {width} {height}\"{name} width=\"{width}\" height=\"{height}\" \
         font-family=\"{FAMILY}\" fill=\"{ink}\">"
    )
}

/// What kuva numbers through over the whole process, and a page must not have twice.
const ID: &str = "kuva-clip-";

/// The same drawing with ids that depend on nothing but itself.
fn own_ids(drawing: &str) -> String {
    let mut parts = drawing.split(ID);
    let mut text = parts.next().unwrap_or_default().to_owned();
    let mut seen: Vec<&str> = Vec::new();
    for part in parts {
        let end = part.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(part.len());
        let (number, rest) = part.split_at(end);
        let place = seen.iter().position(|known| *known == number).unwrap_or(seen.len());
        if place == seen.len() {
            seen.push(number);
        }
        text.extend([ID, &place.to_string(), rest]);
    }
    let digest = Digest::of(text.as_bytes()).to_string();
    text.replace(ID, &format!("clip-{}-", &digest[..12]))
}

/// What stands for a chart without data.
pub(super) fn nothing(look: Look) -> String {
    format!("{}<text x=\"8\" y=\"25\">nothing to show</text></svg>", opening(240.0, 40.0, look))
}
