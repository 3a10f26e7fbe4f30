//! Taking down what happens to rows while a chunk is worked on: ledger entries and trace lines.

use std::collections::BTreeMap;

use lagar_core::row::{FaultKind, RowFault, RowWriter, write_string};
use lagar_core::{Batch, RowKeys};
use lagar_ops::{Fault, Reason};

use crate::EngineError;
use crate::ledger::{Entry, Outcome};
use crate::source::RawChunk;

/// Which trace lines a run wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct TraceWish {
    /// Whether traces are written at all.
    pub open: bool,
    /// The most lines per operator; `None` for all.
    pub limit: Option<u64>,
    /// Only these operators, if not empty.
    pub operators: Vec<String>,
    /// Fields to show beside changed texts.
    pub keys: Vec<String>,
}

impl TraceWish {
    /// Whether the operator of that name is traced.
    pub fn wants(&self, operator: &str) -> bool {
        let chosen =
            self.operators.is_empty() || self.operators.iter().any(|name| name == operator);
        self.open && chosen
    }
}

/// What is taken down for one chunk.
#[derive(Debug)]
pub struct Records<'a> {
    chunk: &'a RawChunk,
    keys: &'a RowKeys,
    wish: &'a TraceWish,
    operators: &'a [&'a str],
    /// Ledger entries.
    pub entries: Vec<Entry>,
    /// Per operator, lines of its trace.
    pub traces: BTreeMap<usize, Vec<u8>>,
    /// Per deduplicator, rows that others repeat: `row,part<TAB>JSON` lines.
    pub leaders: BTreeMap<usize, Vec<u8>>,
    /// Per deduplicator, rows that repeat another: `row,part<TAB>JSON` lines naming that one.
    pub duplicates: BTreeMap<usize, Vec<u8>>,
    /// Rows that were put aside, with the reason, as JSON lines.
    pub quarantine: Vec<u8>,
    lines: BTreeMap<usize, u64>,
}

