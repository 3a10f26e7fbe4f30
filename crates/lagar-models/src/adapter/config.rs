//! `adapter_config.json`.

use std::collections::BTreeMap;
use std::path::Path;

use fancy_regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use crate::ModelsError;
use crate::folder::{config_error, read};

/// Settings that change what an adapter computes in a way that is not implemented here.
const FOREIGN: [&str; 10] = [
    "alora_invocation_tokens",
    "arrow_config",
    "enable_lora",
    "kasa_config",
    "layer_replication",
    "monteclora_config",
    "target_parameters",
    "trainable_token_indices",
    "use_bdlora",
    "use_qalora",
];

/// Ways of starting a training that change the base's own weights.
const CHANGES_BASE: [&str; 5] = ["pissa", "olora", "corda", "loftq", "lora_ga"];

/// What an adapter is. Keys that are not listed are ignored, since every version of `peft` adds some.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct AdapterConfig {
    /// The kind of adapter; only `LORA` is read.
    pub peft_type: String,
    /// The version of `peft`, where it says so.
    #[serde(default)]
    pub peft_version: Option<String>,
    /// What it was trained on.
    #[serde(default)]
    pub base_model_name_or_path: Option<String>,
    /// The rank.
    #[serde(default = "eight")]
    pub r: usize,
    /// α.
    #[serde(default = "eight_point")]
    pub lora_alpha: f64,
    /// Which modules it is for.
    #[serde(default)]
    pub target_modules: Option<Targets>,
    /// Which it is not for.
    #[serde(default)]
    pub exclude_modules: Option<Targets>,
    /// The layers it is limited to.
    #[serde(default)]
    pub layers_to_transform: Option<Layers>,
    /// What lists of layers are called.
    #[serde(default)]
    pub layers_pattern: Option<Targets>,
    /// Other ranks, by the end of a module's name or a pattern of it.
    #[serde(default, deserialize_with = "in_order")]
    pub rank_pattern: Vec<(String, usize)>,
    /// Other α likewise.
    #[serde(default, deserialize_with = "in_order")]
    pub alpha_pattern: Vec<(String, f64)>,
    /// Whether the scale is α / √r.
    #[serde(default, deserialize_with = "or_default")]
    pub use_rslora: bool,
    /// Whether rows have lengths of their own.
    #[serde(default, deserialize_with = "or_default")]
    pub use_dora: bool,
    /// Whether the adapted matrices are stored as `[inputs, outputs]`.
    #[serde(default, deserialize_with = "or_default")]
    pub fan_in_fan_out: bool,
    /// Which biases were trained: `none`, `all` or `lora_only`.
    #[serde(default, deserialize_with = "or_default")]
    pub bias: String,
    /// Whether B has a bias.
    #[serde(default, deserialize_with = "or_default")]
    pub lora_bias: bool,
    /// Modules that were trained whole and are in the file.
    #[serde(default, deserialize_with = "or_default")]
    pub modules_to_save: Vec<String>,
    /// How the factors were started: `true`, `false` or a name.
    #[serde(default)]
    init_lora_weights: Value,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// Modules by the ends of their names, or by a pattern for the whole name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(untagged)]
pub enum Targets {
    /// A regular expression for the whole name, or `all-linear`.
    Pattern(String),
    /// Names, or what stands behind a dot at their end.
    Names(Vec<String>),
}

/// Layers by their numbers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Layers {
    /// One.
    One(usize),
    /// Several; none means all.
    Several(Vec<usize>),
}

const fn eight() -> usize {
    8
}

const fn eight_point() -> f64 {
    8.0
}

/// Takes `null` for an absent key.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The pairs of a mapping in the order of the file: the first key that matches counts.
fn in_order<'de, D, T>(deserializer: D) -> Result<Vec<(String, T)>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let map = Option::<serde_json::Map<String, Value>>::deserialize(deserializer)?;
    let pair = |(key, value)| Ok((key, serde_json::from_value(value)?));
    let pairs = map.unwrap_or_default().into_iter().map(pair);
    pairs.collect::<Result<_, serde_json::Error>>().map_err(serde::de::Error::custom)
}

