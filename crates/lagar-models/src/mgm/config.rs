//! `config.json` of an MGM folder with Gemma.
//!
//! transformers may leave out what equals its defaults, so the defaults here are those of
//! `GemmaConfig`. Which GELU is meant depends on the version of transformers that wrote the file; see
//! [`gelu`].

use std::path::Path;

use lagar_nn::ops::Activation;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::ModelsError;
use crate::folder::{activation, config_error, read};

/// The configuration of an MGM model.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct MgmConfig {
    /// Which model it is; only `mgm_gemma` is built.
    pub model_type: String,
    /// Width of the language model.
    pub hidden_size: usize,
    /// Width of its two-layer perceptrons.
    pub intermediate_size: usize,
    /// Its layers.
    pub num_hidden_layers: usize,
    /// Heads of its queries.
    pub num_attention_heads: usize,
    /// Heads of its keys and values.
    pub num_key_value_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Tokens.
    pub vocab_size: usize,
    /// Positions.
    pub max_position_embeddings: usize,
    /// Added to mean squares.
    pub rms_norm_eps: f64,
    /// Base of the rotary positions.
    pub rope_theta: f64,
    /// Stretched positions; not built.
    pub rope_scaling: Option<Value>,
    /// Whether queries, keys, values and what is made of them have a bias.
    pub attention_bias: bool,
    /// Whether the output layer is the embedding.
    pub tie_word_embeddings: bool,
    /// The token that starts a text.
    pub bos_token_id: u32,
    /// The tokens that end a text.
    #[serde(deserialize_with = "one_or_many")]
    pub eos_token_id: Vec<u32>,
    /// `pad`: pictures are made square with bars; otherwise their middle is cut out.
    pub image_aspect_ratio: Option<String>,
    /// Into how many times as many parts CLIP's picture is cut (HD: 2).
    pub image_grid: usize,
    /// Whether the parts are joined by the whole picture.
    pub image_global: bool,
    /// Height and width of the pictures of the finer tower, in pixels.
    pub image_size_aux: Option<usize>,
    /// What stands between the towers and the language model.
    pub mm_projector_type: String,
    /// Whether marks stand around a picture; not built.
    pub mm_use_im_start_end: bool,
    /// Which of CLIP's layers is taken, counted from the end: -2.
    pub mm_vision_select_layer: isize,
    /// `patch`: without CLIP's class; nothing else is built.
    pub mm_vision_select_feature: String,
    /// The folder of CLIP's tower, as it was called in training.
    pub mm_vision_tower: Option<String>,
    /// The folder of the finer tower, as it was called in training.
    pub mm_vision_tower_aux: Option<String>,
    /// The most vectors of a prompt, picture included; what is behind is cut off, as in training.
    pub tokenizer_model_max_length: Option<usize>,
    /// The folder of the base model, as it was called in training.
    #[serde(rename = "_name_or_path")]
    pub base: Option<String>,
    /// The perceptrons' activation, as `gelu` understands it.
    #[serde(skip)]
    pub activation: Activation,
}

impl Default for MgmConfig {
    fn default() -> Self {
        Self {
            model_type: String::new(),
            hidden_size: 3072,
            intermediate_size: 24_576,
            num_hidden_layers: 28,
            num_attention_heads: 16,
            num_key_value_heads: 16,
            head_dim: 256,
            vocab_size: 256_000,
            max_position_embeddings: 8192,
            rms_norm_eps: 1e-6,
            rope_theta: 10_000.0,
            rope_scaling: None,
            attention_bias: false,
            tie_word_embeddings: true,
            bos_token_id: 2,
            eos_token_id: vec![1],
            image_aspect_ratio: None,
            image_grid: 1,
            image_global: false,
            image_size_aux: None,
            mm_projector_type: "linear".to_owned(),
            mm_use_im_start_end: false,
            mm_vision_select_layer: -2,
            mm_vision_select_feature: "patch".to_owned(),
            mm_vision_tower: None,
            mm_vision_tower_aux: None,
            tokenizer_model_max_length: None,
            base: None,
            activation: Activation::Gelu,
        }
    }
}

/// One token, several, or none.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Ids {
        One(u32),
        Many(Vec<u32>),
    }
    Ok(match Option::<Ids>::deserialize(deserializer)? {
        None => Vec::new(),
        Some(Ids::One(id)) => vec![id],
        Some(Ids::Many(ids)) => ids,
    })
}

impl MgmConfig {
    /// Reads and checks `config.json` of a folder.
    ///
    /// # Errors
    /// When it is missing or unreadable, contradicts itself, or is of a model that is not built.
    pub fn read(folder: &Path) -> Result<Self, ModelsError> {
        let path = folder.join("config.json");
        Self::from_json(read(&path)?).map_err(|message| config_error(&path, message))
    }

    /// Whether a folder has the configuration of an MGM, as folders of adapters may or may not.
    pub fn is_in(folder: &Path) -> bool {
        let config: Result<Value, _> = read(&folder.join("config.json"));
        config.is_ok_and(|config| config["model_type"] == "mgm_gemma")
    }

    /// How many maps of the picture the language model sees: parts, and the whole.
    pub fn views(&self) -> usize {
        self.image_grid.pow(2) + usize::from(self.image_grid > 1 && self.image_global)
    }

