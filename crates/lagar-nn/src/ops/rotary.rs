//! Rotary positions: pairs of a head's numbers turned by an angle that grows with the place.
//!
//! Source: Su et al. 2021; the halves of a head are paired, and angles are computed in `f32`, as
//! Gemma and Llama do in transformers.

use rayon::prelude::*;

use crate::{NnError, Tensor, cpu};

/// How far the tokens of a batch are turned; one for all layers.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// Numbers in a head.
    width: usize,
    /// Cosines and sines, `[tokens, width / 2]` each.
    cosines: Vec<f32>,
    sines: Vec<f32>,
}

impl Rotation {
    /// For tokens at `positions` and heads of `width` numbers; `base` is called `rope_theta`.
    pub fn new(positions: &[usize], width: usize, base: f64) -> Self {
        let speeds: Vec<f32> = (0..width / 2)
            .map(|index| 1.0 / (base as f32).powf((2 * index) as f32 / width as f32))
            .collect();
        let angles = positions.iter().flat_map(|position| {
            speeds.iter().map(move |speed| f64::from(*position as f32 * speed))
        });
        let (cosines, sines) = angles.map(|angle| (angle.cos() as f32, angle.sin() as f32)).unzip();
        Self { width, cosines, sines }
    }
}

/// Turns the heads of tokens, `[tokens, heads * width]` to the same shape.
///
/// The computation is in main memory; on another device rows travel there and back.
///
/// # Errors
/// When `x` has another number of tokens, or its rows are no whole heads.
pub fn rotary(x: &Tensor, rotation: &Rotation) -> Result<Tensor, NnError> {
    let [tokens, row] = x.sizes()?;
    let Rotation { width, cosines, sines } = rotation;
    let half = width / 2;
    if *width == 0 || !row.is_multiple_of(*width) || cosines.len() != tokens * half {
        let message = format!("{:?} in heads of {width}, {} angles", x.shape(), cosines.len());
        return Err(NnError::shape("rotary", message));
    }
    let mut data = x.to_vec()?;
    let angles = cosines.par_chunks_exact(half.max(1)).zip(sines.par_chunks_exact(half.max(1)));
    data.par_chunks_exact_mut(row.max(1)).zip(angles).for_each(|(row, (cosines, sines))| {
        for head in row.chunks_exact_mut(*width) {
            let (first, second) = head.split_at_mut(half);
            for (((a, b), cosine), sine) in first.iter_mut().zip(second).zip(cosines).zip(sines) {
                (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
            }
        }
    });
    let turned = cpu::tensor(data, &[tokens, row], "rotary")?;
    if cpu::is_here(x) {
        return Ok(turned);
    }
    let moved = turned.0.to_device(x.0.device()).and_then(|turned| turned.to_dtype(x.0.dtype()));
    moved.map(Tensor).map_err(crate::error::framework("rotary"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Device;

    #[test]
    fn the_first_place_is_not_turned_and_lengths_stay() {
        let data: Vec<f32> = (0..24).map(|i| i as f32 * 0.25 - 2.0).collect();
        let x = Tensor::from_vec(data.clone(), &[2, 12], &Device::cpu()).unwrap();
        let turned = rotary(&x, &Rotation::new(&[0, 5], 6, 10_000.0)).unwrap().to_vec().unwrap();
        assert_eq!(turned[..12], data[..12]);
        let square = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>();
        assert!((square(&turned[12..]) - square(&data[12..])).abs() < 1e-4);
        // the fastest pair of the first head is turned by five radians
        let expected = data[12] * 5.0_f32.cos() - data[15] * 5.0_f32.sin();
        assert!((turned[12] - expected).abs() < 1e-6);
        assert!(rotary(&x, &Rotation::new(&[0], 6, 10_000.0)).is_err());
    }
}
