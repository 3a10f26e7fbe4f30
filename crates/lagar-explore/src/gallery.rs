//! Rows as cards: text, picture made small, and what is to be said.

use std::path::PathBuf;

use lagar_core::models::PictureSource;
use lagar_ops::picture::Pictures;
use lagar_report::{Card, CardPicture, Thumbnail, Tone};

use crate::profile::Example;
use crate::rows::Row;
use lagar_report::words::number;

/// Shows pictures of a data set.
#[derive(Debug)]
pub(crate) struct Gallery {
    folders: Vec<Pictures>,
    side: u32,
}

impl Gallery {
    /// Pictures are looked for beside the data `files` and shown `side` pixels wide and high at most.
    pub(crate) fn new(files: impl Iterator<Item = PathBuf>, side: u32) -> Self {
        let folder = |file: PathBuf| {
            Pictures::new(file.parent().map_or_else(PathBuf::new, std::path::Path::to_path_buf))
        };
        Self { folders: files.map(folder).collect(), side }
    }

    /// The card of a row whose picture is in a file.
    pub(crate) fn card(&self, example: &Example) -> Card {
        self.with_picture(plain_card(example), example, None)
    }

    /// The card of a row that may carry its picture.
    pub(crate) fn card_of_row(&self, row: &Row) -> Card {
        self.with_picture(plain_card(&row.example), &row.example, row.carried.as_deref())
    }

    /// With the row's picture, or with the reason why it is not shown.
    pub(crate) fn with_picture(&self, card: Card, row: &Example, carried: Option<&[u8]>) -> Card {
        let Some(picture) = &row.picture else {
            return card;
        };
        let source = match (carried, self.folders.get(row.file)) {
            (Some(bytes), _) => PictureSource::Bytes(bytes.to_vec()),
            (None, _) if picture.carried => {
                return card.picture(CardPicture::Missing("its picture is in the row".to_owned()));
            }
            (None, Some(folder)) => folder.source(&picture.path),
            (None, None) => return card,
        };
        let is_absent = matches!(&source, PictureSource::File(path) if !path.exists());
        let shown = match Thumbnail::of(&source, &picture.path, self.side) {
            Ok(thumbnail) => CardPicture::Shown(thumbnail),
            Err(_) if is_absent => {
                CardPicture::Missing(format!("picture not found: {}", picture.path))
            }
            Err(error) => CardPicture::Missing(error.to_string()),
        };
        card.picture(shown)
    }
}

/// What a card says of a row, without its picture.
pub(crate) fn plain_card(row: &Example) -> Card {
    let text = if row.text.is_empty() { "(no text)" } else { &row.text };
    let mut card = Card::new(text).subtitle(place_of(row));
    if let Some(value) = row.value {
        card = card.badge(number(value), Tone::Plain);
    }
    if !row.note.is_empty() {
        card = card.field("note", &row.note, Tone::Warning);
    }
    card
}

/// Where a row is: `000123 · line 7`.
pub(crate) fn place_of(row: &Example) -> String {
    let id = row.id.as_deref().map_or_else(|| format!("row {}", row.row), str::to_owned);
    format!("{id} · line {}", row.line)
}
