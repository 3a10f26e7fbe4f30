//! `lagar explore DATASET`: what is in a data set, what is wrong with it, and a recipe against that.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::thread;

use clap::Args as ClapArgs;
use comfy_table::CellAlignment;
use lagar_core::RowKeys;
use lagar_core::fsio;
use lagar_engine::source::DataSet;
use lagar_explore::diff::RunFolder;
use lagar_explore::measure::{Clip, overall_csv};
use lagar_explore::profile::{Profile, Severity};
use lagar_explore::report::{self, ReportOptions};
use lagar_explore::{ExploreError, Options, Source, Watch, measure, problem, suggest};
use lagar_ops::{Model, ModelKind, ModelWish, Models as _};

use super::removed::removed;
use super::{Done, Mood, print, say};
use crate::exit::CommandError;
use crate::models::{ModelSettings, ModelShelf};
use crate::progress::Progress;
use crate::show::plain_table;

/// What `lagar explore` can be told.
#[derive(Debug, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct ExploreArgs {
    /// The data set: a file or a folder; or the folder of a finished run, to see what each operator
    /// removed.
    pub(crate) dataset: PathBuf,
    /// Write the report, its charts and all numbers into this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Write numbers only into that folder, no charts and no report.
    #[arg(long, requires = "out")]
    pub(crate) no_report: bool,
    /// Write a recipe that answers the problems, with what each step will keep.
    #[arg(long, value_name = "FILE")]
    pub(crate) recipe: Option<PathBuf>,
    /// Replace the recipe if it is there.
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Look at so many rows only, drawn over the whole data set.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) sample: Option<u64>,
    /// What decides which rows a sample has.
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Decode the pictures, too: sharpness, brightness, pictures that look the same.
    #[arg(long)]
    pub(crate) pixels: bool,
    /// Compare texts with pictures by the CLIP model in this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) clip: Option<PathBuf>,
    /// Count tokens by this tokenizer.json, or the one in this folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) tokenizer: Option<PathBuf>,
    /// Tell languages by this fastText model (lid.176.bin).
    #[arg(long, value_name = "FILE")]
    pub(crate) lang_model: Option<PathBuf>,
    /// The text field; dots go into nested objects.
    #[arg(long, default_value = "text", value_name = "FIELD")]
    pub(crate) text_key: String,
    /// The field with the list of picture paths.
    #[arg(long, default_value = "images", value_name = "FIELD")]
    pub(crate) image_key: String,
    /// Worker threads (default: one per processor).
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Print the whole profile as JSON on stdout.
    #[arg(long)]
    pub(crate) json: bool,
    /// Do not draw progress bars.
    #[arg(long)]
    pub(crate) no_progress: bool,
}

pub(super) fn explore(
    args: &ExploreArgs,
    mood: Mood,
    stop: &AtomicBool,
) -> Result<Done, CommandError> {
    if let Some(recipe) = args.recipe.as_ref().filter(|recipe| recipe.exists() && !args.fresh) {
        return Err(CommandError::Usage {
            message: format!("{} is there", recipe.display()),
            hint: Some("`--fresh` replaces it".to_owned()),
        });
    }
    if let Some(run) = RunFolder::open(&args.dataset)? {
        return removed(&run, args.out.as_deref(), args.json, mood);
    }
    let options = options(args)?;
    let data = options.find()?;
    let progress = Progress::new(mood, args.no_progress);
    let measured = measure(&data, &options, Watch { stop, listener: &progress });
    progress.finish();
    let mut measured = measured?;
    measured.profile.problems = problem::find(&measured);
    suggest::suggest(&mut measured)?;
    let overall = overall_csv(&measured);
    let profile = measured.into_profile(&data, &options)?;
    let recipe = args.recipe.as_ref().map(|path| suggest::recipe(&profile, path));
    if let Some(folder) = &args.out {
        profile.write(&folder.join("analysis_results.json"))?;
        fsio::write(folder.join("overall.csv"), overall.as_bytes())?;
        if !args.no_report {
            report(&profile, (&data, &options), folder, (recipe.clone(), mood))?;
        }
    }
    if let Some((path, recipe)) = args.recipe.as_ref().zip(recipe) {
        fsio::write(path, recipe.as_bytes())?;
    }
    if args.json {
        print(profile.to_json().trim_end());
    } else if !mood.quiet {
        print(&screen(&profile));
        told(args);
    }
    Ok(Done(0))
}

