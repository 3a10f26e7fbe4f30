//! Tables: numbers to the right, texts to the left, scrolling sideways where the page is narrow.

use askama::Template;

use crate::Tone;

/// On which side of its column a cell stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// For texts.
    #[default]
    Left,
    /// For numbers.
    Right,
}

/// A cell of a table.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    pub(crate) text: String,
    pub(crate) tone: Tone,
    pub(crate) align: Option<Align>,
}

impl Cell {
    /// A cell that is meant as `tone` says.
    pub fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone, align: None }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// A table; the first column is for texts, the others for numbers unless told otherwise.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "table.html")]
pub struct Table {
    pub(crate) caption: Option<String>,
    pub(crate) head: Vec<Cell>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table without rows.
    pub fn new<T: Into<String>>(head: impl IntoIterator<Item = T>) -> Self {
        let cell = |(column, name): (usize, T)| Cell {
            align: Some(if column == 0 { Align::Left } else { Align::Right }),
            ..Cell::from(name)
        };
        Self {
            caption: None,
            head: head.into_iter().enumerate().map(cell).collect(),
            rows: Vec::new(),
        }
    }

    /// With a line above that says what it shows.
    #[must_use]
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = Some(caption.into());
        self
    }

    /// With another alignment of the columns, from the left; those beyond stay as they are.
    #[must_use]
    pub fn align(mut self, aligns: impl IntoIterator<Item = Align>) -> Self {
        for (name, align) in self.head.iter_mut().zip(aligns) {
            name.align = Some(align);
        }
        self
    }

    /// With one row more.
    #[must_use]
    pub fn row<T: Into<Cell>>(mut self, cells: impl IntoIterator<Item = T>) -> Self {
        self.push(cells);
        self
    }

    /// Adds a row; what has no column is left out.
    pub fn push<T: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let row = cells.into_iter().zip(&self.head).map(|(cell, name)| {
            let cell: Cell = cell.into();
            Cell { align: cell.align.or(name.align), ..cell }
        });
        self.rows.push(row.collect());
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Cell {
    /// The name of the style class of its side.
    fn class(&self) -> &'static str {
        if self.align == Some(Align::Right) { "right" } else { "left" }
    }
}
