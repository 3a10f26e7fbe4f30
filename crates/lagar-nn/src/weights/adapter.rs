//! Low-rank updates of a checkpoint's matrices: what a LoRA adapter changes, laid over a model while
//! it is loaded.
//!
//! The model knows nothing of it: a layer that loads `NAME.weight` finds what the adapter has for
//! that name. Factors are read when their matrix is, one matrix at a time, so that an adapter that is
//! worked in takes no memory afterwards.
//!
//! Sources: Hu et al. 2021 (LoRA), Kalajdzievski 2023 (rank-stabilised scale), Liu et al. 2024 (DoRA);
//! `peft/tuners/lora` 0.21 for signs and orders.

use std::collections::BTreeMap;

use lagar_core::Digest;

use crate::NnError;
use crate::kernels::level;
use crate::kernels::low_rank::{LowRankUpdate, add_low_rank};
use crate::weights::{Source, digest};

/// Where an adapter's share in a product is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AdapterMode {
    /// In the matrix: W + s·B·A is computed in `f32` and then kept as the matrix is. Costs nothing
    /// afterwards, but in bfloat16 the update is rounded with the matrix.
    #[default]
    Merged,
    /// Beside the matrix: y = Wx + s·B(Ax), with A and B in `f32`. Embeddings and the kernels of
    /// convolutions are worked in all the same.
    Beside,
}

/// An adapter and how a model takes it up.
#[derive(Clone, Copy, Debug)]
pub struct Overlay<'a> {
    /// The adapter, its matrices under the names that the checkpoint has.
    pub adapter: &'a Adapter,
    /// Where its share is computed.
    pub mode: AdapterMode,
}

/// What an adapter changes in one matrix W: W + `scale` · B · A.
#[derive(Clone, Debug, PartialEq)]
pub struct LowRank {
    /// The tensor A, `[rank, inputs]`.
    pub a: String,
    /// The tensor B, `[outputs, rank]`.
    pub b: String,
    /// The length of A and B's common side.
    pub rank: usize,
    /// α / r, or α / √r.
    pub scale: f32,
    /// DoRA: the tensor of the lengths that the rows of W + `scale` · B · A are brought to.
    pub magnitude: Option<String>,
    /// The tensor that, times `scale`, is added to the layer's bias, `[outputs]`.
    pub bias: Option<String>,
    /// Whether W is stored as `[inputs, outputs]` (embeddings, and the layers of GPT-2).
    pub is_transposed: bool,
}

/// The tensors of an adapter, and which matrices of a checkpoint they change.
#[derive(Debug)]
pub struct Adapter {
    source: Source,
    matrices: BTreeMap<String, LowRank>,
}

impl Adapter {
    /// An adapter whose tensors are in `source`; `matrices` says what they change, by the whole names
    /// that the checkpoint's tensors have.
    ///
    /// # Errors
    /// When a tensor that is named is not in `source`, or A and B do not have the rank.
    pub fn new(source: Source, matrices: BTreeMap<String, LowRank>) -> Result<Self, NnError> {
        for low in matrices.values() {
            let named = [Some(&low.a), Some(&low.b), low.magnitude.as_ref(), low.bias.as_ref()];
            for name in named.into_iter().flatten() {
                if source.shape(name).is_none() {
                    return Err(NnError::shape("adapter", format!("there is no tensor `{name}`")));
                }
            }
            let rank = |shape: Option<&[usize]>, side: usize| {
                shape.and_then(|shape| shape.get(side).copied()) == Some(low.rank)
            };
            if !rank(source.shape(&low.a), 0) || !rank(source.shape(&low.b), 1) {
                let message = format!("`{}` and `{}` are not of rank {}", low.a, low.b, low.rank);
                return Err(NnError::shape("adapter", message));
            }
        }
        Ok(Self { source, matrices })
    }

