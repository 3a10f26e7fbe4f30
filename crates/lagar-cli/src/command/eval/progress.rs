//! Progress of questions on stderr: a bar with rate and time left, or a plain line now and then.

use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lagar_eval::run::Watch;

use crate::command::{Mood, say};

/// Nothing is drawn before this.
const PATIENCE: Duration = Duration::from_secs(2);
/// Without a terminal, a line this often.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows how many questions have their answers.
#[derive(Debug)]
pub(crate) struct EvalProgress {
    bar: ProgressBar,
    mood: Mood,
    show: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    what: String,
    started: Instant,
    spoken: Instant,
}

impl EvalProgress {
    /// A display, which may be hidden.
    pub(crate) fn new(mood: Mood, hidden: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let template = "{prefix} [{bar:24}] {pos}/{len} {per_sec} eta {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("##-"));
        }
        let now = Instant::now();
        let state = State { what: String::new(), started: now, spoken: now };
        Self { bar, mood, show: !mood.quiet && !hidden, state: Mutex::new(state) }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for EvalProgress {
    fn started(&self, what: &str, questions: usize, answered: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        what.clone_into(&mut state.what);
        (state.started, state.spoken) = (Instant::now(), Instant::now());
        self.bar.set_prefix(what.to_owned());
        self.bar.set_length(questions as u64);
        self.bar.set_position(answered as u64);
        // Rate and time left are about what is still to be asked.
        self.bar.reset_eta();
        self.bar.reset_elapsed();
    }

    fn answered(&self, count: usize) {
        self.bar.inc(count as u64);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.show || state.started.elapsed() < PATIENCE {
            return;
        }
        if std::io::stderr().is_terminal() {
            if self.bar.is_hidden() {
                self.bar.set_draw_target(ProgressDrawTarget::stderr());
            }
        } else if state.spoken.elapsed() > LINE_EVERY {
            state.spoken = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or_default());
            let (rate, left) = (self.bar.per_sec(), self.bar.eta().as_secs());
            say(&format!("{}: {done} of {all} questions, {rate:.1}/s, {left} s left", state.what));
        }
    }

    fn warn(&self, message: &str) {
        if !self.mood.quiet {
            self.bar.suspend(|| say(&format!("warning: {message}")));
        }
    }
}
