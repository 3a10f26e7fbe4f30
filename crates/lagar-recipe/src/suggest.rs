//! Did-you-mean: the known name that a misspelt one most likely stands for.
//!
//! Names of operators share long endings (`_filter`, `_mapper`), so a plain similarity score finds
//! everything alike. The edit distance is therefore held against the length of the name, and a
//! known name that begins with the misspelt one counts as close, because forgotten endings
//! (`words_num` for `words_num_filter`) are the most common slip.

/// The candidate closest to `name`, or `None` when nothing is close enough to be a misspelling.
///
/// Ties are won by the candidate that comes first.
pub fn suggest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let name = normalized(name);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let Some(distance) = distance(&name, candidate) else {
            continue;
        };
        if best.is_none_or(|(smallest, _)| distance < smallest) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate.to_owned())
}

/// Lower case with underscores, so that `min-num` and `MinNum` are not three edits away.
fn normalized(name: &str) -> String {
    name.trim().to_lowercase().replace(['-', ' '], "_")
}

/// Number of edits between the two, or `None` when they have nothing to do with each other.
fn distance(name: &str, candidate: &str) -> Option<usize> {
    let candidate = normalized(candidate);
    let edits = strsim::osa_distance(name, &candidate);
    let length = name.chars().count().max(candidate.chars().count());
    if edits <= (length / 3).clamp(1, 4) {
        return Some(edits);
    }
    let begins = name.chars().count() >= 4 && candidate.starts_with(name);
    // Ranked behind every true misspelling.
    begins.then_some(10 + edits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["min_num", "max_num", "words_num_filter", "np"];

    #[test]
    fn the_closest_name_is_suggested() {
        assert_eq!(suggest("min_nun", NAMES).as_deref(), Some("min_num"));
        assert_eq!(suggest("Max-Num", NAMES).as_deref(), Some("max_num"));
        assert_eq!(suggest("word_num_filter", NAMES).as_deref(), Some("words_num_filter"));
        assert_eq!(suggest("npp", NAMES).as_deref(), Some("np"));
    }

    #[test]
    fn a_forgotten_ending_is_recognised() {
        assert_eq!(suggest("words_num", NAMES).as_deref(), Some("words_num_filter"));
    }

    #[test]
    fn nothing_is_suggested_for_a_stranger() {
        assert_eq!(suggest("learning_rate", NAMES), None);
        assert_eq!(suggest("", NAMES), None);
        assert_eq!(suggest("x", []), None);
    }
}
