//! `lagar check RECIPE`: everything that can be known without reading rows.

use std::path::Path;

use serde_json::json;

use super::{Done, Mood, print_json, read_recipe, say};
use crate::args::CheckArgs;
use crate::exit::CommandError;

pub(super) fn check(args: &CheckArgs, mood: Mood) -> Result<Done, CommandError> {
    let (recipe, plan, warnings) = read_recipe(&args.recipe, mood)?;
    let missing: Vec<&str> = recipe
        .dataset
        .sources
        .iter()
        .map(|source| source.path.as_str())
        .filter(|path| !Path::new(path).exists())
        .collect();
    if args.json {
        let plain: Vec<String> = warnings.iter().map(|warning| warning.render(false)).collect();
        print_json(&json!({
            "operators": plan.names,
            "passes": plan.passes.len(),
            "warnings": plain,
            "missing": missing,
        }));
    }
    if let Some(path) = missing.first() {
        return Err(CommandError::Check { message: format!("data set {path} does not exist") });
    }
    if !mood.quiet && !args.json {
        let count = plan.names.len();
        say(&format!("{}: sound, {count} operators", args.recipe.recipe.display()));
    }
    Ok(Done(0))
}
