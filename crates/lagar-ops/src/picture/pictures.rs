//! The reader of pictures that a run lends its operators.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lagar_core::fsio;
use lagar_core::models::PictureSource;
use lagar_image::header::{self, Bytes, Wish};
use lagar_image::{Decoder, Orientation, Picture, read_source};

use super::{Header, PartReference, PictureError, PictureFault};

/// How many headers one generation of the cache holds; there are two.
const GENERATION: usize = 8_192;
/// How many bytes of pixels one generation of the cache holds; there are two.
const GENERATION_BYTES: usize = 64 << 20;
/// The same where a single operator looks at pixels: enough for a picture with several captions.
const LONE_GENERATION_BYTES: usize = 8 << 20;

/// Reads pictures by path, relative to the folder of the data file, and remembers what it read.
///
/// Headers are kept, and pixels up to a limit: operators of one chunk that look at pixels decode
/// each picture once, as long as the chunk's pictures fit. One per worker is best; sharing one is
/// safe and costs a short lock per picture.
#[derive(Debug)]
pub struct Pictures {
    base: PathBuf,
    accept_truncated: bool,
    generation_bytes: usize,
    state: Mutex<State>,
    /// Pictures that are in memory instead of files, by path; also those that operators make.
    memory: Option<Mutex<BTreeMap<String, Vec<u8>>>>,
}

#[derive(Debug, Default)]
struct State {
    /// Headers seen lately: several operators of a chunk ask for the same ones.
    recent: HashMap<String, Header>,
    /// The generation before; what is asked for again moves back to `recent`.
    older: HashMap<String, Header>,
    /// Decoded pictures, in two generations likewise.
    pixels: HashMap<String, Arc<Picture>>,
    older_pixels: HashMap<String, Arc<Picture>>,
    pixels_len: usize,
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
        let base = base.into();
        let generation_bytes = GENERATION_BYTES;
        let (accept_truncated, state) = (false, Mutex::default());
        Self { base, accept_truncated, generation_bytes, state, memory: None }
    }

    /// A reader of these pictures, by path, that touches no file.
    pub fn in_memory(pictures: BTreeMap<String, Vec<u8>>) -> Self {
        Self { memory: Some(Mutex::new(pictures)), ..Self::new("") }
    }

    /// Lets pictures pass whose pixels are cut off, as long as their header is whole.
    #[must_use]
    pub fn with_accept_truncated(mut self, accept_truncated: bool) -> Self {
        self.accept_truncated = accept_truncated;
        self
    }

    /// Says how many operators look at pixels: one alone has little use for what it decoded before,
    /// and memory that is used again is in the processor's cache.
    #[must_use]
    pub fn shared_by(mut self, operators: usize) -> Self {
        if operators <= 1 {
            self.generation_bytes = LONE_GENERATION_BYTES;
        }
        self
    }

    /// Where the bytes of the picture at `path` are.
    pub fn source(&self, path: &str) -> PictureSource {
        PartReference::locate(path, &self.base)
    }

    /// The folder that relative paths start at.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// The pixels of the picture at `path` in RGB, its EXIF orientation applied.
    ///
    /// # Errors
    /// When there is no such picture, or it cannot be decoded, or it is not whole.
    pub fn rgb(&self, path: &str) -> Result<Arc<Picture>, PictureError> {
        if let Some(picture) = self.lock().recall_pixels(path, self.generation_bytes) {
            return Ok(picture);
        }
        let encoded = self.encoded(path)?;
        let picture = self.decoded(&encoded, Orientation::Shown);
        let picture = picture.map_err(|fault| PictureError::new(path, fault))?;
        self.lock().remember_pixels(path, &picture, self.generation_bytes);
        Ok(picture)
    }

    /// The pixels of an encoded picture that a row carries; its EXIF orientation is not applied.
    ///
    /// # Errors
    /// When the bytes cannot be decoded, or are not a whole picture.
    pub fn rgb_of_bytes(&self, bytes: &[u8]) -> Result<Arc<Picture>, PictureError> {
        self.decoded(bytes, Orientation::Stored)
            .map_err(|fault| PictureError::new("(bytes in the row)", fault))
    }

    fn decoded(
        &self,
        bytes: &[u8],
        orientation: Orientation,
    ) -> Result<Arc<Picture>, PictureFault> {
        let decoder = Decoder { orientation, accept_truncated: self.accept_truncated };
        decoder.decode(bytes).map(|picture| Arc::new(picture.into_rgb()))
    }

    /// The encoded picture at `path`.
    ///
    /// # Errors
    /// When it is missing or cannot be read.
    pub fn encoded(&self, path: &str) -> Result<Vec<u8>, PictureError> {
        let encoded = match &self.memory {
            Some(memory) => of_memory(memory, path),
            None => read_source(&self.source(path)),
        };
        encoded.map_err(|fault| PictureError::new(path, fault))
    }

    /// The length of the encoded picture at `path` in bytes; it is not opened.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn size(&self, path: &str) -> Result<u64, PictureError> {
        let size = match (&self.memory, self.source(path)) {
            (Some(memory), _) => of_memory(memory, path).map(|bytes| bytes.len() as u64),
            (None, PictureSource::File(file)) => match fs::metadata(&file) {
                Ok(about) => Ok(about.len()),
                Err(_unreadable) => open(&file).map(|(_, len)| len),
            },
            (None, PictureSource::Part { len, .. }) => Ok(len),
            (None, PictureSource::Bytes(bytes)) => Ok(bytes.len() as u64),
        };
        size.map_err(|fault| PictureError::new(path, fault))
    }

    /// Keeps a picture that an operator made under `path`.
    ///
    /// A file with these bytes stays untouched; one with others, of an earlier version or cut off,
    /// is replaced.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, path: &str, bytes: Vec<u8>) -> Result<(), PictureError> {
        if let Some(memory) = &self.memory {
            let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
            memory.insert(path.to_owned(), bytes);
            return Ok(());
        }
        let file = self.base.join(path);
        if fs::read(&file).is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        fsio::write(&file, &bytes).map_err(|error| {
            PictureError::new(path, PictureFault::Unreadable { message: error.to_string() })
        })
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
        if let Some(memory) = &self.memory {
            let wish = Wish { oriented: true, accept_truncated: self.accept_truncated };
            return header::read(&mut Bytes::of_memory(&of_memory(memory, path)?), wish);
        }
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

    fn recall_pixels(&mut self, path: &str, generation: usize) -> Option<Arc<Picture>> {
        if let Some(picture) = self.pixels.get(path) {
            return Some(Arc::clone(picture));
        }
        let picture = self.older_pixels.remove(path)?;
        self.remember_pixels(path, &picture, generation);
        Some(picture)
    }

    fn remember_pixels(&mut self, path: &str, picture: &Arc<Picture>, generation: usize) {
        let len = picture.pixels().len();
        if len > generation / 4 {
            return;
        }
        if self.pixels_len + len > generation {
            self.older_pixels = mem::take(&mut self.pixels);
            self.pixels_len = 0;
        }
        self.pixels_len += len;
        self.pixels.insert(path.to_owned(), Arc::clone(picture));
    }
}

fn of_memory(
    memory: &Mutex<BTreeMap<String, Vec<u8>>>,
    path: &str,
) -> Result<Vec<u8>, PictureFault> {
    let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    memory.get(path).cloned().ok_or_else(|| PictureFault::Missing { path: path.to_owned() })
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
