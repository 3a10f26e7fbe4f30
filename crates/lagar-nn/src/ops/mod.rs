//! The seam: what models may do with tensors.
//!
//! Every function here is a few lines: on the CPU it finds the slices and calls a kernel of
//! [`crate::kernels`]; on any other device, and as the measure of the kernels in tests, it composes
//! candle's own operations (`composite.rs`). A faster kernel, another framework or another device
//! changes this folder and nothing above it.
//!
//! Inference only: results carry no history, so that no frozen weight is ever kept for a gradient.
//! What training needs will be custom operations with a backward of their own, beside these.
//!
//! What changes only the shape ([`crate::Tensor::reshape`], [`crate::Tensor::narrow`], [`crate::Tensor::cat`], …) and
//! simple arithmetic are methods of [`crate::Tensor`].

mod attention;
mod cached;
mod composite;
mod convolution;
mod depthwise;
mod linear;
mod norm;
mod resample;
mod rotary;

pub use attention::{AttentionSettings, attention};
pub use cached::{DecoderAttention, Span, cached_attention};
pub use convolution::patches;
pub use depthwise::depthwise;
pub use linear::{activate, linear, softmax};
pub use norm::{layer_norm, rms_norm};
pub use resample::bilinear;
pub use rotary::{Rotation, rotary};

pub use crate::kernels::Activation;
use crate::kernels::cache;
pub use cache::{Heads, KvCache};
