//! What one chunk gives to the outputs of a run, stored until all chunks are there.

use std::collections::BTreeMap;
use std::path::Path;

use lagar_core::Digest;
use lagar_core::event::OperatorCount;
use serde::{Deserialize, Serialize};

use crate::EngineError;
use crate::store::{self, Section};

/// The numbers of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Rows of the chunk as read, bad ones included.
    pub rows: u64,
    /// Rows the reader left out because they have no text.
    pub without_text: u64,
    /// Rows the reader put aside.
    pub unreadable: u64,
    /// Rows that reached the end of the pass.
    pub alive: u64,
    /// What each operator of the pass did.
    pub counts: Vec<OperatorCount>,
    /// Whether an operator of this or an earlier pass put a row aside; such a chunk is worked on again
    /// in the next run, since the picture may be there by then.
    pub faulty: bool,
    /// The digest of everything that led to the rows at the end of the pass.
    pub chain: Digest,
}

/// A chunk's share of the outputs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChunkOutput {
    /// The numbers.
    pub summary: Summary,
    /// Exported rows: JSON lines, or an Arrow stream.
    pub export: Vec<u8>,
    /// One line of statistics per exported row.
    pub stats: Vec<u8>,
    /// Ledger entries, as an Arrow stream.
    pub ledger: Vec<u8>,
    /// The output place of each exported row, where an operator changed the order.
    pub ranks: Vec<u64>,
    /// Trace lines per operator.
    pub traces: BTreeMap<usize, Vec<u8>>,
    /// Rows that others are duplicates of: `row,part<TAB>JSON` lines per operator.
    pub leaders: BTreeMap<usize, Vec<u8>>,
    /// Dropped duplicates: `row,part<TAB>JSON` lines per operator, naming their leader.
    pub duplicates: BTreeMap<usize, Vec<u8>>,
    /// Rows put aside, as JSON lines.
    pub quarantine: Vec<u8>,
}

/// The names of sections that occur once per operator.
const TRACE: &str = "trace";
const LEADERS: &str = "leaders";
const DUPLICATES: &str = "duplicates";

impl ChunkOutput {
    /// Stores the share under `key`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path, key: Digest) -> Result<(), EngineError> {
        let ranks: Vec<u8> = self.ranks.iter().flat_map(|rank| rank.to_le_bytes()).collect();
        let summary = serde_json::to_vec(&self.summary).unwrap_or_default();
        let mut sections = vec![Section { key, bytes: summary }];
        let mut put = |name: &str, bytes: &[u8]| {
            if !bytes.is_empty() {
                let key = Digest::of(name.as_bytes());
                sections.push(Section { key, bytes: bytes.to_vec() });
            }
        };
        put("export", &self.export);
        put("stats", &self.stats);
        put("ledger", &self.ledger);
        put("ranks", &ranks);
        put("quarantine", &self.quarantine);
        for (name, lines) in
            [(TRACE, &self.traces), (LEADERS, &self.leaders), (DUPLICATES, &self.duplicates)]
        {
            for (operator, lines) in lines {
                put(&format!("{name} {operator}"), lines);
            }
        }
        store::write(path, &sections)
    }

    /// The share stored under `key`, or `None`; `operators` is how many the recipe has.
    pub fn read(path: &Path, key: Digest, operators: usize) -> Option<Self> {
        let mut sections = store::read(path)?.into_iter();
        let first = sections.next().filter(|section| section.key == key)?;
        let summary = serde_json::from_slice(&first.bytes).ok()?;
        let mut bytes: BTreeMap<Digest, Vec<u8>> =
            sections.map(|section| (section.key, section.bytes)).collect();
        let mut take = |name: &str| bytes.remove(&Digest::of(name.as_bytes())).unwrap_or_default();
        let ranks = take("ranks");
        let (ranks, _) = ranks.as_chunks::<8>();
        let mut output = Self {
            summary,
            export: take("export"),
            stats: take("stats"),
            ledger: take("ledger"),
            ranks: ranks.iter().map(|rank| u64::from_le_bytes(*rank)).collect(),
            quarantine: take("quarantine"),
            ..Self::default()
        };
        for operator in 0..operators {
            for (name, lines) in [
                (TRACE, &mut output.traces),
                (LEADERS, &mut output.leaders),
                (DUPLICATES, &mut output.duplicates),
            ] {
                let found = take(&format!("{name} {operator}"));
                if !found.is_empty() {
                    lines.insert(operator, found);
                }
            }
        }
        Some(output)
    }
}
