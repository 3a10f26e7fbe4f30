//! Which crate may use which: the table of `ARCHITECTURE.md` against what cargo says.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use serde::Deserialize;

use super::Finding;

const CORE: &str = "lagar-core";
const RECIPE: &str = "lagar-recipe";
const OPS: &str = "lagar-ops";
const ENGINE: &str = "lagar-engine";
const IMAGE: &str = "lagar-image";
const REPORT: &str = "lagar-report";
const NN: &str = "lagar-nn";
const MODELS: &str = "lagar-models";

/// Each crate with the crates of the workspace it may use. A crate that is not built yet has its row
/// already, so that its first dependency is checked.
const ARROWS: [(&str, &[&str]); 14] = [
    (CORE, &[]),
    (RECIPE, &[CORE]),
    (IMAGE, &[CORE]),
    (OPS, &[CORE, RECIPE, IMAGE]),
    (ENGINE, &[CORE, RECIPE, OPS]),
    (REPORT, &[CORE, IMAGE]),
    ("lagar-explore", &[CORE, RECIPE, IMAGE, OPS, ENGINE, REPORT]),
    (NN, &[CORE]),
    (MODELS, &[CORE, IMAGE, NN]),
    ("lagar-remote", &[CORE, IMAGE]),
    ("lagar-train", &[CORE, NN, MODELS]),
    ("lagar-eval", &[CORE, IMAGE, REPORT]),
    (
        "lagar-cli",
        &[
            CORE,
            RECIPE,
            IMAGE,
            OPS,
            ENGINE,
            REPORT,
            "lagar-explore",
            NN,
            MODELS,
            "lagar-remote",
            "lagar-train",
            "lagar-eval",
        ],
    ),
    ("xtask", &[CORE, RECIPE, OPS]),
];

/// Libraries that belong to some crates only, by the beginning of their names.
const GUARDED: [(&str, &[&str], &str); 4] = [
    ("candle", &[NN], "only lagar-nn names the tensor framework"),
    ("datafusion", &[ENGINE], "global steps are the engine's"),
    ("tokio", &[ENGINE], "the ground layer has no async runtime"),
    ("clap", &["lagar-cli", "xtask"], "only they have a command line"),
];

/// A crate of the workspace with everything it depends on, for building and for tests.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Crate {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
struct Dependency {
    name: String,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Crate>,
}

/// The crates of the workspace at `root`, as cargo knows them.
///
/// # Errors
/// When cargo cannot be run or answers with something else.
pub(super) fn crates(root: &Path) -> anyhow::Result<Vec<Crate>> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()
        .context("failed to run cargo metadata")?;
    anyhow::ensure!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Metadata = serde_json::from_slice(&output.stdout)
        .context("failed to read the answer of cargo metadata")?;
    Ok(metadata.packages)
}

/// Checks the dependencies of all crates.
pub(super) fn check(crates: &[Crate]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Crate { name, dependencies } in crates {
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| known == name) else {
            let message = "is not in the table of crates/xtask/src/tidy/arrows.rs: decide there and \
                           in ARCHITECTURE.md what it may use";
            findings.push(Finding::new(name, message));
            continue;
        };
        for Dependency { name: used } in dependencies {
            let is_ours = crates.iter().any(|other| other.name == *used);
            if is_ours && !allowed.contains(&used.as_str()) {
                let message = format!("must not use `{used}`: arrows point downwards only");
                findings.push(Finding::new(name, message));
            }
            for (prefix, owners, why) in GUARDED {
                if used.starts_with(prefix) && !owners.contains(&name.as_str()) {
                    findings.push(Finding::new(name, format!("must not use `{used}`: {why}")));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(crates: &[(&str, &[&str])]) -> Vec<Crate> {
        let dependency = |name: &&str| Dependency { name: (*name).to_owned() };
        crates
            .iter()
            .map(|(name, uses)| Crate {
                name: (*name).to_owned(),
                dependencies: uses.iter().map(dependency).collect(),
            })
            .collect()
    }

    #[test]
    fn arrows_downwards_are_fine() {
        let crates = [(CORE, ["serde"].as_slice()), (RECIPE, &[CORE]), (OPS, &[CORE, RECIPE])];
        assert_eq!(check(&workspace(&crates)), []);
    }

    #[test]
    fn an_arrow_upwards_is_found() {
        let found = check(&workspace(&[(CORE, &[]), (RECIPE, &[CORE, OPS]), (OPS, &[])]));
        let message = "must not use `lagar-ops`: arrows point downwards only";
        assert_eq!(found, [Finding::new(RECIPE, message)]);
    }

    #[test]
    fn an_unknown_crate_needs_a_row_in_the_table() {
        let found = check(&workspace(&[("lagar-magic", &[CORE])]));
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("ARCHITECTURE.md"));
    }

    #[test]
    fn guarded_libraries_stay_where_they_belong() {
        let found = check(&workspace(&[(OPS, &["candle-core"]), (NN, &["candle-core"])]));
        let message = "must not use `candle-core`: only lagar-nn names the tensor framework";
        assert_eq!(found, [Finding::new(OPS, message)]);
    }

    #[test]
    fn the_table_itself_has_no_circle() {
        for (place, (name, uses)) in ARROWS.iter().enumerate() {
            let above = |used: &&&str| !ARROWS[..place].iter().any(|(known, _)| known == *used);
            assert_eq!(uses.iter().find(above), None, "{name}");
        }
    }
}
