//! lmms-eval's reading of an answer as one of the options, without a judge.
//!
//! Source: `tasks/mmbench/mmbench_evals.py` of lmms-eval at 75571cf; `static` is the setting of
//! `mmbench_en_dev_static`.

use super::mcq_extract::extract;
use super::mcq_vlmevalkit::only_option_within;
use super::python;

const LETTERS: &str = "ABCDE";

const FAILED: &str = "Failed to obtain answer via API";

/// What may stand before and behind a letter.
const SHAPES: [(&str, &str); 12] = [
    ("", "."),
    ("", ","),
    ("", ":"),
    ("", ")"),
    ("", ")."),
    ("(", ")"),
    ("(", ")."),
    (":", ""),
    (":", ","),
    (":", "."),
    (":", ")"),
    (":", ")."),
];

/// The option that `prefetch_answer` finds.
pub fn prefetched(answer: &str, options: &[(char, String)]) -> Option<char> {
    prefetched_letter(answer).or_else(|| only_option_within(&answer.to_lowercase(), options))
}

/// The option that the static evaluation finds: prefetched, else extracted from the wording.
pub fn fixed(answer: &str, options: &[(char, String)]) -> Option<char> {
    prefetched(answer, options).or_else(|| {
        let mut letters: Vec<char> = options.iter().map(|(letter, _)| *letter).collect();
        letters.sort_unstable();
        extract(answer, &letters)
    })
}

fn prefetched_letter(answer: &str) -> Option<char> {
    if answer.contains(FAILED) {
        return None;
    }
    let words: Vec<&str> = python::split(answer).collect();
    let has = |before: &str, letter: char, behind: &str| {
        let shaped = format!("{before}{letter}{behind}");
        words.contains(&shaped.as_str())
    };
    let only = |before: &str, behind: &str| {
        let mut found = LETTERS.chars().filter(|letter| has(before, *letter, behind));
        match (found.next(), found.next()) {
            (Some(letter), None) => Some(letter),
            _ => None,
        }
    };
    let may_be_article = has("", 'A', "") && words.len() > 3;
    let bare = if may_be_article { None } else { only("", "") };
    bare.or_else(|| SHAPES.iter().find_map(|(before, behind)| only(before, behind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_a_in_a_longer_answer_may_be_an_article() {
        let options: Vec<(char, String)> =
            "AB".chars().zip(["cat", "dog"].map(str::to_owned)).collect();
        assert_eq!(prefetched("A", &options), Some('A'));
        assert_eq!(prefetched("I see A dog", &options), Some('B'));
        assert_eq!(prefetched("it is (B).", &options), Some('B'));
        assert_eq!(fixed("hm", &options), None);
        assert_eq!(fixed("either (A) or rather (B)", &options), Some('B'));
    }
}
