//! `lagar run RECIPE`: the main job.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::thread;

use lagar_core::fsio;
use lagar_engine::sink::{ExportFormat, ExportPlan};
use lagar_engine::source::{DataSet, Inputs, SourceFile};
use lagar_engine::{Plan, Report, Run, RunPaths};
use lagar_recipe::Recipe;

use super::{Done, Mood, print, print_json, read_recipe, say};
use crate::args::RunArgs;
use crate::environment::variable;
use crate::exit::CommandError;
use crate::models::{ModelSettings, ModelShelf};
use crate::progress::Progress;
use crate::show;

pub(super) fn run(args: &RunArgs, mood: Mood, stop: &AtomicBool) -> Result<Done, CommandError> {
    let (recipe, mut plan, _) = read_recipe(&args.recipe, mood)?;
    let data = DataSet::find(inputs(&recipe, &plan)?)?;
    let mut paths = RunPaths::of(&recipe);
    if let Some(folder) = &args.out {
        paths.folder.clone_from(folder);
    }
    let threads =
        recipe.np.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let mut export = ExportPlan::new(&paths.export, recipe.export_type.as_deref())?;
    (export.shard_bytes, export.shard_rows) = (recipe.export_shard_size, recipe.export_shard_rows);
    (export.keys, export.tokens) = (plan.keys.clone(), plan.tokens.clone());
    export.protected = data.files().iter().map(|file| file.path.clone()).collect();
    plan.export.columns = export.format == ExportFormat::Parquet;
    // Beside its data, an export's relative paths still lead to the pictures.
    let beside = |file: &SourceFile| same_folder(fsio::parent(&file.path), &paths.export);
    plan.export.resolve_images &= !data.files().iter().all(|file| beside(file));
    if args.dry_run {
        if args.json {
            print_json(&show::plan_json(&plan, &data, &paths, threads));
        } else {
            print(&show::plan(&plan, &data, &paths, threads));
        }
        return Ok(Done(0));
    }
    let settings = ModelSettings {
        dtype: args.dtype,
        base_url: args.base_url.clone(),
        quiet: mood.quiet,
        ..ModelSettings::default()
    };
    plan.load_models(&ModelShelf::new(settings, &cache_folder(&recipe, &paths)))?;
    let progress = Progress::new(mood, args.no_progress);
    let run = Run {
        plan: &plan,
        data: &data,
        paths: &paths,
        export,
        recipe: recipe.to_yaml(),
        threads,
        fresh: args.fresh,
        monitor: recipe.open_monitor,
        stop,
        listener: &progress,
    };
    let report = run.execute();
    progress.finish();
    tell(&report?, args, mood);
    Ok(Done(0))
}

/// Where captions are kept: as the recipe says, else `LAGAR_CACHE`, else beside the run folder, so that
/// recipes that write there share them.
fn cache_folder(recipe: &Recipe, paths: &RunPaths) -> PathBuf {
    let named = recipe.cache_dir.clone().or_else(|| variable("LAGAR_CACHE"));
    named.map_or_else(|| fsio::parent(&paths.folder).join(".lagar-cache"), PathBuf::from)
}

/// Whether a file at `path` would stand in `folder`.
fn same_folder(folder: &Path, path: &Path) -> bool {
    let absolute = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    absolute(fsio::parent(path)) == absolute(folder)
}

/// The files that a recipe reads.
pub(super) fn inputs(recipe: &Recipe, plan: &Plan) -> Result<Inputs, CommandError> {
    let sources = &recipe.dataset.sources;
    if recipe.dataset.max_sample_num.is_some() || sources.iter().any(|s| s.limit.is_some()) {
        return Err(CommandError::Usage {
            message: "`max_sample_num` and `limit` of a data set are not in lagar yet".to_owned(),
            hint: Some("`random_selector` with `select_num` takes a part of the rows".to_owned()),
        });
    }
    Ok(Inputs {
        paths: sources.iter().map(|source| PathBuf::from(&source.path)).collect(),
        suffixes: recipe.suffixes.clone(),
        chunk_rows: plan.chunk_rows(recipe),
        keys: plan.keys.clone(),
        tokens: plan.tokens.clone(),
    })
}

fn tell(report: &Report, args: &RunArgs, mood: Mood) {
    if args.json {
        print_json(report);
    } else if !mood.quiet {
        print(&show::report(report));
    }
    if !mood.quiet && report.quarantined > 0 {
        let file = report.run_folder.join("quarantine.jsonl");
        say(&format!("{} rows were put aside; reasons in {}", report.quarantined, file.display()));
    }
}
