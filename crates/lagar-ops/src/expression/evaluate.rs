//! What a condition says of a row, as Python would.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Comparison, Condition, Expression};
use crate::chosen::{python_equal, python_number};
use crate::whole_row::is_truthy;

/// A row that a condition is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a>(pub(crate) &'a Map<String, Value>);

impl Condition {
    /// The fields that the condition names, each once.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names = BTreeSet::new();
        self.0.add_names(&mut names);
        names.into_iter().collect()
    }

    /// What the condition comes to.
    ///
    /// # Errors
    /// In words, when it has a part that is not evaluated, or compares what cannot be compared.
    pub(crate) fn evaluate(&self, row: Row<'_>) -> Result<Value, String> {
        self.0.evaluate(row)
    }
}

impl Expression {
    fn add_names(&self, names: &mut BTreeSet<String>) {
        match self {
            Self::Name(name) => {
                names.insert(name.clone());
            }
            Self::Attribute(value, _)
            | Self::Negative(value)
            | Self::Positive(value)
            | Self::Not(value) => value.add_names(names),
            Self::Logic { values, .. } | Self::Items(values) => {
                for value in values {
                    value.add_names(names);
                }
            }
            Self::Compare { first, rest } => {
                first.add_names(names);
                for (_, value) in rest {
                    value.add_names(names);
                }
            }
            Self::Constant(_) | Self::Unsupported(_) => {}
        }
    }

    fn evaluate(&self, row: Row<'_>) -> Result<Value, String> {
        match self {
            Self::Constant(value) => Ok(value.clone()),
            Self::Name(name) => Ok(row.0.get(name).cloned().unwrap_or_default()),
            Self::Attribute(value, name) => Ok(match value.evaluate(row)? {
                Value::Object(mut fields) => fields.remove(name).unwrap_or_default(),
                _ => Value::Null,
            }),
            Self::Logic { is_and, values } => {
                for value in values {
                    if is_truthy(&value.evaluate(row)?) != *is_and {
                        return Ok(Value::Bool(!is_and));
                    }
                }
                Ok(Value::Bool(*is_and))
            }
            Self::Compare { first, rest } => compare_all(first, rest, row),
            Self::Negative(value) | Self::Positive(value) => {
                let is_negative = matches!(self, Self::Negative(_));
                signed(&value.evaluate(row)?, is_negative)
            }
            Self::Not(value) => Ok(Value::Bool(!is_truthy(&value.evaluate(row)?))),
            Self::Items(items) => items.iter().map(|item| item.evaluate(row)).collect(),
            Self::Unsupported(name) => Err(format!("Unsupported node type: {name}")),
        }
    }
}

fn signed(value: &Value, is_negative: bool) -> Result<Value, String> {
    let wrong = || format!("a sign before {value}, which is no number");
    let sign = if is_negative { -1 } else { 1 };
    if let Some(number) = value.as_i64() {
        return Ok(Value::from(number * sign));
    }
    let number = python_number(value).ok_or_else(wrong)?;
    Ok(Value::from(number * sign as f64))
}

fn compare_all(
    first: &Expression,
    rest: &[(Comparison, Expression)],
    row: Row<'_>,
) -> Result<Value, String> {
    let mut left = first.evaluate(row)?;
    let rights = rest.iter().map(|(_, right)| right.evaluate(row));
    let rights = rights.collect::<Result<Vec<_>, _>>()?;
    for ((comparison, _), right) in rest.iter().zip(rights) {
        if left.is_null() || right.is_null() {
            return Ok(Value::Bool(*comparison == Comparison::NotIn));
        }
        if !holds(*comparison, &left, &right)? {
            return Ok(Value::Bool(false));
        }
        left = right;
    }
    Ok(Value::Bool(true))
}

fn holds(comparison: Comparison, left: &Value, right: &Value) -> Result<bool, String> {
    Ok(match comparison {
        Comparison::Equal => python_equal(left, right),
        Comparison::Different => !python_equal(left, right),
        Comparison::Greater => order(left, right)?.is_some_and(Ordering::is_gt),
        Comparison::Less => order(left, right)?.is_some_and(Ordering::is_lt),
        Comparison::AtLeast => order(left, right)?.is_some_and(Ordering::is_ge),
        Comparison::AtMost => order(left, right)?.is_some_and(Ordering::is_le),
        Comparison::In => contains(right, left)?,
        Comparison::NotIn => !contains(right, left)?,
        Comparison::Is(name) => return Err(format!("Unsupported comparison operator: {name}")),
    })
}

