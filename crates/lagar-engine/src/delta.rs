//! What one operator did to one chunk, small enough to keep: the unit of resuming.
//!
//! A filter's delta is its statistics, a mapper's the new texts, a deduplicator's the signatures.
//! Reading the chunk again and applying its deltas gives the same rows as running the operators, so
//! after a kill, or after a later operator's parameters changed, nothing is measured twice.

use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, Int64Array, ListArray, RecordBatch, RecordBatchOptions,
    StringArray, UInt32Array,
};
use arrow::datatypes::{DataType, Field, Float64Type, Schema, UInt32Type};
use lagar_core::row::{FieldEdits, FieldReader, value_of};
use lagar_core::{Batch, CoreError, StatColumn, stat};
use lagar_ops::{
    Built, Context, Deduplicator, Fault, Grouping, Mapped, Operator, OperatorError, Signatures,
};

use crate::{bands, ipc};

/// The result of an operator's expensive half.
#[derive(Clone, Debug, Default)]
pub struct Delta {
    /// Rows it could not work on.
    pub faults: Vec<Fault>,
    /// Statistics (filters) or the signature (deduplicators).
    pub columns: Vec<StatColumn>,
    /// New texts and pictures (mappers).
    pub mapped: Option<Mapped>,
}

/// The name of a deduplicator's column.
pub(crate) const SIGNATURE: &str = "signature";
/// The name of the column that decides who stays in a group.
pub(crate) const PRIORITY: &str = "priority";
const PARENTS: &str = "mapped.parents";
const TEXT: &str = "mapped.text";
const IMAGES: &str = "mapped.images";
/// Followed by the path as JSON.
const FIELD: &str = "mapped.field ";
const MAPPED: &str = "mapped";

impl Delta {
    /// Runs the expensive half of a row-local operator, or of a deduplicator, on a batch.
    ///
    /// Statistics pass through ten decimals, as they do in Data-Juicer between measuring and judging.
    ///
    /// # Errors
    /// When the operator fails as a whole.
    pub fn measure(
        operator: &Operator,
        batch: &Batch,
        context: &Context<'_>,
    ) -> Result<Self, OperatorError> {
        match &operator.built {
            Built::Filter(filter) => {
                // As in Data-Juicer, a statistic that is there already is not measured again.
                let known = |key: &&str| batch.stat(key).is_some();
                let is_fixed = !operator.info.writes.is_empty() && filter.writes().is_none();
                if is_fixed && operator.info.writes.iter().all(known) {
                    return Ok(Self::default());
                }
                let computed = filter.stats(batch, context)?;
                let new = computed.stats.into_iter().filter(|stat| batch.stat(&stat.key).is_none());
                let columns = new.map(store_column).collect();
                Ok(Self { faults: computed.faults, columns, mapped: None })
            }
            Built::Mapper(mapper) => {
                let mut mapped = mapper.map(batch, context)?;
                let faults = std::mem::take(&mut mapped.faults);
                Ok(Self { faults, columns: Vec::new(), mapped: Some(mapped) })
            }
            Built::Deduplicator(deduplicator) => {
                // Nor is a hash: a second deduplicator compares what the first one made.
                let key = deduplicator.hash_key();
                if batch.hashes.iter().any(|hash| hash.key == key) {
                    return Ok(Self::default());
                }
                let signatures = deduplicator.signatures(batch, context)?;
                let mut delta = Self::of_signatures(deduplicator.as_ref(), signatures);
                if let Some(field) = deduplicator.priority_key() {
                    delta.prioritise(batch, context, field)?;
                }
                Ok(delta)
            }
            Built::Selector(selector) => {
                let values = selector.values(batch, context)?;
                let text = |value: serde_json::Value| Some(value.to_string());
                let values = values.map(|values| values.into_iter().map(text).collect());
                Ok(Self::of_column(values))
            }
            Built::Grouper(grouper) => {
                let keys = grouper.keys(batch, context)?;
                Ok(Self::of_column(Some(keys.into_iter().map(Some).collect())))
            }
        }
    }

    /// What a selector or a grouper decides by.
    fn of_column(values: Option<StringArray>) -> Self {
        let column = |values| StatColumn { key: SIGNATURE.to_owned(), values: Arc::new(values) };
        Self { columns: values.map(column).into_iter().collect(), ..Self::default() }
    }

    fn of_signatures(deduplicator: &dyn Deduplicator, signatures: Signatures) -> Self {
        let Signatures { values, beside, faults } = signatures;
        // The bands of a row are kilobytes; what is compared of them is much smaller.
        let values = match deduplicator.grouping() {
            Grouping::Bands => bands::digests(&values),
            _ => values,
        };
        let mut columns = vec![StatColumn { key: SIGNATURE.to_owned(), values }];
        columns.extend(beside);
        Self { faults, columns, mapped: None }
    }

    /// Adds what decides who stays in a group of duplicates.
    fn prioritise(
        &mut self,
        batch: &Batch,
        context: &Context<'_>,
        field: &str,
    ) -> Result<(), OperatorError> {
        let reader = FieldReader::new(batch, context.keys, field)?;
        let mut values = Vec::with_capacity(batch.len());
        for index in 0..batch.len() {
            let value = reader.get(index).and_then(|value| value.as_i64());
            if value.is_none() {
                let message = format!("field `{field}` is missing or no whole number");
                self.faults.push(Fault { index, message });
            }
            values.push(value.unwrap_or_default());
        }
        let values = Arc::new(Int64Array::from(values));
        self.columns.push(StatColumn { key: PRIORITY.to_owned(), values });
        Ok(())
    }

