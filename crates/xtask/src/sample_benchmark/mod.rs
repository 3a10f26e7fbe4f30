//! `xtask sample-benchmark`: questions with known answers about the sample's pictures.
//!
//! The program that drew a picture knows what is on it, so an answer can be judged without anybody's
//! annotations. The questions come in the file formats of TextVQA, VQAv2 and MMBench, so that an
//! evaluation can be tried from end to end, offline, on files that are read like the real ones. Each
//! benchmark has a folder of its name, as in LLaVA's `playground/data/eval`.

mod facts;
mod mmbench;
mod textvqa;
mod vqav2;

use std::collections::BTreeMap;
use std::path::PathBuf;

use lagar_core::fsio;
use serde_json::Value;

use crate::sample_data::ordinary_pictures;

/// Where the benchmark goes.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The folder that receives the files.
    #[arg(long, default_value = "examples/benchmark")]
    out: PathBuf,
}

/// Files by their names below the folder.
type Files = BTreeMap<String, Vec<u8>>;

/// Writes the benchmark.
///
/// # Errors
/// When a picture cannot be encoded or a file cannot be written.
pub(crate) fn run(options: &Options) -> anyhow::Result<String> {
    let files = files()?;
    let mut bytes = 0;
    for (name, content) in &files {
        fsio::write(options.out.join(name), content)?;
        bytes += content.len();
    }
    Ok(format!("{}: {} files, {} kB", options.out.display(), files.len(), bytes / 1000))
}

fn files() -> anyhow::Result<Files> {
    let pictures = ordinary_pictures()?;
    let mut files = Files::new();
    textvqa::write(&pictures, &mut files)?;
    vqav2::write(&pictures, &mut files)?;
    mmbench::write(&pictures, &mut files);
    Ok(files)
}

fn json_bytes(value: &Value) -> anyhow::Result<Vec<u8>> {
    Ok((serde_json::to_string(value)? + "\n").into_bytes())
}

#[cfg(test)]
mod tests;