    fn from_json(mut written: Map<String, Value>) -> Result<Self, String> {
        let activation = gelu(&written)?;
        let has_many_heads = written.get("num_key_value_heads").is_none_or(Value::is_null);
        written.retain(|_, value| !value.is_null());
        let config: Self =
            serde_json::from_value(Value::Object(written)).map_err(|error| error.to_string())?;
        let keys =
            if has_many_heads { config.num_attention_heads } else { config.num_key_value_heads };
        let config = Self { activation, num_key_value_heads: keys, ..config };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        if self.model_type != "mgm_gemma" {
            let hint = match self.model_type.as_str() {
                "gemma" => ": a language model without pictures, the base of an MGM",
                _ => "",
            };
            return Err(format!(
                "`model_type`: expected `mgm_gemma`, got `{}`{hint}",
                self.model_type
            ));
        }
        let refused = [
            (self.rope_scaling.is_some(), "`rope_scaling`"),
            (self.mm_use_im_start_end, "`mm_use_im_start_end`"),
            (self.mm_vision_select_feature != "patch", "`mm_vision_select_feature` but `patch`"),
            (!self.tie_word_embeddings, "`tie_word_embeddings` but true"),
        ];
        if let Some((_, what)) = refused.iter().find(|(is_asked, _)| *is_asked) {
            return Err(format!("{what} is not built"));
        }
        let (queries, keys) = (self.num_attention_heads, self.num_key_value_heads);
        if keys == 0 || !queries.is_multiple_of(keys) || !self.head_dim.is_multiple_of(2) {
            let width = self.head_dim;
            return Err(format!(
                "{queries} heads over {keys}, each {width} wide, are not possible"
            ));
        }
        if self.image_size_aux.is_none() {
            return Err("`image_size_aux`: expected the size of pictures, in pixels".to_owned());
        }
        if self.image_grid == 0 || (self.image_grid == 1 && self.image_global) {
            return Err("`image_grid`: expected 1, or more with `image_global`".to_owned());
        }
        if self.mm_vision_select_layer >= 0 {
            let layer = self.mm_vision_select_layer;
            return Err(format!("`mm_vision_select_layer`: expected a layer below 0, got {layer}"));
        }
        self.projector_layers().map(|_layers| ())
    }

    /// Linear layers of the projector.
    pub(super) fn projector_layers(&self) -> Result<usize, String> {
        let name = self.mm_projector_type.as_str();
        let deep = name.strip_prefix("mlp").and_then(|rest| rest.strip_suffix("x_gelu"));
        match (name, deep.and_then(|depth| depth.parse().ok())) {
            ("linear", _) => Ok(1),
            (_, Some(depth @ 1..=9)) => Ok(depth),
            _ => Err(format!("`mm_projector_type`: expected `mlp2x_gelu`, got `{name}`")),
        }
    }
}

/// Which GELU Gemma computes with. `hidden_activation` decides where it says something. Where it does
/// not, transformers before 4.39 obeys `hidden_act` (`gelu` being the exact one), and from 4.39 on,
/// which writes the key even if it is null, takes the approximation with the hyperbolic tangent.
fn gelu(config: &Map<String, Value>) -> Result<Activation, String> {
    let named = |name: &str| activation(name).map_err(|error| error.to_string());
    let text = |key: &str| config.get(key).and_then(Value::as_str);
    if let Some(name) = text("hidden_activation") {
        return named(name);
    }
    let mut version = text("transformers_version").unwrap_or("4.38").split('.');
    let mut number = || version.next().and_then(|part| part.parse::<u32>().ok()).unwrap_or(0);
    if config.contains_key("hidden_activation") || (number(), number()) >= (4, 39) {
        return Ok(Activation::GeluTanh);
    }
    named(text("hidden_act").unwrap_or("gelu_pytorch_tanh"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(change: Value) -> Result<MgmConfig, String> {
        let mut config = json!({"model_type": "mgm_gemma", "hidden_act": "gelu",
            "image_size_aux": 768, "num_key_value_heads": 1, "transformers_version": "4.38.0"});
        let (Some(config), Value::Object(change)) = (config.as_object_mut(), change) else {
            return Err("no object".to_owned());
        };
        config.extend(change);
        MgmConfig::from_json(config.clone())
    }

    #[test]
    fn which_gelu_is_meant_depends_on_key_and_version() {
        let gelu = |change| parse(change).map(|config| config.activation);
        assert_eq!(gelu(json!({})), Ok(Activation::Gelu));
        assert_eq!(gelu(json!({"transformers_version": "4.38.2"})), Ok(Activation::Gelu));
        assert_eq!(gelu(json!({"transformers_version": "4.39.0"})), Ok(Activation::GeluTanh));
        assert_eq!(gelu(json!({"transformers_version": "5.0.0"})), Ok(Activation::GeluTanh));
        assert_eq!(gelu(json!({"hidden_activation": null})), Ok(Activation::GeluTanh));
        let exact = json!({"hidden_activation": "gelu", "transformers_version": "4.47.0"});
        assert_eq!(gelu(exact), Ok(Activation::Gelu));
        assert!(gelu(json!({"hidden_activation": "mish"})).unwrap_err().contains("mish"));
    }

    #[test]
    fn hd_sees_the_parts_and_the_whole() {
        assert_eq!(parse(json!({})).unwrap().views(), 1);
        let hd = json!({"image_grid": 2, "image_global": true, "eos_token_id": [1, 107]});
        let hd = parse(hd).unwrap();
        assert_eq!((hd.views(), hd.eos_token_id.as_slice()), (5, [1, 107].as_slice()));
    }

    #[test]
    fn what_is_not_built_is_refused_by_name() {
        let refused = |change| parse(change).unwrap_err();
        assert!(refused(json!({"model_type": "gemma"})).contains("base of an MGM"));
        assert!(refused(json!({"rope_scaling": {"type": "linear"}})).contains("rope_scaling"));
        assert!(refused(json!({"mm_projector_type": "resampler"})).contains("resampler"));
        assert!(refused(json!({"image_size_aux": null})).contains("image_size_aux"));
        assert!(refused(json!({"num_key_value_heads": 3})).contains("16 heads over 3"));
    }
}
