//! What a run says about itself: one typed, versioned stream, written as `events.jsonl`.
//!
//! Progress bar, log, tables and reports are all readers of this stream; none of them has a way of
//! its own into the engine.

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

/// The version of the event format; it rises when a field changes its meaning.
pub const EVENT_VERSION: u32 = 1;

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A run began (or went on after an interruption).
    RunStarted {
        /// `project_name` of the recipe.
        project: String,
        /// Names of the operators in order.
        operators: Vec<String>,
        /// Size of all inputs, in bytes, for the progress bar.
        input_bytes: u64,
        /// Worker threads.
        threads: usize,
    },
    /// A pass over the data began; there is one more pass than there are global operators.
    PassStarted {
        /// Which pass, from 0.
        pass: usize,
        /// How many passes the run has.
        passes: usize,
    },
    /// A chunk of rows was finished, or found finished.
    ChunkFinished {
        /// Which pass.
        pass: usize,
        /// Which chunk, in input order.
        chunk: u64,
        /// Rows that went in.
        rows: u64,
        /// Input bytes of the chunk (for the progress bar).
        bytes: u64,
        /// Operators whose result was taken from an earlier run.
        reused: usize,
        /// Per operator of the pass: rows in, rows out.
        operators: Vec<OperatorCount>,
    },
    /// A global operator has decided.
    GlobalFinished {
        /// The operator.
        operator: String,
        /// Its place in the recipe, from 0.
        index: usize,
        /// Rows it saw.
        rows: u64,
        /// Rows it kept.
        kept: u64,
    },
    /// Something a user should know.
    Warning {
        /// The text shown.
        message: String,
    },
    /// The outputs are written; the run is complete.
    RunFinished {
        /// Rows read.
        rows: u64,
        /// Rows exported.
        kept: u64,
        /// Rows put aside with an error.
        quarantined: u64,
        /// Wall-clock seconds of this process.
        secs: f64,
    },
}

/// What one operator did with one chunk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OperatorCount {
    /// The operator's place in the recipe, from 0.
    pub index: usize,
    /// Rows in.
    pub rows: u64,
    /// Rows out.
    pub kept: u64,
    /// Rows put aside with an error.
    pub quarantined: u64,
    /// Rows whose text or pictures it changed.
    pub changed: u64,
    /// Seconds of one core it took; 0 where its result was reused.
    pub secs: f64,
}

/// Who wants to hear of events. Called from the engine's threads.
pub trait Listener: Debug + Send + Sync {
    /// Takes notice of one event.
    fn hear(&self, event: &Event);
}

/// Hears nothing.
#[derive(Debug, Default)]
pub struct Silence;

impl Listener for Silence {
    fn hear(&self, _event: &Event) {}
}
