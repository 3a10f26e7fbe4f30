//! Batched rows: one row whose fields are lists of what several rows had.
//!
//! Source: Data-Juicer 1.6.1, `convert_list_dict_to_dict_list` and its inverse in `base_op.py`.

use serde_json::{Map, Value};

/// Rows as one row of lists; a field that some rows have and others have not is null in those.
pub fn gather(rows: Vec<Map<String, Value>>) -> Map<String, Value> {
    let count = rows.len();
    let mut gathered: Map<String, Value> = Map::new();
    for (number, row) in rows.into_iter().enumerate() {
        for (key, value) in row {
            let list = gathered.entry(key).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(items) = list {
                items.resize(number, Value::Null);
                items.push(value);
            }
        }
    }
    for list in gathered.values_mut() {
        if let Value::Array(items) = list {
            items.resize(count, Value::Null);
        }
    }
    gathered
}

/// A row of lists as rows, as many as its first list is long.
///
/// # Errors
/// With the name of a field that is no list or has another length.
pub fn scatter(row: Map<String, Value>) -> Result<Vec<Map<String, Value>>, String> {
    let mut rows: Option<Vec<Map<String, Value>>> = None;
    for (key, value) in row {
        let Value::Array(items) = value else {
            return Err(key);
        };
        let rows = rows.get_or_insert_with(|| vec![Map::new(); items.len()]);
        if items.len() < rows.len() {
            return Err(key);
        }
        for (row, item) in rows.iter_mut().zip(items) {
            row.insert(key.clone(), item);
        }
    }
    Ok(rows.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn rows_go_together_and_come_apart() {
        let rows = vec![row(&json!({"a": 1, "b": "x"})), row(&json!({"a": 2, "c": []}))];
        let gathered = gather(rows);
        assert_eq!(
            Value::Object(gathered.clone()),
            json!({"a": [1, 2], "b": ["x", null], "c": [null, []]})
        );
        let rows = scatter(gathered).unwrap();
        assert_eq!(Value::Object(rows[1].clone()), json!({"a": 2, "b": null, "c": []}));
        assert_eq!(scatter(row(&json!({"a": 1}))), Err("a".to_owned()));
    }
}
