//! The walk: every chunk through the operators, one after the other, from what the run keeps.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::BooleanArray;
use lagar_core::{Batch, Digest};
use lagar_engine::plan::Pass;
use lagar_engine::record::Records;
use lagar_engine::segment::{self, Kept, Travel};
use lagar_engine::source::RawChunk;
use lagar_engine::store::{self, Store};
use lagar_ops::picture::Pictures;
use lagar_ops::text::CutTexts;
use lagar_ops::{Context, Kind, Operator};

use super::Followed;
use super::followed::Following;
use crate::ExploreError;
use crate::diff::Edit;
use crate::measure::each_number;
use crate::profile::Example;
use crate::rows::{Source, row_at};

/// What was found on the way.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) rows: u64,
    pub(super) operators: Vec<Following>,
}

/// A walk in progress.
struct Walker<'a> {
    followed: Followed<'a>,
    /// Operator, row and part of what was dropped.
    dropped: &'a BTreeSet<(usize, u64, u32)>,
    store: Store,
    found: Found,
    /// From here on operators are not followed, because one before could not be.
    lost: usize,
}

/// Walks over all chunks.
pub(super) fn walk(
    followed: Followed<'_>,
    dropped: &BTreeSet<(usize, u64, u32)>,
) -> Result<Found, ExploreError> {
    let operators = followed.plan.operators.iter();
    let mut walker = Walker {
        followed,
        dropped,
        store: Store::new(&followed.run.folder),
        found: Found {
            rows: 0,
            operators: operators.map(|(_, operator)| Following::new(operator)).collect(),
        },
        lost: followed.plan.operators.len(),
    };
    for chunk in followed.data.chunks() {
        walker.chunk(&chunk?)?;
    }
    Ok(walker.found)
}

