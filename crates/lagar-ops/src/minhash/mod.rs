//! `MinHash`: signatures whose share of equal places estimates how many word sequences two texts share.
//!
//! Source: Broder 1997; Data-Juicer 1.6.1, `document_minhash_deduplicator.py`, after `datasketch`.

mod bands;
mod permutations;

pub use bands::best_bands;
pub use permutations::Permutations;
pub(crate) use permutations::band_bytes;
