//! What can go wrong behind HTTP, each error naming the address it happened at.

use std::path::PathBuf;

use lagar_core::CoreError;

/// An error of `lagar-remote`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// A file could not be read or written.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// Nobody answers at the address.
    #[error("reach {url} ({attempts} attempts)")]
    Unreachable {
        /// The address.
        url: String,
        /// How often it was tried.
        attempts: u32,
        /// What the network said last.
        source: Box<ureq::Error>,
    },
    /// The server did not answer in time.
    #[error("{url} gave no answer within {seconds} s ({attempts} attempts)")]
    TimedOut {
        /// The address.
        url: String,
        /// How often it was tried.
        attempts: u32,
        /// The patience, in seconds.
        seconds: f64,
    },
    /// The server refused or failed.
    #[error("{url} answered {status} ({attempts} attempts): {body}")]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
        /// How often it was tried.
        attempts: u32,
        /// The beginning of what it said.
        body: String,
    },
    /// The answer is not what the API promises.
    #[error("{url} answered something else than expected: {message}: {body}")]
    Answer {
        /// The address.
        url: String,
        /// What was expected and is not there.
        message: String,
        /// The beginning of what it said.
        body: String,
    },
    /// A model hub does not have what is asked for, or cannot be asked.
    #[error("{repository} on the hub {endpoint}: {message}")]
    Hub {
        /// The hub's address.
        endpoint: String,
        /// The model's name.
        repository: String,
        /// What is the matter.
        message: String,
    },
    /// A file from a hub is not the one that the hub names.
    #[error("{file} of {repository}: {message}")]
    Corrupt {
        /// The model's name.
        repository: String,
        /// The file.
        file: String,
        /// What does not fit.
        message: String,
    },
    /// A model file is neither on this machine nor to be had.
    #[error("{message} (looked in {} last)", cache.display())]
    ModelFile {
        /// The file.
        file: String,
        /// The folder that it would be kept in.
        cache: PathBuf,
        /// What is the matter.
        message: String,
    },
    /// A picture cannot be sent.
    #[error("the picture {message}")]
    Picture {
        /// Why not.
        message: String,
    },
}

impl RemoteError {
    /// Whether the next request would fail in the same way: nobody is there, the key is wrong, the
    /// model is unknown, or the allowance is used up. All else is one request's own misfortune.
    pub fn is_lasting(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Status { status, .. } => matches!(status, 401 | 402 | 403 | 404 | 405 | 429),
            _ => false,
        }
    }

    /// The message with its causes, on one line.
    pub fn chain(&self) -> String {
        lagar_core::error::chain(self)
    }
}
