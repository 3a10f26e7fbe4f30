//! Pairs of duplicates for the trace: `{"dup1": the row that stays, "dup2": the one that goes}`.
//!
//! The two may be far apart, so both kinds are spooled to disk while chunks go by and paired at the
//! end; only positions are held in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use lagar_core::{CoreError, fsio};

use crate::EngineError;
use crate::lines::Appending;

/// Pairs of one deduplicator.
#[derive(Debug)]
pub(crate) struct Pairs {
    leaders_path: PathBuf,
    duplicates_path: PathBuf,
    leaders: BufWriter<File>,
    duplicates: BufWriter<File>,
    written: u64,
    /// Where each leader's JSON is.
    places: BTreeMap<(u64, u32), (u64, u64)>,
}

fn create(path: &Path) -> Result<BufWriter<File>, EngineError> {
    Ok(BufWriter::new(File::create(path).map_err(CoreError::file("create", path))?))
}

impl Pairs {
    pub(crate) fn create(spill: &Path, operator: usize) -> Result<Self, EngineError> {
        fsio::make_folder(spill)?;
        let leaders_path = spill.join(format!("leaders-{operator}.jsonl"));
        let duplicates_path = spill.join(format!("duplicates-{operator}.jsonl"));
        Ok(Self {
            leaders: create(&leaders_path)?,
            duplicates: create(&duplicates_path)?,
            leaders_path,
            duplicates_path,
            written: 0,
            places: BTreeMap::new(),
        })
    }

    /// Takes rows that others repeat, as `row,part<TAB>JSON` lines.
    pub(crate) fn leaders(&mut self, lines: &[u8]) -> Result<(), EngineError> {
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            let Some((named, json)) = split_name(line) else {
                continue;
            };
            self.places.insert(named, (self.written, json.len() as u64));
            self.written += json.len() as u64;
            self.leaders.write_all(json).map_err(CoreError::file("write", &self.leaders_path))?;
        }
        Ok(())
    }

    /// Takes rows that repeat another, as `row,part<TAB>JSON` lines naming that one.
    pub(crate) fn duplicates(&mut self, lines: &[u8]) -> Result<(), EngineError> {
        let wrote = self.duplicates.write_all(lines);
        Ok(wrote.map_err(CoreError::file("write", &self.duplicates_path))?)
    }

    /// Writes the pairs, in the order of the rows that go, at most `limit` of them.
    pub(crate) fn finish(mut self, path: &Path, limit: Option<u64>) -> Result<(), EngineError> {
        self.leaders.flush().map_err(CoreError::file("write", &self.leaders_path))?;
        self.duplicates.flush().map_err(CoreError::file("write", &self.duplicates_path))?;
        let mut leaders = fsio::open(&self.leaders_path)?;
        let mut duplicates = BufReader::new(fsio::open(&self.duplicates_path)?);
        let mut pairs = Appending::create(path)?;
        let mut line = Vec::new();
        let mut written = 0;
        while limit.is_none_or(|limit| written < limit) {
            line.clear();
            let read = duplicates.read_until(b'\n', &mut line);
            if read.map_err(CoreError::file("read", &self.duplicates_path))? == 0 {
                break;
            }
            let Some((named, json)) = split_name(&line) else {
                continue;
            };
            let Some((start, length)) = self.places.get(&named) else {
                continue;
            };
            let mut leader = vec![0; *length as usize];
            leaders
                .seek(SeekFrom::Start(*start))
                .and_then(|_| leaders.read_exact(&mut leader))
                .map_err(CoreError::file("read", &self.leaders_path))?;
            pairs.push(b"{\"dup1\":")?;
            pairs.push(leader.trim_ascii_end())?;
            pairs.push(b",\"dup2\":")?;
            pairs.push(json.trim_ascii_end())?;
            pairs.push(b"}\n")?;
            written += 1;
        }
        pairs.commit()
    }
}

/// `row,part<TAB>JSON` → the name and the JSON.
fn split_name(line: &[u8]) -> Option<((u64, u32), &[u8])> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let (row, part) = std::str::from_utf8(&line[..tab]).ok()?.split_once(',')?;
    Some(((row.parse().ok()?, part.parse().ok()?), &line[tab + 1..]))
}