impl AdapterConfig {
    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read, is of another form, or is of a kind that is not implemented.
    pub fn read(path: &Path) -> Result<Self, ModelsError> {
        let config: Self = read(path)?;
        let refuse = |message: String| Err(config_error(path, message));
        if config.peft_type != "LORA" {
            let found = &config.peft_type;
            return refuse(format!("`peft_type` is `{found}`; only `LORA` is read"));
        }
        let is_set = |value: &Value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::Array(list) => !list.is_empty(),
            Value::Object(map) => !map.is_empty(),
            _ => true,
        };
        let foreign = FOREIGN.iter().find(|key| config.others.get(**key).is_some_and(is_set));
        if let Some(key) = foreign {
            return refuse(format!("`{key}` is set, which is not read"));
        }
        let start = config.init_lora_weights.as_str().unwrap_or_default();
        if CHANGES_BASE.iter().any(|name| start == *name || start.starts_with(&format!("{name}_")))
        {
            return refuse(format!(
                "`init_lora_weights` is `{start}`, which changes the base's weights too; save the \
                 adapter with `path_initial_model_for_weight_conversion`"
            ));
        }
        if config.r == 0 || !config.lora_alpha.is_finite() {
            return refuse(format!("`r` {} and `lora_alpha` {}", config.r, config.lora_alpha));
        }
        if config.lora_bias && config.use_dora {
            return refuse("`lora_bias` and `use_dora` exclude each other".to_owned());
        }
        Ok(config)
    }

    /// The rank that a module should have.
    ///
    /// # Errors
    /// When a key of `rank_pattern` is not a pattern.
    pub fn rank(&self, module: &str) -> Result<usize, ModelsError> {
        Ok(pattern_value("rank_pattern", &self.rank_pattern, module)?.copied().unwrap_or(self.r))
    }

    /// α of a module.
    ///
    /// # Errors
    /// When a key of `alpha_pattern` is not a pattern.
    pub fn alpha(&self, module: &str) -> Result<f64, ModelsError> {
        let found = pattern_value("alpha_pattern", &self.alpha_pattern, module)?;
        Ok(found.copied().unwrap_or(self.lora_alpha))
    }

    /// What B · A of a module is multiplied by.
    ///
    /// # Errors
    /// When a key of a pattern is not one.
    pub fn scale(&self, module: &str) -> Result<f32, ModelsError> {
        let (rank, alpha) = (self.rank(module)? as f64, self.alpha(module)?);
        Ok((alpha / if self.use_rslora { rank.sqrt() } else { rank }) as f32)
    }
}

/// The value of the first key that, as a pattern, matches the end of a module's name behind a dot.
fn pattern_value<'a, T>(
    setting: &'static str,
    patterns: &'a [(String, T)],
    module: &str,
) -> Result<Option<&'a T>, ModelsError> {
    for (key, value) in patterns {
        let pattern = compile(setting, &format!(r"^(?:.*\.)?(?:{key})$"))?;
        if pattern.is_match(module).unwrap_or(false) {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// A pattern of a configuration.
pub(super) fn compile(setting: &'static str, pattern: &str) -> Result<Regex, ModelsError> {
    Regex::new(pattern).map_err(|error| ModelsError::Setting {
        setting,
        message: format!("`{pattern}` is not a pattern: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<AdapterConfig, ModelsError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("adapter_config.json");
        lagar_core::fsio::write(&path, text.as_bytes()).unwrap();
        AdapterConfig::read(&path)
    }

    #[test]
    fn ranks_and_scales_follow_the_patterns() {
        let config = parse(
            r#"{"peft_type": "LORA", "r": 16, "lora_alpha": 8, "use_rslora": true,
                "rank_pattern": {"model.layers.0.mlp.up_proj": 4, "q_proj": 64, ".*_proj": 16},
                "alpha_pattern": {"layers\\.\\d+\\.self_attn\\.q_proj": 24}, "bias": "none"}"#,
        )
        .unwrap();
        assert_eq!(config.rank("model.layers.3.self_attn.q_proj").unwrap(), 64);
        assert_eq!(config.rank("model.layers.0.mlp.up_proj").unwrap(), 4);
        assert_eq!(config.rank("model.layers.1.mlp.up_proj").unwrap(), 16);
        assert_eq!(config.rank("model.layers.1.mlp.xq_proj").unwrap(), 16);
        assert!((config.scale("model.layers.3.self_attn.q_proj").unwrap() - 3.0).abs() < 1e-7);
        assert!((config.scale("model.layers.1.mlp.up_proj").unwrap() - 2.0).abs() < 1e-7);
    }

    #[test]
    fn what_is_not_implemented_is_refused_by_name() {
        for (text, named) in [
            (r#"{"peft_type": "IA3"}"#, "`IA3`"),
            (r#"{"peft_type": "LORA", "target_parameters": ["experts"]}"#, "target_parameters"),
            (r#"{"peft_type": "LORA", "init_lora_weights": "pissa_niter_4"}"#, "pissa_niter_4"),
            (r#"{"peft_type": "LORA", "r": 0}"#, "`r` 0"),
            (r#"{"r": 8}"#, "peft_type"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
        parse(r#"{"peft_type": "LORA", "target_parameters": null, "use_qalora": false}"#).unwrap();
    }

    #[test]
    fn a_pattern_that_is_none_is_named() {
        let config = parse(r#"{"peft_type": "LORA", "rank_pattern": {"(": 4}}"#).unwrap();
        assert!(config.rank("a.b").unwrap_err().to_string().contains("rank_pattern"));
    }
}
