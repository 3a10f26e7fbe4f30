//! BLIP with its matching head: how probably a text belongs to a picture.
//!
//! The vision tower is the one that BLIP-2 took over; the text encoder is a BERT whose every layer
//! looks at the picture. Tensor names and numbers are those of `BlipForImageTextRetrieval` in
//! transformers. Source: Li et al. 2022, <https://arxiv.org/abs/2201.12086>.

mod config;
mod matcher;
mod text;

pub use config::{BlipConfig, BlipTextConfig};
pub use matcher::BlipMatcher;
pub use text::BlipText;
