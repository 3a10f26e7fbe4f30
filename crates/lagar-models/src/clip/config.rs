//! `config.json` of a CLIP folder.
//!
//! transformers writes only what differs from its defaults, so the defaults here are those of
//! `CLIPTextConfig` and `CLIPVisionConfig`. In old folders `text_config_dict` and
//! `vision_config_dict` overrule `text_config` and `vision_config`, as they do there.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::ModelsError;
use crate::encoder::LayerShape;
use crate::folder::{activation, config_error, read, with_defaults};

/// The configuration of both towers.
#[derive(Clone, Debug)]
pub struct ClipConfig {
    /// The text tower.
    pub text: ClipTextConfig,
    /// The vision tower.
    pub vision: ClipVisionConfig,
    /// Width of the space in which the towers meet.
    pub projection_dim: usize,
}

/// The text tower.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct ClipTextConfig {
    /// Tokens.
    pub vocab_size: usize,
    /// Width.
    pub hidden_size: usize,
    /// Width of the two-layer perceptrons.
    pub intermediate_size: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Heads.
    pub num_attention_heads: usize,
    /// The most tokens of a text, the first and last included.
    pub max_position_embeddings: usize,
    /// The perceptrons' activation.
    pub hidden_act: String,
    /// Added to variances.
    pub layer_norm_eps: f64,
    /// The token whose place stands for the text; 2 is the value of old folders, and means the
    /// token with the largest number.
    pub eos_token_id: u32,
}

/// The vision tower.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct ClipVisionConfig {
    /// Width.
    pub hidden_size: usize,
    /// Width of the two-layer perceptrons.
    pub intermediate_size: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Heads.
    pub num_attention_heads: usize,
    /// Height and width of pictures, in pixels.
    pub image_size: usize,
    /// Height and width of patches, in pixels.
    pub patch_size: usize,
    /// The perceptrons' activation.
    pub hidden_act: String,
    /// Added to variances.
    pub layer_norm_eps: f64,
    /// Width of the projection, where the tower stands alone.
    pub projection_dim: usize,
}

impl Default for ClipTextConfig {
    fn default() -> Self {
        Self {
            vocab_size: 49_408,
            hidden_size: 512,
            intermediate_size: 2048,
            num_hidden_layers: 12,
            num_attention_heads: 8,
            max_position_embeddings: 77,
            hidden_act: "quick_gelu".to_owned(),
            layer_norm_eps: 1e-5,
            eos_token_id: 49_407,
        }
    }
}

impl Default for ClipVisionConfig {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            image_size: 224,
            patch_size: 32,
            hidden_act: "quick_gelu".to_owned(),
            layer_norm_eps: 1e-5,
            projection_dim: 512,
        }
    }
}

#[derive(Deserialize)]
struct Written {
    text_config: Option<Value>,
    text_config_dict: Option<Value>,
    vision_config: Option<Value>,
    vision_config_dict: Option<Value>,
    projection_dim: Option<usize>,
}

impl ClipConfig {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// When it is unreadable, or names something that is not built.
    pub fn read(folder: &Path) -> Result<Self, ModelsError> {
        let path = folder.join("config.json");
        let written: Written = read(&path)?;
        let tower = |config: Option<Value>, over| {
            with_defaults(config.unwrap_or_else(|| Value::Object(serde_json::Map::new())), over)
        };
        let wrong = |error: serde_json::Error| config_error(&path, error.to_string());
        let text = tower(written.text_config, written.text_config_dict);
        let vision = tower(written.vision_config, written.vision_config_dict);
        Ok(Self {
            text: serde_json::from_value(text).map_err(wrong)?,
            vision: serde_json::from_value(vision).map_err(wrong)?,
            projection_dim: written.projection_dim.unwrap_or(512),
        })
    }
}

impl ClipTextConfig {
    pub(super) fn shape(&self) -> Result<LayerShape, ModelsError> {
        Ok(LayerShape {
            width: self.hidden_size,
            inner: self.intermediate_size,
            heads: self.num_attention_heads,
            epsilon: self.layer_norm_eps,
            activation: activation(&self.hidden_act)?,
            has_qkv_bias: true,
        })
    }
}

impl ClipVisionConfig {
    pub(super) fn shape(&self) -> Result<LayerShape, ModelsError> {
        Ok(LayerShape {
            width: self.hidden_size,
            inner: self.intermediate_size,
            heads: self.num_attention_heads,
            epsilon: self.layer_norm_eps,
            activation: activation(&self.hidden_act)?,
            has_qkv_bias: true,
        })
    }
}