impl<'a> Records<'a> {
    /// Nothing yet, for one chunk. `operators` are the names of the recipe's operators.
    pub fn new(
        chunk: &'a RawChunk,
        keys: &'a RowKeys,
        wish: &'a TraceWish,
        operators: &'a [&'a str],
    ) -> Self {
        Self {
            chunk,
            keys,
            wish,
            operators,
            entries: Vec::new(),
            traces: BTreeMap::new(),
            leaders: BTreeMap::new(),
            duplicates: BTreeMap::new(),
            quarantine: Vec::new(),
            lines: BTreeMap::new(),
        }
    }

    fn line_of(&self, row: u64) -> u64 {
        let place = (row - self.chunk.first_row) as usize;
        self.chunk.lines.get(place).copied().unwrap_or_default()
    }

    fn entry(&self, batch: &Batch, index: usize, outcome: Outcome) -> Entry {
        use arrow::array::Array as _;
        let row = batch.row.value(index);
        Entry {
            row,
            part: batch.part.value(index),
            id: batch.id.is_valid(index).then(|| batch.id.value(index).to_owned()),
            line: self.line_of(row),
            outcome,
            operator: None,
            reason: None,
            message: None,
        }
    }

    /// Takes down lines that did not become rows.
    pub fn load_faults(&mut self, faults: &[RowFault]) {
        for fault in faults {
            let outcome = match fault.kind {
                FaultKind::NoText => Outcome::Dropped,
                FaultKind::Malformed | FaultKind::WrongType => Outcome::Quarantined,
            };
            let line = self.line_of(fault.row);
            if outcome == Outcome::Quarantined {
                let source = self.chunk.row_text(fault.line);
                self.put_aside(fault.row, fault.id.as_deref(), None, &fault.message, &source);
            }
            self.entries.push(Entry {
                row: fault.row,
                part: 0,
                id: fault.id.clone(),
                line,
                outcome,
                operator: None,
                reason: None,
                message: Some(fault.message.clone()),
            });
        }
    }

    /// Takes down rows that an operator could not work on.
    ///
    /// # Errors
    /// When a row cannot be written as JSON.
    pub fn quarantine(
        &mut self,
        batch: &Batch,
        operator: usize,
        faults: &[Fault],
    ) -> Result<(), EngineError> {
        let writer = RowWriter::new(batch, self.keys)?;
        for fault in faults {
            let mut entry = self.entry(batch, fault.index, Outcome::Quarantined);
            entry.operator = Some(operator);
            entry.message = Some(fault.message.clone());
            let mut source = Vec::new();
            writer.write(fault.index, &mut source);
            let source = String::from_utf8_lossy(&source);
            self.put_aside(entry.row, entry.id.as_deref(), Some(operator), &fault.message, &source);
            self.entries.push(entry);
        }
        Ok(())
    }

    fn put_aside(
        &mut self,
        row: u64,
        id: Option<&str>,
        operator: Option<usize>,
        message: &str,
        source: &str,
    ) {
        let operator = operator.map_or(crate::ledger::LOADER, |index| self.operators[index]);
        let line = serde_json::json!({
            "row": row,
            "id": id,
            "file": self.chunk.file.path.to_string_lossy(),
            "line": self.line_of(row),
            "operator": operator,
            "error": message,
            "source": source,
        });
        self.quarantine.extend_from_slice(line.to_string().as_bytes());
        self.quarantine.push(b'\n');
    }

    /// Takes down rows that an operator dropped; `reasons` are in row order.
    ///
    /// # Errors
    /// When a row cannot be written as JSON.
    pub fn drop_rows(
        &mut self,
        batch: &Batch,
        operator: usize,
        reasons: Vec<(usize, Reason)>,
    ) -> Result<(), EngineError> {
        let writer = RowWriter::new(batch, self.keys)?.with_stats(true);
        for (index, reason) in reasons {
            if self.wants(operator) {
                let lines = self.traces.entry(operator).or_default();
                writer.write(index, lines);
                lines.push(b'\n');
            }
            let mut entry = self.entry(batch, index, Outcome::Dropped);
            entry.operator = Some(operator);
            entry.reason = Some(reason);
            self.entries.push(entry);
        }
        Ok(())
    }

    /// Takes down texts that an operator changed: place of the row, text before, text after.
    ///
    /// # Errors
    /// When a row cannot be written as JSON.
    pub fn changes(
        &mut self,
        batch: &Batch,
        operator: usize,
        changes: &[(usize, &str, &str)],
    ) -> Result<(), EngineError> {
        let writer = RowWriter::new(batch, self.keys)?;
        for (index, before, after) in changes {
            if self.wants(operator) {
                let line = self.change_line(&writer, *index, before, after);
                self.traces.entry(operator).or_default().extend_from_slice(&line);
            }
        }
        Ok(())
    }

    fn change_line(
        &self,
        writer: &RowWriter<'_>,
        index: usize,
        before: &str,
        after: &str,
    ) -> Vec<u8> {
        let mut line = b"{".to_vec();
        if !self.wish.keys.is_empty() {
            let mut row = Vec::new();
            writer.write(index, &mut row);
            let row: serde_json::Value = serde_json::from_slice(&row).unwrap_or_default();
            for key in &self.wish.keys {
                write_string(key, &mut line);
                line.push(b':');
                line.extend_from_slice(row[key.as_str()].to_string().as_bytes());
                line.push(b',');
            }
        }
        line.extend_from_slice(b"\"original_text\":");
        write_string(before, &mut line);
        line.extend_from_slice(b",\"processed_text\":");
        write_string(after, &mut line);
        line.extend_from_slice(b"}\n");
        line
    }

    /// Takes down groups of repeated rows: those that lead, and those that follow with their leader.
    ///
    /// # Errors
    /// When a row cannot be written as JSON.
    pub fn groups(
        &mut self,
        batch: &Batch,
        operator: usize,
        leaders: &[usize],
        followers: &[(usize, (u64, u32))],
    ) -> Result<(), EngineError> {
        let writer = RowWriter::new(batch, self.keys)?;
        let lines = self.leaders.entry(operator).or_default();
        for index in leaders {
            let named = (batch.row.value(*index), batch.part.value(*index));
            write_named(&writer, *index, named, lines);
        }
        let lines = self.duplicates.entry(operator).or_default();
        for (index, leader) in followers {
            write_named(&writer, *index, *leader, lines);
        }
        Ok(())
    }

    /// Takes down the rows that reached the end.
    pub fn keep_rows(&mut self, batch: &Batch) {
        for index in 0..batch.len() {
            let entry = self.entry(batch, index, Outcome::Kept);
            self.entries.push(entry);
        }
    }

    /// How many rows were put aside so far.
    pub fn quarantined(&self) -> usize {
        self.entries.iter().filter(|entry| entry.outcome == Outcome::Quarantined).count()
    }

    /// The first row that was put aside.
    pub fn first_quarantined(&self) -> Option<&Entry> {
        let aside = self.entries.iter().filter(|entry| entry.outcome == Outcome::Quarantined);
        aside.min_by_key(|entry| (entry.row, entry.part))
    }

    /// Whether one more trace line of an operator is wanted; counts it if so.
    fn wants(&mut self, operator: usize) -> bool {
        if !self.wish.wants(self.operators[operator]) {
            return false;
        }
        let lines = self.lines.entry(operator).or_default();
        *lines += 1;
        self.wish.limit.is_none_or(|limit| *lines <= limit)
    }
}

fn write_named(writer: &RowWriter<'_>, index: usize, (row, part): (u64, u32), lines: &mut Vec<u8>) {
    lines.extend_from_slice(format!("{row},{part}\t").as_bytes());
    writer.write(index, lines);
    lines.push(b'\n');
}
