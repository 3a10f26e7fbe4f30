//! Parameters that every operator of Data-Juicer accepts.
//!
//! Those that choose fields or bend thresholds are obeyed; those that schedule Python processes are
//! accepted, so that a recipe needs no change, and answered with a warning.

use serde::{Deserialize, Serialize};

use crate::interval::Interval;

/// The obeyed ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Common {
    /// The text field this operator works on, if not the recipe's.
    pub text_key: Option<String>,
    /// The picture field this operator works on, if not the recipe's.
    pub image_key: Option<String>,
    /// The field of encoded pictures this operator works on, if not the recipe's.
    pub image_bytes_key: Option<String>,
    /// Whether the lower bound itself passes (default true).
    pub min_closed_interval: Option<bool>,
    /// Whether the upper bound itself passes (default true).
    pub max_closed_interval: Option<bool>,
    /// Whether what lies between the bounds is dropped instead (default false).
    pub reversed_range: Option<bool>,
}

/// Names of the obeyed ones.
pub const OBEYED: [&str; 6] = [
    "text_key",
    "image_key",
    "image_bytes_key",
    "min_closed_interval",
    "max_closed_interval",
    "reversed_range",
];

/// Names of those without a meaning here: lagar plans threads, batches and memory itself.
pub const ACCEPTED: [&str; 32] = [
    "accelerator",
    "adaptive_batching",
    "audio_key",
    "auto_op_parallelism",
    "batch_mode",
    "batch_size",
    "cpu_required",
    "gpu_required",
    "history_key",
    "index_key",
    "input_columns",
    "instruction_key",
    "mem_required",
    "memory",
    "num_cpus",
    "num_gpus",
    "num_proc",
    "output_columns",
    "prompt_key",
    "query_key",
    "ray_execution_mode",
    "response_key",
    "runtime_env",
    "skip_op_error",
    "stats_export_path",
    "system_key",
    "turbo",
    "use_actor",
    "video_key",
    "work_dir",
    "op_name",
    "trust_remote_code",
];

impl Common {
    /// The edge rules of this operator's thresholds.
    pub fn interval(&self) -> Interval {
        Interval {
            min_closed: self.min_closed_interval.unwrap_or(true),
            max_closed: self.max_closed_interval.unwrap_or(true),
            reversed: self.reversed_range.unwrap_or(false),
        }
    }
}
