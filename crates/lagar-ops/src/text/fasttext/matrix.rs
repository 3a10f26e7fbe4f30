//! The matrices of a model: plain, or quantized by product quantization.

use super::reader::Reader;

/// Codes that one byte can tell apart.
const CENTROIDS: usize = 256;

#[derive(Debug)]
pub(super) enum Matrix {
    Plain { columns: usize, values: Vec<f32> },
    Quantized(Box<Quantized>),
}

#[derive(Debug)]
pub(super) struct Quantized {
    columns: usize,
    codes: Vec<u8>,
    quantizer: Quantizer,
    /// The lengths of rows, where they were quantized on their own.
    norms: Option<(Vec<u8>, Quantizer)>,
}

/// Parts of a row, each one of 256 centroids.
#[derive(Debug)]
struct Quantizer {
    parts: usize,
    width: usize,
    last_width: usize,
    centroids: Vec<f32>,
}

impl Quantizer {
    fn read(reader: &mut Reader) -> Result<Self, String> {
        let mut sizes = [0; 4];
        for size in &mut sizes {
            *size =
                usize::try_from(reader.int()?).map_err(|_error| "a negative size".to_owned())?;
        }
        let [dimensions, parts, width, last_width] = sizes;
        let centroids = reader.floats(dimensions * CENTROIDS)?;
        let is_sound = parts > 0 && (parts - 1) * width + last_width == dimensions;
        let quantizer = Self { parts, width, last_width, centroids };
        if is_sound { Ok(quantizer) } else { Err("a damaged quantizer".to_owned()) }
    }

    fn centroid(&self, part: usize, code: u8) -> &[f32] {
        let (width, code) = (self.width, usize::from(code));
        let start = part * CENTROIDS * width;
        if part + 1 == self.parts {
            let start = start + code * self.last_width;
            return &self.centroids[start..start + self.last_width];
        }
        let start = start + code * width;
        &self.centroids[start..start + width]
    }

    /// The values of a row, part by part, with their columns.
    fn row<'a>(&'a self, codes: &'a [u8], row: usize) -> impl Iterator<Item = (usize, f32)> + 'a {
        let codes = codes[row * self.parts..(row + 1) * self.parts].iter().enumerate();
        codes.flat_map(move |(part, code)| {
            (part * self.width..).zip(self.centroid(part, *code).iter().copied())
        })
    }
}

impl Quantized {
    fn norm(&self, row: usize) -> f32 {
        self.norms.as_ref().map_or(1.0, |(codes, lengths)| lengths.centroid(0, codes[row])[0])
    }
}

impl Matrix {
    pub(super) fn read(reader: &mut Reader, is_quantized: bool) -> Result<Self, String> {
        if !is_quantized {
            let (rows, columns) = (reader.size()?, reader.size()?);
            let values = reader.floats(rows * columns)?;
            return Ok(Self::Plain { columns, values });
        }
        let has_norms = reader.flag()?;
        let (rows, columns) = (reader.size()?, reader.size()?);
        let size = usize::try_from(reader.int()?).map_err(|_error| "a negative size".to_owned())?;
        let codes = reader.bytes(size)?;
        let quantizer = Quantizer::read(reader)?;
        let norms = if has_norms {
            let codes = reader.bytes(rows)?;
            Some((codes, Quantizer::read(reader)?))
        } else {
            None
        };
        if codes.len() != rows * quantizer.parts {
            return Err("a damaged matrix".to_owned());
        }
        Ok(Self::Quantized(Box::new(Quantized { columns, codes, quantizer, norms })))
    }

    pub(super) fn columns(&self) -> usize {
        match self {
            Self::Plain { columns, .. } => *columns,
            Self::Quantized(matrix) => matrix.columns,
        }
    }

    /// Adds a row to a vector.
    pub(super) fn add_row(&self, row: usize, vector: &mut [f32]) {
        match self {
            Self::Plain { columns, values } => {
                let row = values.get(row * columns..(row + 1) * columns).unwrap_or_default();
                vector.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
            Self::Quantized(matrix) => {
                let norm = matrix.norm(row);
                for (column, value) in matrix.quantizer.row(&matrix.codes, row) {
                    vector[column] += norm * value;
                }
            }
        }
    }

    /// The product of a row and a vector.
    pub(super) fn dot_row(&self, row: usize, vector: &[f32]) -> f32 {
        match self {
            Self::Plain { columns, values } => {
                let row = values.get(row * columns..(row + 1) * columns).unwrap_or_default();
                row.iter().zip(vector).fold(0.0, |sum, (value, other)| sum + value * other)
            }
            Self::Quantized(matrix) => {
                let row_values = matrix.quantizer.row(&matrix.codes, row);
                let sum = row_values.fold(0.0, |sum, (column, value)| sum + vector[column] * value);
                sum * matrix.norm(row)
            }
        }
    }
}
