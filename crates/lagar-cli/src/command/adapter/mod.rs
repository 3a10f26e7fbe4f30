//! `lagar adapter`: check, merge and describe LoRA adapters.

mod check;
mod info;
mod merge;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use lagar_models::adapter::AdapterConfig;

use super::{Done, Mood};
use crate::exit::CommandError;

/// What to do with an adapter.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum AdapterCommand {
    /// Say whether an adapter is complete and sound and fits its base.
    ///
    /// Ends with 1 if it does not, after listing everything that speaks against it.
    Check(check::CheckArgs),
    /// Write a checkpoint with the adapter worked in: W + (alpha/r) B A in 32-bit arithmetic.
    Merge(merge::MergeArgs),
    /// Say what is in an adapter.
    Info(info::InfoArgs),
}

pub(super) fn adapter(
    command: AdapterCommand,
    mood: Mood,
    stop: &AtomicBool,
) -> Result<Done, CommandError> {
    match command {
        AdapterCommand::Check(args) => check::check(&args),
        AdapterCommand::Merge(args) => merge::merge(&args, mood, stop),
        AdapterCommand::Info(args) => info::info(&args),
    }
}

/// The base's folder: the one that is named, or the one that the adapter names, where there is one;
/// a relative path is looked for here and beside the adapter.
fn base_of(named: Option<&PathBuf>, adapter: &Path) -> Option<PathBuf> {
    if let Some(named) = named {
        return Some(named.clone());
    }
    let config = AdapterConfig::read(&adapter.join("adapter_config.json")).ok()?;
    let name = config.base_model_name_or_path.filter(|name| !name.is_empty())?;
    let beside = adapter.parent().map(|folder| folder.join(&name));
    [Some(PathBuf::from(&name)), beside].into_iter().flatten().find(|folder| folder.is_dir())
}

/// A number with its thousands apart.
fn grouped(number: usize) -> String {
    lagar_report::words::count(number as u64)
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_stand_apart() {
        let grouped = [0, 12, 999, 1000, 19_611_648].map(super::grouped);
        assert_eq!(grouped, ["0", "12", "999", "1,000", "19,611,648"]);
    }
}
