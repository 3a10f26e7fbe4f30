//! The typed recipe: every setting with its default, and the operators.
//!
//! Field names are the keys of the file. How a text becomes a recipe is in `read.rs`, how a
//! recipe becomes a text in `resolved.rs`.

use std::sync::Arc;

use lagar_core::diagnostic::{Diagnostic, SourceText};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::dataset::Dataset;
use crate::process::OpCall;

/// A whole recipe: what to read, what to do with it, and where to put it.
///
/// Names, meanings and defaults are those of [`crate::keys::KEYS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// Name of the run.
    pub project_name: String,
    /// The input as written; empty when it is given as `dataset`. Parsed into [`Self::dataset`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub dataset_path: String,
    /// Where the rows come from; never without a source.
    #[serde(skip)]
    pub dataset: Dataset,
    /// Output file.
    #[serde(deserialize_with = "not_empty")]
    pub export_path: String,
    /// Output format; `None` means the ending of the output file tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_type: Option<String>,
    /// Bytes per output shard; 0 means one file.
    pub export_shard_size: u64,
    /// Rows per output shard; 0 means one file.
    pub export_shard_rows: u64,
    /// Worker threads; `None` means all cores.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "positive_option")]
    pub np: Option<usize>,
    /// Fields with the text, at least one; only the first is used.
    #[serde(deserialize_with = "at_least_one")]
    pub text_keys: Vec<String>,
    /// Field with the list of picture paths.
    pub image_key: String,
    /// Field with the list of pictures as bytes.
    pub image_bytes_key: String,
    /// Mark in the text that stands for a picture.
    pub image_special_token: String,
    /// Field with the list of audio paths.
    pub audio_key: String,
    /// Mark in the text that stands for an audio file.
    pub audio_special_token: String,
    /// Field with the list of video paths.
    pub video_key: String,
    /// Mark in the text that stands for a video.
    pub video_special_token: String,
    /// Mark in the text that ends a chunk of text and media.
    pub eoc_special_token: String,
    /// Endings of the files to read from a folder; empty means the most common format.
    #[serde(deserialize_with = "crate::de::one_or_many")]
    pub suffixes: Vec<String>,
    /// Whether lines that are not JSON are skipped.
    pub load_jsonl_lenient: bool,
    /// Whether dropped and changed rows are recorded; `None` means yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_tracer: Option<bool>,
    /// Most rows traced per operator; `None` means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_num: Option<u64>,
    /// Operators to trace; empty means all.
    pub op_list_to_trace: Vec<String>,
    /// Further fields to show in the trace.
    pub trace_keys: Vec<String>,
    /// Whether trace files are also written under the older names.
    pub trace_legacy_names: bool,
    /// Whether the use of CPU, memory and disk is recorded.
    pub open_monitor: bool,
    /// Folder for run folders; `None` means the folder of the output file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_dir: Option<String>,
    /// Folder in which captions are kept between runs; `None` means one beside the run folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_dir: Option<String>,
    /// Name of the run folder; `None` means that one is made up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    /// Whether statistics stay in the output.
    pub keep_stats_in_res_ds: bool,
    /// Whether hashes stay in the output.
    pub keep_hashes_in_res_ds: bool,
    /// As written; checkpoints are always on.
    pub use_checkpoint: bool,
    /// As written; intermediate results are always shared.
    pub op_fusion: bool,
    /// As written.
    pub fusion_strategy: FusionStrategy,
    /// As written; `false` makes [`OnError::Fail`] the default of [`Self::on_error`].
    #[serde(skip_serializing_if = "is_true")]
    pub skip_op_error: bool,
    /// What happens to a row that fails.
    pub on_error: OnError,
    /// What happens to a row with a picture that ends too early.
    pub truncated_images: TruncatedImages,
    /// What becomes of relative picture paths in an export to another folder.
    pub export_image_paths: ExportImagePaths,
    /// Rows per chunk, at least one.
    #[serde(deserialize_with = "positive")]
    pub chunk_size: usize,
    /// Seed of everything random.
    pub seed: u64,
    /// The operators in the order in which they run.
    #[serde(skip)]
    pub process: Vec<OpCall>,
    /// The text that the recipe was read from.
    #[serde(skip)]
    pub source: Arc<SourceText>,
    /// What is not wrong but worth saying.
    #[serde(skip)]
    pub warnings: Vec<Diagnostic>,
}

/// How Data-Juicer groups operators for fusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FusionStrategy {
    /// Keep the order of the recipe.
    Greedy,
    /// Order operators by measured speed.
    Probe,
}

/// What happens to a row that fails in an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// The row is set aside with its reason and the run goes on.
    Quarantine,
    /// The run ends.
    Fail,
}

/// What happens to a row with a picture that ends too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TruncatedImages {
    /// The row is set aside with its reason.
    Quarantine,
    /// The part of the picture that is there is used.
    Accept,
}

/// What becomes of relative picture paths in an export to another folder than the data's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportImagePaths {
    /// They become absolute, so that they still name the same files, as in Data-Juicer.
    #[default]
    Resolve,
    /// They stay as they are.
    Keep,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            project_name: "hello_world".to_owned(),
            dataset_path: String::new(),
            dataset: Dataset::default(),
            export_path: "./outputs/hello_world/hello_world.jsonl".to_owned(),
            export_type: None,
            export_shard_size: 0,
            export_shard_rows: 0,
            np: None,
            text_keys: vec!["text".to_owned()],
            image_key: "images".to_owned(),
            image_bytes_key: "image_bytes".to_owned(),
            image_special_token: "<__dj__image>".to_owned(),
            audio_key: "audios".to_owned(),
            audio_special_token: "<__dj__audio>".to_owned(),
            video_key: "videos".to_owned(),
            video_special_token: "<__dj__video>".to_owned(),
            eoc_special_token: "<|__dj__eoc|>".to_owned(),
            suffixes: Vec::new(),
            load_jsonl_lenient: false,
            open_tracer: None,
            trace_num: None,
            op_list_to_trace: Vec::new(),
            trace_keys: Vec::new(),
            trace_legacy_names: false,
            open_monitor: false,
            work_dir: None,
            cache_dir: None,
            job_id: None,
            keep_stats_in_res_ds: false,
            keep_hashes_in_res_ds: false,
            use_checkpoint: false,
            op_fusion: false,
            fusion_strategy: FusionStrategy::Probe,
            skip_op_error: true,
            on_error: OnError::Quarantine,
            truncated_images: TruncatedImages::Quarantine,
            export_image_paths: ExportImagePaths::Resolve,
            chunk_size: 8192,
            seed: 42,
            process: Vec::new(),
            source: Arc::default(),
            warnings: Vec::new(),
        }
    }
}

fn not_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() {
        return Err(de::Error::custom("must not be empty"));
    }
    Ok(text)
}

fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let list = crate::de::one_or_many(deserializer)?;
    if list.is_empty() {
        return Err(de::Error::custom("at least one is needed"));
    }
    Ok(list)
}

fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    match usize::deserialize(deserializer)? {
        0 => Err(de::Error::custom("must be at least 1")),
        value => Ok(value),
    }
}

fn positive_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    positive(deserializer).map(Some)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_true(value: &bool) -> bool {
    *value
}
