//! One thread's share of a walk: chunk after chunk, from bytes to finished files.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};
use lagar_core::event::{Event, OperatorCount};
use lagar_core::row::{RowWriter, value_of};
use lagar_core::{Batch, CoreError, Digest, Origin, StatColumn, fsio};
use lagar_ops::picture::Pictures;
use lagar_ops::text::CutTexts;
use lagar_ops::{Built, Context, Operator};

use crate::delta::{PRIORITY, SIGNATURE};
use crate::output::{ChunkOutput, Summary};
use crate::plan::Plan;
use crate::record::Records;
use crate::segment::{self, Kept, Travel};
use crate::source::RawChunk;
use crate::store::{self, Section};
use crate::walk::{Finished, Global, Task, Walk};
use crate::{EngineError, fields, ipc, ledger};

/// One thread's share of a walk, with the pictures it has looked at.
#[derive(Debug)]
pub(crate) struct Worker<'a> {
    walk: &'a Walk<'a>,
    pass: usize,
    pictures: BTreeMap<PathBuf, Pictures>,
    cuts: CutTexts,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(walk: &'a Walk<'a>, pass: usize) -> Self {
        let cuts = CutTexts::shared_by(walk.plan.pieces_operators());
        Self { walk, pass, pictures: BTreeMap::new(), cuts }
    }

    /// Finishes a chunk, or finds it finished.
    ///
    /// # Errors
    /// When an operator fails as a whole, or a result cannot be stored.
    pub(crate) fn work(&mut self, task: &Task) -> Result<Finished, EngineError> {
        let Walk { plan, store, .. } = *self.walk;
        let chunk = &task.chunk;
        let pass = &plan.passes[self.pass];
        let start = plan.settings_digest().then(&chunk.digest()?.0);
        let chain = self.chain_at(start, self.pass + 1);
        let key = chain.then(&plan.output_digest().0);
        let path = store.output(self.pass, chunk.index);
        let done = ChunkOutput::read(&path, key, plan.operators.len())
            .filter(|output| !output.summary.faulty);
        if let Some(output) = done {
            let operators = plan.operators_of(pass).len();
            return Ok(self.finish(chunk, key, output.summary, operators));
        }
        let folder = chunk.file.folder().to_owned();
        let pictures = || {
            let pictures = Pictures::new(folder.clone()).shared_by(plan.pixel_operators());
            pictures.with_accept_truncated(plan.accept_truncated)
        };
        self.pictures.entry(folder.clone()).or_insert_with(pictures);
        let pictures = &self.pictures[&folder];
        let suffix = chunk.file.path.extension().map(|suffix| format!(".{}", suffix.display()));
        let suffix = suffix.unwrap_or_default();
        let (keys, tokens) = (&plan.keys, &plan.tokens);
        let (seed, cuts, suffix) = (plan.seed, &self.cuts, suffix.as_str());
        let context = Context { keys, tokens, seed, pictures, cuts, suffix };
        let (output, reused) = self.compute(task, start, &context)?;
        output.write(&path, key)?;
        Ok(self.finish(chunk, key, output.summary, reused))
    }

    /// The digest of everything that leads to the rows behind the passes before `pass`, as long as no
    /// row had to be put aside on the way.
    fn chain_at(&self, start: Digest, pass: usize) -> Digest {
        let Walk { plan, globals, .. } = *self.walk;
        let mut chain = start;
        for (place, walked) in plan.passes[..pass].iter().enumerate() {
            for (_, operator) in plan.operators_of(walked) {
                chain = chain.then(&operator.digest().0);
            }
            if let Some(global) = globals.get(place) {
                chain = chain.then(&global.key.0);
            }
        }
        chain
    }

    fn finish(&self, chunk: &RawChunk, key: Digest, summary: Summary, reused: usize) -> Finished {
        self.walk.listener.hear(&Event::ChunkFinished {
            pass: self.pass,
            chunk: chunk.index,
            rows: summary.rows,
            bytes: chunk.consumed,
            reused,
            operators: summary.counts.clone(),
        });
        Finished { chunk: chunk.index, key, summary }
    }

    fn compute(
        &self,
        task: &Task,
        start: Digest,
        context: &Context<'_>,
    ) -> Result<(ChunkOutput, usize), EngineError> {
        let Walk { plan, store, .. } = *self.walk;
        let chunk = &task.chunk;
        let mut records = Records::new(chunk, &plan.keys, &plan.trace, &plan.names);
        let (batch, faults) = chunk.parse(&plan.keys)?;
        let mut output = ChunkOutput::default();
        output.summary.rows = chunk.rows();
        if self.pass == 0 {
            records.load_faults(&faults);
            let aside = records.quarantined() as u64;
            output.summary.unreadable = aside;
            output.summary.without_text = faults.len() as u64 - aside;
            self.refuse_bad_rows(&records)?;
        }
        let mut travel = Travel::new(batch, start, chunk.first_row);
        self.replay(&mut travel, task, context, (&mut records, &mut output.summary))?;
        let pass = &plan.passes[self.pass];
        let kept = self.kept(self.pass, chunk.index);
        let operators = plan.operators_of(pass);
        let mut steps = segment::run(&mut travel, operators, &kept, context, Some(&mut records))?;
        output.summary.faulty |= !steps.clean;
        output.summary.chain = travel.chain;
        self.refuse_bad_rows(&records)?;
        if pass.global.is_some() {
            // The rows it drops are counted in the next pass, when its decisions are known.
            if let Some(count) = steps.counts.last_mut() {
                (count.rows, count.kept) = (0, 0);
            }
            steps.sections.push(arrivals(&travel, operators.last())?);
        }
        store::write(&store.deltas(self.pass, chunk.index), &steps.sections)?;
        output.summary.counts.extend(steps.counts);
        output.summary.alive = travel.batch.len() as u64;
        if pass.global.is_none() {
            records.keep_rows(&travel.batch);
            self.export(travel.batch, chunk, &mut output)?;
        }
        self.hand_over(records, chunk, &mut output)?;
        Ok((output, steps.reused))
    }

    /// Writes the rows that reached the end.
    fn export(
        &self,
        mut batch: Batch,
        chunk: &RawChunk,
        output: &mut ChunkOutput,
    ) -> Result<(), EngineError> {
        let Walk { plan, .. } = *self.walk;
        if plan.export.resolve_images {
            crate::export::resolve_images(&mut batch, &plan.keys, fsio::parent(&chunk.file.path));
        }
        if let Some(rank) = &batch.rank {
            output.ranks = rank.values().to_vec();
        }
        if plan.has_filters() {
            for index in 0..batch.len() {
                output.stats.extend_from_slice(b"{\"__dj__stats__\":");
                lagar_core::row::write_stats(&batch.stats, index, &mut output.stats);
                output.stats.extend_from_slice(b"}\n");
            }
        }
        let gathers = self.walk.globals.iter().any(|global| global.groups.is_some());
        if plan.export.columns && !gathers && matches!(batch.origin, Origin::Arrow(_)) {
            output.export = ipc::to_bytes(&crate::export::columns(&batch, plan)?)?;
            return Ok(());
        }
        let writer = RowWriter::new(&batch, &plan.keys)?
            .with_stats(plan.export.keep_stats)
            .with_hashes(plan.export.keep_hashes);
        for index in 0..batch.len() {
            writer.write(index, &mut output.export);
            output.export.push(b'\n');
        }
        Ok(())
    }

    /// Brings a chunk to where the pass begins: what earlier passes did to it, from their results,
    /// and what global operators decided. Only the last decisions are new to the records.
    fn replay(
        &self,
        travel: &mut Travel,
        task: &Task,
        context: &Context<'_>,
        (records, summary): (&mut Records<'_>, &mut Summary),
    ) -> Result<(), EngineError> {
        let Walk { plan, globals, .. } = *self.walk;
        for (earlier, (global, decisions)) in globals.iter().zip(&task.decisions).enumerate() {
            let operators = plan.operators_of(&plan.passes[earlier]);
            let kept = self.kept(earlier, task.chunk.index);
            let steps = segment::run(travel, operators, &kept, context, None)?;
            summary.faulty |= !steps.clean;
            let is_new = earlier + 1 == self.pass;
            let arrived = travel.batch.len() as u64;
            let kind = plan.operators[global.operator].1.info.kind;
            let told = (global.operator, kind, global.summary.as_str());
            let batch = travel.batch.clone();
            travel.batch = decisions.apply(batch, told, is_new.then_some(&mut *records))?;
            let mut count = OperatorCount { index: global.operator, ..OperatorCount::default() };
            cut(travel, plan, global, context, (&mut count, is_new.then_some(&mut *records)))?;
            travel.batch.hashes.retain(|hash| ![SIGNATURE, PRIORITY].contains(&hash.key.as_str()));
            travel.chain = travel.chain.then(&global.key.0);
            if is_new {
                (count.rows, count.kept) = (arrived, travel.batch.len() as u64);
                summary.counts.push(count);
            }
        }
        Ok(())
    }

    fn hand_over(
        &self,
        records: Records<'_>,
        chunk: &RawChunk,
        output: &mut ChunkOutput,
    ) -> Result<(), EngineError> {
        let file = chunk.file.path.to_string_lossy();
        let columns = ledger::to_columns(records.entries, &file, &self.walk.plan.names)?;
        output.ledger = ipc::to_bytes(&columns)?;
        output.traces = records.traces;
        output.leaders = records.leaders;
        output.duplicates = records.duplicates;
        output.quarantine = records.quarantine;
        Ok(())
    }

    fn kept(&self, pass: usize, chunk: u64) -> Kept {
        let sections = store::read(&self.walk.store.deltas(pass, chunk)).unwrap_or_default();
        sections.into_iter().map(|section| (section.key, section.bytes)).collect()
    }

    /// With `on_error: fail`, the first bad row ends the run.
    fn refuse_bad_rows(&self, records: &Records<'_>) -> Result<(), EngineError> {
        if !self.walk.plan.fail_on_error {
            return Ok(());
        }
        match records.first_quarantined() {
            Some(entry) => Err(EngineError::BadRow {
                row: entry.row,
                name: entry.id.clone().unwrap_or_else(|| format!("line {}", entry.line)),
                message: entry.message.clone().unwrap_or_default(),
            }),
            None => Ok(()),
        }
    }
}

