//! Texts against pictures.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Distribution, DuplicateGroup, Repeats};

/// How texts and pictures go together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pairs {
    /// Numbers per row, by name: `pictures_per_row`, `words_per_megapixel`, and with CLIP
    /// `image_text_similarity`.
    pub distributions: BTreeMap<String, Distribution>,
    /// Pearson's correlation of the words of a text with the pixels of its first picture.
    pub words_pixels_correlation: Option<f64>,
    /// Megapixels of each row's first picture (columns) against the words of its text (rows).
    #[serde(default)]
    pub words_by_megapixels: Grid,
    /// Texts that stand beside several different pictures: how many texts with how many pictures.
    pub pictures_per_text: Repeats,
    /// The texts with the most different pictures.
    pub shared_texts: Vec<DuplicateGroup>,
    /// Pictures that have several different texts: how many pictures with how many texts.
    pub texts_per_picture: Repeats,
    /// The pictures with the most different texts.
    pub shared_pictures: Vec<DuplicateGroup>,
}

/// How often two numbers come together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// The borders of the columns, ascending: one more than there are columns.
    pub x_edges: Vec<f64>,
    /// The borders of the rows, ascending: one more than there are rows.
    pub y_edges: Vec<f64>,
    /// Row by row, from the smallest, the pairs in each cell.
    pub counts: Vec<Vec<u64>>,
}
