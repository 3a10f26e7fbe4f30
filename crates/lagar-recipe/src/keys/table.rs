//! The table of keys: one entry each, in the order of Data-Juicer's reference, lagar's own last.
//!
//! A table and not attributes on the fields of the recipe, because most keys have no field.

use super::{Kind, RecipeKey, Role};

const RAY: &str = "lagar runs without Ray";
const CACHE: &str = "lagar keeps no data set cache; finished chunks lie in the run folder";
const ANALYZER: &str = "it belongs to Data-Juicer's analyzer; see `lagar explore`";
const SANDBOX: &str = "it belongs to Data-Juicer's sandbox";
const ENVIRONMENTS: &str = "operators are built in and share one environment";
const FUSION: &str = "every operator sees a chunk while it is in memory; nothing needs fusing";
const BATCH: &str = "lagar works on chunks; see `chunk_size`";
const CHECKPOINTS: &str = "lagar always writes checkpoints and always resumes";
const PARTITIONS: &str = "lagar streams chunks; see `chunk_size`";
const PREFLIGHT: &str = "lagar does not probe operators before a run";
const INSIGHT: &str = "the ledger holds what every operator did to every row";
const CRYPT: &str = "lagar cannot encrypt or decrypt data sets";

const fn used(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    meaning: &'static str,
) -> RecipeKey {
    RecipeKey { name, kind, default, meaning, role: Role::Used }
}

const fn idle(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    meaning: &'static str,
    why: &'static str,
) -> RecipeKey {
    RecipeKey { name, kind, default, meaning, role: Role::NoMeaning { why } }
}

const fn refused(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    meaning: &'static str,
    why: &'static str,
) -> RecipeKey {
    RecipeKey { name, kind, default, meaning, role: Role::Refused { why } }
}

use Kind::{
    Any, Bool, Choice, Integer, List, Map, MapOrList, Number, Positive, Text, TextOrTexts, Texts,
};

