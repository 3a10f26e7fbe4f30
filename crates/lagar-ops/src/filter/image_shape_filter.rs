//! `image_shape_filter`: keeps pictures of a size in pixels.

use arrow::array::{Int64Builder, ListBuilder};
use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::any_or_all::AnyOrAll;
use crate::interval::{Interval, show_list};
use crate::picture::headers_of_row;
use crate::{
    Computed, Context, Example, Fault, Filter, OperatorError, Parity, Reason, Stats, Verdicts,
    register,
};

/// Keeps rows whose pictures are between `min_width` and `max_width` pixels wide and between
/// `min_height` and `max_height` pixels high.
///
/// A vision encoder sees 224 or 336 pixels a side: smaller pictures are blown up to mush, and very
/// long ones (infographics, screenshots of pages) are shrunk until nothing can be read. Only the
/// first kilobytes of each file are read, never its pixels. The sizes are those a viewer shows, so a
/// photograph that its EXIF orientation turns by 90 degrees has its sides swapped; for pictures that
/// the row carries as bytes (`image_bytes`) the orientation is not applied. A row without pictures
/// stays, its statistics `image_width` and `image_height` being empty lists. A picture that is
/// missing, unreadable or cut off sets its row aside with the reason.
///
/// Source: Data-Juicer 1.6.1, `image_shape_filter.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImageShapeFilter {
    /// The smallest width that passes, in pixels.
    pub min_width: i64,
    /// The largest width that passes, in pixels.
    pub max_width: i64,
    /// The smallest height that passes, in pixels.
    pub min_height: i64,
    /// The largest height that passes, in pixels.
    pub max_height: i64,
    /// Whether one picture that passes is enough (`any`) or every one must (`all`).
    pub any_or_all: AnyOrAll,
}

impl Default for ImageShapeFilter {
    fn default() -> Self {
        Self {
            min_width: 1,
            max_width: i64::MAX,
            min_height: 1,
            max_height: i64::MAX,
            any_or_all: AnyOrAll::Any,
        }
    }
}

const IMAGE_WIDTH: &str = "image_width";
const IMAGE_HEIGHT: &str = "image_height";

impl Filter for ImageShapeFilter {
    fn stats(&self, batch: &Batch, context: &Context<'_>) -> Result<Computed, OperatorError> {
        let mut widths = ListBuilder::new(Int64Builder::with_capacity(batch.len()));
        let mut heights = ListBuilder::new(Int64Builder::with_capacity(batch.len()));
        let mut faults = Vec::new();
        let mut headers = Vec::new();
        for index in 0..batch.len() {
            let read = headers_of_row(batch, context.pictures, index, &mut headers);
            if let Err(error) = &read {
                headers.clear();
                faults.push(Fault { index, message: error.to_string() });
            }
            for header in &headers {
                widths.values().append_value(i64::from(header.width));
                heights.values().append_value(i64::from(header.height));
            }
            widths.append(read.is_ok());
            heights.append(read.is_ok());
        }
        let mut computed = Computed::one(IMAGE_WIDTH, widths.finish());
        computed.stats.extend(Computed::one(IMAGE_HEIGHT, heights.finish()).stats);
        computed.faults = faults;
        Ok(computed)
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        let wide = (Some(self.min_width as f64), Some(self.max_width as f64));
        let high = (Some(self.min_height as f64), Some(self.max_height as f64));
        Verdicts::judge(stats.rows(), |index| {
            let widths = stats.numbers(IMAGE_WIDTH, index);
            let heights = stats.numbers(IMAGE_HEIGHT, index);
            let sizes = || widths.iter().copied().zip(heights.iter().copied());
            let passes = |(width, height)| {
                interval.passes(width, wide.0, wide.1) && interval.passes(height, high.0, high.1)
            };
            if self.any_or_all.keeps(sizes().map(passes)) {
                return None;
            }
            let (width, height) = sizes().find(|size| !passes(*size))?;
            let (statistic, values, value, (min, max)) = if interval.passes(width, wide.0, wide.1) {
                (IMAGE_HEIGHT, &heights, height, high)
            } else {
                (IMAGE_WIDTH, &widths, width, wide)
            };
            Some(Reason {
                statistic: statistic.to_owned(),
                value: show_list(values),
                threshold: interval.failed(value, min, max),
            })
        })
    }
}

register! {
    ImageShapeFilter, Filter,
    name: "image_shape_filter",
    version: 1,
    cost: Header,
    reads: &["images", "image_bytes"],
    writes: &["image_width", "image_height"],
    thresholds: &["min_width", "max_width", "min_height", "max_height", "any_or_all"],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{min_width: 224, max_width: 1024, min_height: 224, max_height: 1024}",
        texts: &[],
        pictures: &[&[(336, 252)], &[(336, 200)], &[(2000, 300), (300, 300)], &[]],
    }],
}
