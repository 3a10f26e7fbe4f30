//! Messages about a text that a person wrote: what is wrong, where exactly, and what would help.
//!
//! A recipe is written by hand, so its errors are shown the way compilers show them: the message,
//! the file with line and column, the offending line with the place underlined, then hints. Only
//! the first line of a place is drawn, because a mapping that spans half a recipe says less than
//! the line on which it starts.

use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};

/// A named text that places point into: a recipe file, or the value of a command-line flag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceText {
    /// The name shown after the arrow, usually the path as the user wrote it.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl SourceText {
    /// A named text, ready to be shared between the places that point into it.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), text: text.into() })
    }
}

/// A half-open range of byte offsets in a [`SourceText`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset just past the last byte.
    pub end: usize,
}

impl Span {
    /// The range from `start` up to, not including, `end`, in bytes.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

/// How serious a [`Diagnostic`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The text cannot be used as it is.
    Error,
    /// The text can be used, but probably does not do what its author expects.
    Warning,
    /// Good to know; nothing needs to change.
    Note,
}

/// Where a [`Diagnostic`] points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The text that is pointed into.
    pub source: Arc<SourceText>,
    /// The range that is underlined, in bytes; offsets beyond the text are cut to its end.
    pub span: Span,
    /// A few words next to the underline; may be empty.
    pub label: String,
}

/// One message about a text, with its place and hints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How serious it is.
    pub severity: Severity,
    /// What is wrong: a lower-case fragment without a full stop.
    pub message: String,
    /// Where it is wrong, when a place is known.
    pub place: Option<Place>,
    /// What would help, each shown on a line of its own.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// An error without place and hints.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message)
    }

    /// A warning without place and hints.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message)
    }

    /// A note without place and hints.
    pub fn note(message: impl Into<String>) -> Self {
        Self::new(Severity::Note, message)
    }

    fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self { severity, message: message.into(), place: None, hints: Vec::new() }
    }

    /// The same diagnostic, pointing at `span` of `source` with `label` next to the underline.
    #[must_use]
    pub fn with_place(
        mut self,
        source: &Arc<SourceText>,
        span: Span,
        label: impl Into<String>,
    ) -> Self {
        self.place = Some(Place { source: Arc::clone(source), span, label: label.into() });
        self
    }

    /// The same diagnostic with one more hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Line and column of the place, both counted from 1, columns in characters.
    pub fn line_column(&self) -> Option<(usize, usize)> {
        let place = self.place.as_ref()?;
        let line = Line::around(&place.source.text, place.span);
        let column = line.text[..line.marked.start].chars().count() + 1;
        Some((line.number, column))
    }

    /// The diagnostic as a compiler would print it, without a line break at the end.
    ///
    /// Without `color` the result holds no escape sequences.
    pub fn render(&self, color: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let title = level.primary_title(&self.message);
        let hints = self.hints.iter().map(|hint| {
            let hint = normalize_untrusted_str(hint);
            Group::with_title(Level::HELP.with_name("hint").secondary_title(hint))
        });
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let Some(place) = &self.place else {
            // Drawn one by one, because groups drawn together are joined by a margin line that
            // looks lost where there is no source next to it.
            let groups = std::iter::once(Group::with_title(title)).chain(hints);
            let lines: Vec<String> = groups.map(|group| renderer.render(&[group])).collect();
            return lines.join("\n");
        };
        let line = Line::around(&place.source.text, place.span);
        let label = (!place.label.is_empty()).then(|| normalize_untrusted_str(&place.label));
        let annotation = AnnotationKind::Primary.span(line.marked).label(label);
        let snippet = Snippet::source(line.text)
            .line_start(line.number)
            .path(normalize_untrusted_str(&place.source.name))
            .annotation(annotation);
        let report: Vec<Group<'_>> = std::iter::once(title.element(snippet)).chain(hints).collect();
        renderer.render(&report)
    }
}

