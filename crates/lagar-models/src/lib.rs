//! Vision-language models: configuration, weights, preprocessing, forward pass, generation.
//!
//! A model is a folder of its own, written against [`lagar_nn`] alone, and implements a trait of
//! [`lagar_core::models`]. What decoders have in common, choosing the next token and keeping a batch
//! full, is in [`generate`].

pub mod adapter;
mod bert;
pub mod blip;
pub mod blip2;
mod classifier;
pub mod clip;
mod encoder;
mod error;
mod folder;
pub mod generate;
mod loading;
mod looking;
mod memory;
pub mod mgm;
mod preprocess;
pub mod swin;
pub mod vit;

pub use bert::BertLayer;
pub use classifier::{Backbone, Classifier};
pub use encoder::EncoderLayer;
pub use error::ModelsError;
pub use loading::VisionOptions;
pub use preprocess::Preprocessor;
