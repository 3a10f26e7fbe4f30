//! `lagar adapter check DIR`.

use std::path::PathBuf;

use lagar_core::error::chain;
use lagar_models::adapter::{AdapterFolder, Check, check as check_adapter, summary};
use lagar_nn::weights::Source;
use serde_json::{Value, json};

use super::super::{Done, print, print_json};
use super::{base_of, grouped};
use crate::exit::{CommandError, FAILED};

/// Which adapter.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// The adapter's folder.
    #[arg(value_name = "DIR")]
    adapter: PathBuf,
    /// The model it was trained on (default: the folder that `base_model_name_or_path` names).
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    /// Print what was found as JSON on stdout.
    #[arg(long)]
    json: bool,
}

pub(super) fn check(args: &CheckArgs) -> Result<Done, CommandError> {
    if !args.adapter.is_dir() {
        return Err(CommandError::missing_folder(&args.adapter));
    }
    let folder = match AdapterFolder::open(&args.adapter) {
        Ok(folder) => folder,
        Err(error) => return Ok(unreadable(args, &chain(&error))),
    };
    let base = base_of(args.base.as_ref(), &args.adapter);
    let source = base.as_deref().map(Source::open).transpose().map_err(CommandError::nn)?;
    let found = check_adapter(&folder, source.as_ref())?;
    let is_sound = found.is_sound();
    if args.json {
        print_json(&as_json(&found, base.as_ref()));
    } else {
        let summary = summary(&folder)?;
        let scale = summary.alpha
            / if folder.config().use_rslora {
                (summary.rank as f64).sqrt()
            } else {
                summary.rank as f64
            };
        let (kind, rank, alpha) = (&summary.kind, summary.rank, summary.alpha);
        print(&format!("{kind} of rank {rank}, alpha {alpha} (scale {scale})"));
        print(&words(&found, base.is_some()));
    }
    Ok(Done(if is_sound { 0 } else { FAILED }))
}

fn unreadable(args: &CheckArgs, message: &str) -> Done {
    if args.json {
        let finding = json!({"fails": true, "about": "files", "message": message});
        print_json(&json!({"ok": false, "findings": [finding]}));
    } else {
        print(&format!("error: {message}\n1 finding speaks against it"));
    }
    Done(FAILED)
}

fn as_json(found: &Check, base: Option<&PathBuf>) -> Value {
    json!({
        "ok": found.is_sound(),
        "base": base,
        "modules": found.modules,
        "matched": base.map(|_| found.matched),
        "parameters": found.parameters,
        "base_parameters": base.map(|_| found.base_parameters),
        "trainable_share": base.map(|_| found.trainable_share()),
        "findings": found.findings,
    })
}

fn words(found: &Check, has_base: bool) -> String {
    let (modules, parameters) = (found.modules, grouped(found.parameters));
    let mut lines = vec![if has_base {
        let share = 100.0 * found.trainable_share();
        format!(
            "{modules} modules, {} of them in the base; {parameters} numbers, {share:.3} % of all",
            found.matched
        )
    } else {
        format!(
            "{modules} modules; {parameters} numbers\nnote: not compared with a base: name it \
             with `--base`"
        )
    }];
    for finding in &found.findings {
        let kind = if finding.fails { "error" } else { "note" };
        lines.push(format!("{kind}: {}", finding.message));
    }
    lines.push(match found.findings.iter().filter(|finding| finding.fails).count() {
        0 => "nothing speaks against it".to_owned(),
        1 => "1 finding speaks against it".to_owned(),
        count => format!("{count} findings speak against it"),
    });
    lines.join("\n")
}
