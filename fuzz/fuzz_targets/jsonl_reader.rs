//! Any bytes through the JSON lines reader and the row writer.
//!
//! What must hold for every input, however broken: nothing panics, each line becomes either a row or
//! a fault, and a row that nobody changed is written back byte for byte.

#![no_main]

use arrow::buffer::Buffer;
use lagar_core::RowKeys;
use lagar_core::row::{RowWriter, batch_from_json_lines, rows_of_lines};
use libfuzzer_sys::fuzz_target;

/// What the reader takes off both ends of a line.
const AROUND_A_ROW: [char; 5] = [' ', '\t', '\r', '\n', '\u{feff}'];

/// Where the first line stands in the input; any number does.
const FIRST_ROW: u64 = 1000;

fuzz_target!(|bytes: &[u8]| {
    check(bytes, &RowKeys::default());
    check(bytes, &RowKeys { text: "text.output".to_owned(), ..RowKeys::default() });
});

fn check(bytes: &[u8], keys: &RowKeys) {
    let lines = rows_of_lines(bytes);
    let covered: Vec<u8> = lines
        .iter()
        .flat_map(|line| &bytes[line.start as usize..line.end as usize])
        .copied()
        .collect();
    assert_eq!(covered, bytes, "the lines are not the input");

    let buffer = Buffer::from(bytes);
    let (batch, faults) = batch_from_json_lines(&buffer, &lines, FIRST_ROW, keys)
        .expect("columns can be built from any lines");
    let mut seen: Vec<u64> = batch.row.values().to_vec();
    for fault in &faults {
        assert_eq!(fault.row, FIRST_ROW + fault.line as u64);
        assert!(!fault.message.is_empty(), "a fault says nothing");
        seen.push(fault.row);
    }
    seen.sort_unstable();
    let every_line: Vec<u64> = (FIRST_ROW..FIRST_ROW + lines.len() as u64).collect();
    assert_eq!(seen, every_line, "a line is neither row nor fault, or both");

    let writer = RowWriter::new(&batch, keys).expect("rows read from JSON can be written as JSON");
    for index in 0..batch.len() {
        let line = &lines[(batch.row.value(index) - FIRST_ROW) as usize];
        let line = std::str::from_utf8(&bytes[line.start as usize..line.end as usize])
            .expect("a row is UTF-8");
        let mut written = Vec::new();
        writer.write(index, &mut written);
        assert_eq!(written, line.trim_matches(AROUND_A_ROW).as_bytes(), "a row was changed");
        let is_object = written.starts_with(b"{") && written.ends_with(b"}");
        assert!(is_object, "a row has something around its object");
        // These columns are views into the input, built by hand; walking them must be safe, and no
        // escape of JSON is shorter than what it stands for.
        let paths: usize = batch.images_of(index).map(str::len).sum();
        assert!(batch.text.value(index).len() + paths <= line.len(), "a field out of nowhere");
    }
}
