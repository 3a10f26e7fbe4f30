//! Layers: structs that hold weights, load themselves from a checkpoint and call [`crate::ops`].

mod beside;
mod depthwise;
mod linear;
mod norm;

pub use depthwise::Depthwise;
pub use linear::{Embedding, Linear, PatchEmbedding};
pub use norm::{LayerNorm, RmsNorm};