/// The order of two values; `None` where one is not a number (NaN).
fn order(left: &Value, right: &Value) -> Result<Option<Ordering>, String> {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
        return Ok(Some(left.cmp(&right)));
    }
    if let (Some(left), Some(right)) = (python_number(left), python_number(right)) {
        return Ok(left.partial_cmp(&right));
    }
    match (left, right) {
        (Value::String(left), Value::String(right)) => Ok(Some(left.cmp(right))),
        (Value::Array(left), Value::Array(right)) => {
            for (left, right) in left.iter().zip(right) {
                if !python_equal(left, right) {
                    return order(left, right);
                }
            }
            Ok(Some(left.len().cmp(&right.len())))
        }
        _ => Err(format!("{left} and {right} cannot be compared by order")),
    }
}

fn contains(whole: &Value, part: &Value) -> Result<bool, String> {
    match (whole, part) {
        (Value::String(whole), Value::String(part)) => Ok(whole.contains(part.as_str())),
        (Value::Array(items), part) => Ok(items.iter().any(|item| python_equal(item, part))),
        (Value::Object(fields), Value::String(part)) => Ok(fields.contains_key(part)),
        (Value::Object(_), _) => Ok(false),
        _ => Err(format!("{part} cannot be looked for in {whole}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn evaluate(condition: &str) -> Result<Value, String> {
        let row = json!({
            "num": 20, "text": "a dog", "tags": ["x", "y"], "none": null,
            "__dj__meta__": {"a": 3, "b": {"c": "deep"}},
        });
        Condition::parse(condition)?.evaluate(Row(row.as_object().unwrap()))
    }

    #[test]
    fn conditions_come_to_what_python_says() {
        for condition in [
            "10 < num <= 30 and text != 'nothing here' and __dj__meta__.a == 3",
            "num == 20.0 or 1/0",
            "'x' in tags and 'z' not in tags and 'dog' in text",
            "not num > 30",
            "num in [10, 20] and num in (20,) and num in {20, 30}",
            "-num < 0 < +num",
            "__dj__meta__.b.c == \"de\" 'ep'",
            "absent not in tags",
            "None not in tags",
            "0x14 == num and 1_0 < 2e1 and .5 < 1",
            "True",
            "'\\u0061' < 'b'",
            "[1, 2] < [1, 3]",
        ] {
            assert_eq!(evaluate(condition), Ok(json!(true)), "{condition}");
        }
        for condition in [
            "absent > 3",
            "none == None",
            "text.upper == 1",
            "num.a in tags",
            "num > 10 > 30",
            "not (num)",
            "'' or []",
            "absent.deep == 1",
        ] {
            assert_eq!(evaluate(condition), Ok(json!(false)), "{condition}");
        }
        assert_eq!(evaluate("num"), Ok(json!(20)));
    }

    #[test]
    fn what_is_not_evaluated_is_named() {
        for (condition, name) in [
            ("num + 1 > 2", "node type: BinOp"),
            ("len(text) > 2", "node type: Call"),
            ("tags[0] == 'x'", "node type: Subscript"),
            ("num is None", ""),
            ("num is 3", "comparison operator: Is"),
            ("{'a': 1} == 1", "node type: Dict"),
            ("text > 3", "cannot be compared"),
        ] {
            match evaluate(condition) {
                Ok(value) => assert_eq!((name, value), ("", json!(false)), "{condition}"),
                Err(error) => assert!(!name.is_empty() && error.contains(name), "{error}"),
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for condition in [
            "num >", "10 <", "and", "(num", "num num", "'open", "num = 3", "1a", "", "num >< 3",
            "a.", "x;y",
        ] {
            assert!(Condition::parse(condition).is_err(), "{condition}");
        }
        assert!(Condition::parse(&"(".repeat(10_000)).is_err());
    }
}
