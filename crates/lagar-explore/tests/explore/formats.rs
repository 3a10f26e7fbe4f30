//! The same rows give the same statistics, whatever format they come in.

use std::fmt::Write as _;

use lagar_core::fsio;
use lagar_engine::convert::{ConvertOptions, convert};
use serde_json::json;

use crate::{options, profile};

#[test]
fn rows_in_columns_are_measured_like_rows_in_lines() {
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("rows.jsonl");
    let mut text = String::new();
    for number in 0..60 {
        let words = ["a red dog", "two cats, one lamp", "一只狗在海滩上"][number % 3];
        let row = json!({"id": format!("r{}", number % 50), "text": format!("{words} {number}"), "images": []});
        writeln!(text, "{row}").unwrap();
    }
    fsio::write(&lines, text.as_bytes()).unwrap();
    let expected = profile(&options(&lines));
    assert_eq!(expected.integrity.ids.repeated, 10);
    for name in ["rows.parquet", "rows.json"] {
        let path = folder.path().join(name);
        let report = convert(&ConvertOptions::new(&lines, &path)).unwrap();
        assert_eq!((report.written, report.refused), (60, 0), "{name}");
        let found = profile(&options(&path));
        assert_eq!(found.vocabulary, expected.vocabulary, "{name}");
        assert_eq!(found.integrity.scripts, expected.integrity.scripts, "{name}");
        assert_eq!(found.integrity.ids.repeated, 10, "{name}");
        for (statistic, expected) in &expected.text {
            let found = &found.text[statistic];
            assert_eq!((found.count, found.distinct), (expected.count, expected.distinct));
            assert_eq!(found.mean.to_bits(), expected.mean.to_bits(), "{statistic} of {name}");
            assert_eq!(found.histogram, expected.histogram, "{statistic} of {name}");
        }
        let fields: Vec<&str> =
            found.integrity.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(fields, ["id", "text", "images"], "{name}");
    }
}
