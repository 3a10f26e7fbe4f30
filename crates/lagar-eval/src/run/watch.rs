//! What a run tells whoever waits for it.

use std::fmt::Debug;

/// Hears of a run's progress, from several threads.
pub trait Watch: Debug + Sync {
    /// Questions are about to be asked: what for (`textvqa`, `textvqa with blur:2`), how many there
    /// are in all, and how many of them have their answers already.
    fn started(&self, what: &str, questions: usize, answered: usize);
    /// So many more questions have been dealt with.
    fn answered(&self, count: usize);
    /// Something the user should know and that stops nothing.
    fn warn(&self, message: &str);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn started(&self, _what: &str, _questions: usize, _answered: usize) {}
    fn answered(&self, _count: usize) {}
    fn warn(&self, _message: &str) {}
}
