//! Files as streams of bytes: decompressed by their ending, counted before that.

use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lagar_core::{CoreError, fsio};

use crate::EngineError;

/// How much of a file is looked at to tell what it is.
const HEAD: usize = 64 << 10;

/// How many bytes of a file were read, counted before decompression.
#[derive(Clone, Debug, Default)]
pub(super) struct Consumed {
    read: Arc<AtomicU64>,
    reported: u64,
}

impl Consumed {
    /// The bytes read since this was last asked.
    pub(super) fn since_last(&mut self) -> u64 {
        let read = self.read.load(Ordering::Relaxed);
        read - std::mem::replace(&mut self.reported, read)
    }
}

struct Counted {
    file: File,
    consumed: Consumed,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.consumed.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// A file being read.
pub(super) struct Stream {
    pub(super) bytes: Chain<Cursor<Vec<u8>>, Box<dyn Read + Send>>,
    pub(super) consumed: Consumed,
    /// The first bytes, which `bytes` gives again.
    pub(super) head: Vec<u8>,
}

/// Opens a file, decompressing by its ending.
pub(super) fn open(path: &Path) -> Result<Stream, EngineError> {
    let consumed = Consumed::default();
    let file = Counted { file: fsio::open(path)?, consumed: consumed.clone() };
    let ends_in =
        |ending: &str| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending));
    let mut rest: Box<dyn Read + Send> = if ends_in("gz") {
        Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(file)))
    } else if ends_in("zst") {
        Box::new(zstd::Decoder::new(file).map_err(|error| failed(path, error))?)
    } else {
        Box::new(file)
    };
    let mut head = Vec::new();
    rest.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(|error| failed(path, error))?;
    // A byte order mark is no part of any row.
    if head.starts_with(b"\xef\xbb\xbf") {
        head.drain(..3);
    }
    Ok(Stream { bytes: Cursor::new(head.clone()).chain(rest), consumed, head })
}

/// What a failed read means: bytes that make no sense are damage, anything else is the system's.
pub(super) fn failed(path: &Path, error: io::Error) -> EngineError {
    use io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    match error.kind() {
        // zstd reports damage as `Other`.
        InvalidData | InvalidInput | UnexpectedEof => damaged(path, error.to_string()),
        Other if error.raw_os_error().is_none() => damaged(path, error.to_string()),
        _ => CoreError::file("read", path)(error).into(),
    }
}

/// A file that is damaged as a whole.
pub(super) fn damaged(path: &Path, message: impl Into<String>) -> EngineError {
    EngineError::Damaged { path: path.to_owned(), message: message.into() }
}
