//! A matrix of a model: kept in the form that its device multiplies with.

use std::sync::Arc;

use crate::error::framework;
use crate::kernels::packed::Packed;
use crate::{Device, Dtype, NnError, Tensor};

/// A frozen matrix `[outputs, inputs]`. Cloning shares the elements, so that an embedding and an
/// output layer can be one matrix.
#[derive(Clone, Debug)]
pub struct Weight {
    outputs: usize,
    inputs: usize,
    store: Store,
}

#[derive(Clone, Debug)]
pub(crate) enum Store {
    /// On the CPU, in the order of the kernels.
    Packed(Arc<Packed>),
    /// On another device, as it is.
    Dense(Tensor),
    /// Declared while a checkpoint is checked, without elements.
    Declared,
}

impl Weight {
    /// A matrix whose rows `read(row, buffer)` writes into a buffer of `inputs` elements; it is called
    /// in any order, by several threads at once.
    ///
    /// # Errors
    /// The first error of `read`, or that the device has no room.
    pub fn from_rows(
        (outputs, inputs): (usize, usize),
        dtype: Dtype,
        device: &Device,
        read: impl Fn(usize, &mut [f32]) -> Result<(), NnError> + Sync,
    ) -> Result<Self, NnError> {
        let store = if device.is_cpu() {
            Store::Packed(Arc::new(Packed::from_rows((outputs, inputs), dtype, read)?))
        } else if dtype == Dtype::Int8 {
            let message = "int8 is computed on the CPU only: take bf16 here".to_owned();
            return Err(NnError::Device { name: device.to_string(), message });
        } else {
            let mut data = vec![0.0; outputs * inputs];
            for (row, buffer) in data.chunks_exact_mut(inputs.max(1)).enumerate() {
                read(row, buffer)?;
            }
            let tensor = Tensor::from_vec(data, &[outputs, inputs], &Device::cpu())?;
            Store::Dense(tensor.to_dtype(device.activations(dtype))?.to_device(device)?)
        };
        Ok(Self { outputs, inputs, store })
    }

    /// A matrix of these elements, row by row.
    ///
    /// # Errors
    /// When there are more or fewer than the shape calls for, or the device has no room.
    pub fn from_slice(
        data: &[f32],
        (outputs, inputs): (usize, usize),
        dtype: Dtype,
        device: &Device,
    ) -> Result<Self, NnError> {
        if data.len() != outputs * inputs {
            let message = format!("{} elements for the shape [{outputs}, {inputs}]", data.len());
            return Err(NnError::shape("matrix", message));
        }
        Self::from_rows((outputs, inputs), dtype, device, |row, buffer| {
            buffer.copy_from_slice(&data[row * inputs..(row + 1) * inputs]);
            Ok(())
        })
    }

    pub(crate) fn declared((outputs, inputs): (usize, usize)) -> Self {
        Self { outputs, inputs, store: Store::Declared }
    }

    /// The width of a product's result.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The width of what is multiplied with it.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Some rows of the matrix, `[rows, inputs]`: an embedding.
    ///
    /// # Errors
    /// When there is no such row.
    pub fn rows(&self, rows: &[u32]) -> Result<Tensor, NnError> {
        if let Some(row) = rows.iter().find(|row| **row as usize >= self.outputs) {
            let message = format!("row {row} of a matrix of {} rows", self.outputs);
            return Err(NnError::shape("embedding", message));
        }
        match &self.store {
            Store::Packed(packed) => {
                let mut data = vec![0.0; rows.len() * self.inputs];
                for (row, out) in rows.iter().zip(data.chunks_exact_mut(self.inputs.max(1))) {
                    packed.read_row(*row as usize, out);
                }
                Tensor::from_vec(data, &[rows.len(), self.inputs], &Device::cpu())
            }
            Store::Dense(tensor) => {
                let ids = candle_core::Tensor::new(rows, tensor.0.device());
                let picked = ids.and_then(|ids| tensor.0.index_select(&ids, 0));
                picked.map(Tensor).map_err(framework("embedding"))
            }
            Store::Declared => Err(Self::has_no_elements()),
        }
    }

    pub(crate) fn has_no_elements() -> NnError {
        NnError::shape("matrix", "used while its checkpoint was still being checked")
    }
}
