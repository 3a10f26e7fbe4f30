//! `config.json` of a BLIP-2 folder, old and new.
//!
//! transformers writes only what differs from its defaults, so the defaults here are those of
//! `Blip2VisionConfig`, `Blip2QFormerConfig` and `OPTConfig` (5.24). Keys that say nothing about the
//! forward pass are passed over: a configuration has dozens of them.

use std::path::Path;

use lagar_nn::ops::Activation;
use serde::{Deserialize, Deserializer};

use crate::ModelsError;
use crate::folder::{config_error, read};

/// The configuration of a BLIP-2 model.
#[derive(Clone, Debug, Deserialize)]
pub struct Blip2Config {
    /// The vision tower.
    #[serde(default)]
    pub vision_config: VisionConfig,
    /// The Q-Former.
    #[serde(default)]
    pub qformer_config: QFormerConfig,
    /// The language model.
    #[serde(default)]
    pub text_config: OptConfig,
    /// Queries, and so vectors that stand for a picture.
    #[serde(default = "default_queries")]
    pub num_query_tokens: usize,
    /// The token whose places the picture takes; folders from before December 2024 have none, and
    /// the picture simply comes first. The numbers are the same.
    #[serde(default, alias = "image_token_id")]
    pub image_token_index: Option<u32>,
    /// Whether the language model is a decoder alone; only these are built.
    #[serde(default = "default_true")]
    pub use_decoder_only_language_model: bool,
}

fn default_queries() -> usize {
    32
}

fn default_true() -> bool {
    true
}

/// The vision tower, a ViT-g by default.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct VisionConfig {
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
    /// Whether queries, keys and values have a bias.
    pub qkv_bias: bool,
}

impl Default for VisionConfig {
    fn default() -> Self {
        Self {
            hidden_size: 1408,
            intermediate_size: 6144,
            num_hidden_layers: 39,
            num_attention_heads: 16,
            image_size: 224,
            patch_size: 14,
            hidden_act: "gelu".to_owned(),
            layer_norm_eps: 1e-6,
            qkv_bias: true,
        }
    }
}

/// The Q-Former, a BERT whose every other layer looks at the picture.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct QFormerConfig {
    /// Width.
    pub hidden_size: usize,
    /// Width of the two-layer perceptrons.
    pub intermediate_size: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Heads.
    pub num_attention_heads: usize,
    /// The perceptrons' activation.
    pub hidden_act: String,
    /// Added to variances.
    pub layer_norm_eps: f64,
    /// Every how many layers one looks at the picture.
    pub cross_attention_frequency: usize,
    /// Width of the vision tower.
    pub encoder_hidden_size: usize,
    /// Whether the Q-Former reads text too (`InstructBLIP`); not built.
    pub use_qformer_text_input: bool,
}

impl Default for QFormerConfig {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            hidden_act: "gelu".to_owned(),
            layer_norm_eps: 1e-12,
            cross_attention_frequency: 2,
            encoder_hidden_size: 1408,
            use_qformer_text_input: false,
        }
    }
}

/// The language model.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct OptConfig {
    /// Which language model it is; only `opt` is built.
    pub model_type: String,
    /// Width.
    pub hidden_size: usize,
    /// Width of the two-layer perceptrons.
    pub ffn_dim: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Heads.
    pub num_attention_heads: usize,
    /// Tokens.
    pub vocab_size: usize,
    /// Positions.
    pub max_position_embeddings: usize,
    /// Width of the embeddings; only that of the model is built, as in transformers.
    pub word_embed_proj_dim: Option<usize>,
    /// The perceptrons' activation.
    pub activation_function: String,
    /// Whether layers normalise what they read rather than what they write.
    pub do_layer_norm_before: bool,
    /// Whether the linear layers have a bias.
    pub enable_bias: bool,
    /// Whether the norms have weights.
    pub layer_norm_elementwise_affine: bool,
    /// Whether the norm behind the last layer is left out (checkpoints of 2022).
    #[serde(rename = "_remove_final_layer_norm")]
    pub remove_final_layer_norm: bool,
    /// Whether the output layer is the embedding.
    pub tie_word_embeddings: bool,
    /// The token that starts a text.
    pub bos_token_id: Option<u32>,
    /// The tokens that end a text.
    #[serde(deserialize_with = "one_or_many")]
    pub eos_token_id: Vec<u32>,
}

/// One token, several, or none.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let id = |value: &serde_json::Value| {
        let id = value.as_u64().and_then(|id| u32::try_from(id).ok());
        id.ok_or_else(|| serde::de::Error::custom(format!("expected a token, got {value}")))
    };
    match &value {
        serde_json::Value::Null => Ok(Vec::new()),
        serde_json::Value::Array(values) => values.iter().map(id).collect(),
        single => Ok(vec![id(single)?]),
    }
}