impl Walker<'_> {
    fn chunk(&mut self, chunk: &RawChunk) -> Result<(), ExploreError> {
        let plan = self.followed.plan;
        self.found.rows += chunk.rows();
        let folder = chunk.file.folder().to_owned();
        let pictures = Pictures::new(folder).with_accept_truncated(plan.accept_truncated);
        let suffix = chunk.file.path.extension().map(|suffix| format!(".{}", suffix.display()));
        let context = Context {
            keys: &plan.keys,
            tokens: &plan.tokens,
            seed: plan.seed,
            pictures: &pictures,
            cuts: &CutTexts::default(),
            suffix: &suffix.unwrap_or_default(),
        };
        let (batch, _) = chunk.parse(&plan.keys)?;
        let start = plan.settings_digest().then(&chunk.digest()?.0);
        let mut travel = Travel::new(batch, start, chunk.first_row);
        for (number, pass) in plan.passes.iter().enumerate() {
            let kept = kept(&self.store.deltas(number, chunk.index));
            for (index, operator) in plan.operators_of(pass) {
                if *index >= self.lost {
                    return Ok(());
                }
                self.operator((*index, operator), &mut travel, (chunk, &kept, &context));
            }
            if let Some(global) = global_of(pass, self.lost) {
                self.decide(global, &mut travel, chunk)?;
            }
        }
        Ok(())
    }

    /// One operator's turn on one chunk.
    fn operator(
        &mut self,
        (index, operator): (usize, &Arc<Operator>),
        travel: &mut Travel,
        (chunk, kept, context): (&RawChunk, &Kept, &Context<'_>),
    ) {
        let plan = self.followed.plan;
        let before = travel.batch.clone();
        let mut records = Records::new(chunk, &plan.keys, &plan.trace, &plan.names);
        let one = [(index, Arc::clone(operator))];
        if let Err(error) = segment::run(travel, &one, kept, context, Some(&mut records)) {
            self.found.operators[index].note = Some(format!("not followed: {error}"));
            self.lost = index;
            return;
        }
        let shown = self.followed.shown;
        for entry in std::mem::take(&mut records.entries) {
            let place = place_of(&before, entry.row, entry.part);
            let example = self.example(chunk, &before, place);
            let following = &mut self.found.operators[index];
            let by_number = following.dropped(&entry, shown, || example.clone());
            if !by_number && following.wants_examples() {
                let note = match (&entry.reason, &entry.message) {
                    (Some(reason), _) => format!("{} is {}", reason.statistic, reason.value),
                    (None, message) => message.clone().unwrap_or_default(),
                };
                following.examples.push(Example { note, ..example });
            }
        }
        match operator.info.kind {
            Kind::Filter => self.survivors(index, &travel.batch, chunk),
            Kind::Mapper => self.edits(index, (&before, &travel.batch), chunk),
            _ => {}
        }
    }

    /// The values of the rows that a filter kept.
    fn survivors(&mut self, index: usize, batch: &Batch, chunk: &RawChunk) {
        let shown = self.followed.shown;
        let mut judging = std::mem::take(&mut self.found.operators[index].judging);
        for one in &mut judging {
            let Some(column) = batch.stat(one.statistic()) else { continue };
            let column = Arc::clone(column);
            each_number(&column, &mut |place, value| {
                one.take(value, true, shown, || self.example(chunk, batch, Some(place)));
            });
        }
        self.found.operators[index].judging = judging;
    }

    /// Texts that a mapper changed.
    fn edits(&mut self, index: usize, (before, after): (&Batch, &Batch), chunk: &RawChunk) {
        for place in 0..after.len() {
            if !self.found.operators[index].wants_edits() {
                return;
            }
            let old = place_of(before, after.row.value(place), after.part.value(place));
            let Some(old) = old else { continue };
            if before.text.value(old) != after.text.value(place) {
                let edit = Edit {
                    before: self.example(chunk, before, Some(old)),
                    after: self.example(chunk, after, Some(place)),
                };
                self.found.operators[index].edited.push(edit);
            }
        }
    }

    /// What a global operator decided, from the ledger.
    fn decide(
        &mut self,
        index: usize,
        travel: &mut Travel,
        chunk: &RawChunk,
    ) -> Result<(), ExploreError> {
        let batch = travel.batch.clone();
        let mut keep = vec![true; batch.len()];
        for (place, keep) in keep.iter_mut().enumerate() {
            *keep =
                !self.dropped.contains(&(index, batch.row.value(place), batch.part.value(place)));
            if !*keep && self.found.operators[index].wants_examples() {
                let example = self.example(chunk, &batch, Some(place));
                self.found.operators[index].examples.push(example);
            }
        }
        travel.batch = batch.filter(&BooleanArray::from(keep))?;
        // The keys of what later passes kept begin with what this operator decided.
        if let Some(key) = self.decision_key(index) {
            travel.chain = travel.chain.then(&key.0);
        }
        Ok(())
    }

    /// The key that the run's decisions of an operator are kept under.
    fn decision_key(&self, index: usize) -> Option<Digest> {
        let pattern = self.store.decisions(index, Digest::default());
        let folder: PathBuf = pattern.parent()?.to_owned();
        let prefix = format!("{index:03}-");
        let files = lagar_core::fsio::list_files(&folder).ok()?;
        let names = files.iter().filter_map(|file| file.file_stem()?.to_str());
        let mut keys = names.filter_map(|name| name.strip_prefix(&prefix));
        Digest::try_from(keys.next()?.to_owned()).ok()
    }

    /// A row of a batch.
    fn example(&self, chunk: &RawChunk, batch: &Batch, place: Option<usize>) -> Example {
        let Some(place) = place else { return Example::default() };
        let plan = self.followed.plan;
        let source = Source { data: self.followed.data, keys: &plan.keys, tokens: &plan.tokens };
        row_at(source, chunk, batch, place).example
    }
}

/// The global operator at a pass's end, unless it is not followed.
fn global_of(pass: &Pass, lost: usize) -> Option<usize> {
    pass.global.filter(|global| *global < lost)
}

/// What a run keeps of a chunk, by key.
fn kept(path: &std::path::Path) -> Kept {
    let sections = store::read(path).unwrap_or_default();
    sections.into_iter().map(|section| (section.key, section.bytes)).collect()
}

/// Where a row is in a batch, whose rows are in order.
fn place_of(batch: &Batch, row: u64, part: u32) -> Option<usize> {
    let at = |place: usize| (batch.row.value(place), batch.part.value(place));
    let (mut low, mut high) = (0, batch.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        if at(middle) < (row, part) { low = middle + 1 } else { high = middle }
    }
    (low < batch.len() && at(low) == (row, part)).then_some(low)
}
