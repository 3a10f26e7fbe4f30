//! Words of a text, as the vocabulary counts them.
//!
//! A word is a run of letters and digits in lower case, with the apostrophes inside it; a Chinese or
//! Japanese character is a word of its own, since nothing parts words there. This differs on purpose
//! from Data-Juicer's words (`num_words`), which are pieces between spaces.

use lagar_ops::text::{is_alphanumeric, lower_into};

/// Whether a character is a word by itself.
pub(crate) fn stands_alone(character: char) -> bool {
    matches!(character,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
        && is_alphanumeric(character)
}

fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '\u{2019}')
}

/// Calls `take` with each word of `text`; `buffer` holds the lower-case text meanwhile.
pub(crate) fn each_word(text: &str, buffer: &mut String, mut take: impl FnMut(&str)) {
    lower_into(text, buffer);
    let mut start: Option<usize> = None;
    let mut characters = buffer.char_indices().peekable();
    while let Some((place, character)) = characters.next() {
        if stands_alone(character) {
            if let Some(start) = start.take() {
                take(&buffer[start..place]);
            }
            take(&buffer[place..place + character.len_utf8()]);
            continue;
        }
        if is_alphanumeric(character) {
            start.get_or_insert(place);
            continue;
        }
        let inside = start.is_some()
            && is_apostrophe(character)
            && characters
                .peek()
                .is_some_and(|(_, next)| is_alphanumeric(*next) && !stands_alone(*next));
        if !inside && let Some(start) = start.take() {
            take(&buffer[start..place]);
        }
    }
    if let Some(start) = start {
        take(&buffer[start..]);
    }
}

/// How many sentences a text has: pieces with a letter or digit between ends of sentences. An end is a
/// line feed, `。`, `！` or `？`, or a run of `.`, `!`, `?` before white space or the end of the text.
pub(crate) fn sentences(text: &str) -> u64 {
    let mut count = 0;
    let mut has_word = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if is_alphanumeric(character) {
            has_word = true;
            continue;
        }
        let ends = match character {
            '\n' | '\r' | '\u{3002}' | '\u{ff01}' | '\u{ff1f}' => true,
            '.' | '!' | '?' => characters.peek().is_none_or(|next| next.is_whitespace()),
            _ => false,
        };
        if ends && has_word {
            count += 1;
            has_word = false;
        }
    }
    count + u64::from(has_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        each_word(text, &mut String::new(), |word| found.push(word.to_owned()));
        found
    }

    #[test]
    fn apostrophes_inside_belong_to_a_word_and_hyphens_part_words() {
        assert_eq!(
            words("Don't stop, it's 'Tom's' T-shirt!"),
            ["don't", "stop", "it's", "tom's", "t", "shirt"]
        );
        assert_eq!(words("rock 'n' roll 4k 1,000"), ["rock", "n", "roll", "4k", "1", "000"]);
        assert_eq!(words(" _ - ''"), Vec::<String>::new());
    }

    #[test]
    fn chinese_characters_are_words_of_their_own() {
        assert_eq!(words("iPhone手机壳 new"), ["iphone", "手", "机", "壳", "new"]);
        assert_eq!(words("が、は。"), ["が", "は"]);
    }

    #[test]
    fn sentences_end_at_marks_before_white_space_and_at_lines() {
        assert_eq!(sentences("A dog. A cat! v1.2 is out?! Yes"), 4);
        assert_eq!(sentences("一只狗。一只猫。"), 2);
        assert_eq!(sentences("one\ntwo\n\n"), 2);
        assert_eq!(sentences("... !!"), 0);
        assert_eq!(sentences(""), 0);
    }
}
