//! The bytes of a picture, read from its file only where someone looks.
//!
//! One read of the first [`HEAD`] bytes answers almost every question; a look elsewhere costs one
//! more positioned read. The file is never read as a whole.

#![expect(
    clippy::cast_possible_truncation,
    reason = "places within a slice, checked against its length"
)]

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use memchr::memmem;

use super::Format;
use crate::ImageError;

/// How many bytes the first read takes.
const HEAD: usize = 8 << 10;
/// How many bytes a later read takes at least.
const STEP: usize = 4 << 10;
/// How many bytes a search takes per read after the first.
const BLOCK: usize = 64 << 10;

/// Random access to the bytes of one picture.
#[derive(Debug)]
pub struct Bytes<'a> {
    source: Source<'a>,
    len: u64,
    /// What was read last, and where it starts; unused for bytes in memory.
    window: Vec<u8>,
    start: u64,
}

#[derive(Debug)]
enum Source<'a> {
    Memory(&'a [u8]),
    File { file: &'a File, offset: u64 },
}

/// Why a slice could not be had.
#[derive(Debug)]
pub(super) enum Lack {
    /// The picture ends before it.
    End,
    /// The operating system refused.
    Io(io::Error),
}

impl Lack {
    /// The fault this is while a header of `format` is being read.
    pub(super) fn within(self, format: Format) -> ImageError {
        match self {
            Self::End => ImageError::HeaderCut { format },
            Self::Io(error) => ImageError::unreadable(&error),
        }
    }
}

impl<'a> Bytes<'a> {
    /// Bytes that are in memory.
    pub fn of_memory(bytes: &'a [u8]) -> Self {
        let len = bytes.len() as u64;
        Self { source: Source::Memory(bytes), len, window: Vec::new(), start: 0 }
    }

    /// `len` bytes of a file from `offset` on; `buffer` is used for what is read.
    pub fn of_file(file: &'a File, offset: u64, len: u64, mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self { source: Source::File { file, offset }, len, window: buffer, start: 0 }
    }

    /// How many bytes the picture has.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Gives the buffer back.
    pub fn into_buffer(self) -> Vec<u8> {
        self.window
    }

    /// Exactly `len` bytes from `offset` on.
    pub(super) fn slice(&mut self, offset: u64, len: usize) -> Result<&[u8], Lack> {
        if offset.checked_add(len as u64).is_none_or(|end| end > self.len) {
            return Err(Lack::End);
        }
        let start = match self.source {
            Source::Memory(bytes) => return Ok(&bytes[offset as usize..][..len]),
            Source::File { .. } if self.covers(offset, len) => (offset - self.start) as usize,
            Source::File { .. } => {
                self.fill(offset, len).map_err(Lack::Io)?;
                0
            }
        };
        self.window.get(start..start + len).ok_or(Lack::End)
    }

    /// Exactly `N` bytes from `offset` on.
    pub(super) fn array<const N: usize>(&mut self, offset: u64) -> Result<[u8; N], Lack> {
        let mut array = [0; N];
        array.copy_from_slice(self.slice(offset, N)?);
        Ok(array)
    }

    /// At most `len` bytes from `offset` on, as many as there are.
    pub(super) fn up_to(&mut self, offset: u64, len: usize) -> Result<&[u8], Lack> {
        let left = self.len.saturating_sub(offset);
        self.slice(offset.min(self.len), left.min(len as u64) as usize)
    }

    /// At most `len` bytes from `offset` on, as many as need no further read.
    pub(super) fn at_hand(&self, offset: u64, len: usize) -> &[u8] {
        let (held, start) = match self.source {
            Source::Memory(bytes) => (bytes, 0),
            Source::File { .. } => (self.window.as_slice(), self.start),
        };
        let from = offset.checked_sub(start).map_or(held.len(), |from| from as usize);
        let held = held.get(from..).unwrap_or_default();
        &held[..held.len().min(len)]
    }

    /// Where `pattern` occurs last, at or after `from`; searched from the end.
    pub(super) fn last_of(&mut self, pattern: &[u8], from: u64) -> Result<Option<u64>, Lack> {
        let mut end = self.len;
        let mut block = STEP;
        while end >= from + pattern.len() as u64 {
            let start = end.saturating_sub(block as u64).max(from);
            let bytes = self.slice(start, (end - start) as usize)?;
            if let Some(place) = memmem::rfind(bytes, pattern) {
                return Ok(Some(start + place as u64));
            }
            if start == from {
                break;
            }
            // Blocks overlap, so that a pattern across their border is seen.
            end = start + pattern.len() as u64 - 1;
            block = BLOCK;
        }
        Ok(None)
    }

    fn covers(&self, offset: u64, len: usize) -> bool {
        offset >= self.start && offset + len as u64 <= self.start + self.window.len() as u64
    }

    fn fill(&mut self, offset: u64, len: usize) -> io::Result<()> {
        let Source::File { file, offset: base } = self.source else {
            return Ok(());
        };
        let wanted = len.max(if offset == 0 { HEAD } else { STEP }) as u64;
        let wanted = wanted.min(self.len - offset) as usize;
        self.window.resize(wanted, 0);
        self.start = offset;
        let mut done = 0;
        while done < wanted {
            match read_at(file, &mut self.window[done..], base + offset + done as u64) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.window.truncate(done);
        Ok(())
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(not(unix))]
fn read_at(mut file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek(SeekFrom::Start(offset))?;
    file.read(buffer)
}

/// The same bytes for code that wants a reader.
#[derive(Debug)]
pub(super) struct Reader<'b, 'a> {
    pub(super) bytes: &'b mut Bytes<'a>,
    pub(super) place: u64,
}

impl Read for Reader<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let found = match self.bytes.up_to(self.place, buffer.len()) {
            Ok(found) => found,
            Err(Lack::End) => &[],
            Err(Lack::Io(error)) => return Err(error),
        };
        buffer[..found.len()].copy_from_slice(found);
        self.place += found.len() as u64;
        Ok(found.len())
    }
}

impl Seek for Reader<'_, '_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(by) => self.bytes.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.place.checked_add_signed(by),
        };
        self.place = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.place)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_answers_like_memory_wherever_one_looks() {
        let content: Vec<u8> = (0..100_000_u32).map(|place| (place * 7 % 251) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"xyz").unwrap();
        file.write_all(&content).unwrap();
        let mut on_disk = Bytes::of_file(&file, 3, content.len() as u64, Vec::new());
        let mut in_memory = Bytes::of_memory(&content);
        for (offset, len) in [(0, 4), (8_190, 10), (50_000, 9_000), (99_990, 10), (2, 8_000)] {
            let found = on_disk.slice(offset, len).unwrap();
            assert_eq!(found, in_memory.slice(offset, len).unwrap());
        }
        assert!(matches!(on_disk.slice(99_991, 10), Err(Lack::End)));
        assert!(matches!(on_disk.slice(u64::MAX, 10), Err(Lack::End)));
        assert_eq!(on_disk.up_to(99_998, 10).unwrap().len(), 2);
    }

    #[test]
    fn a_search_from_the_end_sees_a_pattern_across_blocks() {
        let mut content = vec![0_u8; 200_000];
        for place in [5_usize, 200_000 - STEP - 1, 60_000] {
            content[place..place + 2].copy_from_slice(&[0xff, 0xd9]);
            let mut bytes = Bytes::of_memory(&content);
            assert_eq!(bytes.last_of(&[0xff, 0xd9], 3).unwrap(), Some(place as u64));
            assert_eq!(bytes.last_of(&[0xff, 0xd9], place as u64 + 1).unwrap(), None);
            content[place..place + 2].fill(0);
        }
    }
}
