//! VLMEvalKit's reading of an answer as one of the options, without a judge.
//!
//! Known oddity, kept: `answer is` is looked for without a word boundary behind the letter, so "The
//! answer is a dog" means A even where B is the dog.
//!
//! Source: `vlmeval/utils/matching_util.py` of VLMEvalKit at e8e78f0 (with `VERBOSE` unset; the
//! original decides differently where that is set).

use std::sync::LazyLock;

use fancy_regex::Regex;

use super::python;

/// What stands for an answer that chooses nothing.
pub const NONE: char = 'Z';

const REFUSALS: [&str; 4] = [
    "Sorry, I can't help with images of people yet.",
    "I can't process this file.",
    "I'm sorry, but without the image provided",
    "Cannot determine the answer",
];

const FAILED: &str = "Failed to obtain answer via API";

/// In Python `(?i)i` also means `İ` and `ı`, and `\s` four separators more.
static VERBOSE_ANSWER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)answer[\s\x1c-\x1f]+[iİı]s[\s\x1c-\x1f]+\**([ABCD])").ok());

/// The option an answer chooses: its letter, [`NONE`] for a refusal, `None` where nothing can be told.
pub fn inferred(answer: &str, options: &[(char, String)]) -> Option<char> {
    inferred_letter(answer, options).or_else(|| inferred_text(answer, options))
}

/// As under `exact_matching`: what cannot be told is [`NONE`].
pub fn exact(answer: &str, options: &[(char, String)]) -> char {
    inferred(answer, options).unwrap_or(NONE)
}

fn inferred_letter(answer: &str, options: &[(char, String)]) -> Option<char> {
    if answer.contains(FAILED) {
        return None;
    }
    if REFUSALS.iter().any(|refusal| answer.contains(refusal)) {
        return Some(NONE);
    }
    let spaced =
        answer.replace(['.', '(', ')', '[', ']', ',', ':', ';', '!', '*', '#', '{', '}'], " ");
    let words: Vec<&str> = python::split(&spaced).collect();
    let place = |letter: char| {
        let mut bytes = [0; 4];
        let letter: &str = letter.encode_utf8(&mut bytes);
        words.iter().position(|word| *word == letter)
    };
    let found: Vec<(char, usize)> =
        options.iter().filter_map(|(letter, _)| Some((*letter, place(*letter)?))).collect();
    match found.as_slice() {
        [(letter, place)] if place + 5 > words.len() => return Some(*letter),
        [] if place(NONE).is_some() => return Some(NONE),
        _ => {}
    }
    let said = VERBOSE_ANSWER.as_ref()?.captures(answer).ok()??.get(1)?.as_str();
    let letter = said.chars().next()?.to_ascii_uppercase();
    options.iter().any(|(option, _)| *option == letter).then_some(letter)
}

/// The only option whose text occurs in an answer that is not much longer than all options.
fn inferred_text(answer: &str, options: &[(char, String)]) -> Option<char> {
    let answer = answer.to_lowercase();
    let length: usize = options.iter().map(|(_, text)| python::len(text)).sum();
    if python::len(&answer) > 2 * length {
        return None;
    }
    only_option_within(&answer, options)
}

/// The only option whose lower-cased text occurs in an answer that is lower-cased already.
pub(super) fn only_option_within(answer: &str, options: &[(char, String)]) -> Option<char> {
    let mut within = options.iter().filter(|(_, text)| answer.contains(&text.to_lowercase()));
    match (within.next(), within.next()) {
        (Some((letter, _)), None) => Some(*letter),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Vec<(char, String)> {
        let texts = ["teddy bear", "rabbit", "cat", "dog"];
        "ABCD".chars().zip(texts.map(str::to_owned)).collect()
    }

    #[test]
    fn the_known_false_positive_is_kept() {
        let options: Vec<(char, String)> =
            "ABCD".chars().zip(["cat", "dog", "man", "car"].map(str::to_owned)).collect();
        assert_eq!(inferred("The answer is a dog", &options), Some('A'));
    }

    #[test]
    fn letters_texts_and_refusals_are_read() {
        let cases = [
            ("A", Some('A')),
            ("(B)", Some('B')),
            ("a cute teddy bear", Some('A')),
            ("A or B", None),
            ("", None),
            ("AB", None),
            ("answer is **B**", Some('B')),
            ("D because it barks and is happy today", None),
            ("Sorry, I can't help with images of people yet.", Some('Z')),
        ];
        for (answer, expected) in cases {
            assert_eq!(inferred(answer, &options()), expected, "{answer}");
        }
    }
}
