//! What selectors have in common that choose by a field.

use std::cmp::Ordering;

use lagar_core::Batch;
use lagar_core::row::FieldReader;
use serde_json::Value;

use crate::chosen::{python_float, python_number};
use crate::numpy::mean;
use crate::{Candidates, Context, OperatorError};

/// What Data-Juicer takes where a value is no number.
const LARGEST: f64 = i64::MAX as f64;

/// The field `path` of every row: `[value]`, or as a string the step that is not there.
pub(crate) fn field_values(
    batch: &Batch,
    context: &Context<'_>,
    path: &str,
) -> Result<Option<Vec<Value>>, OperatorError> {
    if path.is_empty() {
        return Ok(None);
    }
    let reader = FieldReader::new(batch, context.keys, path)?;
    let value = |row| match reader.find(row) {
        Ok(value) => Value::Array(vec![value]),
        Err(step) => Value::from(step),
    };
    Ok(Some((0..batch.len()).map(value).collect()))
}

/// The values of [`field_values`]; a row without the field has null, as in a data set of columns.
///
/// # Errors
/// When no row has the field.
pub(crate) fn values_of(candidates: Candidates<'_>) -> Result<Vec<Value>, OperatorError> {
    let is_missing = |value: &&Value| value.is_string();
    if let Some(step) = candidates.values.first().filter(is_missing)
        && candidates.values.iter().all(Value::is_string)
    {
        let message = format!("{step} is not a field of any row");
        return Err(OperatorError::Raised { exception: "AssertionError", message });
    }
    let value = |value: &Value| value.get(0).cloned().unwrap_or_default();
    Ok(candidates.values.iter().map(value).collect())
}

/// Refuses values that are neither text nor number nor null.
///
/// # Errors
/// With the place of the first such value.
pub(crate) fn refuse_compound(values: &[Value]) -> Result<(), OperatorError> {
    match values.iter().position(|value| value.is_array() || value.is_object()) {
        None => Ok(()),
        Some(place) => Err(OperatorError::Raised {
            exception: "AssertionError",
            message: format!("The {place} item is not String, Numbers or NoneType"),
        }),
    }
}

/// A value as one number: a string is read, a list averaged; what is none stands at the far end.
pub(crate) fn to_number(value: &Value, last_when_descending: bool) -> f64 {
    let far = if last_when_descending { -LARGEST } else { LARGEST };
    let number = match value {
        Value::String(text) => python_float(text),
        Value::Array(_) => {
            let mut numbers = Vec::new();
            flatten(value, &mut numbers).then(|| mean(&numbers)).flatten()
        }
        value => python_number(value),
    };
    number.unwrap_or(far)
}

fn flatten(value: &Value, numbers: &mut Vec<f64>) -> bool {
    match value {
        Value::Array(items) => items.iter().all(|item| flatten(item, numbers)),
        value => python_number(value).map(|number| numbers.push(number)).is_some(),
    }
}

/// How many of `all` a share and a number ask for, whichever is fewer; `None` if neither is set.
pub(crate) fn wanted(share: Option<f64>, number: Option<u64>, all: usize) -> Option<usize> {
    let number = number.filter(|number| *number > 0);
    let share = share.filter(|share| *share != 0.0).map(|share| share * all as f64);
    let wanted = match (share, number) {
        (Some(share), Some(number)) => share.min(number as f64),
        (Some(share), None) => share,
        (None, Some(number)) => number as f64,
        (None, None) => return None,
    };
    Some((wanted as usize).min(all))
}

/// The first `count` places in the order of their keys, ties by place (`heapq.nsmallest`).
pub(crate) fn smallest(
    places: &[usize],
    count: usize,
    compare: impl Fn(usize, usize) -> Ordering,
) -> Vec<usize> {
    let mut sorted = places.to_vec();
    sorted.sort_by(|one, other| compare(*one, *other));
    sorted.truncate(count);
    sorted
}

/// Places as a selection.
pub(crate) fn selection(places: Vec<usize>) -> crate::Selection {
    crate::Selection::Rows(places.into_iter().map(|place| place as u64).collect())
}
