//! `json.dumps(value, ensure_ascii=False)`: JSON as Python's standard library writes it.

use serde_json::Value;

use crate::whole_row::float_repr;

/// The value in one line, with a space behind each comma and colon.
pub fn python_json(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(python_json).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                format!("{}: {}", Value::from(name.as_str()), python_json(value))
            };
            let fields: Vec<String> = fields.iter().map(field).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Number(number) if !number.is_i64() && !number.is_u64() => {
            float_repr(number.as_f64().unwrap_or(f64::NAN))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn separators_and_numbers_are_pythons() {
        let value = json!({"a": [1, 2.0, "é\n"], "b": {}});
        assert_eq!(python_json(&value), "{\"a\": [1, 2.0, \"é\\n\"], \"b\": {}}");
    }
}
