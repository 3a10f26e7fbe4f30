//! What can be wrong with a picture, in words that name it.

use super::Format;

/// A picture that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("picture `{picture}` {fault}")]
pub struct PictureError {
    /// The path or reference as the row has it.
    pub picture: String,
    /// What is wrong.
    pub fault: PictureFault,
}

/// What is wrong with a picture; the words continue "picture `a.jpg` …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureFault {
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
}

impl PictureFault {
    pub(super) fn unreadable(error: &std::io::Error) -> Self {
        Self::Unreadable { message: error.to_string() }
    }

    pub(super) fn damaged(format: Format, message: impl Into<String>) -> Self {
        Self::Damaged { format, message: message.into() }
    }

    pub(super) fn of(self, picture: &str) -> PictureError {
        PictureError { picture: picture.to_owned(), fault: self }
    }
}