/// The line on which a span starts, with the part of the span that lies on it.
struct Line<'a> {
    /// Counted from 1.
    number: usize,
    /// Without its line break.
    text: &'a str,
    /// Byte offsets within `text`.
    marked: Range<usize>,
}

impl<'a> Line<'a> {
    /// Finds the line; offsets that are beyond the text or inside a character are moved back.
    fn around(text: &'a str, span: Span) -> Self {
        let start = text.floor_char_boundary(span.start);
        let end = text.floor_char_boundary(span.end.max(start));
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let number = text[..line_start].bytes().filter(|byte| *byte == b'\n').count() + 1;
        let line_end = text[line_start..].find('\n').map_or(text.len(), |at| line_start + at);
        let line = text[line_start..line_end].trim_end_matches('\r');
        let from = (start - line_start).min(line.len());
        let to = (end - line_start).min(line.len()).max(from);
        Self { number, text: line, marked: from..to }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Arc<SourceText> {
        SourceText::new("recipe.yaml", "np: 4\n数据: 图像 # 中文\r\nprocess:\n  - a\n  - b\n")
    }

    #[test]
    fn an_error_looks_like_one_of_the_compiler() {
        let source = recipe();
        let shown = Diagnostic::error("unknown key `数据`")
            .with_place(&source, Span::new(6, 12), "not a key of a recipe")
            .with_hint("did you mean `dataset`?")
            .render(false);
        let expected = "\
error: unknown key `数据`
 --> recipe.yaml:2:1
  |
2 | 数据: 图像 # 中文
  | ^^^^ not a key of a recipe
  |
hint: did you mean `dataset`?";
        assert_eq!(shown, expected);
    }

    #[test]
    fn columns_are_counted_in_characters() {
        let source = recipe();
        let picture = Span::new(14, 20);
        assert_eq!(&source.text[picture.start..picture.end], "图像");
        let diagnostic = Diagnostic::warning("odd").with_place(&source, picture, "");
        assert_eq!(diagnostic.line_column(), Some((2, 5)));
        assert!(
            diagnostic.render(false).contains("recipe.yaml:2:5"),
            "{}",
            diagnostic.render(false)
        );
    }

    #[test]
    fn a_place_over_several_lines_shows_the_first() {
        let source = recipe();
        let start = source.text.find("process").unwrap();
        let shown = Diagnostic::error("odd")
            .with_place(&source, Span::new(start, source.text.len()), "here")
            .render(false);
        assert!(shown.ends_with("3 | process:\n  | ^^^^^^^^ here"), "{shown}");
    }

    #[test]
    fn offsets_outside_the_text_or_inside_a_character_are_moved_back() {
        let source = recipe();
        for start in 0..source.text.len() + 9 {
            for length in [0, 1, 2, 50] {
                let span = Span::new(start, start + length);
                let diagnostic = Diagnostic::error("odd").with_place(&source, span, "label");
                assert!(diagnostic.line_column().is_some());
                assert!(diagnostic.render(true).contains("odd"));
            }
        }
    }

    #[test]
    fn without_a_place_there_is_only_message_and_hints() {
        let diagnostic = Diagnostic::note("rows are kept").with_hint("one").with_hint("two");
        assert_eq!(diagnostic.line_column(), None);
        assert_eq!(diagnostic.render(false), "note: rows are kept\nhint: one\nhint: two");
    }

    #[test]
    fn colour_adds_escape_sequences_and_their_absence_leaves_none() {
        let source = SourceText::new("a\u{1b}[31m.yaml", "np: \u{1b}[31m4\n");
        let diagnostic = Diagnostic::error("bad \u{1b}[31m value")
            .with_place(&source, Span::new(0, 2), "label")
            .with_hint("hint \u{1b}[31m");
        assert!(diagnostic.render(true).contains('\u{1b}'));
        assert!(!diagnostic.render(false).contains('\u{1b}'), "{}", diagnostic.render(false));
    }
}
