//! What was changed in a text, word by word: taken out, put in, left.
//!
//! The longest common run of words decides (Hunt and Szymanski, "An algorithm for differential file
//! comparison", 1976, by dynamic programming); where texts are too long for that, the common beginning
//! and end are kept and what lies between counts as replaced.

use askama::Template;

/// A piece of a changed text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Same(String),
    Out(String),
    In(String),
}

/// A text before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = "{% for piece in pieces %}{% match piece %}{% when Piece::Same with (text) %}{{ text }}{% when Piece::Out with (text) %}<del>{{ text }}</del>{% when Piece::In with (text) %}<ins>{{ text }}</ins>{% endmatch %}{% endfor %}"
)]
pub struct Changes {
    pieces: Vec<Piece>,
}

/// The most cells of the table of common runs.
const CELLS: usize = 1 << 20;

impl Changes {
    /// What makes `after` of `before`.
    pub fn between(before: &str, after: &str) -> Self {
        let (old, new) = (words(before), words(after));
        let same = |one: &&str, other: &&str| one == other;
        let head = old.iter().zip(&new).take_while(|(one, other)| same(one, other)).count();
        let (old_rest, new_rest) = (&old[head..], &new[head..]);
        let ends = old_rest.iter().rev().zip(new_rest.iter().rev());
        let tail = ends.take_while(|(one, other)| same(one, other)).count();
        let (old_middle, new_middle) =
            (&old_rest[..old_rest.len() - tail], &new_rest[..new_rest.len() - tail]);
        let mut changes = Self::default();
        changes.extend(&old[..head], Piece::Same);
        changes.middle(old_middle, new_middle);
        changes.extend(&old[old.len() - tail..], Piece::Same);
        changes.joined()
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Same(_)))
    }

    fn middle(&mut self, old: &[&str], new: &[&str]) {
        if old.len().saturating_mul(new.len()) > CELLS {
            self.extend(old, Piece::Out);
            self.extend(new, Piece::In);
            return;
        }
        let width = new.len() + 1;
        let mut common = vec![0_u32; (old.len() + 1) * width];
        for i in (0..old.len()).rev() {
            for j in (0..new.len()).rev() {
                common[i * width + j] = if old[i] == new[j] {
                    common[(i + 1) * width + j + 1] + 1
                } else {
                    common[(i + 1) * width + j].max(common[i * width + j + 1])
                };
            }
        }
        let (mut i, mut j) = (0, 0);
        while i < old.len() || j < new.len() {
            if i < old.len() && j < new.len() && old[i] == new[j] {
                self.push(Piece::Same(old[i].to_owned()));
                (i, j) = (i + 1, j + 1);
            } else if j == new.len()
                || (i < old.len() && common[(i + 1) * width + j] >= common[i * width + j + 1])
            {
                self.push(Piece::Out(old[i].to_owned()));
                i += 1;
            } else {
                self.push(Piece::In(new[j].to_owned()));
                j += 1;
            }
        }
    }

    /// The same changes without gaps: white space between two changed pieces is part of both, and what
    /// was taken out stands before what was put in.
    fn joined(self) -> Self {
        let mut joined = Self::default();
        let (mut out, mut new) = (String::new(), String::new());
        let mut pieces = self.pieces.into_iter().peekable();
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Out(text) => out += &text,
                Piece::In(text) => new += &text,
                Piece::Same(text) => {
                    let is_gap = text.trim().is_empty() && pieces.peek().is_some();
                    if is_gap && !out.is_empty() && !new.is_empty() {
                        out += &text;
                        new += &text;
                        continue;
                    }
                    joined.replaced(&mut out, &mut new);
                    joined.push(Piece::Same(text));
                }
            }
        }
        joined.replaced(&mut out, &mut new);
        joined
    }

    /// Adds what was taken out and what was put in, and forgets it.
    fn replaced(&mut self, out: &mut String, new: &mut String) {
        for piece in [Piece::Out(std::mem::take(out)), Piece::In(std::mem::take(new))] {
            if !matches!(&piece, Piece::Out(text) | Piece::In(text) if text.is_empty()) {
                self.push(piece);
            }
        }
    }

    fn extend(&mut self, words: &[&str], kind: fn(String) -> Piece) {
        for word in words {
            self.push(kind((*word).to_owned()));
        }
    }

    /// Adds a piece, as part of the one before where it is of its kind.
    fn push(&mut self, piece: Piece) {
        match (self.pieces.last_mut(), &piece) {
            (Some(Piece::Same(text)), Piece::Same(more))
            | (Some(Piece::Out(text)), Piece::Out(more))
            | (Some(Piece::In(text)), Piece::In(more)) => text.push_str(more),
            _ => self.pieces.push(piece),
        }
    }
}

/// Words and what is between them: runs of letters and digits, and every other character alone.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut begin = 0;
    let mut is_word = false;
    for (place, letter) in text.char_indices() {
        let goes_on = letter.is_alphanumeric() && is_word && !is_ideograph(letter);
        if place > begin && !goes_on {
            words.push(&text[begin..place]);
            begin = place;
        }
        is_word = letter.is_alphanumeric() && !is_ideograph(letter);
    }
    if begin < text.len() {
        words.push(&text[begin..]);
    }
    words
}

/// Whether a letter is a word by itself.
fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: &str, after: &str) -> String {
        Changes::between(before, after).to_string()
    }

    #[test]
    fn a_changed_word_is_taken_out_and_put_in() {
        assert_eq!(
            shown("a red car, parked", "a blue car, parked there"),
            "a <del>red</del><ins>blue</ins> car, parked<ins> there</ins>"
        );
        assert_eq!(
            shown("the old mill", "a very new mill"),
            "<del>the old</del><ins>a very new</ins> mill"
        );
        assert_eq!(shown("一只猫", "一只狗"), "一只<del>猫</del><ins>狗</ins>");
    }

    #[test]
    fn equal_texts_have_no_changes_and_markup_stays_text() {
        assert!(Changes::between("same <b>", "same <b>").is_empty());
        assert_eq!(shown("", "<i>"), "<ins>&#60;i&#62;</ins>");
        assert_eq!(shown("", ""), "");
    }

    #[test]
    fn very_long_texts_are_replaced_between_their_common_ends() {
        let old = format!("start {} end", "a ".repeat(3_000));
        let new = format!("start {} end", "b ".repeat(3_000));
        let changes = Changes::between(&old, &new);
        assert_eq!(changes.pieces.len(), 4);
        assert_eq!(changes.pieces.first(), Some(&Piece::Same("start ".to_owned())));
    }
}
