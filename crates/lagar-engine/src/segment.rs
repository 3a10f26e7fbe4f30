//! One chunk through a run of row-local operators: the pure function at the heart of a run.
//!
//! Its result depends on the chunk, the operators' parameters and versions, and the seed; on nothing
//! else. So finished work can be recognised by key, threads can take chunks in any order, and another
//! machine would give the same rows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{BooleanArray, UInt32Array};
use lagar_core::event::OperatorCount;
use lagar_core::row::write_fields;
use lagar_core::{Batch, Digest};
use lagar_ops::{Built, Context, Mapped, Operator, PRIVATE, Reason, Stats};

use crate::EngineError;
use crate::delta::{Delta, PRIORITY, SIGNATURE};
use crate::fields;
use crate::record::Records;
use crate::store::Section;

/// A chunk on its way through the operators.
#[derive(Debug)]
pub struct Travel {
    /// The rows that are still there.
    pub batch: Batch,
    /// The digest of everything that led here.
    pub chain: Digest,
    /// Position of the chunk's first row, for messages.
    pub first_row: u64,
    /// How many operators have made several rows of one, so that parts get numbers of their own.
    pub generation: u32,
}

impl Travel {
    /// The rows of a chunk as they were read.
    pub fn new(batch: Batch, chain: Digest, first_row: u64) -> Self {
        Self { batch, chain, first_row, generation: 0 }
    }
}

/// Results kept from an earlier run, by key.
pub type Kept = BTreeMap<Digest, Vec<u8>>;

/// What a step of the way leaves behind beside the rows.
#[derive(Debug)]
pub struct Steps {
    /// The operators' results, to be kept.
    pub sections: Vec<Section>,
    /// What each operator did.
    pub counts: Vec<OperatorCount>,
    /// How many results were taken from an earlier run.
    pub reused: usize,
    /// Whether no row had to be put aside.
    pub clean: bool,
}

/// Sends a chunk through the operators `range` of a recipe.
///
/// `records`, if given, takes down every row that leaves; a replay of an earlier pass has none.
///
/// # Errors
/// When an operator fails as a whole, or a column cannot be built.
pub fn run(
    travel: &mut Travel,
    operators: &[(usize, Arc<Operator>)],
    kept: &Kept,
    context: &Context<'_>,
    mut records: Option<&mut Records<'_>>,
) -> Result<Steps, EngineError> {
    let mut steps = Steps { sections: Vec::new(), counts: Vec::new(), reused: 0, clean: true };
    for operator in operators {
        step(travel, operator, kept, context, (&mut steps, records.as_deref_mut()))?;
    }
    Ok(steps)
}

