//! What a walk over the data is given and what it gives back.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use lagar_core::Digest;
use lagar_core::event::Listener;

use crate::decision::{Decisions, Repeats};
use crate::output::Summary;
use crate::plan::Plan;
use crate::source::{DataSet, RawChunk};
use crate::store::Store;

/// What a walk needs to know.
#[derive(Debug)]
pub struct Walk<'a> {
    /// The recipe, understood.
    pub plan: &'a Plan,
    /// The data.
    pub data: &'a DataSet,
    /// Where results are kept.
    pub store: &'a Store,
    /// Worker threads.
    pub threads: usize,
    /// Set when the user wants to stop.
    pub stop: &'a AtomicBool,
    /// Who hears of finished chunks.
    pub listener: &'a dyn Listener,
    /// For each finished global operator: its decisions' file and their digest.
    pub globals: &'a [Global],
}

/// A global operator that has decided.
#[derive(Clone, Debug)]
pub struct Global {
    /// Its place in the recipe.
    pub operator: usize,
    /// The file of its decisions.
    pub file: PathBuf,
    /// What the decisions follow from.
    pub key: Digest,
    /// What it decided, in words ("50 of 600 rows").
    pub summary: String,
    /// Set where it selected more rows than there are.
    pub repeats: Option<Repeats>,
    /// Set where it found what is to be cut out of rows.
    pub frequent: Option<Arc<BTreeSet<String>>>,
    /// Set where it puts rows together: how many rows each batched row is made of.
    pub groups: Option<Arc<Vec<u64>>>,
}

/// A chunk that is done.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Which chunk.
    pub chunk: u64,
    /// The key its output is stored under.
    pub key: Digest,
    /// Its numbers.
    pub summary: Summary,
}

/// A chunk to be worked on, with what global operators of earlier passes decided on its rows.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) chunk: RawChunk,
    pub(crate) decisions: Vec<Decisions>,
}
