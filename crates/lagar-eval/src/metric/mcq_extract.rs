//! lmms-eval's extraction of an option's letter from any wording.
//!
//! Every shape in which a letter can stand has a rank; the highest rank wins, and within a rank the
//! last place in the text. Positions are counted in characters, and the phrase search mixes places of
//! the lower-cased text with those of the text itself, as the original does.
//!
//! Source: `tasks/_task_utils/mcq_extract.py` of lmms-eval at 75571cf.

use super::python;

const PHRASES: [&str; 27] = [
    "the answer is",
    "answer is",
    "the correct answer is",
    "correct answer is",
    "the best answer is",
    "best answer is",
    "the correct option is",
    "correct option is",
    "the best option is",
    "best option is",
    "the choice is",
    "choice is",
    "the correct choice is",
    "correct choice is",
    "i choose",
    "i select",
    "i pick",
    "my answer is",
    "my choice is",
    "옵션",
    "정답은",
    "답은",
    "답:",
    "答案是",
    "答案为",
    "选",
    "答えは",
];

/// Ranks: first letter, last letter, phrase, `(A)`, `A.`, `A:`, `A)`, `A `, anywhere.
const START: u8 = 10;
const END: u8 = 9;
const PHRASE: u8 = 7;
const SHAPES: [(&str, &str, u8); 5] =
    [("(", ")", 6), ("", ".", 5), ("", ":", 4), ("", ")", 3), ("", " ", 2)];
const ANYWHERE: u8 = 0;

/// The letter an answer seems to mean.
pub fn extract(answer: &str, letters: &[char]) -> Option<char> {
    let mut bare = python::strip(answer);
    if bare.is_empty() {
        return None;
    }
    for mark in [',', '.', '!', '?', ';', ':', '\'', '"'] {
        bare = bare.trim_matches(mark);
    }
    let text: Vec<char> = format!(" {bare} ").chars().collect();
    let mut best: Option<(u8, usize, char)> = None;
    let mut offer = |rank: u8, place: usize, letter: char| {
        if best.is_none_or(|(best_rank, best_place, _)| (rank, place) > (best_rank, best_place)) {
            best = Some((rank, place, letter));
        }
    };
    for (before, behind, rank) in SHAPES {
        for letter in letters {
            let shape: Vec<char> = format!("{before}{letter}{behind}").chars().collect();
            if let Some(place) = last(&text, &shape) {
                offer(rank, place, *letter);
            }
        }
    }
    for (place, letter) in after_phrases(&text, letters) {
        offer(PHRASE, place, letter);
    }
    let stripped: Vec<char> =
        text.iter().collect::<String>().trim_matches(python::is_space).chars().collect();
    for letter in letters {
        if stripped.first() == Some(letter) && stripped.get(1).is_none_or(|c| !python::is_alpha(*c))
        {
            offer(START, 0, *letter);
        }
        let before_last = stripped.len().checked_sub(2).map(|place| stripped[place]);
        if stripped.last() == Some(letter) && before_last.is_none_or(|c| !python::is_alpha(c)) {
            offer(END, text.len() - 1, *letter);
        }
    }
    if best.is_none() {
        let anywhere = letters.iter().filter_map(|letter| {
            Some((ANYWHERE, text.iter().rposition(|c| c == letter)?, *letter))
        });
        best = anywhere.fold(None, |best, found| match best {
            Some((_, place, _)) if place >= found.1 => best,
            _ => Some(found),
        });
    }
    best.map(|(_, _, letter)| letter)
}

fn after_phrases(text: &[char], letters: &[char]) -> Vec<(usize, char)> {
    let lower: Vec<char> = text.iter().collect::<String>().to_lowercase().chars().collect();
    let mut found = Vec::new();
    for phrase in PHRASES {
        let phrase: Vec<char> = phrase.chars().collect();
        let Some(place) = lower.windows(phrase.len()).position(|window| window == phrase) else {
            continue;
        };
        let behind = (place + phrase.len()).min(text.len());
        for letter in letters {
            if let Some(offset) = text[behind..].iter().position(|c| c == letter) {
                found.push((behind + offset, *letter));
            }
        }
    }
    found
}

fn last(text: &[char], shape: &[char]) -> Option<usize> {
    text.windows(shape.len()).rposition(|window| window == shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_at_the_start_outranks_all_others() {
        let letters = ['A', 'B', 'C', 'D'];
        assert_eq!(extract("A, though some would say (B)", &letters), Some('A'));
        assert_eq!(extract("The answer is C. Not D because", &letters), Some('D'));
        assert_eq!(extract("The correct answer is (B).", &letters), Some('B'));
        assert_eq!(extract("nothing", &letters), None);
        assert_eq!(extract("  ", &letters), None);
    }
}
