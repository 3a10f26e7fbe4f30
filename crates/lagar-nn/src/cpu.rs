//! From tensors to slices and back: how operations reach the kernels.

use candle_core::{DType, Layout, Storage};

use crate::error::framework;
use crate::{NnError, Tensor};

/// Calls `f` with the elements of a tensor that is on the CPU, in order.
pub(crate) fn read<R>(
    tensor: &Tensor,
    operation: &'static str,
    f: impl FnOnce(&[f32]) -> R,
) -> Result<R, NnError> {
    let contiguous = tensor.0.contiguous().map_err(framework(operation))?;
    read_layout(&Tensor(contiguous), operation, |data, layout| {
        let start = layout.start_offset();
        f(&data[start..start + layout.shape().elem_count()])
    })
}

/// Calls `f` with the memory a tensor points into, and where in it the tensor's elements are.
pub(crate) fn read_layout<R>(
    tensor: &Tensor,
    operation: &'static str,
    f: impl FnOnce(&[f32], &Layout) -> R,
) -> Result<R, NnError> {
    let (storage, layout) = tensor.0.storage_and_layout();
    match &*storage {
        Storage::Cpu(cpu) => Ok(f(cpu.as_slice::<f32>().map_err(framework(operation))?, layout)),
        _ => Err(NnError::shape(operation, "expected a tensor on the CPU")),
    }
}

/// The elements of a tensor, copied.
pub(crate) fn to_vec(tensor: &Tensor, operation: &'static str) -> Result<Vec<f32>, NnError> {
    read(tensor, operation, <[f32]>::to_vec)
}

/// A tensor on the CPU that owns these elements.
pub(crate) fn tensor(
    data: Vec<f32>,
    shape: &[usize],
    operation: &'static str,
) -> Result<Tensor, NnError> {
    candle_core::Tensor::from_vec(data, shape, &candle_core::Device::Cpu)
        .map(Tensor)
        .map_err(framework(operation))
}

/// Whether the kernels can work on a tensor: on the CPU, in `f32`.
pub(crate) fn is_here(tensor: &Tensor) -> bool {
    tensor.0.device().is_cpu() && tensor.0.dtype() == DType::F32
}
