//! Exploring a data set as a library: numbers equal to other programs', defects counted exactly, recipes
//! that keep what was foretold.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod explore {
    mod determinism;
    mod diff;
    mod formats;
    mod nasty;
    mod prediction;
    mod python;
    mod removed;
    mod report;
}

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use lagar_core::event::Silence;
use lagar_explore::{Measured, Options, Profile, Watch, measure, problem, suggest};

/// The options for one file or folder.
fn options(path: &Path) -> Options {
    Options::new([path.to_owned()], std::env::temp_dir())
}

/// Measures, with problems and suggestion.
fn measured(options: &Options) -> Measured {
    let data = options.find().unwrap();
    let watch = Watch { stop: &AtomicBool::new(false), listener: &Silence };
    let mut measured = measure(&data, options, watch).unwrap();
    measured.profile.problems = problem::find(&measured);
    suggest::suggest(&mut measured).unwrap();
    measured
}

/// The profile, with the texts of its examples.
fn profile(options: &Options) -> Profile {
    measured(options).into_profile(&options.find().unwrap(), options).unwrap()
}

/// A file of the fixtures.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}
