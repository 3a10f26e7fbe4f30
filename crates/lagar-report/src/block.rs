//! The pieces a section is made of.

use std::fmt;

use askama::Template;

use crate::chart::{Chart, Look};
use crate::{Cards, Notice, Table};

/// A piece of a section.
#[derive(Clone, Debug)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// A sentence in a box.
    Notice(Notice),
    /// Names and values.
    Facts(Facts),
    /// A table.
    Table(Table),
    /// A chart with its caption.
    Figure(Figure),
    /// Charts beside each other.
    Figures(Figures),
    /// Samples with their pictures.
    Cards(Cards),
    /// A file's text.
    Code(Code),
    /// Pieces that are hidden until asked for.
    Fold(Fold),
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => Paragraph { text }.fmt(f),
            Self::Notice(notice) => notice.fmt(f),
            Self::Facts(facts) => facts.fmt(f),
            Self::Table(table) => table.fmt(f),
            Self::Figure(figure) => figure.fmt(f),
            Self::Figures(figures) => figures.fmt(f),
            Self::Cards(cards) => cards.fmt(f),
            Self::Code(code) => code.fmt(f),
            Self::Fold(fold) => fold.fmt(f),
        }
    }
}

macro_rules! is_block {
    ($($piece:ident),*) => {$(
        impl From<$piece> for Block {
            fn from(piece: $piece) -> Self {
                Self::$piece(piece)
            }
        }
    )*};
}

is_block!(Notice, Facts, Table, Figure, Figures, Cards, Code, Fold);

impl From<&str> for Block {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Block {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

#[derive(Template)]
#[template(ext = "html", source = "<p>{{ text }}</p>")]
struct Paragraph<'a> {
    text: &'a str,
}

/// Names and values beside each other.
#[derive(Clone, Debug, Default, Template)]
#[template(
    ext = "html",
    source = "<dl class=\"facts\">{% for (name, value) in facts %}<div><dt>{{ name }}</dt><dd>{{ value }}</dd></div>{% endfor %}</dl>"
)]
pub struct Facts {
    facts: Vec<(String, String)>,
}

impl Facts {
    /// With one more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.facts.push((name.into(), value.into()));
        self
    }
}

/// A chart with a sentence below it.
#[derive(Clone, Debug, Template)]
#[template(
    ext = "html",
    source = "<figure><div class=\"scroll\" role=\"img\" aria-label=\"{{ caption }}\">{{ svg|safe }}</div><figcaption>{{ caption }}</figcaption></figure>"
)]
pub struct Figure {
    /// Made by [`Chart::svg`], which escapes its texts.
    svg: String,
    caption: String,
}

impl Figure {
    /// A chart; `caption` says what it shows, for those too who cannot see it.
    pub fn new(chart: &impl Chart, caption: impl Into<String>) -> Self {
        Self { svg: chart.svg(Look::Page), caption: caption.into() }
    }
}

/// Charts beside each other, as many as the page is wide; each shrinks with its place.
#[derive(Clone, Debug, Default, Template)]
#[template(
    ext = "html",
    source = "<div class=\"figures\">{% for figure in figures %}{{ figure|safe }}{% endfor %}</div>"
)]
pub struct Figures {
    figures: Vec<Figure>,
}

impl Figures {
    /// Some charts.
    pub fn new(figures: impl IntoIterator<Item = Figure>) -> Self {
        Self { figures: figures.into_iter().collect() }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.figures.is_empty()
    }
}

/// A text as it stands in a file: a recipe, a command.
#[derive(Clone, Debug, Default, Template)]
#[template(ext = "html", source = "<pre><code>{{ text }}</code></pre>")]
pub struct Code {
    text: String,
}

impl Code {
    /// The text, its line breaks kept.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

/// Pieces under a headline that opens and closes.
#[derive(Clone, Debug, Default, Template)]
#[template(
    ext = "html",
    source = "<details{% if is_open %} open{% endif %}><summary>{{ title }}</summary>{% for block in blocks %}{{ block|safe }}{% endfor %}</details>"
)]
pub struct Fold {
    title: String,
    is_open: bool,
    blocks: Vec<Block>,
}

impl Fold {
    /// A closed fold.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Open from the start.
    #[must_use]
    pub fn opened(mut self) -> Self {
        self.is_open = true;
        self
    }

    /// With one piece more.
    #[must_use]
    pub fn with(mut self, block: impl Into<Block>) -> Self {
        self.blocks.push(block.into());
        self
    }
}
