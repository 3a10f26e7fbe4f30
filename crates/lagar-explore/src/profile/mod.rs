//! What is known of a data set: the record of an exploration, as `analysis_results.json` has it.
//!
//! The schema is versioned ([`SCHEMA`]): a field may be added under the same number, but what a field
//! means never changes under it. All maps are sorted by name and all lists by what they are about, so
//! that the same data give the same bytes.

mod dataset;
mod distribution;
mod example;
mod integrity;
mod pairs;
mod pictures;
mod problem;
mod suggestion;
mod vocabulary;

use std::collections::BTreeMap;
use std::path::Path;

use lagar_core::fsio;
use serde::{Deserialize, Serialize};

pub use dataset::{DataFile, Dataset, Sampled};
pub use distribution::{Distribution, Histogram, Share};
pub use example::{Example, Picture};
pub use integrity::{Defect, DuplicateGroup, Duplicates, FieldType, FieldUse, Integrity, Repeats};
pub use pairs::{Grid, Pairs};
pub use pictures::Pictures;
pub use problem::{Evidence, Problem, Remedy, Severity};
pub use suggestion::{Step, Suggestion};
pub use vocabulary::{Counted, Growth, NGrams, Phrase, Place, Vocabulary};

use crate::ExploreError;

/// The name and version of the schema.
pub const SCHEMA: &str = "lagar-profile/1";

/// What was found out about a data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// [`SCHEMA`].
    pub schema: String,
    /// What was looked at, and how.
    pub dataset: Dataset,
    /// What is whole and what is not.
    pub integrity: Integrity,
    /// Every number measured of texts, one value per row, by name: Data-Juicer's names and definitions
    /// where it has the statistic (`num_words`, `text_len`), which count special tokens as text;
    /// our own (`words`, `characters`) are of the text without them.
    pub text: BTreeMap<String, Distribution>,
    /// Words and sequences of words.
    pub vocabulary: Vocabulary,
    /// The pictures.
    pub pictures: Pictures,
    /// Texts against pictures.
    pub pairs: Pairs,
    /// What is wrong with the data, the gravest first.
    pub problems: Vec<Problem>,
    /// The recipe that answers the problems, with what it will keep, if one was asked for.
    pub suggestion: Option<Suggestion>,
}

impl Profile {
    /// All distributions: of texts, pictures and pairs, with their names.
    pub fn distributions(&self) -> impl Iterator<Item = (&str, &Distribution)> {
        let maps = [&self.text, &self.pictures.distributions, &self.pairs.distributions];
        maps.into_iter().flatten().map(|(name, distribution)| (name.as_str(), distribution))
    }

    /// The distribution of that name.
    pub fn distribution(&self, name: &str) -> Option<&Distribution> {
        self.distributions().find(|(known, _)| *known == name).map(|(_, found)| found)
    }

    /// The profile in a file that [`Profile::write`] wrote.
    ///
    /// # Errors
    /// When the file cannot be read, or is of another schema.
    pub fn read(path: &Path) -> Result<Self, ExploreError> {
        let text = fsio::read_text(path)?;
        let wrong = |message: String| ExploreError::Form { path: path.to_owned(), message };
        let value: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let schema = value.get("schema").and_then(|schema| schema.as_str()).unwrap_or_default();
        if schema != SCHEMA {
            return Err(wrong(format!("its schema is `{schema}`, expected `{SCHEMA}`")));
        }
        serde_json::from_value(value).map_err(|error| wrong(error.to_string()))
    }

    /// Writes the profile to a file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), ExploreError> {
        Ok(fsio::write(path, self.to_json().as_bytes())?)
    }

    /// The profile as JSON, for people and programs.
    ///
    /// # Panics
    /// Never: a profile holds strings, numbers and maps with string keys only.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .expect("a profile holds strings, numbers and maps with string keys only");
        text.push('\n');
        text
    }
}
