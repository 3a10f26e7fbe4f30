//! Cards: one sample each, with its pictures and what is to be said about it.

use askama::Template;

use crate::{Changes, Thumbnail, Tone};

/// A picture of a card, or why it is not shown.
#[derive(Clone, Debug)]
pub enum CardPicture {
    /// The picture.
    Shown(Thumbnail),
    /// Why there is none.
    Missing(String),
}

/// A line of a card: a label and a text.
#[derive(Clone, Debug)]
pub struct Field {
    pub(crate) label: String,
    pub(crate) text: String,
    pub(crate) tone: Tone,
}

/// One sample.
#[derive(Clone, Debug, Default)]
pub struct Card {
    pub(crate) pictures: Vec<CardPicture>,
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) badge: Option<(String, Tone)>,
    pub(crate) fields: Vec<Field>,
    pub(crate) changes: Option<Changes>,
}

impl Card {
    /// A card with its headline (a question, a caption).
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// With a small line below the headline (an id, tags).
    #[must_use]
    pub fn subtitle(mut self, subtitle: impl Into<String>) -> Self {
        self.subtitle = subtitle.into();
        self
    }

    /// With a mark in its corner.
    #[must_use]
    pub fn badge(mut self, text: impl Into<String>, tone: Tone) -> Self {
        self.badge = Some((text.into(), tone));
        self
    }

    /// With one picture more.
    #[must_use]
    pub fn picture(mut self, picture: CardPicture) -> Self {
        self.pictures.push(picture);
        self
    }

    /// With a text below the headline that shows what was changed in it.
    #[must_use]
    pub fn changes(mut self, changes: Changes) -> Self {
        self.changes = Some(changes);
        self
    }

    /// With one line more.
    #[must_use]
    pub fn field(mut self, label: impl Into<String>, text: impl Into<String>, tone: Tone) -> Self {
        self.fields.push(Field { label: label.into(), text: text.into(), tone });
        self
    }
}

/// Cards beside each other, as many as the page is wide.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "cards.html")]
pub struct Cards {
    pub(crate) cards: Vec<Card>,
}

impl Cards {
    /// Some cards.
    pub fn new(cards: impl IntoIterator<Item = Card>) -> Self {
        Self { cards: cards.into_iter().collect() }
    }
}
