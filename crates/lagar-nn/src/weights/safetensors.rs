//! Safetensors files: a header in JSON, then the tensors' bytes.
//!
//! Source: <https://github.com/huggingface/safetensors>.

use safetensors::{Dtype, SafeTensors};

use crate::NnError;
use crate::weights::file::{Entry, MappedFile, Stored};

/// The tensors of a file, which becomes number `file` of its source.
///
/// # Errors
/// When the header cannot be read, or tells of more bytes than there are.
pub(super) fn entries(mapped: &MappedFile, file: usize) -> Result<Vec<(String, Entry)>, NnError> {
    let broken = |source: safetensors::SafeTensorError| {
        let message = format!("no safetensors file, or one that was cut off ({source})");
        mapped.format_error(message, Some("download it again and compare its size"))
    };
    let (header, metadata) = SafeTensors::read_metadata(mapped.bytes()).map_err(broken)?;
    let data = size_of::<u64>() + header;
    let expected = data + metadata.data_len();
    if mapped.bytes().len() != expected {
        let message =
            format!("the header calls for {expected} bytes, the file has {}", mapped.bytes().len());
        return Err(mapped.format_error(message, Some("download it again, it was cut off")));
    }
    let mut entries = Vec::new();
    for name in metadata.offset_keys() {
        let Some(info) = metadata.info(&name) else { continue };
        let stored = match info.dtype {
            Dtype::F32 => Stored::F32,
            Dtype::F64 => Stored::F64,
            Dtype::F16 => Stored::F16,
            Dtype::BF16 => Stored::Bf16,
            other => Stored::Other(format!("{other:?}")),
        };
        let offset = data + info.data_offsets.0;
        entries
            .push((name, Entry { file, stored, shape: info.shape.clone(), offset, strides: None }));
    }
    Ok(entries)
}
