//! `document_line_deduplicator`: cuts lines out that many rows have.

use std::collections::BTreeSet;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, ListBuilder, StringBuilder, StringViewBuilder,
};
use lagar_core::Batch;
use md5::{Digest as _, Md5};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::{hex, is_decimal, is_whitespace, lower_into, strip};
use crate::{
    Context, Deduplicator, Example, Grouping, Mapped, OperatorError, Parity, Signatures, register,
};

/// Cuts out lines that stand in more than `frequency_threshold` rows; all rows stay.
///
/// Menus, copyright notices and cookie banners repeat on every page of a site. A line is counted once
/// per row, and one that too many rows have goes from all of them. Lines are cut at line feeds and
/// compared without white space at their ends; `lowercase` and `ignore_special_character` make more
/// of them equal. Lines that are short, brackets, Markdown headings, `LaTeX` environments or HTML
/// tags say too little alone and are never cut, unless the parameters below are switched off.
///
/// Source: Data-Juicer 1.6.1, `document_line_deduplicator.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DocumentLineDeduplicator {
    /// The most rows that a line may stand in.
    pub frequency_threshold: i64,
    /// Whether upper and lower case are the same.
    pub lowercase: bool,
    /// Whether white space, digits and ASCII punctuation are left out of the comparison.
    pub ignore_special_character: bool,
    /// The fewest characters of a line that can be cut, white space at its ends not counted.
    pub min_line_length: i64,
    /// Whether lines of brackets and semicolons alone stay.
    pub skip_brackets: bool,
    /// Whether lines that begin with `#` stay.
    pub skip_markdown_headers: bool,
    /// Whether lines that begin with `\\begin{` or `\\end{` stay.
    pub skip_latex_env: bool,
    /// Whether lines that are one HTML tag stay.
    pub skip_html_tags: bool,
}

impl Default for DocumentLineDeduplicator {
    fn default() -> Self {
        Self {
            frequency_threshold: 6,
            lowercase: false,
            ignore_special_character: false,
            min_line_length: 2,
            skip_brackets: true,
            skip_markdown_headers: true,
            skip_latex_env: true,
            skip_html_tags: true,
        }
    }
}

impl DocumentLineDeduplicator {
    fn is_skipped(&self, line: &str) -> bool {
        let line = strip(line);
        (line.chars().count() as i64) < self.min_line_length
            || self.skip_brackets && line.chars().all(|character| "{}[]();".contains(character))
            || self.skip_markdown_headers && line.starts_with('#')
            || self.skip_latex_env && (line.starts_with("\\begin{") || line.starts_with("\\end{"))
            || self.skip_html_tags && is_tag(line)
    }

    fn hash(&self, line: &str, buffer: &mut String) -> [u8; 16] {
        let mut letters = String::new();
        let mut line = line;
        if self.lowercase {
            lower_into(line, buffer);
            line = buffer;
        }
        if self.ignore_special_character {
            letters.extend(line.chars().filter(|character| {
                !(character.is_ascii_punctuation()
                    || is_whitespace(*character)
                    || is_decimal(*character))
            }));
            line = &letters;
        }
        Md5::digest(strip(line).as_bytes()).into()
    }
}

/// Whether a line is one tag: `<`, perhaps `/`, a letter, and no `>` but at the end.
fn is_tag(line: &str) -> bool {
    let Some(rest) = line.strip_prefix('<') else {
        return false;
    };
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    // Python's `[a-z]` without regard to case has four letters more than ASCII.
    let is_letter =
        |c: char| c.is_ascii_alphabetic() || "\u{130}\u{131}\u{17f}\u{212a}".contains(c);
    rest.starts_with(is_letter) && !rest.strip_suffix('>').unwrap_or(rest).contains('>')
}

impl Deduplicator for DocumentLineDeduplicator {
    fn signatures(
        &self,
        batch: &Batch,
        _context: &Context<'_>,
    ) -> Result<Signatures, OperatorError> {
        let mut lists = ListBuilder::new(StringBuilder::new());
        let mut buffer = String::new();
        for text in &batch.text {
            for line in text.into_iter().flat_map(|text| text.split('\n')) {
                if self.is_skipped(line) {
                    lists.values().append_value("");
                } else {
                    lists.values().append_value(hex(self.hash(line, &mut buffer)).as_str());
                }
            }
            lists.append(text.is_some());
        }
        Ok(Signatures::new(lists.finish()))
    }

    fn hash_key(&self) -> &'static str {
        "__dj__line_hashes"
    }

    fn grouping(&self) -> Grouping {
        Grouping::Frequent { more_than: self.frequency_threshold.max(0) as u64 }
    }

    fn cut(&self, batch: &Batch, signatures: &ArrayRef, frequent: &BTreeSet<String>) -> Mapped {
        let lists = signatures.as_list::<i32>();
        let mut texts = StringViewBuilder::with_capacity(batch.len());
        let mut is_changed = false;
        for (row, text) in batch.text.iter().enumerate() {
            let hashes = lists.is_valid(row).then(|| lists.value(row));
            let (Some(text), Some(hashes)) = (text, hashes) else {
                texts.append_option(text);
                continue;
            };
            let hashes = hashes.as_string::<i32>();
            let goes = |line: usize| frequent.contains(hashes.value(line));
            if !(0..hashes.len()).any(goes) {
                texts.append_value(text);
                continue;
            }
            is_changed = true;
            let lines = text.split('\n').take(hashes.len()).enumerate();
            let kept: Vec<&str> = lines.filter(|(line, _)| !goes(*line)).map(|(_, l)| l).collect();
            texts.append_value(kept.join("\n"));
        }
        Mapped { text: is_changed.then(|| texts.finish()), ..Mapped::default() }
    }
}

register! {
    DocumentLineDeduplicator, Deduplicator,
    name: "document_line_deduplicator",
    version: 1,
    cost: Text,
    reads: &["text"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Exact,
    examples: &[Example {
        parameters: "{frequency_threshold: 1}",
        texts: &["Home | About\na red car", "a boat\n Home | About", "}\na tree", "}"],
        pictures: &[],
    }],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_say_too_little_are_skipped() {
        let lines = DocumentLineDeduplicator::default();
        for skipped in
            ["", " a ", "});", "# Title", " \\begin{figure}", "<br>", "</div", "<a href=x>"]
        {
            assert!(lines.is_skipped(skipped), "{skipped}");
        }
        for kept in ["ab", "<b>text</b>", "<1>", "\\beginning", "a # b"] {
            assert!(!lines.is_skipped(kept), "{kept}");
        }
    }
}
