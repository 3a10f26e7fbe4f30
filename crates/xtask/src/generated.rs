//! `xtask gen`: the files that are made from the code, `docs/operators.md` and `docs/recipe.schema.json`.
//!
//! Both are committed, so that they can be read and linked without building anything. What is on them
//! comes from the registry alone; a test here and `xtask tidy` fail when a file no longer says what the
//! code says.

use std::path::{Path, PathBuf};

use lagar_core::fsio;
use lagar_ops::manual::{manual_page, operators_index};
use lagar_ops::{OperatorInfo, all, recipe_schema};

/// The folder of the workspace.
pub(crate) fn workspace() -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    crates.and_then(Path::parent).unwrap_or(Path::new("")).to_owned()
}

/// Writes all generated files.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn run() -> anyhow::Result<String> {
    let root = workspace();
    let mut names = Vec::new();
    for (name, content) in files()? {
        fsio::write(root.join(name), content.as_bytes())?;
        names.push(name);
    }
    Ok(format!("wrote {}", names.join(", ")))
}

/// The generated files that are missing or say something else than the code.
///
/// # Errors
/// When the schema cannot be written as text.
pub(crate) fn stale(root: &Path) -> anyhow::Result<Vec<&'static str>> {
    let is_stale = |name: &str, content: &str| {
        fsio::read_text(&root.join(name)).map_or(true, |committed| committed != content)
    };
    let files = files()?.into_iter();
    Ok(files.filter(|(name, content)| is_stale(name, content)).map(|(name, _)| name).collect())
}

fn files() -> anyhow::Result<[(&'static str, String); 2]> {
    let operators = all();
    Ok([
        ("docs/operators.md", operators_page(&operators)),
        ("docs/recipe.schema.json", serde_json::to_string_pretty(&recipe_schema())? + "\n"),
    ])
}

fn operators_page(operators: &[&OperatorInfo]) -> String {
    let mut page =
        "<!-- Made by `cargo run -p xtask -- gen` from the operators' doc comments. -->\n\n\
        # Operators\n\n\
        Names, parameters and results are Data-Juicer's. `lagar ops show NAME` prints one page, \
        `lagar ops list` the overview.\nThe tables below a page are the operator's own answers, \
        computed when the page was made.\n\n\
        ## Overview\n\n"
            .to_owned();
    page.push_str(operators_index(operators).trim());
    page.push('\n');
    for info in operators {
        page.push('\n');
        page.push_str(manual_page(info).trim());
        page.push('\n');
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_files_say_what_the_code_says() {
        let stale = stale(&workspace()).unwrap();
        assert!(stale.is_empty(), "run `cargo run -p xtask -- gen`: {stale:?}");
    }

    #[test]
    fn the_files_are_the_same_each_time() {
        assert_eq!(files().unwrap(), files().unwrap());
    }

    #[test]
    fn a_missing_or_changed_file_is_stale() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["docs/operators.md", "docs/recipe.schema.json"];
        assert_eq!(stale(folder.path()).unwrap(), names);
        for (name, content) in files().unwrap() {
            fsio::write(folder.path().join(name), content.as_bytes()).unwrap();
        }
        assert!(stale(folder.path()).unwrap().is_empty());
        fsio::write(folder.path().join(names[0]), b"# Operators\n").unwrap();
        assert_eq!(stale(folder.path()).unwrap(), [names[0]]);
    }
}
