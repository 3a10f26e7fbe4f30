//! `xtask tidy`: the invariants of `ARCHITECTURE.md` and `STYLE.md` that no compiler checks.
//!
//! Each rule is a function from text to findings, tested on small texts; this file only collects what
//! the rules look at. A finding says where, what, and what to do.

mod arrows;
mod code;
mod registry;
mod source;

use std::path::Path;

use anyhow::Context as _;
use lagar_core::fsio;

use crate::generated;

/// One breach of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    /// The file (from the workspace's folder), with a line where there is one, or the crate.
    place: String,
    /// What is wrong and what to do.
    message: String,
}

impl Finding {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            message: message.into(),
        }
    }
}

/// Checks everything.
///
/// # Errors
/// When a rule is broken (the error lists all findings), or the workspace cannot be read.
pub(crate) fn run() -> anyhow::Result<String> {
    let root = generated::workspace();
    let files = source_files(&root)?;
    let mut findings = arrows::check(&arrows::crates(&root)?);
    for (path, text) in &files {
        findings.extend(source::check(path, text));
    }
    findings.extend(registry::check(
        &registry::registered(),
        &registry::written(files.iter().map(|(path, _)| path.as_str())),
    ));
    for name in generated::stale(&root)? {
        let message = "says something else than the code: run `cargo run -p xtask -- gen`";
        findings.push(Finding::new(name, message));
    }
    if findings.is_empty() {
        return Ok(format!("tidy: {} files, nothing to say", files.len()));
    }
    let lines: Vec<String> = findings
        .iter()
        .map(|Finding { place, message }| format!("  {place}: {message}"))
        .collect();
    anyhow::bail!("{} findings\n{}", lines.len(), lines.join("\n"))
}

/// All Rust files of the crates with their texts, paths from the workspace's folder.
fn source_files(root: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for path in fsio::list_files(&root.join("crates"))? {
        let local = path
            .strip_prefix(root)
            .with_context(|| format!("{} is outside the workspace", path.display()))?;
        let local = local.to_string_lossy().replace('\\', "/");
        let is_source = local.ends_with(".rs") && !local.contains("/target/");
        if is_source {
            files.push((local, fsio::read_text(&path)?));
        }
    }
    files.sort();
    Ok(files)
}
