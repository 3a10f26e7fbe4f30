//! A tensor of a checkpoint written anew, with an update worked in or in another form of numbers.

use rayon::prelude::*;

use crate::NnError;
use crate::weights::{Factors, Form, Rounding, SafetensorsWriter, Source};

/// Elements that are worked on at once: 16 MiB of `f32`.
const BLOCK: usize = 4 << 20;

/// What becomes of a tensor.
#[derive(Debug)]
pub enum Change {
    /// Nothing but perhaps its form.
    Keep,
    /// A matrix gets an update.
    Update(Factors),
    /// Numbers are added, one per element.
    Add(Vec<f32>),
}

/// Writes a floating-point tensor in `form`, block of rows by block of rows, and says what rounding to
/// `measured` does to it. Arithmetic is in `f32`.
///
/// # Errors
/// When the tensor cannot be read, a result is NaN or infinite, or the file cannot be written.
pub fn rewrite(
    source: &Source,
    name: &str,
    change: &Change,
    (form, measured): (Form, Form),
    writer: &mut SafetensorsWriter,
) -> Result<Rounding, NnError> {
    let shape = source.shape(name).unwrap_or_default();
    let elements: usize = shape.iter().product();
    let columns = match change {
        Change::Update(factors) => factors.shape().1,
        _ => elements / shape.first().copied().unwrap_or(1).max(1),
    };
    let is_changed = !matches!(change, Change::Keep);
    let rows = elements.checked_div(columns).unwrap_or(0);
    let height = (BLOCK / columns.max(1)).max(1);
    let mut total = Rounding::default();
    for first in (0..rows).step_by(height) {
        let count = height.min(rows - first);
        let mut base = vec![0.0; count * columns];
        source.read_values(name, first * columns, &mut base)?;
        let mut exact = base.clone();
        apply(change, first, columns, &mut exact);
        if is_changed && exact.iter().any(|x| !x.is_finite()) {
            let message = format!("`{name}` has NaN or infinity after the update");
            return Err(NnError::Format {
                path: source.path().to_owned(),
                message,
                hint: Some("is the base damaged, or the scale of the adapter too large?"),
            });
        }
        if is_changed {
            let found: Vec<Rounding> = base
                .par_chunks(columns)
                .zip(exact.par_chunks(columns))
                .map(|(base, exact)| Rounding::of_row(measured, base, exact))
                .collect();
            for row in &found {
                total.add(row);
            }
        }
        let mut bytes = Vec::with_capacity(exact.len() * form.bytes());
        form.write(&exact, &mut bytes);
        writer.write(&bytes)?;
        source.release_part(name, first * columns..(first + count) * columns);
    }
    source.release(name);
    Ok(total)
}

fn apply(change: &Change, first: usize, columns: usize, rows: &mut [f32]) {
    match change {
        Change::Keep => {}
        Change::Update(factors) => {
            // a few rows at a time: enough to share what is read of the factors
            const TOGETHER: usize = 16;
            let groups = rows.par_chunks_mut(TOGETHER * columns).enumerate();
            groups.for_each(|(group, rows)| factors.merge(first + group * TOGETHER, rows));
        }
        Change::Add(values) => {
            let added = &values[first * columns..];
            rows.iter_mut().zip(added).for_each(|(x, added)| *x += added);
        }
    }
}