/// Writes charts and report.
fn report(
    profile: &Profile,
    (data, options): (&DataSet, &Options),
    folder: &Path,
    (recipe, mood): (Option<String>, Mood),
) -> Result<(), CommandError> {
    let source = Source { data, keys: &options.keys, tokens: &options.tokens };
    let shown = ReportOptions { recipe, ..ReportOptions::default() };
    let written = report::write(profile, source, folder, &shown)?;
    if !written.missing.is_empty() && !mood.quiet {
        let letters: String = written.missing.iter().collect();
        say(&format!("no font here has {letters}: boxes in PNG charts, right in SVG"));
    }
    Ok(())
}

fn options(args: &ExploreArgs) -> Result<Options, CommandError> {
    let clip = args.clip.as_deref().map(clip).transpose()?;
    let threads = args.threads.filter(|threads| *threads > 0);
    Ok(Options {
        keys: RowKeys {
            text: args.text_key.clone(),
            images: args.image_key.clone(),
            ..RowKeys::default()
        },
        threads: threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from)),
        sample: args.sample,
        seed: args.seed,
        pixels: args.pixels,
        tokenizer: args.tokenizer.clone(),
        language_model: args.lang_model.clone(),
        clip,
        ..Options::new([args.dataset.clone()], std::env::temp_dir())
    })
}

fn clip(folder: &Path) -> Result<Clip, CommandError> {
    let name = folder.to_string_lossy().into_owned();
    let wish = ModelWish {
        kind: ModelKind::Similarity,
        parameter: "--clip",
        name: name.clone(),
        memory_bytes: None,
        batch: None,
    };
    let wrong = |message: String| {
        let path = folder.to_owned();
        CommandError::Explore(ExploreError::Model { what: "CLIP model", path, message })
    };
    let shelf = ModelShelf::new(ModelSettings::default(), Path::new(""));
    match shelf.load(&wish).map_err(|error| wrong(error.message))? {
        Model::Scorer(scorer) => Ok(Clip { name, scorer }),
        _ => Err(wrong("it scores no pairs".to_owned())),
    }
}

/// What a person wants to know first.
fn screen(profile: &Profile) -> String {
    let integrity = &profile.integrity;
    let mut lines = vec![format!(
        "{} rows ({} looked at, {} sound), {} pictures ({} readable)",
        profile.dataset.rows,
        profile.dataset.looked_at,
        integrity.sound,
        profile.pictures.count,
        profile.pictures.readable
    )];
    lines.push(numbers(profile));
    lines.push(String::new());
    if profile.problems.is_empty() {
        lines.push("no problems found".to_owned());
        return lines.join("\n");
    }
    let mut table = plain_table();
    table.set_header(["", "problem", "answered by"]);
    for problem in &profile.problems {
        let severity = match problem.severity {
            Severity::Serious => "serious",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let remedy = problem.remedy.as_ref().map_or("", |remedy| remedy.operator.as_str());
        table.add_row([severity, &problem.title, remedy]);
    }
    lines.push(table.to_string());
    if let Some(suggestion) = profile.suggestion.as_ref().filter(|found| !found.steps.is_empty()) {
        let how = if suggestion.exact { "would keep" } else { "would keep about" };
        lines.push(String::new());
        lines.push(format!(
            "the recipe of these operators {how} {} of {} rows ({:.1} %)",
            suggestion.kept,
            suggestion.rows,
            100.0 * suggestion.retention
        ));
    }
    lines.join("\n")
}

/// The statistics that are looked at most.
fn numbers(profile: &Profile) -> String {
    let mut table = plain_table();
    table.set_header(["", "mean", "sd", "min", "5 %", "median", "95 %", "max"]);
    let shown = |number: f64| {
        if number.fract() == 0.0 { format!("{number}") } else { format!("{number:.3}") }
    };
    for name in ["words", "characters", "sentences", "tokens", "width", "height", "bytes"] {
        let Some(found) = profile.distribution(name) else { continue };
        table.add_row([
            name.to_owned(),
            shown(found.mean),
            found.sd.map_or(String::new(), shown),
            shown(found.min),
            found.quantile(0.05).map_or(String::new(), shown),
            shown(found.median()),
            found.quantile(0.95).map_or(String::new(), shown),
            shown(found.max),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// Where the files are.
fn told(args: &ExploreArgs) {
    if let Some(folder) = &args.out {
        if !args.no_report {
            print(&format!("\nreport: {}", folder.join(report::PAGE).display()));
        }
        print(&format!("all numbers: {}", folder.join("analysis_results.json").display()));
    }
    if let Some(recipe) = &args.recipe {
        print(&format!("recipe: {}", recipe.display()));
    }
}
