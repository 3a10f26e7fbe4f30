//! The reader of pictures that a run lends its operators.

use std::collections::HashMap;
use std::fs::File;
use std::io::ErrorKind;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lagar_core::models::PictureSource;
use lagar_image::header::{self, Bytes, Wish};

use super::{Header, PartReference, PictureError, PictureFault};

/// How many headers one generation of the cache holds; there are two.
const GENERATION: usize = 8_192;

/// Reads pictures by path, relative to the folder of the data file, and remembers their headers.
///
/// One per worker is best; sharing one is safe and costs a short lock per picture.
#[derive(Debug)]
pub struct Pictures {
    base: PathBuf,
    accept_truncated: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Headers seen lately: several operators of a chunk ask for the same ones.
    recent: HashMap<String, Header>,
    /// The generation before; what is asked for again moves back to `recent`.
    older: HashMap<String, Header>,
    /// The container read last: the next picture is most likely in it, too.
    container: Option<Arc<Container>>,
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Container {
    path: PathBuf,
    file: File,
    len: u64,
}

impl Pictures {
    /// A reader whose relative paths start at the folder `base`.
    pub fn new(base: impl Into<PathBuf>) -> Self {
        Self { base: base.into(), accept_truncated: false, state: Mutex::default() }
    }

    /// Lets pictures pass whose pixels are cut off, as long as their header is whole.
    #[must_use]
    pub fn with_accept_truncated(mut self, accept_truncated: bool) -> Self {
        self.accept_truncated = accept_truncated;
        self
    }

    /// Where the bytes of the picture at `path` are.
    pub fn source(&self, path: &str) -> PictureSource {
        PartReference::locate(path, &self.base)
    }

    /// The header of the picture at `path`, its EXIF orientation applied.
    ///
    /// # Errors
    /// When there is no such picture, or it is no picture, or not whole.
    pub fn header(&self, path: &str) -> Result<Header, PictureError> {
        if let Some(header) = self.lock().recall(path) {
            return Ok(header);
        }
        let header = self.read(path).map_err(|fault| PictureError::new(path, fault))?;
        self.lock().remember(path, header);
        Ok(header)
    }

    /// The header of an encoded picture that a row carries.
    ///
    /// Its EXIF orientation is not applied: Data-Juicer opens such bytes with Pillow alone.
    ///
    /// # Errors
    /// When the bytes are no picture, or not a whole one.
    pub fn header_of_bytes(&self, bytes: &[u8]) -> Result<Header, PictureError> {
        let wish = Wish { oriented: false, accept_truncated: self.accept_truncated };
        header::read(&mut Bytes::of_memory(bytes), wish)
            .map_err(|fault| PictureError::new("(bytes in the row)", fault))
    }

    fn read(&self, path: &str) -> Result<Header, PictureFault> {
        match self.source(path) {
            PictureSource::File(file) => {
                let (file, len) = open(&file)?;
                self.read_part(&file, 0, len)
            }
            PictureSource::Part { file, offset, len } => {
                let container = self.container(&file)?;
                let end = offset.saturating_add(len);
                if end > container.len {
                    let len = container.len;
                    return Err(PictureFault::OutsideContainer { start: offset, end, len });
                }
                self.read_part(&container.file, offset, len)
            }
            PictureSource::Bytes(bytes) => {
                let wish = Wish { oriented: false, accept_truncated: self.accept_truncated };
                header::read(&mut Bytes::of_memory(&bytes), wish)
            }
        }
    }

    fn read_part(&self, file: &File, offset: u64, len: u64) -> Result<Header, PictureFault> {
        let buffer = mem::take(&mut self.lock().buffer);
        let mut bytes = Bytes::of_file(file, offset, len, buffer);
        let wish = Wish { oriented: true, accept_truncated: self.accept_truncated };
        let header = header::read(&mut bytes, wish);
        self.lock().buffer = bytes.into_buffer();
        header
    }

    fn container(&self, path: &Path) -> Result<Arc<Container>, PictureFault> {
        let held = self.lock().container.clone().filter(|held| held.path == path);
        if let Some(held) = held {
            return Ok(held);
        }
        let (file, len) = open(path)?;
        let container = Arc::new(Container { path: path.to_owned(), file, len });
        self.lock().container = Some(Arc::clone(&container));
        Ok(container)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing here can be left half done, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn recall(&mut self, path: &str) -> Option<Header> {
        if let Some(header) = self.recent.get(path) {
            return Some(*header);
        }
        let (path, header) = self.older.remove_entry(path)?;
        self.recent.insert(path, header);
        Some(header)
    }

    fn remember(&mut self, path: &str, header: Header) {
        if self.recent.len() >= GENERATION {
            self.older = mem::take(&mut self.recent);
        }
        self.recent.insert(path.to_owned(), header);
    }
}

fn open(path: &Path) -> Result<(File, u64), PictureFault> {
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => {
            PictureFault::Missing { path: path.display().to_string() }
        }
        _ => unreadable(&error),
    })?;
    let about = file.metadata().map_err(|error| unreadable(&error))?;
    if !about.is_file() {
        return Err(PictureFault::Unreadable { message: "it is not a file".to_owned() });
    }
    Ok((file, about.len()))
}

fn unreadable(error: &std::io::Error) -> PictureFault {
    PictureFault::Unreadable { message: error.to_string() }
}
