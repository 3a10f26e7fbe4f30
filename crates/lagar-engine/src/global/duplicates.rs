//! Decisions of a deduplicator: the first row of each group of equal signatures stays.
//!
//! Two sorts that may spill: by signature, where equal ones meet; then back by arrival, where the
//! decisions are written chunk by chunk. Memory does not grow with the data.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::iter::empty;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, BooleanArray, BooleanBuilder, RecordBatch, UInt32Array,
    UInt32Builder, UInt64Array, UInt64Builder,
};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type, UInt64Type};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use datafusion_common::DataFusionError;
use lagar_core::CoreError;
use lagar_ops::Operator;

use super::sort::{Batches, MEMORY_BYTES, sort};
use super::{Arrivals, column, positions};
use crate::EngineError;
use crate::decision::{DecisionWriter, Notes};
use crate::delta::SIGNATURE;

/// What is sorted by signature.
fn arrival_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("signature", DataType::Utf8, true),
        Field::new("order", DataType::UInt64, false),
        Field::new("place", DataType::UInt64, false),
        Field::new("row", DataType::UInt64, false),
        Field::new("part", DataType::UInt32, false),
    ]))
}

/// What is sorted back by place of arrival.
fn decided_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("place", DataType::UInt64, false),
        Field::new("keep", DataType::Boolean, false),
        Field::new("of_row", DataType::UInt64, true),
        Field::new("of_part", DataType::UInt32, true),
        Field::new("leads", DataType::Boolean, false),
    ]))
}

/// Groups the rows that arrived and writes the decisions.
///
/// # Errors
/// When the run folder cannot be read or written, or the disk is full.
pub(super) fn write(
    arrivals: &Arrivals<'_>,
    operator: &Operator,
    file: &Path,
) -> Result<(), EngineError> {
    let query = |step: &'static str| {
        let operator = operator.name().to_owned();
        move |source: DataFusionError| EngineError::Query { step, operator, source }
    };
    let spill = arrivals.spill()?;
    let mut place = 0;
    let narrow = arrivals.columns().map(move |columns| {
        let batch = columns.and_then(|columns| arrived(&columns, place));
        let batch = batch.map_err(|error| DataFusionError::External(Box::new(error)))?;
        place += batch.num_rows() as u64;
        Ok(batch)
    });
    let spool = spill.join("decided.arrow");
    let mut decided = Spool::create(&spool)?;
    let mut groups = Groups::default();
    sort(
        &arrival_schema(),
        Box::new(narrow),
        &["signature", "order"],
        (MEMORY_BYTES, &spill),
        |batch| {
            groups.push(batch);
            groups.full()?.iter().try_for_each(|batch| decided.push(batch))
        },
    )
    .map_err(query("group signatures"))?;
    groups.finish().and_then(|batch| decided.push(&batch)).map_err(query("group signatures"))?;
    let batches = decided.read_back(&spool)?;
    let mut writer = ByChunk {
        writer: DecisionWriter::create(file, &Notes::default())?,
        sizes: arrivals.sizes().collect(),
        next: 0,
        pending: None,
        ranked: if arrivals.are_ranked() {
            Box::new(arrivals.columns())
        } else {
            Box::new(empty())
        },
    };
    sort(&decided_schema(), batches, &["place"], (MEMORY_BYTES, &spill), |batch| {
        writer.push(batch).map_err(|error| DataFusionError::External(Box::new(error)))
    })
    .map_err(query("put decisions in order"))?;
    writer.finish()?;
    lagar_core::fsio::remove_folder(&spill)?;
    Ok(())
}

/// Batches between the two sorts, on disk.
struct Spool(StreamWriter<BufWriter<File>>);

impl Spool {
    fn create(path: &Path) -> Result<Self, EngineError> {
        let file = File::create(path).map_err(CoreError::file("create", path))?;
        let writer = StreamWriter::try_new(BufWriter::new(file), &decided_schema());
        Ok(Self(writer.map_err(CoreError::arrow("decisions"))?))
    }

    fn push(&mut self, batch: &RecordBatch) -> Result<(), DataFusionError> {
        Ok(self.0.write(batch)?)
    }

    fn read_back(mut self, path: &Path) -> Result<Batches, EngineError> {
        self.0.finish().map_err(CoreError::arrow("decisions"))?;
        drop(self.0);
        let file = BufReader::new(lagar_core::fsio::open(path)?);
        let reader = StreamReader::try_new(file, None).map_err(CoreError::arrow("decisions"))?;
        Ok(Box::new(reader.map(|batch| Ok(batch?))))
    }
}

fn arrived(columns: &RecordBatch, start: u64) -> Result<RecordBatch, EngineError> {
    let rows = columns.num_rows() as u64;
    let places: UInt64Array = (start..start + rows).collect();
    let order = positions(columns, "rank").unwrap_or_else(|| places.clone());
    let signature =
        cast(column(columns, SIGNATURE)?, &DataType::Utf8).map_err(CoreError::arrow(SIGNATURE))?;
    let (row, part) = (Arc::clone(column(columns, "row")?), Arc::clone(column(columns, "part")?));
    let columns: Vec<ArrayRef> = vec![signature, Arc::new(order), Arc::new(places), row, part];
    Ok(RecordBatch::try_new(arrival_schema(), columns).map_err(CoreError::arrow("arrivals"))?)
}

