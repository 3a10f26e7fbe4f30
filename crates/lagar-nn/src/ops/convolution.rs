//! Convolution whose kernels do not overlap: a picture cut into patches.

use crate::{NnError, Tensor};

/// Cuts pictures `[items, channels, height, width]` into squares of `size` pixels, row by row, each
/// laid out as `[channels, size, size]`: `[items, patches, channels * size * size]`. Pixels that do
/// not fill a square are left out. A patch convolution is [`crate::ops::linear`] of the result with
/// the kernel's weights, flattened.
///
/// # Errors
/// When the pictures are smaller than a patch.
pub fn patches(pixels: &Tensor, size: usize) -> Result<Tensor, NnError> {
    let [items, channels, height, width] = pixels.sizes()?;
    let (down, across) = (height / size.max(1), width / size.max(1));
    if down * across == 0 {
        let message = format!("pictures of {width}×{height} pixels in squares of {size}");
        return Err(NnError::shape("patches", message));
    }
    let cut = pixels.narrow(2, 0..down * size)?.narrow(3, 0..across * size)?;
    let squares = cut.reshape(&[items * channels, down, size, across, size])?;
    let squares = squares.permute(&[0, 1, 3, 2, 4])?;
    let squares = squares.reshape(&[items, channels, down * across, size * size])?;
    squares.permute(&[0, 2, 1, 3])?.reshape(&[items, down * across, channels * size * size])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Device;

    #[test]
    fn patches_come_row_by_row_with_their_channels_one_after_the_other() {
        let data = (0..2 * 4 * 5).map(|i| i as f32).collect();
        let pixels = Tensor::from_vec(data, &[1, 2, 4, 5], &Device::cpu()).unwrap();
        let cut = patches(&pixels, 2).unwrap();
        assert_eq!(cut.shape(), [1, 4, 8]);
        let second = cut.narrow(1, 1..2).unwrap().to_vec().unwrap();
        assert_eq!(second, [2.0, 3.0, 7.0, 8.0, 22.0, 23.0, 27.0, 28.0]);
        assert!(patches(&pixels, 6).is_err());
    }
}