/// Every top-level key that a recipe may have.
#[rustfmt::skip]
pub const KEYS: &[RecipeKey] = &[
    idle("config", Any, "null", "path of the recipe itself", "the recipe is named on the command line"),
    idle("auto", Bool, "false", "analyze without a recipe", ANALYZER),
    idle("auto_num", Positive, "1000", "rows that the automatic analysis looks at", ANALYZER),
    idle("hpo_config", Text, "null", "configuration of the search for hyperparameters", SANDBOX),
    idle("data_probe_algo", Text, "uniform", "how the sandbox samples rows for its probe", SANDBOX),
    idle("data_probe_ratio", Number, "1.0", "share of the rows that the sandbox probes", SANDBOX),
    used("load_jsonl_lenient", Bool, "false", "skip lines of a JSON Lines file that cannot be parsed"),
    idle("use_dag", Bool, "null", "plan the run as a graph and watch its nodes", "lagar always plans the run"),
    used("project_name", Text, "hello_world", "name of the run"),
    idle("executor_type", Choice(&["default", "ray", "ray_partitioned"]), "default", "which executor runs the recipe", "lagar has one executor, which streams, resumes and uses all cores"),
    idle("strict_preflight", Bool, "true", "check the recipe before the run", "lagar always checks the whole recipe first"),
    used("dataset_path", Text, "''", "input file or folder, or several with their weights: `0.5 a.jsonl 0.5 b/`"),
    used("dataset", MapOrList, "[]", "input sources, with an optional number of rows to sample from all of them"),
    refused("generated_dataset_config", Map, "null", "make the input instead of reading it", "lagar reads files only"),
    idle("validators", List, "[]", "checks on the first rows of the input", "rows that cannot be processed are quarantined, each with its reason"),
    refused("load_dataset_kwargs", Map, "{}", "further arguments for the loader of data sets", "lagar has its own readers, which read whole rows"),
    idle("read_options", Map, "{}", "how Ray reads JSON", RAY),
    idle("override_num_blocks", Positive, "null", "number of blocks that Ray reads", RAY),
    used("work_dir", Text, "null", "folder for run folders; the folder of `export_path` when unset"),
    used("export_path", Text, "./outputs/hello_world/hello_world.jsonl", "output file"),
    used("export_type", Text, "null", "output format; taken from the ending of `export_path` when unset"),
    used("export_shard_size", Integer, "0", "bytes per output shard; 0 writes one file"),
    idle("export_in_parallel", Bool, "false", "write one output file with several processes", "the output is written in order while the run goes on"),
    idle("export_extra_args", Map, "{}", "further arguments for the exporter", "lagar's writers take no further arguments"),
    refused("export_aws_credentials", Map, "null", "credentials for an export to S3", "lagar writes to local files"),
    refused("decrypt_after_reading", Bool, "false", "decrypt the input while reading it", CRYPT),
    refused("encrypt_before_export", Bool, "false", "encrypt the output after writing it", CRYPT),
    idle("encryption_key_path", Text, "null", "file with the key for encryption", CRYPT),
    used("keep_stats_in_res_ds", Bool, "false", "keep the statistics of the filters in the output"),
    used("keep_hashes_in_res_ds", Bool, "false", "keep the hashes of the deduplicators in the output"),
    used("np", Positive, "null", "number of worker threads; all cores when unset"),
    used("text_keys", TextOrTexts, "text", "field with the text; of several only the first is used"),
    used("image_key", Text, "images", "field with the list of picture paths"),
    used("image_bytes_key", Text, "image_bytes", "field with the list of pictures as bytes"),
    used("image_special_token", Text, "<__dj__image>", "mark in the text that stands for a picture"),
    used("audio_key", Text, "audios", "field with the list of audio paths"),
    used("audio_special_token", Text, "<__dj__audio>", "mark in the text that stands for an audio file"),
    used("video_key", Text, "videos", "field with the list of video paths"),
    used("video_special_token", Text, "<__dj__video>", "mark in the text that stands for a video"),
    used("eoc_special_token", Text, "<|__dj__eoc|>", "mark in the text that ends a chunk of text and media"),
    used("suffixes", TextOrTexts, "[]", "endings of the files to read from a folder; those of the most common format when empty"),
    idle("turbo", Bool, "false", "run faster where the batch size is one", BATCH),
    used("skip_op_error", Bool, "true", "go on after an error in an operator; lagar sets single rows aside (see `on_error`)"),
    idle("use_cache", Bool, "true", "keep intermediate data sets", CACHE),
    idle("ds_cache_dir", Text, "null", "folder of the cache", CACHE),
    idle("cache_compress", Text, "null", "compression of the cache", CACHE),
    used("open_monitor", Bool, "false", "record CPU, memory and disk use during the run"),
    used("use_checkpoint", Bool, "false", "write checkpoints; lagar always does"),
    idle("checkpoint.enabled", Bool, "true", "write checkpoints in the partitioned executor", CHECKPOINTS),
    idle("checkpoint.strategy", Choice(&["every_n_ops", "every_op", "manual", "disabled"]), "every_n_ops", "when checkpoints are written", CHECKPOINTS),
    idle("checkpoint.n_ops", Positive, "5", "operators between two checkpoints", CHECKPOINTS),
    idle("checkpoint.op_names", Texts, "[]", "operators after which a checkpoint is written", CHECKPOINTS),
    idle("event_logging.enabled", Bool, "true", "write an event log", "lagar always writes its event stream"),
    idle("event_log_dir", Text, "null", "folder of the logs", "the event stream lies in the run folder"),
    idle("checkpoint_dir", Text, "null", "folder of the checkpoints", "checkpoints lie in the run folder"),
    used("job_id", Text, "null", "name of the run folder; made from the recipe when unset"),
    idle("resume", Text, "null", "name of a run to go on with", CHECKPOINTS),
    idle("temp_dir", Text, "null", "folder for temporary files", "temporary files lie in the run folder"),
    used("open_tracer", Bool, "null", "record the rows that each operator dropped or changed; on unless set to false"),
    used("op_list_to_trace", Texts, "[]", "operators to trace; all when empty"),
    used("trace_num", Integer, "null", "most rows traced per operator; all when unset"),
    used("trace_keys", Texts, "[]", "further fields to show in the trace"),
    idle("open_insight_mining", Bool, "false", "look for changes of statistics and tags between operators", INSIGHT),
    idle("op_list_to_mine", Texts, "[]", "operators whose changes are looked at", INSIGHT),
    idle("min_common_dep_num_to_combine", Number, "-1", "shared dependencies from which environments of operators are merged", ENVIRONMENTS),
    idle("conflict_resolve_strategy", Choice(&["split", "overwrite", "latest"]), "split", "what happens to conflicting dependencies of operators", ENVIRONMENTS),
    used("op_fusion", Bool, "false", "share intermediate results between operators; lagar always does"),
    used("fusion_strategy", Choice(&["greedy", "probe"]), "probe", "how operators are put together for fusion"),
    idle("mapper_fusion", Bool, "true", "run consecutive mappers on the GPU as one", FUSION),
    idle("mapper_fusion_vram_limit", Number, "0.9", "share of the GPU memory that fused mappers may use", FUSION),
    idle("adaptive_batch_size", Bool, "false", "find batch sizes by trying", BATCH),
    used("process", List, "[]", "the operators with their parameters, in the order in which they run"),
    idle("percentiles", List, "[]", "percentiles of the analysis", ANALYZER),
    idle("export_original_dataset", Bool, "false", "write the input with its statistics", ANALYZER),
    idle("save_stats_in_one_file", Bool, "false", "write all statistics into one file", ANALYZER),
    idle("ray_address", Text, "auto", "address of the Ray cluster", RAY),
    idle("partition_size", Positive, "null", "rows per partition", PARTITIONS),
    idle("partition.mode", Choice(&["auto", "manual"]), "auto", "how the number of partitions is found", PARTITIONS),
    idle("partition.size", Positive, "null", "rows per partition", PARTITIONS),
    idle("partition.num_of_partitions", Any, "null", "number of partitions", PARTITIONS),
    idle("partition.partitions_per_node", Any, "auto", "partitions per machine", PARTITIONS),
    idle("partition.max_concurrent_partitions", Any, "auto", "partitions that run at the same time", PARTITIONS),
    idle("partition.max_gpu_workers_per_device", Positive, "5", "model workers per GPU", PREFLIGHT),
    idle("partition.max_concurrent_gpu_probes", Any, "auto", "probes of GPU operators at the same time", PREFLIGHT),
    idle("partition.gpu_preflight_enabled", Bool, "true", "probe GPU operators before the run", PREFLIGHT),
    idle("partition.gpu_probe_timeout_seconds", Number, "null", "seconds after which a probe is stopped", PREFLIGHT),
    idle("partition.gpu_probe_warmup_batches", Integer, "1", "batches of a probe that are not measured", PREFLIGHT),
    idle("partition.gpu_probe_steady_batches", Positive, "3", "batches of a probe that are measured", PREFLIGHT),
    idle("partition.gpu_probe_sample_offset", Integer, "0", "rows skipped before the sample of a probe", PREFLIGHT),
    idle("partition.gpu_probe_sample_shuffle", Bool, "false", "shuffle blocks before the sample of a probe", PREFLIGHT),
    idle("partition.gpu_probe_sample_seed", Any, "42", "seed of that shuffle", PREFLIGHT),
    idle("partition.execution_group_size", Any, "auto", "partitions that share one set of GPU workers", PARTITIONS),
    idle("partition.max_initialization_overhead_ratio", Number, "0.1", "share of the time that loading models may take", PARTITIONS),
    idle("partition.target_size_mb", Positive, "256", "size of a partition in megabytes", PARTITIONS),
    idle("partition_dir", Text, "null", "folder of the partitions", PARTITIONS),
    idle("custom_operator_paths", Any, "null", "Python files with further operators", "operators written in Python cannot be loaded"),
    idle("custom-operator-paths", Any, "null", "as `custom_operator_paths`", "operators written in Python cannot be loaded"),
    idle("elastic_juicer_adaptive_batching", Bool, "false", "let GPU workers adapt their batch size", RAY),
    idle("debug", Bool, "false", "log more", "the log level is an option of the command line"),
    idle("elastic_juicer_profile_seed", Bool, "false", "reuse measured batch sizes within a run", RAY),
    idle("auto_op_parallelism", Bool, "true", "find the number of processes of each operator", "all operators share the worker threads"),
    // lagar's own
    used("on_error", Choice(&["quarantine", "fail"]), "quarantine", "what a row that fails does: be set aside with its reason, or end the run"),
    used("chunk_size", Positive, "8192", "rows that are processed together and resumed together"),
    used("seed", Integer, "42", "seed of everything random in the run"),
    used("trace_legacy_names", Bool, "false", "also write trace files under the older names of Data-Juicer"),
    used("truncated_images", Choice(&["quarantine", "accept"]), "quarantine", "what happens to a row with a picture that ends too early"),
    used("export_image_paths", Choice(&["resolve", "keep"]), "resolve", "whether relative picture paths become absolute in an export to another folder"),
    used("export_shard_rows", Integer, "0", "rows per output shard; 0 writes one file"),
    used("cache_dir", Text, "null", "folder in which captions are kept between runs; `.lagar-cache` beside the run folder when unset"),
];