/// A row of the group at hand.
#[derive(Clone, Debug)]
struct Leader {
    signature: Option<String>,
    place: u64,
    row: u64,
    part: u32,
    followed: bool,
}

/// Walks over rows sorted by signature and decides.
#[derive(Default)]
struct Groups {
    leader: Option<Leader>,
    place: UInt64Builder,
    keep: BooleanBuilder,
    of_row: UInt64Builder,
    of_part: UInt32Builder,
    leads: BooleanBuilder,
}

/// Decisions per batch on their way to the second sort.
const BATCH_ROWS: usize = 8192;

impl Groups {
    fn push(&mut self, batch: &RecordBatch) {
        let signatures = batch.column(0).as_string::<i32>();
        let places = batch.column(2).as_primitive::<UInt64Type>();
        let rows = batch.column(3).as_primitive::<UInt64Type>();
        let parts = batch.column(4).as_primitive::<UInt32Type>();
        for index in 0..batch.num_rows() {
            let signature = signatures.is_valid(index).then(|| signatures.value(index));
            let same = |leader: &&mut Leader| {
                signature.is_some() && leader.signature.as_deref() == signature
            };
            if let Some(leader) = self.leader.as_mut().filter(same) {
                leader.followed = true;
                let of = (leader.row, leader.part);
                self.decide(places.value(index), Some(of), false);
                continue;
            }
            let leader = Leader {
                signature: signature.map(str::to_owned),
                place: places.value(index),
                row: rows.value(index),
                part: parts.value(index),
                followed: false,
            };
            self.close();
            self.leader = Some(leader);
        }
    }

    fn close(&mut self) {
        if let Some(leader) = self.leader.take() {
            self.decide(leader.place, None, leader.followed);
        }
    }

    fn decide(&mut self, place: u64, of: Option<(u64, u32)>, leads: bool) {
        self.place.append_value(place);
        self.keep.append_value(of.is_none());
        self.of_row.append_option(of.map(|(row, _)| row));
        self.of_part.append_option(of.map(|(_, part)| part));
        self.leads.append_value(leads);
    }

    fn full(&mut self) -> Result<Option<RecordBatch>, DataFusionError> {
        use arrow::array::ArrayBuilder as _;
        if self.place.len() < BATCH_ROWS { Ok(None) } else { self.take().map(Some) }
    }

    fn take(&mut self) -> Result<RecordBatch, DataFusionError> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.place.finish()),
            Arc::new(self.keep.finish()),
            Arc::new(self.of_row.finish()),
            Arc::new(self.of_part.finish()),
            Arc::new(self.leads.finish()),
        ];
        Ok(RecordBatch::try_new(decided_schema(), columns)?)
    }

    fn finish(mut self) -> Result<RecordBatch, DataFusionError> {
        self.close();
        self.take()
    }
}

/// Cuts decisions, which come in order of arrival, at the borders of chunks.
struct ByChunk {
    writer: DecisionWriter,
    sizes: Vec<usize>,
    next: usize,
    pending: Option<RecordBatch>,
    /// What arrived, chunk by chunk, where it carries the places given by an earlier selector.
    ranked: Box<dyn Iterator<Item = Result<RecordBatch, EngineError>>>,
}

impl ByChunk {
    fn push(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        let pending = match self.pending.take() {
            Some(before) => concat_batches(&decided_schema(), [&before, batch])
                .map_err(CoreError::arrow("decisions"))?,
            None => batch.clone(),
        };
        self.pending = Some(pending);
        self.drain()
    }

    fn drain(&mut self) -> Result<(), EngineError> {
        while let Some(size) = self.sizes.get(self.next).copied() {
            let pending =
                self.pending.take().unwrap_or_else(|| RecordBatch::new_empty(decided_schema()));
            if pending.num_rows() < size {
                self.pending = Some(pending);
                return Ok(());
            }
            self.write(&pending.slice(0, size))?;
            self.pending = Some(pending.slice(size, pending.num_rows() - size));
            self.next += 1;
        }
        Ok(())
    }

    fn write(&mut self, chunk: &RecordBatch) -> Result<(), EngineError> {
        let keep: BooleanArray = chunk.column(1).as_boolean().clone();
        let of_row: UInt64Array = chunk.column(2).as_primitive::<UInt64Type>().clone();
        let of_part: UInt32Array = chunk.column(3).as_primitive::<UInt32Type>().clone();
        let leads: BooleanArray = chunk.column(4).as_boolean().clone();
        let arrived = self.ranked.next().transpose()?;
        let rank = arrived.and_then(|columns| positions(&columns, "rank"));
        let rank = rank.unwrap_or_else(|| UInt64Array::new_null(chunk.num_rows()));
        self.writer.push(vec![
            Arc::new(keep),
            Arc::new(of_row),
            Arc::new(of_part),
            Arc::new(leads),
            Arc::new(rank),
        ])
    }

    fn finish(mut self) -> Result<(), EngineError> {
        self.drain()?;
        self.writer.finish()
    }
}
