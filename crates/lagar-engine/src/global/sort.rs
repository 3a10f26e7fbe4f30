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

/// The memory a sort may take before it spills.
const MEMORY_BYTES: usize = 192 << 20;

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
/// # Errors
/// When a batch cannot be read, the spill folder is full, or `take` fails.
pub(super) fn sort(
    schema: &SchemaRef,
    batches: Batches,
    by: &[&str],
    spill: &Path,
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
        .with_memory_pool(Arc::new(FairSpillPool::new(MEMORY_BYTES)))
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
