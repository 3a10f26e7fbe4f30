//! One field of all rows, for operators that decide by a field of the user's choice.

use std::cmp::Ordering;

use lagar_core::Batch;
use lagar_core::StatColumn;
use lagar_core::row::{FieldReader, STATS_KEY, column_of};
use serde_json::Value;

use crate::operator::Stats;
use crate::{Computed, Context, OperatorError};

/// The private column of [`chosen_field`]: the values as JSON, so that no type gets lost.
const VALUES: &str = ".value";

/// The field `path` as a statistic of the same name, and for judging as JSON.
///
/// A statistic of that name that a row has already is taken instead, as in Data-Juicer. A row without
/// the field has no value.
pub(crate) fn chosen_field(
    batch: &Batch,
    context: &Context<'_>,
    path: &str,
) -> Result<Computed, OperatorError> {
    let reader = FieldReader::new(batch, context.keys, path)?;
    let known = FieldReader::new(batch, context.keys, STATS_KEY)?;
    let value = |row: usize| match known.get(row) {
        Some(Value::Object(mut stats)) if stats.contains_key(path) => stats.remove(path),
        _ => reader.get(row),
    };
    let values: Vec<Option<Value>> = (0..batch.len()).map(value).collect();
    let texts: Vec<Option<Value>> = values
        .iter()
        .map(|value| value.as_ref().map(|value| Value::from(value.to_string())))
        .collect();
    let stats = vec![
        StatColumn { key: path.to_owned(), values: column_of(&values) },
        StatColumn { key: VALUES.to_owned(), values: column_of(&texts) },
    ];
    Ok(Computed { stats, faults: Vec::new() })
}

/// The value of [`chosen_field`] in one row; null where there is none.
pub(crate) fn chosen_value(stats: &Stats<'_>, row: usize) -> Value {
    let text = stats.column(VALUES).map(|values| lagar_core::row::value_of(values, row));
    let value = text.and_then(|text| serde_json::from_str(text.as_str()?).ok());
    value.unwrap_or_default()
}

/// Whether two values are equal in Python: numbers by value, truths as 0 and 1.
pub(crate) fn python_equal(one: &Value, other: &Value) -> bool {
    match (python_number(one), python_number(other)) {
        (Some(one), Some(other)) => one.partial_cmp(&other) == Some(Ordering::Equal),
        (None, None) => match (one, other) {
            (Value::Array(one), Value::Array(other)) => {
                one.len() == other.len()
                    && one.iter().zip(other).all(|(one, other)| python_equal(one, other))
            }
            (Value::Object(one), Value::Object(other)) => {
                one.len() == other.len()
                    && one.iter().all(|(key, value)| {
                        other.get(key).is_some_and(|other| python_equal(value, other))
                    })
            }
            _ => one == other,
        },
        _ => false,
    }
}

/// A number, or a truth as one.
pub(crate) fn python_number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        Value::Number(number) => number.as_f64(),
        _ => None,
    }
}

/// `float(text)` of Python, for strings.
pub(crate) fn python_float(text: &str) -> Option<f64> {
    let text = crate::text::strip(text);
    let lower = text.to_ascii_lowercase();
    let unsigned = lower.trim_start_matches(['+', '-']);
    let sign = if lower.starts_with('-') { -1.0 } else { 1.0 };
    if lower.len() - unsigned.len() > 1 {
        return None;
    }
    match unsigned {
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        "nan" => return Some(f64::NAN),
        _ => {}
    }
    let is_numeric = unsigned.bytes().all(|b| b.is_ascii_digit() || b"._e+-".contains(&b));
    // An underscore may stand between two digits only.
    let bytes = unsigned.as_bytes();
    let digit = |place: Option<usize>| {
        place.and_then(|place| bytes.get(place)).is_some_and(u8::is_ascii_digit)
    };
    let joins = |place: usize| digit(place.checked_sub(1)) && digit(Some(place + 1));
    if !is_numeric || !(0..bytes.len()).all(|place| bytes[place] != b'_' || joins(place)) {
        return None;
    }
    unsigned.replace('_', "").parse::<f64>().ok().map(|number| sign * number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_equal_as_in_python() {
        assert!(python_equal(&json!(1), &json!(1.0)) && python_equal(&json!(true), &json!(1)));
        assert!(!python_equal(&json!("1"), &json!(1)) && python_equal(&json!([1]), &json!([1.0])));
        assert!(!python_equal(&json!(null), &json!(0)));
    }

    #[test]
    fn strings_become_floats_as_in_python() {
        for (text, number) in
            [(" 1.5\n", 1.5), ("-1e3", -1e3), ("1_000", 1e3), (".5", 0.5), ("5.", 5.0)]
        {
            assert_eq!(python_float(text), Some(number), "{text}");
        }
        for text in ["", "1__0", "_1", "0x10", "--1", "1 2", "e5", "nano"] {
            assert_eq!(python_float(text), None, "{text}");
        }
        assert_eq!(python_float("-Infinity"), Some(f64::NEG_INFINITY));
    }
}
