//! `config.json` of a BLIP folder, with the defaults of `BlipTextConfig` and `BlipVisionConfig`.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::ModelsError;
use crate::blip2::VisionConfig;
use crate::folder::{config_error, read, with_defaults};

/// The configuration of both encoders.
#[derive(Clone, Debug)]
pub struct BlipConfig {
    /// The text encoder.
    pub text: BlipTextConfig,
    /// The vision tower.
    pub vision: VisionConfig,
}

/// The text encoder.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct BlipTextConfig {
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
}

impl Default for BlipTextConfig {
    fn default() -> Self {
        Self {
            vocab_size: 30_524,
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 8,
            max_position_embeddings: 512,
            hidden_act: "gelu".to_owned(),
            layer_norm_eps: 1e-12,
        }
    }
}

#[derive(Deserialize)]
struct Written {
    text_config: Option<Value>,
    vision_config: Option<Value>,
}

impl BlipConfig {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// When it is unreadable.
    pub fn read(folder: &Path) -> Result<Self, ModelsError> {
        let path = folder.join("config.json");
        let written: Written = read(&path)?;
        let wrong = |error: serde_json::Error| config_error(&path, error.to_string());
        let vision = json!({
            "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
            "num_attention_heads": 12, "image_size": 384, "patch_size": 16, "hidden_act": "gelu",
            "layer_norm_eps": 1e-5,
        });
        let text = with_defaults(Value::Object(Map::new()), written.text_config);
        let vision = with_defaults(vision, written.vision_config);
        Ok(Self {
            text: serde_json::from_value(text).map_err(wrong)?,
            vision: serde_json::from_value(vision).map_err(wrong)?,
        })
    }
}
