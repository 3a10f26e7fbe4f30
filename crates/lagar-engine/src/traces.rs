//! The trace files of a run: per operator, the rows it dropped or changed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::{fs, io};

use lagar_core::fsio::{AtomicFile, Durability};
use lagar_core::{CoreError, fsio};

use crate::EngineError;
use crate::assemble::Assembly;
use crate::lines::Appending;
use crate::output::ChunkOutput;
use crate::pairs::Pairs;

/// The trace files of all operators.
pub(crate) struct Traces<'a> {
    assembly: &'a Assembly<'a>,
    files: BTreeMap<usize, (Appending, u64)>,
    pairs: BTreeMap<usize, Pairs>,
}

impl<'a> Traces<'a> {
    /// One file per traced operator, also where it has nothing to say: an empty file is an answer.
    pub(crate) fn create(assembly: &'a Assembly<'a>) -> Result<Self, EngineError> {
        let mut traces = Self { assembly, files: BTreeMap::new(), pairs: BTreeMap::new() };
        for (operator, name) in assembly.plan.names.iter().enumerate() {
            if assembly.plan.trace.wants(name) {
                traces.append(operator, &[])?;
            }
        }
        Ok(traces)
    }

    pub(crate) fn push(&mut self, outputs: &[ChunkOutput]) -> Result<(), EngineError> {
        for output in outputs {
            for (operator, lines) in &output.traces {
                self.append(*operator, lines)?;
            }
            if !self.assembly.plan.trace.open {
                continue;
            }
            for (operator, lines) in &output.leaders {
                self.pairs_of(*operator)?.leaders(lines)?;
            }
            for (operator, lines) in &output.duplicates {
                self.pairs_of(*operator)?.duplicates(lines)?;
            }
        }
        Ok(())
    }

    fn append(&mut self, operator: usize, lines: &[u8]) -> Result<(), EngineError> {
        let (file, written) = match self.files.entry(operator) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let path = trace_path(self.assembly, operator, "sample_trace");
                entry.insert((Appending::create(&path)?, 0))
            }
        };
        let Some(limit) = self.assembly.plan.trace.limit else {
            return file.push(lines);
        };
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            if *written == limit {
                break;
            }
            file.push(line)?;
            *written += 1;
        }
        Ok(())
    }

    fn pairs_of(&mut self, operator: usize) -> Result<&mut Pairs, EngineError> {
        Ok(match self.pairs.entry(operator) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                entry.insert(Pairs::create(&self.assembly.store.spill(), operator)?)
            }
        })
    }

    /// Makes the traces appear, and those of an earlier recipe in this folder disappear.
    pub(crate) fn commit(self) -> Result<(), EngineError> {
        let assembly = self.assembly;
        let mut written = Vec::new();
        for (operator, (file, _)) in self.files {
            file.commit()?;
            let path = trace_path(assembly, operator, "sample_trace");
            let kind = assembly.plan.operators[operator].1.info.kind;
            if assembly.plan.legacy_traces && !kind.is_global() {
                let legacy = trace_path(assembly, operator, kind.name());
                copy(&path, &legacy)?;
                written.push(legacy);
            }
            written.push(path);
        }
        for (operator, pairs) in self.pairs {
            let path = trace_path(assembly, operator, "duplicate");
            pairs.finish(&path, assembly.plan.trace.limit)?;
            written.push(path);
        }
        let folder = assembly.paths.folder.join("trace");
        if folder.is_dir() {
            for file in fsio::list_files(&folder)?.iter().filter(|file| !written.contains(file)) {
                fs::remove_file(file).map_err(CoreError::file("remove", file))?;
            }
        }
        Ok(())
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), EngineError> {
    let mut source = fsio::open(from)?;
    let mut target = AtomicFile::create(to)?;
    io::copy(&mut source, &mut target).map_err(CoreError::file("write", to))?;
    Ok(target.commit(Durability::Synced)?)
}

/// `trace/sample_trace-NAME.jsonl`; a name that the recipe has twice gets its number.
fn trace_path(assembly: &Assembly<'_>, operator: usize, kind: &str) -> PathBuf {
    let name = assembly.plan.names[operator];
    let nth = assembly.plan.names[..=operator].iter().filter(|other| **other == name).count();
    let number = if nth > 1 { format!("-{nth}") } else { String::new() };
    assembly.paths.folder.join(format!("trace/{kind}-{name}{number}.jsonl"))
}