/// One operator's turn.
fn step(
    travel: &mut Travel,
    (index, operator): &(usize, Arc<Operator>),
    kept: &Kept,
    context: &Context<'_>,
    (steps, records): (&mut Steps, Option<&mut Records<'_>>),
) -> Result<(), EngineError> {
    let started = Instant::now();
    let key = travel.chain.then(&operator.measure_digest().0);
    let rows = travel.batch.len() as u64;
    let view = fields::view(&travel.batch, operator, context)?;
    let stored = kept.get(&key).and_then(|bytes| Some((Delta::from_bytes(bytes).ok()?, bytes)));
    let reused = stored.is_some();
    let delta = if let Some((delta, bytes)) = stored {
        steps.sections.push(Section { key, bytes: bytes.clone() });
        steps.reused += 1;
        delta
    } else {
        let measured = Delta::measure(operator, view.batch(), &view.context(context));
        let delta = measured.map_err(|source| EngineError::Operator {
            index: *index,
            operator: operator.name().to_owned(),
            first_row: travel.first_row,
            source,
        })?;
        if delta.faults.is_empty() {
            steps.sections.push(Section { key, bytes: delta.to_bytes()? });
        }
        delta
    };
    // Faults come from outside (a missing picture), so what follows from them is another story.
    let faults = delta.faults.iter().flat_map(|fault| (fault.index as u64).to_le_bytes());
    let faults: Vec<u8> = faults.collect();
    let mut count = OperatorCount { index: *index, rows, ..OperatorCount::default() };
    let splits = delta.mapped.as_ref().is_some_and(|mapped| mapped.parents.is_some());
    let told = Told { generation: travel.generation, count: &mut count, records };
    travel.batch = apply(&travel.batch, &view, operator, delta, told)?;
    travel.generation += u32::from(splits);
    travel.chain = travel.chain.then(&operator.digest().0);
    if !faults.is_empty() {
        travel.chain = travel.chain.then(&faults);
        steps.clean = false;
    }
    count.kept = travel.batch.len() as u64;
    count.secs = if reused { 0.0 } else { started.elapsed().as_secs_f64() };
    steps.counts.push(count);
    Ok(())
}

/// What is told of a step beside its rows.
pub(crate) struct Told<'t, 'r> {
    /// How many operators before have made several rows of one.
    pub(crate) generation: u32,
    /// What the operator did.
    pub(crate) count: &'t mut OperatorCount,
    /// Who takes down rows that leave.
    pub(crate) records: Option<&'t mut Records<'r>>,
}

/// Applies an operator's result: puts faulty rows aside, adds columns, drops and changes rows.
fn apply(
    batch: &Batch,
    view: &fields::View<'_>,
    operator: &Operator,
    delta: Delta,
    mut told: Told<'_, '_>,
) -> Result<Batch, EngineError> {
    let index = told.count.index;
    told.count.quarantined = delta.faults.len() as u64;
    let mut next = batch.clone();
    let key = match &operator.built {
        Built::Deduplicator(deduplicator) => Some(deduplicator.hash_key()),
        _ => None,
    };
    for mut column in delta.columns {
        if column.key == SIGNATURE {
            key.unwrap_or(SIGNATURE).clone_into(&mut column.key);
            next.hashes.push(column);
        } else if key.is_some() {
            let known = next.hashes.iter().any(|hash| hash.key == column.key);
            if !known || column.key == PRIORITY {
                next.hashes.push(column);
            }
        } else {
            next.stats.push(column);
        }
    }
    let sound = sound_rows(batch.len(), &delta.faults);
    if let Some(sound) = &sound {
        if let Some(records) = told.records.as_deref_mut() {
            records.quarantine(batch, index, &delta.faults)?;
        }
        if delta.mapped.is_none() {
            next = next.filter(sound)?;
        }
    }
    match (&operator.built, delta.mapped) {
        (Built::Filter(filter), _) => {
            let stats = Stats::new(&next.stats, next.len());
            let verdicts = filter.keep(&stats, operator.common.interval());
            next.stats.retain(|stat| !stat.key.starts_with(PRIVATE));
            drop_rows(next, &verdicts.keep, verdicts.reasons, index, told.records)
        }
        (_, Some(mapped)) => change_rows(batch, view, mapped, sound.as_ref(), told),
        _ => Ok(next),
    }
}

fn sound_rows(rows: usize, faults: &[lagar_ops::Fault]) -> Option<BooleanArray> {
    if faults.is_empty() {
        return None;
    }
    let mut sound = vec![true; rows];
    for fault in faults {
        sound[fault.index] = false;
    }
    Some(BooleanArray::from(sound))
}

fn drop_rows(
    batch: Batch,
    keep: &[bool],
    reasons: Vec<(usize, Reason)>,
    operator: usize,
    records: Option<&mut Records<'_>>,
) -> Result<Batch, EngineError> {
    if reasons.is_empty() {
        return Ok(batch);
    }
    if let Some(records) = records {
        records.drop_rows(&batch, operator, reasons)?;
    }
    Ok(batch.filter(&BooleanArray::from(keep.to_vec()))?)
}

/// Applies what a mapper made of rows.
pub(crate) fn change_rows(
    batch: &Batch,
    view: &fields::View<'_>,
    mapped: Mapped,
    sound: Option<&BooleanArray>,
    told: Told<'_, '_>,
) -> Result<Batch, EngineError> {
    let Told { generation, count, mut records } = told;
    let index = count.index;
    if let (Some(parents), Some(records)) = (&mapped.parents, records.as_deref_mut()) {
        record_vanished(batch, parents, sound, index, records)?;
    }
    let parents = match (mapped.parents, sound) {
        (Some(parents), _) => Some(UInt32Array::from(parents)),
        // Rows stay one to one, but the texts of faulty ones mean nothing.
        (None, Some(sound)) => {
            let rows = (0..batch.len() as u32).filter(|row| sound.value(*row as usize));
            Some(rows.collect())
        }
        (None, None) => None,
    };
    let mut next = match &parents {
        Some(parents) => renumber(batch.take(parents)?, parents, generation),
        None => batch.clone(),
    };
    let mut touched = vec![false; next.len()];
    if let Some(text) = mapped.text {
        let before = view.batch();
        let old = |row: usize| {
            let row = parents.as_ref().map_or(row, |parents| parents.value(row) as usize);
            before.text.value(row)
        };
        let changed: Vec<bool> = (0..next.len()).map(|row| text.value(row) != old(row)).collect();
        note(&mut touched, changed.iter().copied());
        if let Some(records) = records {
            let rows = (0..next.len()).filter(|row| changed[*row]);
            let changes: Vec<_> = rows.map(|row| (row, old(row), text.value(row))).collect();
            records.changes(&next, count.index, &changes)?;
        }
        next = view.write_text(next, &text, &changed)?;
    }
    if let Some(images) = mapped.images {
        let changed: Vec<bool> =
            (0..next.len()).map(|row| images.value(row) != next.images.value(row)).collect();
        note(&mut touched, changed.iter().copied());
        let edited: BooleanArray = changed
            .into_iter()
            .zip(next.images_edited.values())
            .map(|(changed, before)| Some(changed || before))
            .collect();
        next.images = images;
        next.images_edited = edited;
    }
    for edit in &mapped.fields {
        note(&mut touched, edit.values.iter().map(Option::is_some));
    }
    if !mapped.fields.is_empty() {
        next = write_fields(next, &mapped.fields, view.keys())?;
    }
    count.changed = touched.iter().filter(|touched| **touched).count() as u64;
    Ok(next)
}

/// Adds the rows that changed in one more way.
fn note(touched: &mut [bool], changed: impl Iterator<Item = bool>) {
    for (touched, changed) in touched.iter_mut().zip(changed) {
        *touched |= changed;
    }
}

/// Takes down the rows that a mapper made nothing of.
fn record_vanished(
    batch: &Batch,
    parents: &[u32],
    sound: Option<&BooleanArray>,
    operator: usize,
    records: &mut Records<'_>,
) -> Result<(), EngineError> {
    let is_sound = |row: usize| sound.is_none_or(|sound| sound.value(row));
    let gone = |row: &usize| is_sound(*row) && parents.binary_search(&(*row as u32)).is_err();
    let reason = || Reason {
        statistic: "rows made of it".to_owned(),
        value: "0".to_owned(),
        threshold: ">= 1".to_owned(),
    };
    let vanished = (0..batch.len()).filter(gone).map(|row| (row, reason())).collect();
    records.drop_rows(batch, operator, vanished)
}

/// How many low bits of a part count children; those above are the generation.
const GENERATION_SHIFT: u32 = 24;

/// Gives the children of one row parts of their own, in order; an only child keeps its parent's.
///
/// The first operator that splits numbers from 0. A later one must not take numbers that the ledger
/// may have of parts that were dropped meanwhile, so its numbers start at 2²⁴ times its turn.
fn renumber(mut batch: Batch, parents: &UInt32Array, generation: u32) -> Batch {
    let parents = parents.values();
    let mut parts: Vec<u32> = batch.part.values().to_vec();
    let mut next = generation << GENERATION_SHIFT;
    for index in 0..parts.len() {
        let is_child_of = |other: usize| parents.get(other) == Some(&parents[index]);
        if index > 0 && batch.row.value(index) != batch.row.value(index - 1) {
            next = generation << GENERATION_SHIFT;
        }
        if is_child_of(index + 1) || (index > 0 && is_child_of(index - 1)) {
            parts[index] = next;
            next += 1;
        }
    }
    batch.part = UInt32Array::from(parts);
    batch
}
