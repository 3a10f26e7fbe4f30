//! Exact match and token F1 of SQuAD 1.1.
//!
//! Source: `evaluate-v1.1.py` of SQuAD.

use super::python;

/// Lower case, no ASCII punctuation, no articles, single spaces.
pub fn normalised(text: &str) -> String {
    let lower = text.to_lowercase();
    let chars: Vec<char> = lower.chars().filter(|c| !c.is_ascii_punctuation()).collect();
    python::squeeze(&without_articles(&chars))
}

/// `a`, `an`, `the` between word boundaries become a space. An article is a whole run of word
/// characters, except that a combining mark ends the run, as `\b` has it.
fn without_articles(chars: &[char]) -> String {
    let mut out = String::with_capacity(chars.len());
    let mut start = 0;
    while start < chars.len() {
        let is_word = python::is_word(chars[start]);
        let run = chars[start..].iter().take_while(|c| python::is_word(**c) == is_word).count();
        let word = &chars[start..start + run];
        if matches!(word, ['a'] | ['a', 'n'] | ['t', 'h', 'e']) {
            out.push(' ');
        } else {
            out.extend(word);
        }
        start += run;
    }
    out
}

/// 1 if answer and reference are equal once normalised; the best of the references.
pub fn exact_match(answer: &str, references: &[String]) -> f64 {
    let answer = normalised(answer);
    let hit = references.iter().any(|reference| normalised(reference) == answer);
    f64::from(u8::from(hit))
}

/// The F1 of shared tokens, in [0, 1]; the best of the references, 0 where nothing is shared.
pub fn f1(answer: &str, references: &[String]) -> f64 {
    let answer = normalised(answer);
    let score = |reference: &String| token_f1(&answer, &normalised(reference));
    references.iter().map(score).fold(0.0, f64::max)
}

fn token_f1(answer: &str, reference: &str) -> f64 {
    let sorted = |text: &str| {
        let mut tokens: Vec<String> = python::split(text).map(str::to_owned).collect();
        tokens.sort_unstable();
        tokens
    };
    let (answer, reference) = (sorted(answer), sorted(reference));
    let (mut left, mut right, mut shared) = (0, 0, 0_usize);
    while left < answer.len() && right < reference.len() {
        match answer[left].cmp(&reference[right]) {
            std::cmp::Ordering::Less => left += 1,
            std::cmp::Ordering::Greater => right += 1,
            std::cmp::Ordering::Equal => {
                shared += 1;
                left += 1;
                right += 1;
            }
        }
    }
    if shared == 0 {
        return 0.0;
    }
    let precision = shared as f64 / answer.len() as f64;
    let recall = shared as f64 / reference.len() as f64;
    2.0 * precision * recall / (precision + recall)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_go_after_punctuation() {
        assert_eq!(normalised("The (a) t-shirt, an apple"), "tshirt apple");
        assert_eq!(normalised("a\u{301} theatre"), "\u{301} theatre");
    }

    #[test]
    fn repeated_tokens_count_as_often_as_both_have_them() {
        let references = vec!["red red blue".to_owned(), "green".to_owned()];
        assert!((f1("red red red", &references) - 2.0 / 3.0).abs() < 1e-12);
        assert!(f1("", &references).abs() < 1e-12);
    }
}
