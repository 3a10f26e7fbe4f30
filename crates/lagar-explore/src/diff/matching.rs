//! Which row after is which row before: by id, by picture, by text, or by position.
//!
//! Every row is known by digests of its id, its first picture (the file, wherever the data file stands)
//! and its text. The kind of name under which most rows after are found again decides; where several
//! rows share a name, the first after is the first before, and so on.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use arrow::array::Array as _;
use lagar_core::Digest;
use lagar_core::models::PictureSource;
use lagar_ops::picture::Pictures;
use serde::Serialize;

use crate::ExploreError;
use crate::rows::Source;

/// What names rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// Their ids.
    Id,
    /// Their first pictures.
    Picture,
    /// Their texts.
    Text,
    /// Their places, where both have equally many rows.
    Position,
    /// Nothing: no row after was found before.
    Nothing,
}

impl MatchedBy {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Picture => "picture",
            Self::Text => "text",
            Self::Position => "position",
            Self::Nothing => "nothing",
        }
    }
}

/// How many rows are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Matched {
    /// What named them.
    pub by: MatchedBy,
    /// Rows after that were found before.
    pub rows: u64,
    /// Those with the same text.
    pub unchanged: u64,
    /// Those with another text.
    pub edited: u64,
    /// Rows before that are not there any more.
    pub gone: u64,
    /// Rows after that were not there before.
    pub added: u64,
}

/// What a row is known by.
#[derive(Clone, Copy, Debug)]
struct Known {
    row: u64,
    id: Option<u64>,
    picture: Option<u64>,
    text: u64,
}

/// One of the things that a row is known by.
type Name = fn(&Known) -> Option<u64>;

/// The rows of both data sets, matched.
#[derive(Debug)]
pub(crate) struct Matching {
    by: MatchedBy,
    before: Vec<Known>,
    after: Vec<Known>,
    /// For each row after, the place of its row before.
    origin: Vec<Option<usize>>,
}

impl Matching {
    /// Matches the sound rows of both.
    pub(crate) fn of((before, after): (Source<'_>, Source<'_>)) -> Result<Self, ExploreError> {
        let (before, after) = (known(before)?, known(after)?);
        let mut best = (MatchedBy::Nothing, vec![None; after.len()], 0);
        let names: [(MatchedBy, Name); 3] = [
            (MatchedBy::Id, |known| known.id),
            (MatchedBy::Picture, |known| known.picture),
            (MatchedBy::Text, |known| Some(known.text)),
        ];
        for (by, name) in names {
            let origin = by_name(&before, &after, name);
            let found = origin.iter().flatten().count();
            if found > best.2 {
                best = (by, origin, found);
            }
        }
        if before.len() == after.len() && best.2 * 2 < after.len() {
            best = (MatchedBy::Position, (0..after.len()).map(Some).collect(), after.len());
        }
        Ok(Self { by: best.0, before, after, origin: best.1 })
    }

    pub(crate) fn summary(&self) -> Matched {
        let rows = self.origin.iter().flatten().count();
        let edited = self.edited().len();
        Matched {
            by: self.by,
            rows: rows as u64,
            unchanged: (rows - edited) as u64,
            edited: edited as u64,
            gone: (self.before.len() - rows) as u64,
            added: (self.after.len() - rows) as u64,
        }
    }

    /// Positions before and after of the rows whose text changed.
    pub(crate) fn edited(&self) -> Vec<(u64, u64)> {
        let pairs = self.origin.iter().zip(&self.after);
        let changed = pairs.filter_map(|(origin, after)| {
            let before = &self.before[(*origin)?];
            (before.text != after.text).then_some((before.row, after.row))
        });
        changed.collect()
    }

    /// Positions of the rows that are gone.
    pub(crate) fn gone(&self) -> Vec<u64> {
        let mut found = vec![false; self.before.len()];
        self.origin.iter().flatten().for_each(|place| found[*place] = true);
        let gone = self.before.iter().zip(found).filter(|(_, found)| !found);
        gone.map(|(known, _)| known.row).collect()
    }

    /// Positions of the rows that are new.
    pub(crate) fn added(&self) -> Vec<u64> {
        let new = self.origin.iter().zip(&self.after).filter(|(origin, _)| origin.is_none());
        new.map(|(_, known)| known.row).collect()
    }

    /// For each row of both, by its position, the number of what is drawn together: a row after has that
    /// of the row before it was.
    pub(crate) fn units(&self) -> (HashMap<u64, u64>, HashMap<u64, u64>) {
        let unit = |(place, known): (usize, &Known)| (known.row, place as u64);
        let before = self.before.iter().enumerate().map(unit).collect();
        let count = self.before.len();
        let after = self.after.iter().zip(&self.origin).enumerate();
        let unit = |(place, (known, origin)): (usize, (&Known, &Option<usize>))| {
            (known.row, origin.unwrap_or(count + place) as u64)
        };
        (before, after.map(unit).collect())
    }
}

/// For each row after, the place of the row before with the same name that is not taken yet.
fn by_name(before: &[Known], after: &[Known], name: Name) -> Vec<Option<usize>> {
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for (place, known) in before.iter().enumerate().rev() {
        if let Some(name) = name(known) {
            places.entry(name).or_default().push(place);
        }
    }
    after.iter().map(|known| places.get_mut(&name(known)?)?.pop()).collect()
}

fn known(source: Source<'_>) -> Result<Vec<Known>, ExploreError> {
    let mut all = Vec::new();
    for chunk in source.data.chunks() {
        let chunk = chunk?;
        let (batch, _) = chunk.parse(source.keys)?;
        let folder = Pictures::new(chunk.file.folder());
        for index in 0..batch.len() {
            let id = batch.id.is_valid(index).then(|| batch.id.value(index));
            let picture = batch.images_of(index).next().map(|path| name_of(&folder, path));
            all.push(Known {
                row: batch.row.value(index),
                id: id.map(|id| short(id.as_bytes())),
                picture: picture.map(|name| short(name.as_os_str().as_encoded_bytes())),
                text: short(batch.text.value(index).as_bytes()),
            });
        }
    }
    Ok(all)
}

/// A picture's path from the root, so that it is the same from wherever a data file names it.
fn name_of(folder: &Pictures, path: &str) -> PathBuf {
    let file = match folder.source(path) {
        PictureSource::File(file) => file,
        PictureSource::Part { .. } | PictureSource::Bytes(_) => folder.base().join(path),
    };
    let whole = std::path::absolute(&file).unwrap_or(file);
    plain(&whole)
}

/// Without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

fn short(bytes: &[u8]) -> u64 {
    let digest = Digest::of(bytes).0;
    u64::from_le_bytes([
        digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7],
    ])
}
