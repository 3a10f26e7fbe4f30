//! The operators of Data-Juicer that lagar does not have, and why.
//!
//! All 226 names of Data-Juicer 1.6.1 are in `data_juicer.txt`, one a line, with the reason behind a
//! tab where lagar has no operator of the name. A recipe that uses one of those is told the reason
//! instead of being taken for misspelt.

use serde::Serialize;

use crate::registry::find;

const NAMES: &str = include_str!("data_juicer.txt");

/// An operator of Data-Juicer that lagar does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Its name.
    pub name: &'static str,
    /// Why, to be put behind "because".
    pub reason: &'static str,
}

fn lines() -> impl Iterator<Item = Missing> {
    NAMES.lines().map(|line| {
        let (name, reason) = line.split_once('\t').unwrap_or((line, ""));
        Missing { name, reason }
    })
}

/// The operators of Data-Juicer 1.6.1 that lagar does not have, sorted by name.
pub fn missing() -> Vec<Missing> {
    lines().filter(|line| find(line.name).is_none()).collect()
}

/// Why lagar has no operator of that name, if Data-Juicer has one.
pub fn why_missing(name: &str) -> Option<&'static str> {
    lines().find(|line| line.name == name).map(|line| line.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_of_data_juicer_is_there_or_has_a_reason_not_to_be() {
        assert_eq!(lines().count(), 226);
        assert!(lines().map(|line| line.name).is_sorted_by(|one, other| one < other));
        let silent: Vec<&str> =
            missing().iter().filter(|line| line.reason.is_empty()).map(|line| line.name).collect();
        assert!(silent.is_empty(), "no operator and no reason: {silent:?}");
        let is_stale = |line: &Missing| find(line.name).is_some() && !line.reason.is_empty();
        let stale: Vec<&str> = lines().filter(is_stale).map(|line| line.name).collect();
        assert!(stale.is_empty(), "an operator and a reason not to have it: {stale:?}");
    }

    #[test]
    fn a_name_of_data_juicer_is_explained_and_another_is_not() {
        assert_eq!(why_missing("video_tagging_from_audio_mapper"), Some("it works on video"));
        assert_eq!(why_missing("no_such_mapper"), None);
    }
}
