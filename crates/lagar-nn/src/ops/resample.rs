//! Maps of features in another size.

use std::ops::Range;

use crate::kernels::depthwise::Extent;
use crate::kernels::{level, resample as kernel};
use crate::{Device, NnError, Tensor, cpu};

/// The rows `rows` of maps `[height, width, channels]` that are each made `size` (height and width)
/// large, bilinearly and without smoothing, their channels behind each other: `[rows, width,
/// channels]`. Asking for some rows only keeps small what many wide maps would make large.
///
/// The computation is in main memory; on another device maps travel there and back.
///
/// # Errors
/// When there are no maps, or no such rows.
pub fn bilinear(
    maps: &[&Tensor],
    size: (usize, usize),
    rows: Range<usize>,
) -> Result<Tensor, NnError> {
    let widths = maps.iter().map(|map| map.sizes::<3>()).collect::<Result<Vec<_>, _>>()?;
    let channels: usize = widths.iter().map(|[_, _, channels]| channels).sum();
    let is_empty = widths.iter().any(|shape| shape.contains(&0));
    if maps.is_empty() || is_empty || size.1 == 0 || rows.start > rows.end || rows.end > size.0 {
        let message = format!("rows {rows:?} of {widths:?} made {size:?}");
        return Err(NnError::shape("bilinear", message));
    }
    let shape = [rows.len(), size.1, channels];
    let mut out = vec![0.0; shape.iter().product()];
    let mut before = 0;
    for (map, [height, width, own]) in maps.iter().zip(widths) {
        let extent = Extent { height, width, channels: own };
        let here = map.to_device(&Device::cpu())?.to_dtype(candle_core::DType::F32)?;
        cpu::read(&here, "bilinear", |x| {
            let out = (&mut out[before..], channels);
            kernel::bilinear(level(), (x, extent), size, rows.clone(), out);
        })?;
        before += own;
    }
    let out = cpu::tensor(out, &shape, "bilinear")?;
    let Some(first) = maps.first().filter(|map| !cpu::is_here(map)) else { return Ok(out) };
    let moved = out.0.to_device(first.0.device()).and_then(|out| out.to_dtype(first.0.dtype()));
    moved.map(Tensor).map_err(crate::error::framework("bilinear"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(data: &[f32], shape: &[usize]) -> Tensor {
        Tensor::from_vec(data.to_vec(), shape, &Device::cpu()).unwrap()
    }

    #[test]
    fn larger_and_smaller_maps_are_those_of_pytorch() {
        // torch 2.15: interpolate(arange(4).reshape(1, 1, 2, 2), 3 and (1, 1), mode="bilinear")
        let x = map(&[0.0, 1.0, 2.0, 3.0], &[2, 2, 1]);
        let larger = bilinear(&[&x], (3, 3), 0..3).unwrap().to_vec().unwrap();
        assert_eq!(larger, [0.0, 0.5, 1.0, 1.0, 1.5, 2.0, 2.0, 2.5, 3.0]);
        assert_eq!(bilinear(&[&x], (1, 1), 0..1).unwrap().to_vec().unwrap(), [1.5]);
        let same = bilinear(&[&x], (2, 2), 0..2).unwrap().to_vec().unwrap();
        assert_eq!(same, [0.0, 1.0, 2.0, 3.0]);
    }

    #[test]
    fn channels_of_several_maps_stand_side_by_side() {
        let (small, large) = (map(&[5.0, 6.0], &[1, 1, 2]), map(&[1.0, 2.0, 3.0, 4.0], &[2, 2, 1]));
        let both = bilinear(&[&large, &small], (2, 2), 1..2).unwrap();
        assert_eq!(both.shape(), [1, 2, 3]);
        assert_eq!(both.to_vec().unwrap(), [3.0, 5.0, 6.0, 4.0, 5.0, 6.0]);
        assert!(bilinear(&[&large], (2, 2), 1..3).is_err());
    }
}
