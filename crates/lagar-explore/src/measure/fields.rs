//! The fields of rows and their types.

use arrow::array::{Array as _, RecordBatch};
use lagar_engine::source::{ChunkData, RawChunk};
use sonic_rs::{LazyValue, to_object_iter};

use crate::profile::{Example, FieldType, FieldUse};

/// How many rows are shown of each field.
const SHOWN: usize = 3;
/// Fields beyond this are not counted: a row whose keys are data would fill the memory.
const MOST_FIELDS: usize = 1_000;

/// The fields of some rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    rows: u64,
    first: Vec<u64>,
    known: Vec<Field>,
}

#[derive(Clone, Debug, Default)]
struct Field {
    name: String,
    present: u64,
    types: Vec<Kind>,
    lacking: Vec<u64>,
    /// The row it was last seen in, one more than its number.
    seen: u64,
}

#[derive(Clone, Debug, Default)]
struct Kind {
    name: String,
    rows: u64,
    first: Vec<u64>,
}

impl Fields {
    /// The fields of the rows of a chunk that `wanted` lets pass; malformed rows are no rows here.
    pub(crate) fn of(chunk: &RawChunk, wanted: impl Fn(u64) -> bool) -> Self {
        let mut fields = Self::default();
        match &chunk.data {
            ChunkData::Json { bytes, rows } => {
                for (place, range) in rows.iter().enumerate() {
                    let row = chunk.first_row + place as u64;
                    let raw = &bytes[range.start as usize..range.end as usize];
                    if wanted(row) {
                        fields.note_json(row, raw);
                    }
                }
            }
            ChunkData::Arrow(columns) => {
                for place in 0..columns.num_rows() {
                    let row = chunk.first_row + place as u64;
                    if !wanted(row) {
                        continue;
                    }
                    fields.note_columns(row, columns, place);
                }
            }
        }
        fields
    }

    fn note_columns(&mut self, row: u64, columns: &RecordBatch, place: usize) {
        self.start(row);
        let schema = columns.schema();
        let all = schema.fields().iter().zip(columns.columns());
        for (field, _) in all.filter(|(_, column)| column.is_valid(place)) {
            self.note(row, field.name(), &field.data_type().to_string());
        }
        self.end(row);
    }

    fn note_json(&mut self, row: u64, raw: &[u8]) {
        let Ok(line) = std::str::from_utf8(raw) else { return };
        let line = line.trim_start_matches('\u{feff}').trim();
        if !line.starts_with('{') {
            return;
        }
        // Walked once for errors, so that half a row counts nothing.
        if to_object_iter(line).any(|entry| entry.is_err()) {
            return;
        }
        self.start(row);
        for (key, value) in to_object_iter(line).flatten() {
            self.note(row, &key, type_of(&value));
        }
        self.end(row);
    }

    fn start(&mut self, row: u64) {
        if self.first.len() < SHOWN {
            self.first.push(row);
        }
    }

    fn note(&mut self, row: u64, name: &str, kind: &str) {
        let place = self.place_of(name);
        let Some(place) = place else { return };
        let field = &mut self.known[place];
        if field.seen == row + 1 {
            return;
        }
        field.seen = row + 1;
        field.present += 1;
        let kind = field.kind_of(kind);
        kind.rows += 1;
        if kind.first.len() < SHOWN {
            kind.first.push(row);
        }
    }

    fn place_of(&mut self, name: &str) -> Option<usize> {
        if let Some(place) = self.known.iter().position(|field| field.name == name) {
            return Some(place);
        }
        if self.known.len() == MOST_FIELDS {
            return None;
        }
        let mut lacking = self.first.clone();
        // The row that is being read has it.
        lacking.truncate(self.rows.min(SHOWN as u64) as usize);
        self.known.push(Field { name: name.to_owned(), lacking, ..Field::default() });
        Some(self.known.len() - 1)
    }

