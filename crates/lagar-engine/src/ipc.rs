//! Record batches as bytes (Arrow's stream format) and back.

use std::io::Cursor;

use arrow::array::RecordBatch;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use lagar_core::CoreError;

/// One record batch as an Arrow stream.
///
/// # Errors
/// When a column cannot be serialised.
pub fn to_bytes(columns: &RecordBatch) -> Result<Vec<u8>, CoreError> {
    let mut bytes = Vec::new();
    let schema = columns.schema();
    let mut writer = StreamWriter::try_new(&mut bytes, &schema).map_err(CoreError::arrow("ipc"))?;
    writer.write(columns).map_err(CoreError::arrow("ipc"))?;
    writer.finish().map_err(CoreError::arrow("ipc"))?;
    drop(writer);
    Ok(bytes)
}

/// The record batch that [`to_bytes`] wrote.
///
/// # Errors
/// When the bytes are not such a stream.
pub fn from_bytes(bytes: &[u8]) -> Result<RecordBatch, CoreError> {
    let mut reader =
        StreamReader::try_new(Cursor::new(bytes), None).map_err(CoreError::arrow("ipc"))?;
    let schema = reader.schema();
    match reader.next() {
        Some(batch) => batch.map_err(CoreError::arrow("ipc")),
        None => Ok(RecordBatch::new_empty(schema)),
    }
}
