//! A row of the data set, as evidence.

use serde::{Deserialize, Serialize};

/// A row, with what is needed to find it again and to show it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// Its position in the input, from 0.
    pub row: u64,
    /// Which of the data set's files it is in.
    pub file: usize,
    /// Its line (or record) number in that file, from 1.
    pub line: u64,
    /// Its id, if it has one.
    pub id: Option<String>,
    /// Its text without special tokens, cut where it is long; empty where it has none.
    pub text: String,
    /// The picture this is about, or the row's first.
    pub picture: Option<Picture>,
    /// The number it is shown for, if it is one.
    pub value: Option<f64>,
    /// What is to be said of it: the reason of a defect, for instance; else empty.
    pub note: String,
}

/// A picture as a row names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// The path as it stands in the row, relative to the data file's folder; may name a part of a
    /// container (`shard.tar#offset=512,len=1024,name=000.jpg`).
    pub path: String,
    /// Whether the row carries the picture's bytes itself, so that there may be no file.
    pub carried: bool,
}
