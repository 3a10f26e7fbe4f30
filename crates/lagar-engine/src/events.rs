//! The run's own record of events, `events.jsonl`: one JSON object per line.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use lagar_core::CoreError;
use lagar_core::event::{EVENT_VERSION, Event, Listener};
use serde::Serialize;

use crate::EngineError;

/// Writes every event to a file and passes it on.
#[derive(Debug)]
pub struct EventLog<'a> {
    file: Mutex<File>,
    next: &'a dyn Listener,
}

#[derive(Serialize)]
struct Line<'a> {
    v: u32,
    time: f64,
    #[serde(flatten)]
    event: &'a Event,
}

impl<'a> EventLog<'a> {
    /// Opens the log for appending: a resumed run goes on in the same file.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(path: &Path, next: &'a dyn Listener) -> Result<Self, EngineError> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(CoreError::file("open", path))?;
        Ok(Self { file: Mutex::new(file), next })
    }
}

impl Listener for EventLog<'_> {
    fn hear(&self, event: &Event) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let line = Line { v: EVENT_VERSION, time: now.as_secs_f64(), event };
        if let (Ok(mut file), Ok(mut text)) = (self.file.lock(), serde_json::to_vec(&line)) {
            text.push(b'\n');
            // A log that cannot be written must not end a run whose outputs still can.
            drop(file.write_all(&text));
        }
        self.next.hear(event);
    }
}
