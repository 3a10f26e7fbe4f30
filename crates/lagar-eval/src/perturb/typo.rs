//! `typo:P`: P percent of the question's words of four letters and more are mistyped, one at least.
//!
//! A typo is one of three that fingers make, inside the word so that its first and last letter stay:
//! two neighbours change places, a letter is left out, or it is struck twice. Only the question itself
//! is touched, never the options, the OCR tokens or the instruction around it.

use super::random::Random;
use crate::Question;

/// The shortest word that is mistyped, in letters.
const SHORTEST: usize = 4;

/// The prompt with typos in the question; `None` where the question has no word that is long enough,
/// or does not stand in the prompt.
pub(super) fn prompt(question: &Question, percent: u32, seed: u64) -> Option<String> {
    let (prompt, text) = (&question.prompt, question.text.trim());
    let start = find(prompt, text)?;
    let (before, rest) = prompt.split_at(start);
    let (asked, after) = rest.split_at(text.len());
    Some(format!("{before}{}{after}", mistyped(asked, percent, seed)?))
}

/// Where `text` stands in `prompt`, small and capital ASCII letters being one.
fn find(prompt: &str, text: &str) -> Option<usize> {
    if text.is_empty() {
        return None;
    }
    let found = prompt.as_bytes().windows(text.len());
    let mut starts =
        found.enumerate().filter(|(_, part)| part.eq_ignore_ascii_case(text.as_bytes()));
    starts.next().map(|(start, _)| start)
}

fn mistyped(text: &str, percent: u32, seed: u64) -> Option<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let is_long =
        |word: &&str| word.chars().count() >= SHORTEST && word.chars().all(char::is_alphabetic);
    let core = |word: &&str| is_long(&word.trim_end_matches(['?', '.', ',', '!', ':']));
    let long: Vec<usize> =
        words.iter().enumerate().filter(|(_, word)| core(word)).map(|(place, _)| place).collect();
    if long.is_empty() {
        return None;
    }
    let mut random = Random::new(seed);
    let sure = long[random.below(long.len() as u32) as usize];
    let word = |(place, word): (usize, &&str)| {
        let hit = long.contains(&place) && (random.chance(percent) || place == sure);
        if hit { mistype(word, &mut random) } else { (*word).to_owned() }
    };
    let words: Vec<String> = words.iter().enumerate().map(word).collect();
    Some(words.join(" "))
}

fn mistype(word: &str, random: &mut Random) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let count = letters.iter().filter(|letter| letter.is_alphabetic()).count() as u32;
    let place = 1 + random.below(count - 2) as usize;
    match random.below(3) {
        0 if place + 2 < count as usize && letters[place] != letters[place + 1] => {
            letters.swap(place, place + 1);
        }
        1 => {
            letters.remove(place);
        }
        _ => letters.insert(place, letters[place]),
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str, prompt: &str) -> Question {
        Question { text: text.to_owned(), prompt: prompt.to_owned(), ..Question::default() }
    }

    #[test]
    fn typos_touch_the_question_and_nothing_around_it() {
        let asked = question(
            "what is the colour of the background?",
            "What is the colour of the background?\nReference OCR token: colour\nAnswer shortly.",
        );
        for seed in 0..50 {
            let changed = prompt(&asked, 20, seed).unwrap();
            let (first, rest) = changed.split_once('\n').unwrap();
            assert_eq!(rest, "Reference OCR token: colour\nAnswer shortly.");
            let original = asked.prompt.lines().next().unwrap();
            let pairs = first.split(' ').zip(original.split(' '));
            let changed: Vec<_> = pairs.filter(|(now, before)| now != before).collect();
            assert!((1..=3).contains(&changed.len()), "{first}");
            for (now, before) in changed {
                assert_eq!(now.chars().next(), before.chars().next(), "{first}");
                assert_eq!(now.chars().last(), before.chars().last(), "{first}");
                assert!(now.chars().count().abs_diff(before.chars().count()) <= 1, "{first}");
            }
            assert_eq!(prompt(&asked, 20, seed).unwrap(), format!("{first}\n{rest}"));
        }
    }

    #[test]
    fn without_a_long_word_or_its_question_a_prompt_stays() {
        assert_eq!(prompt(&question("is it a c?", "is it a c?"), 100, 1), None);
        assert_eq!(prompt(&question("absent question", "something"), 100, 1), None);
        assert_eq!(prompt(&question("", "something"), 100, 1), None);
    }
}
