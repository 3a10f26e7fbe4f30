//! JSON lines as one row of lists, without making values of what is copied as it stands.
//!
//! The bytes are those of [`lagar_ops::gather`] on the parsed rows.

use std::collections::HashMap;

use lagar_core::row::write_string;

/// The rows of one group, field by field.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    fields: Vec<Field>,
    places: HashMap<String, usize>,
    rows: usize,
}

#[derive(Debug)]
struct Field {
    key: String,
    /// The items so far, with commas between them.
    items: Vec<u8>,
    count: usize,
    /// Where the last item begins, so that a key that stands twice in a row counts by its last value.
    last: usize,
}

impl Gathered {
    /// Adds a row.
    pub(crate) fn push(&mut self, line: &str) {
        for (turn, entry) in sonic_rs::to_object_iter(line).map_while(Result::ok).enumerate() {
            let (key, value) = entry;
            let place = self.place(&key, turn);
            let field = &mut self.fields[place];
            if field.count > self.rows {
                field.items.truncate(field.last);
                field.count -= 1;
            }
            field.fill(self.rows);
            field.begin();
            write_raw(value.as_raw_str(), &mut field.items);
        }
        self.rows += 1;
    }

    /// Where a field is, made if it is new; rows mostly have the same fields in the same order.
    fn place(&mut self, key: &str, turn: usize) -> usize {
        if self.fields.get(turn).is_some_and(|field| field.key == key) {
            return turn;
        }
        if let Some(place) = self.places.get(key) {
            return *place;
        }
        let place = self.fields.len();
        self.places.insert(key.to_owned(), place);
        self.fields.push(Field { key: key.to_owned(), items: Vec::new(), count: 0, last: 0 });
        place
    }

    /// The row of lists with a line feed.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let mut line = b"{".to_vec();
        for field in &mut self.fields {
            field.fill(self.rows);
            if line.len() > 1 {
                line.push(b',');
            }
            write_string(&field.key, &mut line);
            line.extend_from_slice(b":[");
            line.append(&mut field.items);
            line.push(b']');
        }
        line.extend_from_slice(b"}\n");
        line
    }
}

impl Field {
    /// Fills up with null to `count` items.
    fn fill(&mut self, count: usize) {
        while self.count < count {
            self.begin();
            self.items.extend_from_slice(b"null");
        }
    }

    fn begin(&mut self) {
        self.last = self.items.len();
        if self.count > 0 {
            self.items.push(b',');
        }
        self.count += 1;
    }
}

/// Scalars without escapes are written as they were read; what could be written in another way is
/// parsed.
fn write_raw(raw: &str, out: &mut Vec<u8>) {
    let is_plain = !raw.starts_with(['{', '[']) && !raw.contains('\\');
    let value = if is_plain { None } else { serde_json::from_str::<serde_json::Value>(raw).ok() };
    match value {
        Some(value) => out.extend_from_slice(value.to_string().as_bytes()),
        None => out.extend_from_slice(raw.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_gather_as_their_values_do() {
        let lines = [
            r#"{"a": 1.50, "b": "x\u00e9\"", "c": [1, {"d": null}]}"#,
            r#"{"b": true, "a": "é", "e": {}}"#,
            r#"{"a": 1, "a": 2}"#,
            "{}",
        ];
        let mut gathered = Gathered::default();
        for line in &lines {
            gathered.push(line);
        }
        let rows = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let expected = serde_json::Value::from(lagar_ops::gather(rows)).to_string() + "\n";
        assert_eq!(String::from_utf8(gathered.finish()).unwrap(), expected);
    }
}
