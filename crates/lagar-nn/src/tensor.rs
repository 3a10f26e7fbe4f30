//! The tensor that models compute with: candle's, with only what models need.

use std::ops::Range;

use candle_core::DType;

use crate::error::framework;
use crate::{Device, NnError, cpu};

/// An n-dimensional array of numbers on some device. Cloning shares the elements.
#[derive(Clone, Debug)]
pub struct Tensor(pub(crate) candle_core::Tensor);

impl Tensor {
    /// A tensor of these elements in row-major order.
    ///
    /// # Errors
    /// When there are more or fewer than the shape calls for, or the device has no room.
    pub fn from_vec(data: Vec<f32>, shape: &[usize], device: &Device) -> Result<Self, NnError> {
        let tensor = cpu::tensor(data, shape, "tensor from elements")?;
        tensor.to_device(device)
    }

    /// A tensor of zeros.
    ///
    /// # Errors
    /// When the device has no room.
    pub fn zeros(shape: &[usize], device: &Device) -> Result<Self, NnError> {
        candle_core::Tensor::zeros(shape, DType::F32, &device.candle())
            .map(Self)
            .map_err(framework("tensor of zeros"))
    }

    /// The same elements on another device.
    ///
    /// # Errors
    /// When the device has no room.
    pub fn to_device(&self, device: &Device) -> Result<Self, NnError> {
        self.0.to_device(&device.candle()).map(Self).map_err(framework("move a tensor"))
    }

    /// The same numbers in another form.
    pub(crate) fn to_dtype(&self, dtype: DType) -> Result<Self, NnError> {
        self.0.to_dtype(dtype).map(Self).map_err(framework("convert a tensor"))
    }

    /// Sizes, outermost first.
    pub fn shape(&self) -> &[usize] {
        self.0.dims()
    }

    /// The size of one dimension, counted from the outermost.
    ///
    /// # Errors
    /// When there is no such dimension.
    pub fn size(&self, dimension: usize) -> Result<usize, NnError> {
        self.0.dim(dimension).map_err(framework("size"))
    }

    /// The sizes of a tensor that must have `N` dimensions.
    ///
    /// # Errors
    /// When it has another number.
    pub fn sizes<const N: usize>(&self) -> Result<[usize; N], NnError> {
        self.shape().try_into().map_err(|_wrong| {
            let message = format!("expected {N} dimensions, got the shape {:?}", self.shape());
            NnError::shape("sizes", message)
        })
    }

    /// The elements in row-major order, on the CPU.
    ///
    /// # Errors
    /// When they cannot be copied from the device.
    pub fn to_vec(&self) -> Result<Vec<f32>, NnError> {
        cpu::to_vec(&self.to_device(&Device::cpu())?.to_dtype(DType::F32)?, "elements of a tensor")
    }

    /// The same elements in another shape.
    ///
    /// # Errors
    /// When the shapes have different numbers of elements.
    pub fn reshape(&self, shape: &[usize]) -> Result<Self, NnError> {
        self.0.reshape(shape).map(Self).map_err(framework("reshape"))
    }

    /// A part of one dimension.
    ///
    /// # Errors
    /// When the range is outside the dimension.
    pub fn narrow(&self, dimension: usize, range: Range<usize>) -> Result<Self, NnError> {
        let len = range.end.saturating_sub(range.start);
        self.0.narrow(dimension, range.start, len).map(Self).map_err(framework("narrow"))
    }

    /// The dimensions in another order.
    ///
    /// # Errors
    /// When `order` is not a permutation of the dimensions.
    pub fn permute(&self, order: &[usize]) -> Result<Self, NnError> {
        let moved = self.0.permute(order).map_err(framework("permute"))?;
        moved.contiguous().map(Self).map_err(framework("permute"))
    }

    /// Repeats the tensor along dimensions of size 1 until it has this shape.
    ///
    /// # Errors
    /// When the shapes do not go together.
    pub fn broadcast_to(&self, shape: &[usize]) -> Result<Self, NnError> {
        self.0.broadcast_as(shape).map(Self).map_err(framework("broadcast"))
    }

    /// Several tensors behind each other along one dimension.
    ///
    /// # Errors
    /// When their other dimensions differ, or there are none.
    pub fn cat(tensors: &[&Self], dimension: usize) -> Result<Self, NnError> {
        let inner: Vec<_> = tensors.iter().map(|tensor| &tensor.0).collect();
        candle_core::Tensor::cat(&inner, dimension).map(Self).map_err(framework("cat"))
    }

