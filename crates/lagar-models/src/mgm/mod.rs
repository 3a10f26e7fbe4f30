//! MGM-2B (Mini-Gemini): answers to questions about pictures.
//!
//! ```text
//! picture ─▶ 768 pixels ─▶ ConvNeXt-L ─▶ four maps ──────────────┐ keys and values
//!         └▶ 336 pixels ─▶ CLIP ViT-L ─▶ 576 patches ─▶ patch info mining ─▶ projector
//!                                                    ─▶ among the prompt's tokens ─▶ Gemma
//! ```
//!
//! Each of CLIP's patches asks the 8 by 8 places of the finer maps that lie under it. Tensor names and
//! numbers are those of the published checkpoints. Source: Li et al. 2024,
//! <https://arxiv.org/abs/2403.18814>; Gemma as in transformers 4.38 to 5.

mod answer;
mod config;
mod convnext;
mod folders;
mod gemma;
mod mining;
mod pixels;
mod prompt;
mod weights;

pub use answer::{Answer, MgmAnswerer, MgmOptions, Question};
pub use config::MgmConfig;
pub use convnext::ConvNext;
pub use folders::MgmFolders;
pub use gemma::Gemma;
pub use mining::Mining;
pub use pixels::{MgmPixels, Pixels};
pub use prompt::{Exchange, Piece, Prompter};
pub use weights::{Features, Mgm};
