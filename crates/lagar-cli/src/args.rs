//! What can be typed after `lagar`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ColorChoice, Parser, Subcommand};

use crate::command::{
    AdapterCommand, CaptionArgs, CompareArgs, DiffArgs, DoctorArgs, EvalCommand, ExploreArgs,
    VqaArgs,
};

/// Improve vision-language models through their data.
///
/// Exit codes: 0 ok, 1 the check failed, 2 usage or recipe, 3 input or output, 70 a bug of lagar,
/// 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "lagar", version, about, max_term_width = 100)]
pub(crate) struct Args {
    /// When to use colours in messages.
    #[arg(long, global = true, default_value = "auto", value_name = "WHEN")]
    pub(crate) color: ColorChoice,
    /// Say nothing but errors.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a recipe over a data set; a second run goes on where the first was interrupted.
    Run(RunArgs),
    /// Check a recipe without running it.
    Check(CheckArgs),
    /// Look at a data set: statistics, what is wrong with it, and a recipe that answers that.
    Explore(ExploreArgs),
    /// Compare a data set with what was made of it: rows kept, every statistic, words, texts.
    Diff(DiffArgs),
    /// Say what became of a row, and why.
    Why(WhyArgs),
    /// Compare two evaluation runs, or two files of answers, question by question.
    Compare(CompareArgs),
    /// Convert a data set from one format to another.
    Convert(ConvertArgs),
    /// Caption pictures, without a recipe.
    Caption(CaptionArgs),
    /// Answer questions about pictures with a local model.
    Vqa(VqaArgs),
    /// Score answers, print metrics, list benchmarks.
    #[command(subcommand)]
    Eval(EvalCommand),
    /// Check, merge and describe LoRA adapters.
    #[command(subcommand)]
    Adapter(AdapterCommand),
    /// Say what this machine has: instructions, memory, GPUs, models.
    Doctor(DoctorArgs),
    /// List, show and drive operators.
    #[command(subcommand)]
    Ops(OpsCommand),
}

/// Which recipe, and what to change in it.
#[derive(Debug, ClapArgs)]
pub(crate) struct RecipeArgs {
    /// The recipe, a Data-Juicer YAML file.
    pub(crate) recipe: PathBuf,
    /// Override a key of the recipe, such as `np=2` or `process.words_num_filter.min_num=8`.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) overrides: Vec<String>,
}

#[derive(Debug, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) recipe: RecipeArgs,
    /// Start over: forget finished chunks and replace earlier outputs. Captions are kept all the same.
    #[arg(long)]
    pub(crate) fresh: bool,
    /// The form that the big matrices of local models are kept in.
    #[arg(long, default_value_t, value_name = "f32|bf16|int8")]
    pub(crate) dtype: lagar_nn::Dtype,
    /// The address of a captioning service (`openai:NAME`) up to and with its version (default: the
    /// variable `OPENAI_BASE_URL`; its key is in `OPENAI_API_KEY`).
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// Print the plan and stop.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The run folder (default: NAME.run beside the export).
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print the report (or the plan) as JSON on stdout.
    #[arg(long)]
    pub(crate) json: bool,
    /// Do not draw progress bars.
    #[arg(long)]
    pub(crate) no_progress: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) recipe: RecipeArgs,
    /// Print what was found as JSON on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct WhyArgs {
    /// The row's id, or `row:N` for its position from 0.
    pub(crate) id: String,
    /// The run folder.
    pub(crate) run: PathBuf,
    /// Print the ledger's lines as JSON on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ConvertArgs {
    /// The data set to read: a file or a folder.
    pub(crate) input: PathBuf,
    /// The file to write; its ending says the format.
    pub(crate) output: PathBuf,
    /// The output format, where the ending does not say it (`llava` for a .json file).
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<String>,
    /// What stands for a picture in texts.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) image_token: Option<String>,
    /// What ends a chunk in texts.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) eoc_token: Option<String>,
    /// Take the questions of the original LLaVA file back, by id.
    #[arg(long, value_name = "JSON")]
    pub(crate) restore_questions: Option<PathBuf>,
    /// Keep only the answer of a conversation, as caption.
    #[arg(long)]
    pub(crate) only_keep_caption: bool,
    /// Replace the output file if it is there.
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Print the report as JSON on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OpsCommand {
    /// List the operators.
    List {
        /// Print the list as JSON on stdout.
        #[arg(long)]
        json: bool,
        /// List the operators of Data-Juicer that are not in lagar, with the reasons.
        #[arg(long)]
        missing: bool,
    },
    /// Show an operator's manual page.
    Show {
        /// The operator.
        name: String,
    },
    /// Print the JSON Schema of recipes, for editors.
    Schema,
    /// Drive single operators by JSON lines on stdin and stdout.
    Serve,
}
