//! Sorting more rows than memory holds: DataFusion's external sort over a stream of batches.

use std::path::Path;
use std::sync::{Arc, Mutex};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion_common::DataFusionError;
use datafusion_execution::memory_pool::FairSpillPool;
use datafusion_execution::runtime_env::RuntimeEnvBuilder;
use datafusion_execution::{SendableRecordBatchStream, TaskContext};
use datafusion_physical_expr::expressions::col;
use datafusion_physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion_physical_plan::ExecutionPlan as _;
use datafusion_physical_plan::sorts::sort::SortExec;
use datafusion_physical_plan::stream::RecordBatchStreamAdapter;
use datafusion_physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::StreamExt as _;

/// The memory a sort may take before it spills, in bytes.
pub(super) const MEMORY_BYTES: usize = 192 << 20;

/// Batches to sort, read one after the other.
pub(super) type Batches = Box<dyn Iterator<Item = Result<RecordBatch, DataFusionError>> + Send>;

/// An iterator of batches as DataFusion wants to see it; it can be read once.
struct Once {
    schema: SchemaRef,
    batches: Mutex<Option<Batches>>,
}

impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Once").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl PartitionStream for Once {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let batches = self.batches.lock().ok().and_then(|mut batches| batches.take());
        let stream = futures::stream::iter(batches.into_iter().flatten());
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream))
    }
}

/// Sorts batches by the columns `by`, ascending, nulls first, and hands them to `take` in order.
///
/// Beyond `memory_bytes` it writes sorted runs into the folder `spill` and merges them.
///
/// # Errors
/// When a batch cannot be read, the spill folder is full, or `take` fails.
pub(super) fn sort(
    schema: &SchemaRef,
    batches: Batches,
    by: &[&str],
    (memory_bytes, spill): (usize, &Path),
    mut take: impl FnMut(&RecordBatch) -> Result<(), DataFusionError>,
) -> Result<(), DataFusionError> {
    let source = Once { schema: Arc::clone(schema), batches: Mutex::new(Some(batches)) };
    let source = StreamingTableExec::try_new(
        Arc::clone(schema),
        vec![Arc::new(source)],
        None,
        [],
        false,
        None,
    )?;
    let by = by
        .iter()
        .map(|name| Ok(PhysicalSortExpr::new_default(col(name, schema)?)))
        .collect::<Result<Vec<_>, DataFusionError>>()?;
    let Some(order) = LexOrdering::new(by) else {
        return Err(DataFusionError::Plan("a sort needs a column".to_owned()));
    };
    let sorted = SortExec::new(order, Arc::new(source));
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(memory_bytes)))
        .with_temp_file_path(spill)
        .build_arc()?;
    let context = Arc::new(TaskContext::default().with_runtime(runtime));
    let executor = tokio::runtime::Builder::new_current_thread().build()?;
    executor.block_on(async {
        let mut stream = sorted.execute(0, context)?;
        while let Some(batch) = stream.next().await {
            take(&batch?)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray as _, StringArray, UInt64Array};
    use arrow::datatypes::{DataType, Field, Schema, UInt64Type};

    use super::*;

    fn schema() -> SchemaRef {
        Arc::new(Schema::new(vec![
            Field::new("key", DataType::Utf8, false),
            Field::new("place", DataType::UInt64, false),
        ]))
    }

    /// 150 batches of 4,096 rows, about 30 MB, in an order far from sorted.
    fn batches() -> Batches {
        Box::new((0..150_u64).map(|batch| {
            let places = batch * 4096..(batch + 1) * 4096;
            let key = |place: u64| format!("{:032x}", place.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let keys: StringArray =
                places.clone().map(|place| Some(key(place % 100_000))).collect();
            let places: UInt64Array = places.collect();
            Ok(RecordBatch::try_new(schema(), vec![Arc::new(keys), Arc::new(places)])?)
        }))
    }

    fn sorted(memory_bytes: usize) -> (Vec<u64>, usize) {
        let spill = tempfile::tempdir().unwrap();
        let (mut places, mut spilled) = (Vec::new(), 0);
        sort(&schema(), batches(), &["key", "place"], (memory_bytes, spill.path()), |batch| {
            let folders = std::fs::read_dir(spill.path())?.flatten();
            let files = folders.filter_map(|folder| std::fs::read_dir(folder.path()).ok());
            spilled = spilled.max(files.map(Iterator::count).sum());
            places.extend_from_slice(batch.column(1).as_primitive::<UInt64Type>().values());
            Ok(())
        })
        .unwrap();
        (places, spilled)
    }

    #[test]
    fn a_sort_that_spills_gives_the_order_of_one_that_does_not() {
        let (expected, none) = sorted(MEMORY_BYTES);
        assert_eq!((expected.len(), none), (150 * 4096, 0));
        let (places, spilled) = sorted(20 << 20);
        assert!(spilled > 1, "{spilled} files were spilled");
        assert!(places == expected);
    }
}