    /// The delta as bytes.
    ///
    /// # Errors
    /// When a column cannot be serialised.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CoreError> {
        // Columns may differ in length (a mapper's children), so each is a batch of its own.
        let mut columns: Vec<(String, ArrayRef)> =
            self.columns.iter().map(|c| (c.key.clone(), Arc::clone(&c.values))).collect();
        if let Some(mapped) = &self.mapped {
            columns.push((MAPPED.to_owned(), Arc::new(UInt32Array::from(Vec::<u32>::new()))));
            if let Some(parents) = &mapped.parents {
                columns.push((PARENTS.to_owned(), Arc::new(UInt32Array::from(parents.clone()))));
            }
            if let Some(text) = &mapped.text {
                // Compacted, or the views would drag the whole chunk's bytes along.
                columns.push((TEXT.to_owned(), Arc::new(text.gc())));
            }
            if let Some(images) = &mapped.images {
                columns.push((IMAGES.to_owned(), Arc::new(images.clone())));
            }
            for edit in &mapped.fields {
                let path = serde_json::json!(edit.path);
                let text = |value: &Option<serde_json::Value>| Some(value.as_ref()?.to_string());
                let values: StringArray = edit.values.iter().map(text).collect();
                columns.push((format!("{FIELD}{path}"), Arc::new(values)));
            }
        }
        let mut bytes = (columns.len() as u32).to_le_bytes().to_vec();
        for (name, values) in columns {
            let field = Field::new(name, values.data_type().clone(), true);
            let options = RecordBatchOptions::new().with_row_count(Some(values.len()));
            let schema = Arc::new(Schema::new(vec![field]));
            let batch = RecordBatch::try_new_with_options(schema, vec![values], &options)
                .map_err(CoreError::arrow("delta"))?;
            let stored = ipc::to_bytes(&batch)?;
            bytes.extend_from_slice(&(stored.len() as u64).to_le_bytes());
            bytes.extend_from_slice(&stored);
        }
        Ok(bytes)
    }

    /// The delta that [`Delta::to_bytes`] wrote; faults are not stored, such deltas are measured
    /// again.
    ///
    /// # Errors
    /// When the bytes are something else.
    pub fn from_bytes(mut bytes: &[u8]) -> Result<Self, CoreError> {
        let mut delta = Self::default();
        let mut mapped = Mapped::default();
        let count = u32::from_le_bytes(take(&mut bytes, 4)?.try_into().map_err(|_e| short())?);
        for _ in 0..count {
            let length = u64::from_le_bytes(take(&mut bytes, 8)?.try_into().map_err(|_e| short())?);
            let batch = ipc::from_bytes(take(&mut bytes, length as usize)?)?;
            let name = batch.schema().field(0).name().clone();
            let values = Arc::clone(batch.column(0));
            match name.as_str() {
                MAPPED => delta.mapped = Some(Mapped::default()),
                PARENTS => {
                    mapped.parents = Some(values.as_primitive::<UInt32Type>().values().to_vec());
                }
                TEXT => mapped.text = values.as_string_view_opt().cloned(),
                IMAGES => mapped.images = values.as_list_opt::<i32>().cloned(),
                field if field.starts_with(FIELD) => {
                    mapped.fields.push(read_edits(&field[FIELD.len()..], &values)?);
                }
                _ => delta.columns.push(StatColumn { key: name, values }),
            }
        }
        if delta.mapped.is_some() {
            delta.mapped = Some(mapped);
        }
        Ok(delta)
    }
}

fn read_edits(path: &str, values: &ArrayRef) -> Result<FieldEdits, CoreError> {
    let path = serde_json::from_str(path).map_err(|_e| short())?;
    let read = |row: usize| match value_of(values, row) {
        serde_json::Value::String(text) => serde_json::from_str(&text).map(Some),
        _ => Ok(None),
    };
    let values = (0..values.len()).map(read).collect::<Result<_, _>>().map_err(|_e| short())?;
    Ok(FieldEdits { path, values })
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8], CoreError> {
    let (head, rest) = bytes.split_at_checked(count).ok_or_else(short)?;
    *bytes = rest;
    Ok(head)
}

fn short() -> CoreError {
    CoreError::Column {
        column: "delta".to_owned(),
        expected: "more bytes".to_owned(),
        got: "the end".to_owned(),
    }
}

/// A statistic after its way through Data-Juicer's storage.
fn store_column(column: StatColumn) -> StatColumn {
    StatColumn { key: column.key, values: store_values(&column.values) }
}

fn store_values(values: &ArrayRef) -> ArrayRef {
    match values.data_type() {
        DataType::Float64 => {
            Arc::new(values.as_primitive::<Float64Type>().unary::<_, Float64Type>(stat::stored))
        }
        DataType::List(field) => {
            let list = values.as_list::<i32>();
            let (_, offsets, items, nulls) = list.clone().into_parts();
            let stored = store_values(&items);
            ListArray::try_new(Arc::clone(field), offsets, stored, nulls)
                .map_or_else(|_unchanged| Arc::clone(values), |list| Arc::new(list) as ArrayRef)
        }
        _ => Arc::clone(values),
    }
}