    /// Sum with a tensor of the same shape, or one that broadcasts to it.
    ///
    /// # Errors
    /// When the shapes do not go together.
    pub fn add(&self, other: &Self) -> Result<Self, NnError> {
        self.0.broadcast_add(&other.0).map(Self).map_err(framework("add"))
    }

    /// Difference to a tensor of the same shape, or one that broadcasts to it.
    ///
    /// # Errors
    /// When the shapes do not go together.
    pub fn sub(&self, other: &Self) -> Result<Self, NnError> {
        self.0.broadcast_sub(&other.0).map(Self).map_err(framework("sub"))
    }

    /// Product, element by element, with a tensor that broadcasts to this one's shape.
    ///
    /// # Errors
    /// When the shapes do not go together.
    pub fn mul(&self, other: &Self) -> Result<Self, NnError> {
        self.0.broadcast_mul(&other.0).map(Self).map_err(framework("mul"))
    }

    /// Quotient, element by element, by a tensor that broadcasts to this one's shape.
    ///
    /// # Errors
    /// When the shapes do not go together.
    pub fn div(&self, other: &Self) -> Result<Self, NnError> {
        self.0.broadcast_div(&other.0).map(Self).map_err(framework("div"))
    }

    /// Every element times a number.
    ///
    /// # Errors
    /// When the device has no room.
    pub fn scale(&self, factor: f64) -> Result<Self, NnError> {
        (&self.0 * factor).map(Self).map_err(framework("scale"))
    }

    /// The mean over one dimension, which goes.
    ///
    /// # Errors
    /// When there is no such dimension.
    pub fn mean(&self, dimension: usize) -> Result<Self, NnError> {
        self.0.mean(dimension).map(Self).map_err(framework("mean"))
    }

    /// The elements of one dimension moved on by `shift` places, those that fall off the end coming
    /// back at the start (`torch.roll`).
    ///
    /// # Errors
    /// When there is no such dimension.
    pub fn roll(&self, shift: isize, dimension: usize) -> Result<Self, NnError> {
        let size = self.size(dimension)?;
        if size == 0 {
            return Ok(self.clone());
        }
        let cut = size - shift.rem_euclid(size.cast_signed()).unsigned_abs();
        if cut == size {
            return Ok(self.clone());
        }
        let (tail, head) = (self.narrow(dimension, cut..size)?, self.narrow(dimension, 0..cut)?);
        Self::cat(&[&tail, &head], dimension)
    }

    /// Scales the vectors of the last dimension to length 1.
    ///
    /// # Errors
    /// When the tensor has no dimension.
    pub fn unit_length(&self) -> Result<Self, NnError> {
        let square = self.0.sqr().and_then(|square| square.sum_keepdim(candle_core::D::Minus1));
        let length = square.and_then(|square| square.sqrt()).map_err(framework("unit length"))?;
        self.div(&Self(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(shape: &[usize]) -> Tensor {
        let len = shape.iter().product::<usize>();
        Tensor::from_vec((0..len).map(|i| i as f32).collect(), shape, &Device::cpu()).unwrap()
    }

    #[test]
    fn a_part_of_a_permuted_tensor_has_the_right_elements() {
        let tensor = counting(&[2, 3]).permute(&[1, 0]).unwrap().narrow(0, 1..3).unwrap();
        assert_eq!(tensor.to_vec().unwrap(), [1.0, 4.0, 2.0, 5.0]);
        assert_eq!(tensor.sizes::<2>().unwrap(), [2, 2]);
        assert!(tensor.sizes::<3>().unwrap_err().to_string().contains("[2, 2]"));
    }

    #[test]
    fn rolling_agrees_with_pytorch() {
        let tensor = counting(&[5]);
        assert_eq!(tensor.roll(2, 0).unwrap().to_vec().unwrap(), [3.0, 4.0, 0.0, 1.0, 2.0]);
        assert_eq!(tensor.roll(-1, 0).unwrap().to_vec().unwrap(), [1.0, 2.0, 3.0, 4.0, 0.0]);
        assert_eq!(tensor.roll(5, 0).unwrap().to_vec().unwrap(), [0.0, 1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn shapes_that_do_not_go_together_are_named() {
        let error = counting(&[2, 3]).reshape(&[4]).unwrap_err();
        assert!(error.to_string().contains("reshape"));
        assert!(counting(&[2]).add(&counting(&[3])).is_err());
    }
}
