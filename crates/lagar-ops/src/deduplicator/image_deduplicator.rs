//! `image_deduplicator`: keeps the first of rows with the same pictures.

use std::sync::Arc;

use arrow::array::StringBuilder;
use lagar_core::{Batch, StatColumn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DocumentDeduplicator;
use crate::picture::{HashMethod, each_picture_of_row};
use crate::{
    Context, Deduplicator, Example, Fault, Grouping, OperatorError, Parity, Signatures, register,
};

/// Removes rows whose pictures look like those of another row before them.
///
/// The web shows the same picture under a thousand names, scaled and compressed anew. Each picture
/// becomes 64 bits of what it shows, and rows are duplicates when the bits of all their pictures are
/// equal, in order (a path that occurs twice counts once); similar is not enough. `phash` compares
/// low frequencies and forgives most, `dhash` slopes, `ahash` levels, `whash` wavelets. Small
/// pictures of text, and those of one colour, often have equal bits. Rows without pictures stay,
/// unless `consider_text` makes the text part of the comparison: then rows are duplicates when
/// pictures and text are equal, and rows without pictures are compared by their texts. The first row
/// of each group stays. A picture that cannot be decoded sets its row aside.
///
/// Parity: exact, the hashes of pictures of one colour included.
///
/// Source: Data-Juicer 1.6.1, `image_deduplicator.py`; imagededup 0.3.3, `methods/hashing.py`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImageDeduplicator {
    /// How a picture becomes 64 bits.
    pub method: HashMethod,
    /// Whether the text must be equal as well.
    pub consider_text: bool,
}

/// The field of the text's hash.
const TEXT_HASH: &str = "__dj__hash";

impl Deduplicator for ImageDeduplicator {
    fn signatures(
        &self,
        batch: &Batch,
        context: &Context<'_>,
    ) -> Result<Signatures, OperatorError> {
        let texts = if self.consider_text {
            Some(DocumentDeduplicator::default().signatures(batch, context)?.values)
        } else {
            None
        };
        let mut values = StringBuilder::with_capacity(batch.len(), batch.len() * 16);
        let mut faults = Vec::new();
        for index in 0..batch.len() {
            let hashes = each_picture_of_row(batch, context.pictures, index, |picture| {
                self.method.hash(picture)
            });
            let signature = match hashes {
                Ok(hashes) => distinct(batch, index, &hashes),
                Err(error) => {
                    faults.push(Fault { index, message: error.to_string() });
                    values.append_null();
                    continue;
                }
            };
            let is_compared = self.consider_text || !signature.is_empty();
            values.append_option(is_compared.then_some(signature));
        }
        let beside = texts.map(|values| StatColumn { key: TEXT_HASH.to_owned(), values });
        Ok(Signatures { values: Arc::new(values.finish()), beside, faults })
    }

    fn beside_key(&self) -> Option<&'static str> {
        self.consider_text.then_some(TEXT_HASH)
    }

    fn hash_key(&self) -> &'static str {
        "__dj__imagehash"
    }

    fn grouping(&self) -> Grouping {
        Grouping::Exact
    }
}

/// The hashes of the row's distinct paths, one behind the other.
fn distinct(batch: &Batch, index: usize, hashes: &[String]) -> String {
    let is_first = |place: usize, path: &str| {
        batch.images_of(index).take(place).all(|earlier| earlier != path)
    };
    let paths = batch.images_of(index).enumerate();
    let firsts = paths.zip(hashes).filter(|((place, path), _)| is_first(*place, path));
    firsts.map(|(_, hash)| hash.as_str()).collect()
}

register! {
    ImageDeduplicator, Deduplicator,
    name: "image_deduplicator",
    version: 1,
    cost: Pixels,
    reads: &["images", "image_bytes", "text"],
    writes: &["__dj__imagehash"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[
        Example {
            parameters: "{}",
            texts: &[],
            pictures: &[&[(64, 48)], &[(48, 64)], &[(32, 24)], &[]],
        },
    ],
}