    /// The adapter's own tensors.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The matrices it changes, by the names of the checkpoint's tensors, sorted.
    pub fn matrices(&self) -> impl Iterator<Item = (&str, &LowRank)> {
        self.matrices.iter().map(|(name, low)| (name.as_str(), low))
    }

    /// What it changes in one tensor of the checkpoint.
    pub fn get(&self, name: &str) -> Option<&LowRank> {
        self.matrices.get(name)
    }

    /// The shape `[rows, columns]` of the update of a matrix, as the checkpoint stores it; a
    /// convolution's kernel counts as one row per output.
    pub fn update_shape(&self, low: &LowRank) -> (usize, usize) {
        let across = |name: &str, side: usize| {
            let shape = self.source.shape(name).unwrap_or_default();
            shape.iter().product::<usize>() / shape.get(side).copied().unwrap_or(1).max(1)
        };
        let (outputs, inputs) = (across(&low.b, 1), across(&low.a, 0));
        if low.is_transposed { (inputs, outputs) } else { (outputs, inputs) }
    }

    /// A digest of all that decides what the adapter does.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn digest(&self) -> Result<Digest, NnError> {
        let mut all = digest(&self.source)?;
        for (name, low) in &self.matrices {
            all = all.then(name.as_bytes()).then(format!("{low:?}").as_bytes());
        }
        Ok(all)
    }

    /// Reads what is needed to change one matrix of the checkpoint.
    ///
    /// # Errors
    /// When the update is not of this shape `(rows, columns)`, or a number is NaN or infinite.
    pub fn factors(&self, name: &str, shape: (usize, usize)) -> Result<Factors, NnError> {
        let Some(low) = self.get(name) else {
            return Err(NnError::shape("adapter", format!("it has nothing for `{name}`")));
        };
        let found = self.update_shape(low);
        if found != shape {
            let message = format!("`{name}` is {shape:?}, its update {found:?}");
            return Err(NnError::shape("adapter", message));
        }
        let (rank, (rows, columns)) = (low.rank, shape);
        let (a, b) = (self.finite(&low.a)?, self.finite(&low.b)?);
        let (left, right) = if low.is_transposed {
            (transposed(&a, rank), transposed(&b, columns))
        } else {
            (b, a)
        };
        let magnitude = match &low.magnitude {
            None => None,
            Some(_) if low.is_transposed => {
                let message = format!("DoRA of `{name}`, which is stored transposed, is not read");
                return Err(NnError::shape("adapter", message));
            }
            Some(tensor) => {
                let values = self.finite(tensor)?;
                if values.len() != rows {
                    let message = format!("`{tensor}` has {} numbers for {rows}", values.len());
                    return Err(NnError::shape("adapter", message));
                }
                Some(values)
            }
        };
        Ok(Factors { rank, rows, columns, left, right, scale: low.scale, magnitude })
    }

    /// What is added to the bias of a layer, by its matrix.
    ///
    /// # Errors
    /// When a number is NaN or infinite.
    pub fn bias(&self, name: &str) -> Result<Option<Vec<f32>>, NnError> {
        let Some((low, tensor)) = self.get(name).and_then(|low| Some((low, low.bias.as_ref()?)))
        else {
            return Ok(None);
        };
        let values = self.finite(tensor)?;
        Ok(Some(values.into_iter().map(|value| value * low.scale).collect()))
    }

    fn finite(&self, name: &str) -> Result<Vec<f32>, NnError> {
        let values = self.source.values(name)?;
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(place) => Err(NnError::Format {
                path: self.source.path().to_owned(),
                message: format!("`{name}` has the number {} at {place}", values[place]),
                hint: Some("the training diverged, or the file is damaged"),
            }),
        }
    }
}

/// The update of one matrix, in memory.
#[derive(Clone, Debug)]
pub struct Factors {
    rank: usize,
    rows: usize,
    columns: usize,
    /// `[rows, rank]`.
    left: Vec<f32>,
    /// `[rank, columns]`.
    right: Vec<f32>,
    scale: f32,
    magnitude: Option<Vec<f32>>,
}

