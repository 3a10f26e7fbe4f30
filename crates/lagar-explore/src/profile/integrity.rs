//! What is whole in a data set and what is not.

use serde::{Deserialize, Serialize};

use super::{Example, Share};

/// Rows, fields, defects and duplicates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Integrity {
    /// Rows that were looked at.
    pub rows: u64,
    /// Those of them that `lagar run` can work on: well-formed, with a text.
    pub sound: u64,
    /// The fields of the rows, in the order they first occur.
    pub fields: Vec<FieldUse>,
    /// Every kind of defect that was looked for, also those that did not occur.
    pub defects: Vec<Defect>,
    /// Ids that several rows have.
    pub ids: Duplicates,
    /// Texts that several rows have, as `document_deduplicator` compares them: white space around is
    /// no difference, special tokens are text.
    pub texts: Duplicates,
    /// Texts that are almost the same (MinHash of three words in a row, similarity 0.7), exact ones
    /// included.
    pub near_texts: Duplicates,
    /// Pictures of which several files have the same bytes.
    pub pictures: Duplicates,
    /// Pictures that look the same (equal perceptual hashes), exact ones included; looked for with
    /// pixels only.
    pub near_pictures: Option<Duplicates>,
    /// Writing systems, by the letters of each text: most rows first.
    pub scripts: Vec<Share>,
    /// Languages by the model that was given, most rows first; empty without one.
    pub languages: Vec<Share>,
}

impl Integrity {
    /// The defect of that kind.
    pub fn defect(&self, kind: &str) -> Option<&Defect> {
        self.defects.iter().find(|defect| defect.kind == kind)
    }
}

/// One field of the rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FieldUse {
    /// Its name.
    pub name: String,
    /// The types it has, most frequent first.
    pub types: Vec<FieldType>,
    /// How many well-formed rows do not have it.
    pub lacking: u64,
    /// How many rows have it with another type than most.
    pub differing: u64,
    /// The first rows that lack it or differ.
    pub examples: Vec<Example>,
}

/// A type that a field has in some rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FieldType {
    /// `string`, `integer`, `number`, `boolean`, `null`, `list`, `object`; of columns, Arrow's name.
    pub name: String,
    /// In how many rows.
    pub rows: u64,
}

/// A kind of defect.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Defect {
    /// Its name: `malformed_row`, `picture_missing`, ….
    pub kind: String,
    /// What it means, in one sentence.
    pub about: String,
    /// How many rows have it; of pictures, how many pictures (different paths).
    pub count: u64,
    /// How many rows are touched by it: the same, or of pictures all rows that use one of these.
    pub rows: u64,
    /// The first ones, with the reason in the note.
    pub examples: Vec<Example>,
}

/// Things that occur several times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Duplicates {
    /// How many things occur more than once.
    pub groups: u64,
    /// How many rows (or pictures) are in those groups.
    pub members: u64,
    /// How many of them are not the first of their group: what a deduplicator would remove.
    pub repeated: u64,
    /// The largest groups.
    pub largest: Vec<DuplicateGroup>,
}

/// Rows that are the same in some respect.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DuplicateGroup {
    /// How many there are.
    pub count: u64,
    /// Some of them, the first ones.
    pub examples: Vec<Example>,
}

/// How often things are used, as (uses, how many things are used so often), ascending.
pub type Repeats = Vec<(u64, u64)>;
