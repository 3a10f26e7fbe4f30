//! CLIP: a vision and a text tower that meet in one space; and predictors of aesthetics above its
//! vision tower.
//!
//! Tensor names and numbers are those of `CLIPModel` in transformers. Source: Radford et al. 2021,
//! <https://arxiv.org/abs/2103.00020>.

mod aesthetics;
mod config;
mod scorer;
mod text;
mod vision;

pub use aesthetics::AestheticsPredictor;
pub use config::{ClipConfig, ClipTextConfig, ClipVisionConfig};
pub use scorer::ClipScorer;
pub use text::ClipText;
pub use vision::ClipVision;
