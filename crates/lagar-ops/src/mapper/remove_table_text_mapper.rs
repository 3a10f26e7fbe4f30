//! `remove_table_text_mapper`: removes tables that became text.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounded::Bounded;
use crate::text::edit_texts;
use crate::{Context, Example, Mapped, Mapper, OperatorError, Parity, register};

/// Removes tables: two or more lines in a row with the same number of columns.
///
/// For each number of columns from `min_col` to `max_col`, runs of at least two lines are removed,
/// with the empty lines between and behind them. Columns are separated by one space, tab or `|`; a
/// `|` may also be part of a column. The first line of the text and one that does not end are never
/// part of a table. Lines of prose with equally many words are tables as well, as in Data-Juicer.
///
/// Parity: exact.
///
/// Source: Data-Juicer 1.6.1, `remove_table_text_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RemoveTableTextMapper {
    /// The fewest columns of a table, 2 to 20.
    pub min_col: Bounded<2, 20>,
    /// The most columns of a table, 2 to 20.
    pub max_col: Bounded<2, 20>,
}

impl Default for RemoveTableTextMapper {
    fn default() -> Self {
        Self { min_col: Bounded::new(2), max_col: Bounded::new(20) }
    }
}

/// A line with its line feed, and the numbers of separators it can be read with.
#[derive(Clone, Copy)]
struct Line<'a> {
    text: &'a str,
    separators: Option<(usize, usize)>,
}

fn read(line: &str) -> Line<'_> {
    Line { text: line, separators: line.strip_suffix('\n').and_then(separators) }
}

fn separators(line: &str) -> Option<(usize, usize)> {
    if line.chars().any(|character| character.is_whitespace() && !matches!(character, ' ' | '\t')) {
        return None;
    }
    let (mut least, mut pipes) = (0, 0);
    for (index, word) in line.split([' ', '\t']).enumerate() {
        if word.is_empty() {
            return None;
        }
        least = index;
        pipes += most_pipes(word);
    }
    Some((least, least + pipes))
}

/// Into how many more columns a word can be cut at its pipes, each column having a character.
fn most_pipes(word: &str) -> usize {
    let (mut pipes, mut column) = (0, 0);
    for (place, character) in word.char_indices() {
        let is_last = place + character.len_utf8() == word.len();
        if character == '|' && column > 0 && !is_last {
            pipes += 1;
            column = 0;
        } else {
            column += 1;
        }
    }
    pipes
}

/// Removes the tables with that many separators per line.
fn remove_tables(lines: &mut Vec<Line<'_>>, separators: usize) {
    let is_row = |line: &Line<'_>| {
        line.separators.is_some_and(|(least, most)| (least..=most).contains(&separators))
    };
    let mut kept = 1;
    let mut place = 1;
    while place < lines.len() {
        let (mut rows, mut end) = (0, place);
        while end < lines.len() && (is_row(&lines[end]) || (rows > 0 && lines[end].text == "\n")) {
            rows += usize::from(is_row(&lines[end]));
            end += 1;
        }
        if rows < 2 {
            // One line at a time: a lone row stays.
            end = place + 1;
            lines[kept] = lines[place];
            kept += 1;
        }
        place = end;
    }
    lines.truncate(kept);
}

impl Mapper for RemoveTableTextMapper {
    fn map(&self, batch: &Batch, _context: &Context<'_>) -> Result<Mapped, OperatorError> {
        Ok(edit_texts(batch, |text, new| {
            if memchr::memchr_iter(b'\n', text.as_bytes()).nth(2).is_none() {
                return false;
            }
            let mut lines: Vec<Line<'_>> = text.split_inclusive('\n').map(read).collect();
            let before = lines.len();
            for columns in self.min_col.get()..=self.max_col.get() {
                remove_tables(&mut lines, columns as usize - 1);
            }
            new.extend(lines.iter().map(|line| line.text));
            lines.len() < before
        }))
    }
}

register! {
    RemoveTableTextMapper, Mapper,
    name: "remove_table_text_mapper",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{}",
        texts: &["Prices:\ndog 5\ncat|7\n\nand so on\n", "two words\ntwo words"],
        pictures: &[],
    }],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_separates_only_where_both_sides_are_left() {
        assert_eq!(most_pipes("a|b|c"), 2);
        assert_eq!(most_pipes("|a|"), 0);
        assert_eq!(most_pipes("||||"), 1);
        assert_eq!(separators("a b|c\td"), Some((2, 3)));
        assert_eq!(separators("a  b"), None);
        assert_eq!(separators("a\u{a0}b c"), None);
    }
}
