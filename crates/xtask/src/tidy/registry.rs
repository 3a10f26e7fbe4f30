//! The registry of operators against the folders they live in: one file, one operator, one name.

use std::collections::BTreeSet;

use super::Finding;

const SOURCE: &str = "crates/lagar-ops/src";
const FOLDERS: [&str; 5] = ["filter", "mapper", "deduplicator", "selector", "grouper"];

/// The operators of the registry, as the files they should live in.
pub(super) fn registered() -> BTreeSet<String> {
    let file = |info: &lagar_ops::OperatorInfo| file_of(info.kind.name(), info.name);
    lagar_ops::all().into_iter().map(file).collect()
}

/// The files in the folders of operators, among all source files.
pub(super) fn written<'a>(paths: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let is_operator = |path: &&str| {
        let folder = path.strip_prefix(SOURCE).and_then(|path| path.strip_prefix('/'));
        let parts: Vec<&str> = folder.unwrap_or_default().split('/').collect();
        matches!(parts.as_slice(), [kind, file] if FOLDERS.contains(kind) && *file != "mod.rs")
    };
    paths.filter(is_operator).map(str::to_owned).collect()
}

fn file_of(kind: &str, name: &str) -> String {
    format!("{SOURCE}/{kind}/{name}.rs")
}

/// Checks that both are the same.
pub(super) fn check(registered: &BTreeSet<String>, written: &BTreeSet<String>) -> Vec<Finding> {
    let unregistered = written.difference(registered).map(|file| {
        let message = "is not a registered operator of this name and kind: it needs `register!` \
                       and a `mod` line";
        Finding::new(file, message)
    });
    let homeless = registered.difference(written).map(|file| {
        let message = "is where a registered operator should live: name the file like the operator";
        Finding::new(file, message)
    });
    unregistered.chain(homeless).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_directly_in_the_folders_are_operators() {
        let paths = [
            "crates/lagar-ops/src/filter/a_filter.rs",
            "crates/lagar-ops/src/filter/mod.rs",
            "crates/lagar-ops/src/picture/png.rs",
            "crates/lagar-ops/src/filter/a_filter/table.rs",
            "crates/lagar-engine/src/filter/b_filter.rs",
        ];
        let written = written(paths.into_iter());
        assert_eq!(written, BTreeSet::from([file_of("filter", "a_filter")]));
    }

    #[test]
    fn a_file_without_an_operator_and_an_operator_without_a_file_are_found() {
        let one = BTreeSet::from([file_of("filter", "a_filter")]);
        let other = BTreeSet::from([file_of("mapper", "a_filter")]);
        assert_eq!(check(&one, &one), []);
        let found = check(&one, &other);
        let places: Vec<&str> = found.iter().map(|found| found.place.as_str()).collect();
        assert_eq!(places, [file_of("mapper", "a_filter"), file_of("filter", "a_filter")]);
    }

    #[test]
    fn the_registry_is_not_empty() {
        assert!(registered().contains(&file_of("filter", "words_num_filter")));
    }
}