impl Default for OptConfig {
    fn default() -> Self {
        Self {
            model_type: "opt".to_owned(),
            hidden_size: 768,
            ffn_dim: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            vocab_size: 50272,
            max_position_embeddings: 2048,
            word_embed_proj_dim: None,
            activation_function: "relu".to_owned(),
            do_layer_norm_before: true,
            enable_bias: true,
            layer_norm_elementwise_affine: true,
            remove_final_layer_norm: false,
            tie_word_embeddings: true,
            bos_token_id: Some(2),
            eos_token_id: vec![2],
        }
    }
}

impl Blip2Config {
    /// Reads and checks `config.json` of a model folder.
    ///
    /// # Errors
    /// When it is missing or unreadable, contradicts itself, or is of a model that is not built.
    pub fn read(folder: &Path) -> Result<Self, ModelsError> {
        let path = folder.join("config.json");
        let config: Self = read(&path)?;
        config.check().map_err(|message| config_error(&path, message))?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let Self { vision_config: vision, qformer_config: qformer, text_config: text, .. } = self;
        if text.model_type != "opt" || !self.use_decoder_only_language_model {
            let model = &text.model_type;
            return Err(format!("the language model is `{model}`: only `opt` is built"));
        }
        if qformer.use_qformer_text_input {
            return Err("`use_qformer_text_input` (`InstructBLIP`) is not built".to_owned());
        }
        if qformer.encoder_hidden_size != vision.hidden_size {
            let (expected, got) = (vision.hidden_size, qformer.encoder_hidden_size);
            return Err(format!("`encoder_hidden_size`: expected {expected}, got {got}"));
        }
        for (part, width, heads) in [
            ("vision_config", vision.hidden_size, vision.num_attention_heads),
            ("qformer_config", qformer.hidden_size, qformer.num_attention_heads),
            ("text_config", text.hidden_size, text.num_attention_heads),
        ] {
            if heads == 0 || width == 0 || !width.is_multiple_of(heads) {
                return Err(format!("`{part}`: {width} wide cannot be cut into {heads} heads"));
            }
        }
        if vision.patch_size == 0 || vision.image_size < vision.patch_size {
            let (size, patch) = (vision.image_size, vision.patch_size);
            return Err(format!("pictures of {size} pixels in patches of {patch}"));
        }
        if qformer.cross_attention_frequency == 0 || self.num_query_tokens == 0 {
            return Err("`cross_attention_frequency` and `num_query_tokens` are at least 1".into());
        }
        if let Some(got) = text.word_embed_proj_dim.filter(|width| *width != text.hidden_size) {
            let expected = text.hidden_size;
            return Err(format!("`word_embed_proj_dim`: expected {expected}, got {got}"));
        }
        for name in [&vision.hidden_act, &qformer.hidden_act, &text.activation_function] {
            activation(name)?;
        }
        Ok(())
    }
}

/// The activation of this name.
pub(super) fn activation(name: &str) -> Result<Activation, String> {
    Activation::named(name).ok_or_else(|| format!("activation `{name}` is not built"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Blip2Config, String> {
        let config: Blip2Config = serde_json::from_str(text).map_err(|error| error.to_string())?;
        config.check().map(|()| config)
    }

    #[test]
    fn what_the_published_configuration_leaves_out_has_its_default() {
        let text = r#"{"image_token_index": 50265, "num_query_tokens": 32, "text_config":
            {"model_type": "opt", "hidden_size": 2560, "ffn_dim": 10240, "num_hidden_layers": 32,
             "num_attention_heads": 32, "vocab_size": 50304, "word_embed_proj_dim": 2560,
             "eos_token_id": 50118}, "qformer_config": {"model_type": "blip_2_qformer"}}"#;
        let config = parse(text).unwrap();
        assert_eq!(config.image_token_index, Some(50265));
        assert_eq!(config.vision_config.num_hidden_layers, 39);
        assert!(config.qformer_config.layer_norm_eps < 1.1e-12);
        assert_eq!(config.text_config.eos_token_id, [50118]);
        assert_eq!(config.text_config.bos_token_id, Some(2));
    }

    #[test]
    fn an_old_configuration_has_no_token_for_pictures() {
        let config = parse(r#"{"text_config": {"eos_token_id": [2, 50118]}}"#).unwrap();
        assert_eq!(config.image_token_index, None);
        assert_eq!(config.text_config.vocab_size, 50272);
        assert_eq!(config.text_config.eos_token_id, [2, 50118]);
    }

    #[test]
    fn models_that_are_not_built_are_refused_by_name() {
        let refused = |text| parse(text).unwrap_err();
        assert!(refused(r#"{"text_config": {"model_type": "t5"}}"#).contains("`t5`"));
        let heads = r#"{"vision_config": {"num_attention_heads": 5}}"#;
        assert!(refused(heads).contains("vision_config"));
        assert!(refused(r#"{"vision_config": {"hidden_act": "mish"}}"#).contains("mish"));
        let narrow = r#"{"text_config": {"word_embed_proj_dim": 512}}"#;
        assert!(refused(narrow).contains("expected 768, got 512"));
    }
}
