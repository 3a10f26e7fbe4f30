//! How answers are made comparable by the VQA evaluation and its descendants: punctuation, number
//! words, articles, contractions.
//!
//! Three code bases have three versions of the two regular expressions in it; everything else is the
//! same. The traps: whether a mark becomes a space or nothing is decided by the text *before* any
//! change, and one number with a comma anywhere (`1,000`) switches all marks to nothing; at most 32
//! full stops are removed, because a flag was passed where the count belongs.
//!
//! Source: `processPunctuation` and `processDigitArticle` of GT-Vision-Lab/VQA at a013f00,
//! `EvalAIAnswerProcessor` of mmf and LLaVA, `process_punctuation` of VLMEvalKit at e8e78f0.

use super::contractions::mended;
use super::python;

/// Whose regular expressions are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Digit, one comma, digit; a full stop goes unless a digit follows.
    Official,
    /// Digit, one comma or more, digit; full stops as in the official code.
    EvalAi,
    /// Digit, one comma, digit; a full stop goes unless a digit follows *or precedes* it.
    VlmEvalKit,
}

/// The marks that become a space or nothing.
const MARKS: [char; 21] = [
    ';', '/', '[', ']', '"', '{', '}', '(', ')', '=', '+', '\\', '_', '-', '>', '<', '@', '`', ',',
    '?', '!',
];

/// `re.UNICODE`, which the original passes as the number of replacements.
const MOST_PERIODS: usize = 32;

/// Line breaks and tabs to spaces, then white space off both ends.
pub fn clean(text: &str) -> String {
    python::strip(&text.replace(['\n', '\t'], " ")).to_owned()
}

/// Removes marks or puts spaces in their place, and removes full stops.
pub fn punctuation(text: &str, dialect: Dialect) -> String {
    let chars: Vec<char> = text.chars().collect();
    if !chars.iter().any(|c| *c == '.' || MARKS.contains(c)) {
        return text.to_owned();
    }
    let all_go = has_number_with_comma(&chars, dialect);
    let mut goes = [all_go; MARKS.len()];
    for pair in chars.windows(2) {
        for mark in 0..MARKS.len() {
            let beside_space = (pair[0] == MARKS[mark] && pair[1] == ' ')
                || (pair[0] == ' ' && pair[1] == MARKS[mark]);
            goes[mark] |= beside_space;
        }
    }
    let replaced = |c: &char| match MARKS.iter().position(|mark| mark == c) {
        Some(mark) if goes[mark] => None,
        Some(_) => Some(' '),
        None => Some(*c),
    };
    without_periods(&chars.iter().filter_map(replaced).collect::<Vec<char>>(), dialect)
}

fn has_number_with_comma(chars: &[char], dialect: Dialect) -> bool {
    let digit = |place: usize| chars.get(place).is_some_and(|c| python::is_digit(*c));
    (1..chars.len()).any(|start| {
        let run = chars[start..].iter().take_while(|c| **c == ',').count();
        let fits = if dialect == Dialect::EvalAi { run >= 1 } else { run == 1 };
        fits && digit(start - 1) && digit(start + run)
    })
}

fn without_periods(chars: &[char], dialect: Dialect) -> String {
    let digit = |place: Option<&char>| place.is_some_and(|c| python::is_digit(*c));
    let mut left = MOST_PERIODS;
    let mut out = String::with_capacity(chars.len());
    for (place, c) in chars.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|place| chars.get(place));
        let kept_by_digit =
            digit(chars.get(place + 1)) || (dialect == Dialect::VlmEvalKit && digit(before));
        if *c == '.' && left > 0 && !kept_by_digit {
            left -= 1;
        } else {
            out.push(*c);
        }
    }
    out
}

/// Lower case, number words to digits (`none` is 0), no articles, contractions mended, single spaces.
pub fn digits_and_articles(text: &str) -> String {
    let lower = text.to_lowercase();
    let mut out = String::with_capacity(lower.len());
    for word in python::split(&lower) {
        let word = digit_of(word);
        if matches!(word, "a" | "an" | "the") {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(mended(word).unwrap_or(word));
    }
    out
}

fn digit_of(word: &str) -> &str {
    match word {
        "none" | "zero" => "0",
        "one" => "1",
        "two" => "2",
        "three" => "3",
        "four" => "4",
        "five" => "5",
        "six" => "6",
        "seven" => "7",
        "eight" => "8",
        "nine" => "9",
        "ten" => "10",
        other => other,
    }
}

/// All steps, after [`clean`].
pub fn normalised(text: &str, dialect: Dialect) -> String {
    digits_and_articles(&punctuation(&clean(text), dialect))
}

/// The soft accuracy of `answer` against the annotators' answers, both made comparable before: the
/// mean over annotators of min(1, matches among the others / 3); in [0, 1].
///
/// `None` without annotators.
pub fn soft_accuracy(answer: &str, references: &[String]) -> Option<f64> {
    let matches = references.iter().filter(|reference| *reference == answer).count();
    let of = |reference: &String| {
        let others = matches - usize::from(reference == answer);
        (others as f64 / 3.0).min(1.0)
    };
    let sum: f64 = references.iter().map(of).sum();
    (!references.is_empty()).then(|| sum / references.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_with_a_comma_deletes_every_mark() {
        assert_eq!(punctuation("a-b", Dialect::Official), "a b");
        assert_eq!(punctuation("a-b 1,000", Dialect::Official), "ab 1000");
        assert_eq!(punctuation("a-b ١,٠", Dialect::Official), "ab ١٠");
    }

    #[test]
    fn two_commas_between_digits_count_for_evalai_only() {
        assert_eq!(punctuation("1,,2-3", Dialect::Official), "1  2 3");
        assert_eq!(punctuation("1,,2-3", Dialect::EvalAi), "123");
    }

    #[test]
    fn a_full_stop_behind_a_digit_stays_in_vlmevalkit() {
        assert_eq!(normalised("3.", Dialect::Official), "3");
        assert_eq!(normalised("3.", Dialect::VlmEvalKit), "3.");
    }

    #[test]
    fn thirty_two_full_stops_go_and_no_more() {
        assert_eq!(punctuation(&".".repeat(40), Dialect::Official), ".".repeat(8));
    }

    #[test]
    fn none_is_zero_and_an_article_alone_is_nothing() {
        assert_eq!(digits_and_articles("None"), "0");
        assert_eq!(digits_and_articles("the"), "");
        assert_eq!(digits_and_articles("Somebody'd LET'S dont"), "somebodyd let's don't");
    }

    #[test]
    fn agreement_is_counted_among_the_other_annotators() {
        let ten = |hits: usize| -> Vec<String> {
            (0..10).map(|n| if n < hits { "x".into() } else { format!("y{n}") }).collect()
        };
        let expected = [0.0, 0.3, 0.6, 0.9, 1.0, 1.0];
        for (hits, expected) in expected.into_iter().enumerate() {
            let score = soft_accuracy("x", &ten(hits)).unwrap();
            assert!((score - expected).abs() < 1e-12, "{hits} hits: {score}");
        }
        assert_eq!(soft_accuracy("x", &[]), None);
    }
}
