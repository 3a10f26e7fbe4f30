//! Operators that need all rows: they see only what they decide on, never the rows themselves.
//!
//! A pass leaves, per chunk, the positions of the rows that arrived and their signatures. From these a
//! global operator makes a file of decisions, chunk by chunk, which the next pass reads along with
//! the data. Sorting is DataFusion's, which spills to disk when memory is short.

mod batching;
mod duplicates;
mod frequent;
mod groups;
mod selection;
mod sort;

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, RecordBatch, UInt64Array};
use arrow::datatypes::UInt64Type;
use lagar_core::event::Event;
use lagar_core::{CoreError, Digest, fsio};
use lagar_ops::{Built, Candidates, Grouping, Kind, Operator};

use crate::decision::Repeats;
use crate::walk::{Finished, Global, Walk};
use crate::worker::arrivals_key;
use crate::{EngineError, ipc, store};

/// Decides for the global operator that ends pass `pass`, or finds its decisions.
///
/// # Errors
/// When the operator cannot decide, or a file of the run folder cannot be read or written.
pub fn decide(
    walk: &Walk<'_>,
    pass: usize,
    chunks: &[Finished],
) -> Result<Option<Global>, EngineError> {
    let Some(index) = walk.plan.passes[pass].global else {
        return Ok(None);
    };
    let operator = &walk.plan.operators[index].1;
    let chains = chunks.iter().map(|chunk| chunk.summary.chain.0.as_slice());
    let key = Digest::of_parts(chains).then(&operator.digest().0);
    let file = walk.store.decisions(index, key);
    let arrivals = Arrivals { walk, pass, chunks };
    let rows = arrivals.rows();
    if !file.exists() {
        walk.store.forget_decisions(index)?;
        match &operator.built {
            Built::Selector(selector) => {
                let choose = |candidates: Candidates<'_>| {
                    let selection = selector.select(candidates, walk.plan.seed);
                    selection.map_err(|source| failed(operator, index, source))
                };
                selection::write(&arrivals, choose, &file)?;
            }
            Built::Deduplicator(deduplicator) => match deduplicator.grouping() {
                Grouping::Exact => duplicates::write(&arrivals, operator, &file)?,
                Grouping::Frequent { more_than } => {
                    frequent::write(&arrivals, operator, more_than, &file)?;
                }
                grouping => groups::write(&arrivals, deduplicator.as_ref(), grouping, &file)?,
            },
            Built::Grouper(_) => batching::write(&arrivals, &file)?,
            Built::Filter(_) | Built::Mapper(_) => return Ok(None),
        }
    }
    let (kept, notes) = crate::decision::count_kept(&file)?;
    let wanted = notes.repeats;
    let repeats = (wanted > 0).then_some(Repeats { wanted, period: rows });
    if let Some(warning) = notes.warning {
        let message = format!("`{}`: {warning}", operator.name());
        walk.listener.hear(&Event::Warning { message });
    }
    walk.listener.hear(&Event::GlobalFinished {
        operator: operator.name().to_owned(),
        index,
        rows,
        kept,
    });
    let summary = format!("{kept} of {rows} rows");
    let (frequent, groups) = (notes.frequent.map(Arc::new), notes.groups.map(Arc::new));
    Ok(Some(Global { operator: index, file, key, summary, repeats, frequent, groups }))
}

fn failed(operator: &Arc<Operator>, index: usize, source: lagar_ops::OperatorError) -> EngineError {
    EngineError::Operator { index, operator: operator.name().to_owned(), first_row: 0, source }
}

/// The rows that arrived at a global operator, chunk by chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrivals<'a> {
    walk: &'a Walk<'a>,
    pass: usize,
    chunks: &'a [Finished],
}

impl Arrivals<'_> {
    /// How many rows arrived.
    pub(crate) fn rows(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.summary.alive).sum()
    }

    /// How many rows of each chunk arrived.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = usize> {
        self.chunks.iter().map(|chunk| chunk.summary.alive as usize)
    }

    /// The columns of each chunk: `row`, `part`, perhaps `rank`, perhaps `signature`.
    ///
    /// The iterator owns what it needs, so that a sort may pull from it.
    pub(crate) fn columns(
        &self,
    ) -> impl Iterator<Item = Result<RecordBatch, EngineError>> + Send + use<> {
        let place = |chunk: &Finished| {
            (self.walk.store.deltas(self.pass, chunk.chunk), arrivals_key(chunk.summary.chain))
        };
        let places: Vec<_> = self.chunks.iter().map(place).collect();
        places.into_iter().map(|(path, key)| {
            let sections = store::read(&path).unwrap_or_default();
            let section = sections.into_iter().find(|section| section.key == key);
            let section = section.ok_or_else(|| EngineError::RunFolder {
                path: path.clone(),
                message: "the list of arrived rows is missing; run again with --fresh".to_owned(),
            })?;
            Ok(ipc::from_bytes(&section.bytes)?)
        })
    }

    /// Whether an earlier selector has put the rows into another order than the input's.
    pub(crate) fn are_ranked(&self) -> bool {
        let selects = |global: &Global| {
            self.walk.plan.operators[global.operator].1.info.kind == Kind::Selector
        };
        self.walk.globals.iter().any(selects)
    }

    /// The folder the query engine may spill to.
    pub(crate) fn spill(&self) -> Result<std::path::PathBuf, EngineError> {
        let folder = self.walk.store.spill();
        fsio::make_folder(&folder)?;
        Ok(folder)
    }
}

/// A column by name.
pub(crate) fn column<'a>(columns: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, CoreError> {
    columns.column_by_name(name).ok_or_else(|| CoreError::Column {
        column: name.to_owned(),
        expected: "a column of that name".to_owned(),
        got: "none".to_owned(),
    })
}

/// A column of 64-bit positions by name, if it is there.
pub(crate) fn positions(columns: &RecordBatch, name: &str) -> Option<UInt64Array> {
    let column: &ArrayRef = columns.column_by_name(name)?;
    column.as_primitive_opt::<UInt64Type>().cloned()
}
