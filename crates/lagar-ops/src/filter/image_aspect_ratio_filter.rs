//! `image_aspect_ratio_filter`: keeps pictures that are neither too flat nor too tall.

use arrow::array::{Float64Builder, ListBuilder};
use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::any_or_all::AnyOrAll;
use crate::interval::Interval;
use crate::picture::headers_of_row;
use crate::{
    Computed, Context, Example, Fault, Filter, OperatorError, Parity, Stats, Verdicts, register,
};

/// Keeps rows whose pictures have an aspect ratio, width divided by height, between `min_ratio` and
/// `max_ratio`.
///
/// A vision encoder cuts or squeezes every picture to a square: of a banner or a receipt it sees a
/// smear. Only the first kilobytes of each file are read, never its pixels. The sides are those a
/// viewer shows (EXIF orientation applied), except for pictures that the row carries as bytes. A row
/// without pictures stays, its statistic `aspect_ratios` being an empty list. A picture that is
/// missing, unreadable or cut off sets its row aside with the reason.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `image_aspect_ratio_filter.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImageAspectRatioFilter {
    /// The smallest ratio that passes.
    pub min_ratio: f64,
    /// The largest ratio that passes.
    pub max_ratio: f64,
    /// Whether one picture that passes is enough (`any`) or every one must (`all`).
    pub any_or_all: AnyOrAll,
}

impl Default for ImageAspectRatioFilter {
    fn default() -> Self {
        Self { min_ratio: 0.333, max_ratio: 3.0, any_or_all: AnyOrAll::Any }
    }
}

const ASPECT_RATIOS: &str = "aspect_ratios";

impl Filter for ImageAspectRatioFilter {
    fn stats(&self, batch: &Batch, context: &Context<'_>) -> Result<Computed, OperatorError> {
        let mut ratios = ListBuilder::new(Float64Builder::with_capacity(batch.len()));
        let mut faults = Vec::new();
        let mut headers = Vec::new();
        for index in 0..batch.len() {
            let read = headers_of_row(batch, context.pictures, index, &mut headers);
            if let Err(error) = &read {
                headers.clear();
                faults.push(Fault { index, message: error.to_string() });
            }
            for header in &headers {
                ratios.values().append_value(f64::from(header.width) / f64::from(header.height));
            }
            ratios.append(read.is_ok());
        }
        Ok(Computed { faults, ..Computed::one(ASPECT_RATIOS, ratios.finish()) })
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        let range = (self.min_ratio, self.max_ratio);
        self.any_or_all.judge(stats, ASPECT_RATIOS, range, interval)
    }
}

register! {
    ImageAspectRatioFilter, Filter,
    name: "image_aspect_ratio_filter",
    version: 1,
    cost: Header,
    reads: &["images", "image_bytes"],
    writes: &["aspect_ratios"],
    thresholds: &["min_ratio", "max_ratio", "any_or_all"],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{}",
        texts: &[],
        pictures: &[&[(336, 252)], &[(1200, 200)], &[(100, 301), (300, 300)], &[]],
    }],
}
