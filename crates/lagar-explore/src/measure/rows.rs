//! What was measured of every row, kept on disk: thresholds are tried against it without reading the
//! data again, however many rows there are.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, RecordBatch, RecordBatchOptions, UInt64Array,
};
use arrow::datatypes::{Field, Schema, UInt64Type};
use lagar_core::{CoreError, StatColumn};
use lagar_engine::ipc;

use crate::ExploreError;

/// The statistics of rows, chunk by chunk.
#[derive(Debug)]
pub struct RowTable {
    file: BufWriter<File>,
    chunks: u64,
    rows: u64,
}

/// The rows of one chunk.
#[derive(Clone, Debug)]
pub struct RowChunk {
    /// The place of its first row among all rows of the table.
    pub first: u64,
    /// Positions in the input.
    pub row: Vec<u64>,
    /// What stands for each row's text.
    pub text: Vec<u64>,
    /// What stands for each row's pictures, where pixels were looked at: 0 where one is broken, the
    /// largest number where there is none to compare.
    pub look: Vec<u64>,
    /// Per gauge, its statistics.
    pub stats: Vec<Vec<StatColumn>>,
}

impl RowTable {
    /// An empty table whose file, in the folder `scratch`, has no name and goes with it.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn new(scratch: &Path) -> Result<Self, ExploreError> {
        let file = tempfile::tempfile_in(scratch).map_err(CoreError::file("make", scratch))?;
        Ok(Self { file: BufWriter::new(file), chunks: 0, rows: 0 })
    }

    /// How many rows it has.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds the rows that follow.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(crate) fn push(
        &mut self,
        [row, text, look]: [&[u64]; 3],
        stats: &[Vec<StatColumn>],
    ) -> Result<(), ExploreError> {
        let mut fields = vec![
            Field::new("row", arrow::datatypes::DataType::UInt64, false),
            Field::new("text", arrow::datatypes::DataType::UInt64, false),
            Field::new("look", arrow::datatypes::DataType::UInt64, false),
        ];
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from(row.to_vec())),
            Arc::new(UInt64Array::from(text.to_vec())),
            Arc::new(UInt64Array::from(look.to_vec())),
        ];
        for (gauge, stats) in stats.iter().enumerate() {
            for stat in stats {
                let name = format!("{gauge} {}", stat.key);
                fields.push(Field::new(name, stat.values.data_type().clone(), true));
                columns.push(Arc::clone(&stat.values));
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(row.len()));
        let batch =
            RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
                .map_err(CoreError::arrow("statistics"))?;
        let bytes = ipc::to_bytes(&batch)?;
        let full = |error| CoreError::file("write", "(statistics of rows)")(error);
        self.file.write_all(&(bytes.len() as u64).to_le_bytes()).map_err(full)?;
        self.file.write_all(&bytes).map_err(full)?;
        self.chunks += 1;
        self.rows += row.len() as u64;
        Ok(())
    }

    /// Calls `take` with every chunk, in order.
    ///
    /// # Errors
    /// When the table cannot be read, or what `take` returns.
    pub fn each(
        &mut self,
        mut take: impl FnMut(RowChunk) -> Result<(), ExploreError>,
    ) -> Result<(), ExploreError> {
        let lost = |error| CoreError::file("read", "(statistics of rows)")(error);
        self.file.flush().map_err(lost)?;
        let mut first = 0;
        {
            let file = self.file.get_mut();
            file.rewind().map_err(lost)?;
            let mut reader = BufReader::with_capacity(1 << 20, &*file);
            for _ in 0..self.chunks {
                let mut len = [0; 8];
                reader.read_exact(&mut len).map_err(lost)?;
                let mut bytes = vec![0; u64::from_le_bytes(len) as usize];
                reader.read_exact(&mut bytes).map_err(lost)?;
                let chunk = chunk_of(&ipc::from_bytes(&bytes)?, first);
                first += chunk.row.len() as u64;
                take(chunk)?;
            }
        }
        self.file.seek(std::io::SeekFrom::End(0)).map_err(lost)?;
        Ok(())
    }
}

fn chunk_of(batch: &RecordBatch, first: u64) -> RowChunk {
    let numbers = |place: usize| batch.column(place).as_primitive::<UInt64Type>().values().to_vec();
    let mut stats: Vec<Vec<StatColumn>> = Vec::new();
    for (field, values) in batch.schema().fields().iter().zip(batch.columns()).skip(3) {
        let (gauge, key) = field.name().split_once(' ').unwrap_or(("0", field.name()));
        let gauge = gauge.parse().unwrap_or(0_usize);
        if stats.len() <= gauge {
            stats.resize_with(gauge + 1, Vec::new);
        }
        stats[gauge].push(StatColumn { key: key.to_owned(), values: Arc::clone(values) });
    }
    RowChunk { first, row: numbers(0), text: numbers(1), look: numbers(2), stats }
}
