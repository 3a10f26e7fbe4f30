//! `image_size_filter`: keeps picture files of a size in bytes.

use arrow::array::{Int64Builder, ListBuilder};
use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::any_or_all::AnyOrAll;
use crate::byte_size::ByteSize;
use crate::interval::Interval;
use crate::picture::sizes_of_row;
use crate::{
    Computed, Context, Example, Fault, Filter, OperatorError, Parity, Stats, Verdicts, register,
};

/// Keeps rows whose picture files have between `min_size` and `max_size` bytes.
///
/// A photograph of a few hundred bytes is a placeholder, one of many megabytes a scan that slows the
/// training down. Sizes are written like `10KB`; units are powers of 1,024, and no unit means bytes.
/// As in Data-Juicer all but letters and digits is skipped, so that `1.5MB` means 15 MB. The files
/// are not opened: what is no picture passes as well. If the row carries as many encoded pictures as
/// it has paths, their lengths count. A row without pictures stays, its statistic `image_sizes` being
/// an empty list. A file that is missing sets its row aside.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `image_size_filter.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImageSizeFilter {
    /// The smallest file that passes.
    pub min_size: ByteSize,
    /// The largest file that passes.
    pub max_size: ByteSize,
    /// Whether one picture that passes is enough (`any`) or every one must (`all`).
    pub any_or_all: AnyOrAll,
}

impl Default for ImageSizeFilter {
    fn default() -> Self {
        let size = |text| ByteSize::try_from(text).expect("the default is a size");
        Self { min_size: size("0"), max_size: size("1TB"), any_or_all: AnyOrAll::Any }
    }
}

const IMAGE_SIZES: &str = "image_sizes";

impl Filter for ImageSizeFilter {
    fn stats(&self, batch: &Batch, context: &Context<'_>) -> Result<Computed, OperatorError> {
        let mut sizes = ListBuilder::new(Int64Builder::with_capacity(batch.len()));
        let mut faults = Vec::new();
        for index in 0..batch.len() {
            match sizes_of_row(batch, context.pictures, index) {
                Ok(found) => {
                    for size in found {
                        sizes.values().append_value(size as i64);
                    }
                    sizes.append(true);
                }
                Err(error) => {
                    faults.push(Fault { index, message: error.to_string() });
                    sizes.append(false);
                }
            }
        }
        Ok(Computed { faults, ..Computed::one(IMAGE_SIZES, sizes.finish()) })
    }

    fn keep(&self, stats: &Stats<'_>, interval: Interval) -> Verdicts {
        let range = (self.min_size.bytes(), self.max_size.bytes());
        self.any_or_all.judge(stats, IMAGE_SIZES, range, interval)
    }
}

register! {
    ImageSizeFilter, Filter,
    name: "image_size_filter",
    version: 1,
    cost: Header,
    reads: &["images", "image_bytes"],
    writes: &["image_sizes"],
    thresholds: &["min_size", "max_size", "any_or_all"],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{min_size: \"100\", any_or_all: all}",
        texts: &[],
        pictures: &[&[(336, 252)], &[]],
    }],
}
