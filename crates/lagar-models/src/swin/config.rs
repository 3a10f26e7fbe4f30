//! `SwinConfig`, with its defaults.

use serde::Deserialize;

/// The configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct SwinConfig {
    /// Height and width of pictures, in pixels.
    pub image_size: usize,
    /// Height and width of patches, in pixels.
    pub patch_size: usize,
    /// Width of the first stage; each further one has twice that of the one before.
    pub embed_dim: usize,
    /// Layers of each stage.
    pub depths: Vec<usize>,
    /// Heads of each stage.
    pub num_heads: Vec<usize>,
    /// Height and width of windows, in patches.
    pub window_size: usize,
    /// Width of the two-layer perceptrons, in widths of their stage.
    pub mlp_ratio: f64,
    /// Whether queries, keys and values have a bias.
    pub qkv_bias: bool,
    /// The perceptrons' activation.
    pub hidden_act: String,
    /// Whether patches have learnt positions beside those inside windows.
    pub use_absolute_embeddings: bool,
    /// Added to variances.
    pub layer_norm_eps: f64,
}

impl Default for SwinConfig {
    fn default() -> Self {
        Self {
            image_size: 224,
            patch_size: 4,
            embed_dim: 96,
            depths: vec![2, 2, 6, 2],
            num_heads: vec![3, 6, 12, 24],
            window_size: 7,
            mlp_ratio: 4.0,
            qkv_bias: true,
            hidden_act: "gelu".to_owned(),
            use_absolute_embeddings: false,
            layer_norm_eps: 1e-5,
        }
    }
}
