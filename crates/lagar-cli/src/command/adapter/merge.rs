//! `lagar adapter merge DIR --out DIR`.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use comfy_table::CellAlignment;
use lagar_models::adapter::{AdapterFolder, Merge, MergeOptions, MergedModule, merge as merge_all};
use lagar_nn::weights::{Form, Rounding};
use serde_json::{Value, json};

use super::super::{Done, Mood, print, print_json};
use super::{base_of, grouped};
use crate::exit::CommandError;
use crate::progress::Amount;
use crate::show::plain_table;

/// The matrices that are shown.
const SHOWN: usize = 5;

/// Which adapter, and where to.
#[derive(Debug, clap::Args)]
pub(crate) struct MergeArgs {
    /// The adapter's folder.
    #[arg(value_name = "DIR")]
    adapter: PathBuf,
    /// The model it was trained on (default: the folder that `base_model_name_or_path` names).
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    /// The folder to write, which must be new.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The form of all weights (default: each as in the base).
    #[arg(long, value_name = "f32|bf16|f16")]
    dtype: Option<Form>,
    /// Threads; 0 is one per processor.
    #[arg(long, default_value_t = 0, value_name = "N")]
    threads: usize,
    /// Print the report as JSON on stdout.
    #[arg(long)]
    json: bool,
}

pub(super) fn merge(args: &MergeArgs, mood: Mood, stop: &AtomicBool) -> Result<Done, CommandError> {
    if !args.adapter.is_dir() {
        return Err(CommandError::missing_folder(&args.adapter));
    }
    let folder = AdapterFolder::open(&args.adapter)?;
    let base = base_of(args.base.as_ref(), &args.adapter).ok_or_else(|| CommandError::Usage {
        message: "which model is the adapter for?".to_owned(),
        hint: Some("name its folder with `--base`".to_owned()),
    })?;
    let bar = Amount::new(mood);
    let progress = |done: usize, all: usize| {
        bar.show(done as u64, all as u64);
        !stop.load(Ordering::Relaxed)
    };
    let options = MergeOptions { form: args.dtype, threads: args.threads };
    let merged = merge_all(&base, folder, &args.out, &options, &progress);
    bar.finish();
    let merged = merged?;
    if args.json {
        print_json(&as_json(&merged, args));
    } else if !mood.quiet {
        print(&words(&merged, args));
    }
    Ok(Done(0))
}

fn rounding_json(rounding: &Rounding) -> Value {
    json!({
        "max_relative": rounding.max_relative(),
        "mean_relative": rounding.mean_relative(),
        "update_norm": rounding.update_norm(),
        "share_of_update": rounding.share_of_update(),
    })
}

fn as_json(merged: &Merge, args: &MergeArgs) -> Value {
    let module = |module: &MergedModule| {
        json!({
            "name": module.name,
            "rank": module.rank,
            "scale": module.scale,
            "dtype": module.form.to_string(),
            "rounding_to": module.measured.to_string(),
            "rounding": rounding_json(&module.rounding),
        })
    };
    json!({
        "out": args.out,
        "files": merged.files,
        "bytes": merged.bytes,
        "replaced": merged.saved,
        "rounding": rounding_json(&merged.rounding),
        "modules": merged.modules.iter().map(module).collect::<Vec<_>>(),
    })
}

fn words(merged: &Merge, args: &MergeArgs) -> String {
    let mut lines = vec![format!(
        "{} matrices changed, {} tensors replaced or added; {} bytes → {}",
        merged.modules.len(),
        merged.saved,
        grouped(merged.bytes),
        args.out.display()
    )];
    let Some(first) = merged.modules.first() else { return lines.concat() };
    let (form, measured) = (first.form, first.measured);
    let verb = if form == measured { "costs" } else { "would cost" };
    let all = &merged.rounding;
    lines.push(format!(
        "kept in {form}; {measured} {verb} {:.5} of an element at the most, {:.5} on average: {:.1} % \
         of the update's length",
        all.max_relative(),
        all.mean_relative(),
        100.0 * all.share_of_update()
    ));
    let mut worst: Vec<&MergedModule> = merged.modules.iter().collect();
    worst.sort_by(|one, other| {
        other.rounding.share_of_update().total_cmp(&one.rounding.share_of_update())
    });
    let mut table = plain_table();
    table.set_header(["most is lost in", "rank", "scale", "largest", "mean", "of the update"]);
    for module in worst.into_iter().take(SHOWN) {
        table.add_row([
            module.name.clone(),
            module.rank.to_string(),
            module.scale.to_string(),
            format!("{:.5}", module.rounding.max_relative()),
            format!("{:.5}", module.rounding.mean_relative()),
            format!("{:.1} %", 100.0 * module.rounding.share_of_update()),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    lines.push(table.to_string());
    lines.join("\n")
}
