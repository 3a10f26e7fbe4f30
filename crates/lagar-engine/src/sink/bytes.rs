//! Rows of JSON → files: lines or an array, compressed or not.

use std::io::{self, Write as _};
use std::path::PathBuf;

use flate2::write::GzEncoder;
use lagar_core::CoreError;

use super::plan::{Compression, ExportFormat, ExportPlan};
use super::shards::{Shard, ShardFile};
use crate::EngineError;

/// Writes rows of JSON, closing a file when the next row would make it too large.
///
/// Compressed files are measured by what the compressor has given out so far; it holds back some
/// hundred kilobytes, which a shard may go over its size by.
pub(super) struct JsonWriter {
    path: PathBuf,
    compression: Compression,
    array: bool,
    shard_bytes: u64,
    shard_rows: u64,
    open: Option<Open>,
    shards: Vec<Shard>,
}

struct Open {
    sink: Sink,
    rows: u64,
}

enum Sink {
    Plain(ShardFile),
    Gzip(GzEncoder<ShardFile>),
    Zstd(zstd::Encoder<'static, ShardFile>),
}

impl Sink {
    fn create(path: &std::path::Path, compression: Compression) -> Result<Self, EngineError> {
        let file = ShardFile::create(path)?;
        Ok(match compression {
            Compression::None => Self::Plain(file),
            Compression::Gzip => Self::Gzip(GzEncoder::new(file, flate2::Compression::new(6))),
            Compression::Zstd => {
                Self::Zstd(zstd::Encoder::new(file, 3).map_err(CoreError::file("compress", path))?)
            }
        })
    }

    fn bytes(&self) -> u64 {
        match self {
            Self::Plain(file) => file.bytes(),
            Self::Gzip(encoder) => encoder.get_ref().bytes(),
            Self::Zstd(encoder) => encoder.get_ref().bytes(),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.write_all(bytes),
            Self::Gzip(encoder) => encoder.write_all(bytes),
            Self::Zstd(encoder) => encoder.write_all(bytes),
        }
    }

    fn finish(self) -> io::Result<ShardFile> {
        match self {
            Self::Plain(file) => Ok(file),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl JsonWriter {
    pub(super) fn new(plan: &ExportPlan) -> Self {
        let compression = match plan.format {
            ExportFormat::JsonLines { compression } => compression,
            _ => Compression::None,
        };
        Self {
            path: plan.path.clone(),
            compression,
            array: !matches!(plan.format, ExportFormat::JsonLines { .. }),
            shard_bytes: plan.shard_bytes,
            shard_rows: plan.shard_rows,
            open: None,
            shards: Vec::new(),
        }
    }

    /// Adds one row, without its line end.
    pub(super) fn push(&mut self, row: &[u8]) -> Result<(), EngineError> {
        if self.is_full(row.len() as u64) {
            self.close()?;
        }
        let (separator, end): (&[u8], &[u8]) = match (&self.open, self.array) {
            (_, false) => (b"", b"\n"),
            (None, true) => (b"[\n", b""),
            (Some(_), true) => (b",\n", b""),
        };
        let open = match &mut self.open {
            Some(open) => open,
            none => {
                none.insert(Open { sink: Sink::create(&self.path, self.compression)?, rows: 0 })
            }
        };
        for bytes in [separator, row, end] {
            open.sink.write(bytes).map_err(CoreError::file("write", &self.path))?;
        }
        open.rows += 1;
        Ok(())
    }

    fn is_full(&self, row: u64) -> bool {
        let Some(open) = &self.open else { return false };
        // A line end, or in an array the comma before and `\n]\n` behind.
        let around = if self.array { 5 } else { 1 };
        let bytes = open.sink.bytes() + row + around;
        (self.shard_rows > 0 && open.rows >= self.shard_rows)
            || (self.shard_bytes > 0 && bytes > self.shard_bytes)
    }

    fn close(&mut self) -> Result<(), EngineError> {
        let Some(Open { mut sink, rows }) = self.open.take() else {
            return Ok(());
        };
        let wrong = || CoreError::file("write", &self.path);
        if self.array {
            sink.write(b"\n]\n").map_err(wrong())?;
        }
        self.shards.push(sink.finish().map_err(wrong())?.seal(rows)?);
        Ok(())
    }

    /// The files; one without rows if there were none.
    pub(super) fn finish(mut self) -> Result<Vec<Shard>, EngineError> {
        self.close()?;
        if self.shards.is_empty() {
            let mut sink = Sink::create(&self.path, self.compression)?;
            if self.array {
                sink.write(b"[]\n").map_err(CoreError::file("write", &self.path))?;
            }
            let file = sink.finish().map_err(CoreError::file("write", &self.path))?;
            self.shards.push(file.seal(0)?);
        }
        Ok(self.shards)
    }
}
