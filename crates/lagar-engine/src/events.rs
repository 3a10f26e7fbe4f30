//! The run's own record of events: `events.jsonl` for programs, `log.txt` for people.

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
    events: Mutex<File>,
    log: Mutex<File>,
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
    /// Opens the records of a run folder for appending: a resumed run goes on in the same files.
    ///
    /// # Errors
    /// When a file cannot be opened.
    pub fn open(folder: &Path, next: &'a dyn Listener) -> Result<Self, EngineError> {
        let open = |name: &str| {
            let path = folder.join(name);
            let file = OpenOptions::new().create(true).append(true).open(&path);
            file.map(Mutex::new).map_err(CoreError::file("open", path))
        };
        Ok(Self { events: open("events.jsonl")?, log: open("log.txt")?, next })
    }
}

impl Listener for EventLog<'_> {
    fn hear(&self, event: &Event) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let line = Line { v: EVENT_VERSION, time: now.as_secs_f64(), event };
        // A record that cannot be written must not end a run whose outputs still can.
        if let (Ok(mut file), Ok(mut text)) = (self.events.lock(), serde_json::to_vec(&line)) {
            text.push(b'\n');
            drop(file.write_all(&text));
        }
        if let (Ok(mut file), Some(text)) = (self.log.lock(), sentence(event)) {
            drop(writeln!(file, "{:.3} {text}", line.time));
        }
        self.next.hear(event);
    }
}

/// An event in words; chunks are for programs alone.
fn sentence(event: &Event) -> Option<String> {
    Some(match event {
        Event::RunStarted { project, operators, input_bytes, threads } => format!(
            "run of {project} started: {input_bytes} bytes, {threads} threads, operators {}",
            operators.join(", "),
        ),
        Event::PassStarted { pass, passes } => format!("pass {} of {passes}", pass + 1),
        Event::GlobalFinished { operator, rows, kept, .. } => {
            format!("{operator} keeps {kept} of {rows} rows")
        }
        Event::Warning { message } => format!("warning: {message}"),
        Event::RunFinished { rows, kept, quarantined, secs } => format!(
            "run finished: {kept} of {rows} rows kept, {quarantined} put aside, {secs:.3} s"
        ),
        _ => return None,
    })
}
