//! BLIP-2 with an OPT language model: captions, and continuations of prompts about a picture.
//!
//! ```text
//! pixels ─▶ vision (ViT-g) ─▶ qformer: a few queries look at the patches ─▶ projection
//!        ─▶ in front of the prompt's embeddings ─▶ opt, token by token
//! ```
//!
//! Tensor names and numbers are those of `Blip2ForConditionalGeneration` in transformers (4.38 to
//! 5.24, whose checkpoints have the same names). Source: Li et al. 2023,
//! <https://arxiv.org/abs/2301.12597>.

mod caption;
mod config;
mod opt;
mod qformer;
mod vision;
mod weights;

pub use caption::{Blip2Captioner, CaptionerOptions};
pub use config::{Blip2Config, OptConfig, QFormerConfig, VisionConfig};
pub use opt::Opt;
pub use qformer::QFormer;
pub use vision::VisionTower;
pub use weights::Blip2;
