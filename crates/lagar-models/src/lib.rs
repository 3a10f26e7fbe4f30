//! Vision-language models: configuration, weights, preprocessing, forward pass, generation.
//!
//! A model is a folder of its own, written against [`lagar_nn`] alone, and implements a trait of
//! [`lagar_core::models`]. What decoders have in common, choosing the next token and keeping a batch
//! full, is in [`generate`].

pub mod blip2;
mod error;
mod folder;
pub mod generate;

pub use error::ModelsError;
