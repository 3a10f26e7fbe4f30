//! The pictures of a data set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Distribution, Share};

/// Sizes, formats and, if pixels were looked at, sharpness and brightness.
///
/// Distributions named as Data-Juicer names them (`image_width`, `aspect_ratios`) count a picture as
/// often as rows use it, as its analysis does; the others count each picture once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pictures {
    /// Uses of pictures in rows.
    pub uses: u64,
    /// Different pictures: paths, and pictures that rows carry.
    pub count: u64,
    /// Those that can be read.
    pub readable: u64,
    /// Rows without any.
    pub rows_without: u64,
    /// Every number measured of pictures, by name: `image_width`, `image_height`, `aspect_ratios`,
    /// `image_sizes` (bytes), `width`, `height`, `aspect`, `megapixels`, `bytes`; with pixels also
    /// `sharpness` (variance of the Laplacian), `brightness` and `contrast`.
    pub distributions: BTreeMap<String, Distribution>,
    /// Formats by what the bytes say, most frequent first.
    pub formats: Vec<Share>,
    /// Colour modes by Pillow's names (`RGB`, `L`, `CMYK`, `P`), most frequent first.
    pub modes: Vec<Share>,
    /// By the shorter side: `small` (under 224), `medium` (to 512), `large`.
    pub sizes: Vec<Share>,
}