    fn end(&mut self, row: u64) {
        self.rows += 1;
        for field in &mut self.known {
            if field.seen != row + 1 && field.lacking.len() < SHOWN {
                field.lacking.push(row);
            }
        }
    }

    /// Adds the fields of the rows that follow.
    pub(crate) fn merge(&mut self, later: Self) {
        for field in &mut self.known {
            if !later.known.iter().any(|other| other.name == field.name) {
                field.lack(&later.first);
            }
        }
        for other in later.known {
            let Some(place) = self.place_of(&other.name) else { continue };
            let field = &mut self.known[place];
            field.present += other.present;
            field.lack(&other.lacking);
            for kind in other.types {
                let own = field.kind_of(&kind.name);
                own.rows += kind.rows;
                own.first.extend(kind.first);
                own.first.truncate(SHOWN);
            }
        }
        self.rows += later.rows;
        self.first.extend(later.first);
        self.first.truncate(SHOWN);
    }

    /// What the profile says of them.
    pub(crate) fn finish(self) -> Vec<FieldUse> {
        let rows = self.rows;
        self.known.into_iter().map(|field| field.finish(rows)).collect()
    }
}

impl Field {
    fn kind_of(&mut self, name: &str) -> &mut Kind {
        let place = self.types.iter().position(|kind| kind.name == name);
        let place = place.unwrap_or_else(|| {
            self.types.push(Kind { name: name.to_owned(), ..Kind::default() });
            self.types.len() - 1
        });
        &mut self.types[place]
    }

    fn lack(&mut self, rows: &[u64]) {
        self.lacking.extend(rows);
        self.lacking.truncate(SHOWN);
    }

    fn finish(mut self, rows: u64) -> FieldUse {
        self.types.sort_by(|one, other| {
            other.rows.cmp(&one.rows).then_with(|| one.name.cmp(&other.name))
        });
        let differing = self.types.iter().skip(1).map(|kind| kind.rows).sum();
        let note = |row: u64, note: String| Example { row, note, ..Example::default() };
        let mut examples: Vec<Example> =
            self.lacking.iter().map(|row| note(*row, "lacks it".to_owned())).collect();
        for kind in self.types.iter().skip(1) {
            examples.extend(kind.first.iter().map(|row| note(*row, format!("is {}", kind.name))));
        }
        examples.truncate(2 * SHOWN);
        let kind = |kind: Kind| FieldType { name: kind.name, rows: kind.rows };
        FieldUse {
            name: self.name,
            lacking: rows - self.present,
            differing,
            examples,
            types: self.types.into_iter().map(kind).collect(),
        }
    }
}

fn type_of(value: &LazyValue<'_>) -> &'static str {
    match value.as_raw_str().as_bytes().first() {
        Some(b'"') => "string",
        Some(b'{') => "object",
        Some(b'[') => "list",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ if value.as_raw_str().contains(['.', 'e', 'E']) => "number",
        _ => "integer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(first: u64, rows: &[&str]) -> Fields {
        let mut fields = Fields::default();
        for (place, row) in rows.iter().enumerate() {
            fields.note_json(first + place as u64, row.as_bytes());
        }
        fields
    }

    #[test]
    fn lacking_and_differing_fields_are_found_across_chunks() {
        let mut all = fields(0, &[r#"{"a": 1}"#, "not json", r#"{"a": "x", "b": null}"#]);
        all.merge(fields(3, &[r#"{"b": [1], "a": 1.5}"#, r#"{"c": true}"#]));
        let found = all.finish();
        let told: Vec<(&str, u64, u64)> = found
            .iter()
            .map(|field| (field.name.as_str(), field.lacking, field.differing))
            .collect();
        assert_eq!(told, [("a", 1, 2), ("b", 2, 1), ("c", 3, 0)]);
        let rows = |field: &FieldUse| -> Vec<u64> {
            field.examples.iter().map(|example| example.row).collect()
        };
        assert_eq!(rows(&found[2]), [0, 2, 3]);
        assert_eq!(rows(&found[1]), [0, 4, 2]);
    }
}
