//! ANLS, the average normalised Levenshtein similarity of document and scene-text questions.
//!
//! The distance is between lower-cased texts with single spaces, but it is divided by the length of
//! the raw texts in capitals (`ß` counts twice); a similarity below a half is none.
//!
//! Source: `anls_compute` of VLMEvalKit at e8e78f0 (the `DocVQA` evaluation); Biten et al. 2019.

use super::python;

/// Below this a similarity counts as 0.
const THRESHOLD: f64 = 0.5;

/// The similarity to the nearest reference, in [0, 1].
pub fn anls(answer: &str, references: &[String]) -> f64 {
    let comparable = |text: &str| -> Vec<char> {
        python::squeeze(&python::strip(text).to_lowercase()).chars().collect()
    };
    let length = |text: &str| python::len(&text.to_uppercase());
    let chars = comparable(answer);
    let share = |reference: &String| {
        let longest = length(answer).max(length(reference));
        let distance = levenshtein(&chars, &comparable(reference));
        if longest == 0 { 0.0 } else { distance as f64 / longest as f64 }
    };
    let nearest = references.iter().map(share).fold(1.0, f64::min);
    let similarity = 1.0 - nearest;
    if similarity < THRESHOLD { 0.0 } else { similarity }
}

/// The fewest insertions, deletions and substitutions between two texts.
fn levenshtein(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=one.len()).collect();
    for (line, c) in other.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (place, d) in one.iter().enumerate() {
            let substituted = diagonal + usize::from(c != d);
            diagonal = row[place + 1];
            row[place + 1] = substituted.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[one.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_letter_in_four_costs_a_quarter() {
        assert!((anls("Nika", &["nike".to_owned()]) - 0.75).abs() < 1e-12);
        assert!(anls("abcd", &["wxyz".to_owned()]).abs() < 1e-12);
        assert!((anls("", &[String::new()]) - 1.0).abs() < 1e-12);
    }
}
