//! Progress on stderr: a bar with rate and time left, or one plain line now and then without a
//! terminal.

use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lagar_core::event::{Event, Listener};

use crate::command::Mood;

/// Nothing is drawn before this: a run of a second needs no bar.
const PATIENCE: Duration = Duration::from_secs(2);
/// Without a terminal, a line this often.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows how much of a known number of bytes is done.
#[derive(Debug)]
pub(crate) struct Amount {
    bar: ProgressBar,
    started: Instant,
    quiet: bool,
}

impl Amount {
    /// A bar that shows itself after a while, on a terminal.
    pub(crate) fn new(mood: Mood) -> Self {
        let quiet = mood.quiet || !std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let template = "[{bar:24}] {percent:>3}% {binary_bytes_per_sec} eta {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("##-"));
        }
        Self { bar, started: Instant::now(), quiet }
    }

    /// So much is done.
    pub(crate) fn show(&self, done: u64, all: u64) {
        self.bar.set_length(all);
        self.bar.set_position(done);
        if !self.quiet && self.bar.is_hidden() && self.started.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Shows a run's events on stderr.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    quiet: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    pass: usize,
    passes: usize,
    rows: u64,
    kept: u64,
    /// Whether there are operators that may drop rows.
    judges: bool,
    started: Instant,
    spoken: Instant,
    terminal: bool,
}

impl Progress {
    /// A progress display, which may be hidden. Warnings are shown unless lagar is to be quiet.
    pub(crate) fn new(mood: Mood, hidden: bool) -> Self {
        let (quiet, show) = (mood.quiet, !mood.quiet && !hidden);
        let terminal = std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let template = "{prefix} [{bar:24}] {percent:>3}% {binary_bytes_per_sec} eta {eta} {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("##-"));
        }
        let now = Instant::now();
        let terminal = terminal && show;
        let state = State {
            pass: 0,
            passes: 1,
            rows: 0,
            kept: 0,
            judges: false,
            started: now,
            spoken: now,
            terminal,
        };
        if !show {
            bar.finish();
        }
        Self { bar, quiet, state: Mutex::new(state) }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    #[expect(clippy::print_stderr, reason = "stderr is for talk")]
    fn warn(&self, message: &str) {
        self.bar.suspend(|| eprintln!("warning: {message}"));
    }

    #[expect(clippy::print_stderr, reason = "stderr is for talk")]
    fn chunk(&self, state: &mut State, bytes: u64) {
        self.bar.inc(bytes);
        if self.bar.is_finished() || state.started.elapsed() < PATIENCE {
            return;
        }
        if state.terminal && self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        let rate = state.rows as f64 / state.started.elapsed().as_secs_f64();
        let mut message = format!("{} rows, {rate:.0} rows/s", state.rows);
        if state.judges {
            let share = 100.0 * state.kept as f64 / state.rows.max(1) as f64;
            message.extend([", kept ", &format!("{share:.1}%")]);
        }
        if state.terminal {
            self.bar.set_prefix(format!("pass {}/{}", state.pass + 1, state.passes));
            self.bar.set_message(message);
        } else if state.spoken.elapsed() > LINE_EVERY {
            state.spoken = Instant::now();
            eprintln!("pass {}/{}: {message}", state.pass + 1, state.passes);
        }
    }
}

impl Listener for Progress {
    fn hear(&self, event: &Event) {
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        match event {
            Event::RunStarted { input_bytes, .. } => self.bar.set_length(*input_bytes),
            Event::PassStarted { pass, passes } => {
                (state.pass, state.passes, state.rows, state.kept) = (*pass, *passes, 0, 0);
                state.started = Instant::now();
                self.bar.set_position(0);
            }
            Event::ChunkFinished { rows, bytes, operators, .. } => {
                state.rows += rows;
                state.judges |= !operators.is_empty();
                state.kept += operators.last().map_or(*rows, |count| count.kept);
                self.chunk(&mut state, *bytes);
            }
            Event::Warning { message } if !self.quiet => self.warn(message),
            _ => {}
        }
    }
}