impl Factors {
    /// The shape `(rows, columns)` of the matrix.
    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    /// The length of the side that the factors share.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Turns rows of the matrix, from row `first` on, into those with the update worked in.
    pub fn merge(&self, first: usize, rows: &mut [f32]) {
        let count = rows.len() / self.columns.max(1);
        let left = &self.left[first * self.rank..(first + count) * self.rank];
        let Self { rank, right, scale, .. } = self;
        let update = LowRankUpdate { rank: *rank, left, right, scale: *scale };
        add_low_rank(level(), update, rows);
        let Some(magnitude) = &self.magnitude else { return };
        let lengths = &magnitude[first..first + count];
        for (row, wanted) in rows.chunks_exact_mut(self.columns.max(1)).zip(lengths) {
            let gain = gain(row, *wanted);
            for x in row {
                *x *= gain;
            }
        }
    }

    /// DoRA: what each row of the product is multiplied by, given how to read a row of the matrix;
    /// `None` without DoRA.
    pub(crate) fn gains(&self, read: impl Fn(usize, &mut [f32])) -> Option<Vec<f32>> {
        let magnitude = self.magnitude.as_ref()?;
        let undirected = Self { magnitude: None, ..self.clone() };
        let mut row = vec![0.0; self.columns];
        let gains = magnitude.iter().enumerate().map(|(index, wanted)| {
            read(index, &mut row);
            undirected.merge(index, &mut row);
            gain(&row, *wanted)
        });
        Some(gains.collect())
    }

    /// A, `[rank, inputs]`, of a matrix that is not stored transposed.
    pub(crate) fn down(&self) -> &[f32] {
        &self.right
    }

    /// A row of `scale · B`.
    pub(crate) fn up(&self, row: usize) -> impl Iterator<Item = f32> {
        let row = &self.left[row * self.rank..(row + 1) * self.rank];
        row.iter().map(|x| x * self.scale)
    }
}

/// What brings a row to a length; a row of zeros has no direction and stays.
fn gain(row: &[f32], wanted: f32) -> f32 {
    let square: f64 = row.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    if square > 0.0 { wanted / square.sqrt() as f32 } else { 1.0 }
}

fn transposed(matrix: &[f32], rows: usize) -> Vec<f32> {
    let columns = matrix.len() / rows.max(1);
    (0..matrix.len()).map(|place| matrix[place % rows * columns + place / rows]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors(magnitude: Option<Vec<f32>>) -> Factors {
        let (left, right) = (vec![1.0, 2.0], vec![3.0, 4.0]);
        Factors { rank: 1, rows: 2, columns: 2, left, right, scale: 0.5, magnitude }
    }

    #[test]
    fn an_update_is_added_to_the_rows_it_belongs_to() {
        let mut rows = [1.0, 1.0, 1.0, 1.0];
        factors(None).merge(0, &mut rows);
        assert_eq!(rows[..], [2.5, 3.0, 4.0, 5.0]);
        let mut second = [1.0, 1.0];
        factors(None).merge(1, &mut second);
        assert_eq!(second[..], [4.0, 5.0]);
    }

    #[test]
    fn dora_gives_every_row_its_length() {
        let mut rows = [1.5, 2.0, 0.0, 0.0];
        let dora = factors(Some(vec![10.0, 5.0]));
        dora.merge(0, &mut rows);
        assert_eq!(rows[..], [6.0, 8.0, 3.0, 4.0]);
        let base = [[1.5, 2.0], [0.0, 0.0]];
        let gains = dora.gains(|row, out| out.copy_from_slice(&base[row])).unwrap();
        assert_eq!(gains, [2.0, 1.0]);
    }

    #[test]
    fn a_matrix_is_transposed() {
        assert_eq!(transposed(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    }
}
