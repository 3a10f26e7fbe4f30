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
        Self { place: place.into(), message: message.into() }
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
    let lines: Vec<String> =
        findings.iter().map(|Finding { place, message }| format!("  {place}: {message}")).collect();
    anyhow::bail!("{} findings\n{}", lines.len(), lines.join("\n"))
}

/// All Rust files of the crates with their texts, paths from the workspace's folder, sorted.
fn source_files(root: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let (mut files, mut folders) = (Vec::new(), vec![root.join("crates")]);
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder);
        let entries = entries.with_context(|| format!("failed to list {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let local = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
                files.push((local, fsio::read_text(&path)?));
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_file_is_looked_at() {
        let files = source_files(&generated::workspace()).unwrap();
        let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        for path in [
            "crates/lagar-cli/src/main.rs",
            "crates/lagar-ops/src/filter/words_num_filter.rs",
            "crates/xtask/src/tidy/mod.rs",
        ] {
            assert!(paths.contains(&path), "{path}");
        }
    }
}