/// The key of the section that lists the rows which arrived at a global operator.
pub(crate) fn arrivals_key(chain: Digest) -> Digest {
    chain.then(b"arrivals")
}

/// Two hashes that must both be equal as one; null where the first is.
fn joined(first: &StatColumn, second: Option<&StatColumn>) -> ArrayRef {
    let Some(second) = second else {
        return Arc::clone(&first.values);
    };
    let both = |row: usize| {
        let (one, two) = (value_of(&first.values, row), value_of(&second.values, row));
        (!one.is_null()).then(|| format!("{one} {two}"))
    };
    Arc::new((0..first.values.len()).map(both).collect::<StringArray>())
}

/// Takes out of texts what a deduplicator has found too often.
fn cut(
    travel: &mut Travel,
    plan: &Plan,
    global: &Global,
    context: &Context<'_>,
    (count, records): (&mut OperatorCount, Option<&mut Records<'_>>),
) -> Result<(), EngineError> {
    let operator = &plan.operators[global.operator].1;
    let (Some(frequent), Built::Deduplicator(deduplicator)) = (&global.frequent, &operator.built)
    else {
        return Ok(());
    };
    let key = deduplicator.hash_key();
    let view = fields::view(&travel.batch, operator, context)?;
    let hash = travel.batch.hashes.iter().find(|hash| hash.key == key);
    let mapped =
        hash.map(|hash| deduplicator.cut(view.batch(), &hash.values, frequent)).unwrap_or_default();
    let told = segment::Told { generation: travel.generation, count, records };
    let mut batch = segment::change_rows(&travel.batch, &view, mapped, None, told)?;
    batch.hashes.retain(|hash| hash.key != key);
    travel.batch = batch;
    Ok(())
}

/// The rows that arrived at a global operator, with what it decides on.
fn arrivals(
    travel: &Travel,
    global: Option<&(usize, Arc<Operator>)>,
) -> Result<Section, EngineError> {
    let batch = &travel.batch;
    let mut columns: Vec<(&str, ArrayRef)> =
        vec![("row", Arc::new(batch.row.clone())), ("part", Arc::new(batch.part.clone()))];
    if let Some(rank) = &batch.rank {
        columns.push(("rank", Arc::new(rank.clone())));
    }
    let hash = |key: &str| batch.hashes.iter().find(|hash| hash.key == key);
    let signature = match global.map(|(_, operator)| &operator.built) {
        Some(Built::Deduplicator(deduplicator)) => {
            let beside = deduplicator.beside_key().and_then(hash);
            hash(deduplicator.hash_key()).map(|first| joined(first, beside))
        }
        _ => hash(SIGNATURE).map(|hash| Arc::clone(&hash.values)),
    };
    columns.extend(signature.map(|values| (SIGNATURE, values)));
    columns.extend(hash(PRIORITY).map(|hash| (PRIORITY, Arc::clone(&hash.values))));
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, column)| Field::new(*name, column.data_type().clone(), true))
        .collect();
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    let columns = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
        .map_err(CoreError::arrow("arrivals"))?;
    Ok(Section { key: arrivals_key(travel.chain), bytes: ipc::to_bytes(&columns)? })
}
