//! One file per command.

mod adapter;
mod answering;
mod caption;
mod check;
mod compare;
mod convert;
mod diff;
mod doctor;
mod eval;
mod explore;
mod ops;
mod removed;
mod run;
mod vqa;
mod why;

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use clap::ColorChoice;
use lagar_core::diagnostic::{Diagnostic, Severity, SourceText};
use lagar_core::fsio;
use lagar_engine::{EngineError, Plan};
use lagar_nn::kernels::{Level, set_level};
use lagar_recipe::{Override, Recipe};

pub(crate) use adapter::AdapterCommand;
pub(crate) use caption::CaptionArgs;
pub(crate) use compare::CompareArgs;
pub(crate) use diff::DiffArgs;
pub(crate) use doctor::DoctorArgs;
pub(crate) use eval::EvalCommand;
pub(crate) use explore::ExploreArgs;
pub(crate) use vqa::VqaArgs;

use crate::args::{Args, Command, RecipeArgs};
use crate::environment::{KERNELS, variable};
use crate::exit::CommandError;
use crate::models::{ModelSettings, ModelShelf};

/// How a command that did its work ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Done(pub(crate) u8);

impl From<Done> for std::process::ExitCode {
    fn from(done: Done) -> Self {
        Self::from(done.0)
    }
}

/// What every command may want to know of the command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mood {
    pub(crate) color: bool,
    pub(crate) quiet: bool,
}

pub(crate) fn dispatch(args: Args, stop: &AtomicBool) -> Result<Done, CommandError> {
    let color = match args.color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
        }
    };
    let mood = Mood { color, quiet: args.quiet };
    lower_kernels()?;
    match args.command {
        Command::Run(args) => run::run(&args, mood, stop),
        Command::Check(args) => check::check(&args, mood),
        Command::Explore(args) => explore::explore(&args, mood, stop),
        Command::Why(args) => why::why(&args),
        Command::Compare(args) => compare::compare(&args, mood),
        Command::Diff(args) => diff::diff(&args, mood, stop),
        Command::Convert(args) => convert::convert(&args, mood),
        Command::Doctor(args) => Ok(doctor::doctor(&args)),
        Command::Caption(args) => caption::caption(&args, mood),
        Command::Adapter(command) => adapter::adapter(command, mood, stop),
        Command::Vqa(args) => vqa::vqa(&args, mood),
        Command::Eval(command) => eval::eval(command, mood, stop),
        Command::Ops(command) => ops::ops(command),
    }
}

/// Lowers the level of the kernels where the environment says so.
fn lower_kernels() -> Result<(), CommandError> {
    let Some(wanted) = variable(KERNELS) else { return Ok(()) };
    let wrong = |message| {
        let hint = Some("`lagar doctor` lists the levels of this machine".to_owned());
        CommandError::Usage { message: format!("{KERNELS}: {message}"), hint }
    };
    let wanted: Level = wanted.parse().map_err(wrong)?;
    if set_level(wanted) == wanted {
        return Ok(());
    }
    Err(wrong(format!("this machine has no `{wanted}`")))
}

/// Reads and understands a recipe; says its warnings on stderr.
pub(crate) fn read_recipe(
    args: &RecipeArgs,
    mood: Mood,
) -> Result<(Recipe, Plan, Vec<Diagnostic>), CommandError> {
    let wrong = |diagnostics| CommandError::Recipe { diagnostics, color: mood.color };
    let text = read_text(&args.recipe)?;
    let source = SourceText::new(args.recipe.to_string_lossy(), text);
    let (mut overrides, mut errors) = (Vec::new(), Vec::new());
    for text in &args.overrides {
        match Override::parse(text) {
            Ok(parsed) => overrides.push(parsed),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(wrong(errors));
    }
    let recipe = Recipe::parse(source, &overrides).map_err(wrong)?;
    let (plan, warnings) = Plan::from_recipe(&recipe).map_err(wrong)?;
    let models = ModelShelf::new(ModelSettings::default(), Path::new(""));
    let (missing, replaced): (Vec<_>, Vec<_>) = plan
        .check_models(&recipe, &models)
        .into_iter()
        .partition(|diagnostic| diagnostic.severity == Severity::Error);
    if !missing.is_empty() {
        return Err(wrong(missing));
    }
    let warnings: Vec<Diagnostic> =
        recipe.warnings.iter().cloned().chain(warnings).chain(replaced).collect();
    if !mood.quiet {
        for warning in &warnings {
            say(&format!("{}\n", warning.render(mood.color)));
        }
    }
    Ok((recipe, plan, warnings))
}

fn read_text(path: &Path) -> Result<String, CommandError> {
    fsio::read_text(path).map_err(|error| CommandError::Engine(EngineError::Core(error)))
}

/// Talk: goes to stderr.
#[expect(clippy::print_stderr, reason = "stderr is for talk")]
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

/// Data: goes to stdout; a reader that has gone away is no error.
pub(crate) fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    if stdout.write_all(text.as_bytes()).is_ok() {
        drop(stdout.write_all(b"\n"));
    }
}

/// Prints a value as indented JSON.
pub(crate) fn print_json(value: &impl serde::Serialize) {
    print(&serde_json::to_string_pretty(value).unwrap_or_default());
}
