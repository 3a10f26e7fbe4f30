//! A sentence that must not be overlooked.

use askama::Template;

/// How something is meant. Never told by colour alone: each tone has its word or mark too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Neither good nor bad.
    #[default]
    Plain,
    /// Better, right, kept.
    Good,
    /// Worse, wrong, dropped.
    Bad,
    /// To be looked at.
    Warning,
}

impl Tone {
    /// The name of the style class.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Warning => "warning",
        }
    }

    /// The word that says it without colour.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Plain => "Note",
            Self::Good => "Good",
            Self::Bad => "Problem",
            Self::Warning => "Warning",
        }
    }
}

/// A sentence in a box.
#[derive(Clone, Debug, Template)]
#[template(path = "notice.html")]
pub struct Notice {
    pub(crate) tone: Tone,
    pub(crate) text: String,
    label: &'static str,
}

impl Notice {
    /// A notice of any tone.
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into(), label: tone.word() }
    }

    /// With another word before the sentence than that of its tone.
    #[must_use]
    pub fn labelled(self, label: &'static str) -> Self {
        Self { label, ..self }
    }

    /// Something a reader must know before believing the rest.
    pub fn warning(text: impl Into<String>) -> Self {
        Self::new(Tone::Warning, text)
    }

    /// Something a reader will want to know.
    pub fn note(text: impl Into<String>) -> Self {
        Self::new(Tone::Plain, text)
    }
}
