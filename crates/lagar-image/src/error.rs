//! What can be wrong with a picture, in words that continue "picture `a.jpg` …".

use crate::{Format, Mode};

/// What is wrong with a picture; the words continue "picture `a.jpg` …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// No file has that name.
    #[error("is missing: there is no file {path}")]
    Missing {
        /// Where it was looked for.
        path: String,
    },
    /// The operating system refused to open or read it.
    #[error("cannot be read: {message}")]
    Unreadable {
        /// What the operating system said.
        message: String,
    },
    /// There are no bytes.
    #[error("is empty (0 bytes)")]
    Empty,
    /// The first bytes belong to no known format.
    #[error("is not a picture of a known format (first bytes {start})")]
    UnknownFormat {
        /// The first bytes in hexadecimal.
        start: String,
    },
    /// It ends before its size is known.
    #[error("is cut off within its {format} header")]
    HeaderCut {
        /// The format its first bytes announce.
        format: Format,
    },
    /// It ends before its pixels do.
    #[error("is cut off: {format} data without {lacking}")]
    Truncated {
        /// The format.
        format: Format,
        /// What a whole file would have.
        lacking: &'static str,
    },
    /// Its header contradicts itself.
    #[error("has a damaged {format} header: {message}")]
    Damaged {
        /// The format its first bytes announce.
        format: Format,
        /// What does not fit.
        message: String,
    },
    /// One of its sides is zero.
    #[error("has no area ({width}x{height} pixels)")]
    NoArea {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The container it is said to be in is shorter.
    #[error("lies outside its container: bytes {start}..{end} of {len}")]
    OutsideContainer {
        /// Where the picture starts, in bytes.
        start: u64,
        /// Where it ends, in bytes.
        end: u64,
        /// How long the container is, in bytes.
        len: u64,
    },
    /// Its pixels cannot be had from its data.
    #[error("has damaged {format} data: {message}")]
    Undecodable {
        /// The format its first bytes announce.
        format: Format,
        /// What the decoder met.
        message: String,
    },
    /// It is of a kind that is not read.
    #[error("is {format} of a kind that is not read: {message}")]
    Unsupported {
        /// The format its first bytes announce.
        format: Format,
        /// Which kind.
        message: String,
    },
    /// It has more pixels than Pillow accepts.
    #[error("is too large: {width}x{height} pixels, the limit is {limit} pixels in all")]
    TooLarge {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The most pixels that are accepted.
        limit: u64,
    },
    /// The operation has no meaning for pixels of this kind.
    #[error("has pixels of mode {mode}, which cannot be {operation}")]
    WrongMode {
        /// The mode of its pixels.
        mode: Mode,
        /// What was to be done (`resized`).
        operation: &'static str,
    },
    /// A parameter of an operation is out of its range.
    #[error("cannot be {operation}: {message}")]
    Parameter {
        /// What was to be done (`resized`).
        operation: &'static str,
        /// Which parameter, what was expected and what came.
        message: String,
    },
}

impl ImageError {
    pub(crate) fn unreadable(error: &std::io::Error) -> Self {
        Self::Unreadable { message: error.to_string() }
    }

    pub(crate) fn damaged(format: Format, message: impl Into<String>) -> Self {
        Self::Damaged { format, message: message.into() }
    }

    pub(crate) fn undecodable(format: Format, message: impl Into<String>) -> Self {
        Self::Undecodable { format, message: message.into() }
    }

    pub(crate) fn unsupported(format: Format, message: impl Into<String>) -> Self {
        Self::Unsupported { format, message: message.into() }
    }
}
