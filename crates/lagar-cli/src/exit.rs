//! How lagar ends: exit codes, error reports, interruption.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lagar_core::CoreError;
use lagar_core::diagnostic::Diagnostic;
use lagar_engine::EngineError;
use lagar_eval::EvalError;
use lagar_explore::ExploreError;
use lagar_models::ModelsError;
use lagar_nn::NnError;

/// The check failed, or a gate was not passed.
pub(crate) const FAILED: u8 = 1;
/// The command line or the recipe is wrong.
pub(crate) const USAGE: u8 = 2;
/// Something could not be read or written.
pub(crate) const INPUT_OUTPUT: u8 = 3;
/// A bug of lagar.
pub(crate) const BUG: u8 = 70;
/// The user stopped the run.
pub(crate) const INTERRUPTED: u8 = 130;

/// Everything that ends a command early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error("the recipe has {} error(s)", diagnostics.len())]
    Recipe { diagnostics: Vec<Diagnostic>, color: bool },
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Eval(#[from] EvalError),
    #[error(transparent)]
    Models(#[from] ModelsError),
    #[error(transparent)]
    Explore(#[from] ExploreError),
    #[error(transparent)]
    Core(#[from] CoreError),
    #[error("{message}")]
    Usage { message: String, hint: Option<String> },
    #[error("{message}")]
    Check { message: String },
}

impl CommandError {
    /// A folder that the command line names is not there.
    pub(crate) fn missing_folder(path: &Path) -> Self {
        let source = std::io::ErrorKind::NotFound.into();
        Self::Core(CoreError::File { action: "open the folder", path: path.to_owned(), source })
    }

    /// Weights cannot be loaded.
    pub(crate) fn nn(error: NnError) -> Self {
        Self::Models(error.into())
    }

    fn code(&self) -> u8 {
        match self {
            Self::Recipe { .. } | Self::Usage { .. } => USAGE,
            Self::Check { .. } => FAILED,
            Self::Core(_) => INPUT_OUTPUT,
            Self::Models(error) => match error {
                ModelsError::Adapter { .. } => FAILED,
                ModelsError::Setting { .. } => USAGE,
                ModelsError::Interrupted => INTERRUPTED,
                _ => INPUT_OUTPUT,
            },
            Self::Eval(error) => match error {
                EvalError::Unmatched { .. } => FAILED,
                EvalError::Setting { .. } | EvalError::OtherRun { .. } => USAGE,
                EvalError::Interrupted => INTERRUPTED,
                _ => INPUT_OUTPUT,
            },
            Self::Explore(error) => match error {
                ExploreError::Interrupted => INTERRUPTED,
                ExploreError::Panicked { .. } => BUG,
                ExploreError::Engine(EngineError::UnknownFormat { .. })
                | ExploreError::Model { .. }
                | ExploreError::Operator { .. } => USAGE,
                _ => INPUT_OUTPUT,
            },
            Self::Engine(error) => match error {
                EngineError::Interrupted => INTERRUPTED,
                EngineError::Panicked { .. } => BUG,
                EngineError::BadRow { .. } => FAILED,
                EngineError::UnknownFormat { .. } | EngineError::Operator { .. } => USAGE,
                _ => INPUT_OUTPUT,
            },
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Usage { hint, .. } => hint.clone(),
            Self::Eval(error) => error.hint(),
            Self::Models(error) => error.hint().map(str::to_owned),
            Self::Engine(EngineError::Interrupted) => {
                Some("finished chunks are kept; the same command goes on from there".to_owned())
            }
            Self::Engine(EngineError::Export { message, .. }) if message.contains("is there") => {
                Some("`--fresh` replaces it; `--set export_path=…` writes elsewhere".to_owned())
            }
            Self::Engine(EngineError::BadRow { .. }) => {
                Some("`on_error: quarantine` puts bad rows aside and goes on".to_owned())
            }
            Self::Engine(EngineError::NoData { .. })
            | Self::Explore(ExploreError::Engine(EngineError::NoData { .. })) => {
                Some("lagar reads .jsonl, .json, .parquet, .csv, .tsv and .tar files".to_owned())
            }
            _ => None,
        }
    }
}

/// The most errors shown at once.
const SHOWN: usize = 10;

/// Prints an error with its causes and hint, and gives the exit code.
#[expect(clippy::print_stderr, reason = "stderr is for talk, and this is the one who talks")]
pub(crate) fn report(error: &CommandError) -> ExitCode {
    if let CommandError::Recipe { diagnostics, color } = error {
        for diagnostic in diagnostics.iter().take(SHOWN) {
            eprintln!("{}\n", diagnostic.render(*color));
        }
        if diagnostics.len() > SHOWN {
            eprintln!("… and {} more", diagnostics.len() - SHOWN);
        }
    }
    eprintln!("error: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        eprintln!("  caused by: {inner}");
        cause = inner.source();
    }
    if let Some(hint) = error.hint() {
        eprintln!("\nhint: {hint}");
    }
    ExitCode::from(error.code())
}

/// A panic is a bug of lagar: it says so, and what to do about it.
#[expect(clippy::print_stderr, clippy::exit, reason = "the process ends here")]
pub(crate) fn install_panic_report() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        before(panic);
        eprintln!("\nThis is a bug of lagar {}.", env!("CARGO_PKG_VERSION"));
        eprintln!("Please report it with the command, the recipe and the text above.");
        if std::thread::current().name() == Some("main") {
            std::process::exit(i32::from(BUG));
        }
    }));
}

/// Ctrl-C once: finish what is at hand and keep it; twice: stop at once.
#[expect(clippy::print_stderr, clippy::exit, reason = "the second Ctrl-C ends the process")]
pub(crate) fn stop_on_interrupt() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    let handler = ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
        eprintln!("\nfinishing what is at hand; press Ctrl-C again to stop at once");
    });
    if let Err(error) = handler {
        eprintln!("warning: Ctrl-C will stop at once: {error}");
    }
    stop
}
