//! Every format in, every format out, and back.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray as _, BinaryArray, Int64Array, RecordBatch, StringArray, StructArray,
};
use arrow::datatypes::{DataType, Field, Fields};
use lagar_core::{Origin, RowKeys, fsio};
use lagar_engine::EngineError;
use lagar_engine::convert::{ConvertOptions, ConvertReport, convert};
use lagar_engine::sink::{ExportPlan, Exporter, Fragment};
use lagar_engine::source::{ChunkData, DataSet, Inputs, RawChunk};
use lagar_ops::Tokens;
use proptest::prelude::*;
use tempfile::TempDir;

/// Rows whose fields differ in everything but the text.
const ROWS: &str = r#"{"id": "000420978", "text": "<__dj__image>\na team <|__dj__eoc|>", "images": ["images/1.jpg"], "n": 1.50, "meta": {"b": [1, "x"], "a": null}}
{"id": 7, "text": "ä\u00e4\n\"quoted\"", "n": "1.50", "meta": []}
{"text": "", "big": 123456789012345678901234567890, "e": {}}
"#;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn put(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    // Not synced: thousands of these are written.
    std::fs::File::create(&path).unwrap().write_all(bytes.as_ref()).unwrap();
    path
}

fn inputs(path: &Path, chunk_rows: usize) -> Inputs {
    Inputs {
        paths: vec![path.to_owned()],
        suffixes: Vec::new(),
        chunk_rows,
        keys: RowKeys::default(),
        tokens: Tokens::default(),
    }
}

fn chunks(path: &Path, chunk_rows: usize) -> Result<Vec<RawChunk>, EngineError> {
    DataSet::find(inputs(path, chunk_rows))?.chunks().collect()
}

/// The rows of a data set as text, with their line numbers.
fn rows(path: &Path, chunk_rows: usize) -> Vec<(u64, String)> {
    let mut found = Vec::new();
    for chunk in chunks(path, chunk_rows).unwrap() {
        assert!(chunk.rows() <= chunk_rows as u64);
        assert_eq!(chunk.first_row, found.len() as u64);
        let texts: Vec<String> = match &chunk.data {
            ChunkData::Json { bytes, rows } => rows
                .iter()
                .map(|row| &bytes[row.start as usize..row.end as usize])
                .map(|row| String::from_utf8_lossy(row.trim_ascii_end()).into_owned())
                .collect(),
            ChunkData::Arrow(columns) => {
                let lines = lagar_core::row::record_batch_lines(columns).unwrap();
                lines.iter().map(|line| line.unwrap().to_owned()).collect()
            }
        };
        found.extend(chunk.lines.iter().copied().zip(texts));
    }
    found
}

fn turn(input: &Path, output: &Path) -> ConvertReport {
    convert(&ConvertOptions::new(input, output)).unwrap()
}

fn read(path: &Path) -> String {
    fsio::read_text(path).unwrap()
}

fn names(folder: &TempDir) -> Vec<String> {
    let files = fsio::list_files(folder.path()).unwrap();
    files.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

fn values(lines: &str) -> Vec<serde_json::Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn fields_of_every_kind_pass_through_json_formats_byte_for_byte() {
    let folder = folder();
    let mut from = put(&folder, "rows.jsonl", ROWS);
    for name in ["a.jsonl.gz", "b.jsonl.zst", "c.json", "d.ndjson"] {
        let to = folder.path().join(name);
        let report = turn(&from, &to);
        assert_eq!((report.read, report.written, report.refused), (3, 3, 0), "{name}");
        from = to;
    }
    assert_eq!(read(&from), ROWS);
}

#[test]
fn rows_that_went_through_parquet_are_the_same_but_for_nulls() {
    let folder = folder();
    let from = put(&folder, "rows.jsonl", ROWS);
    let parquet = folder.path().join("rows.parquet");
    let report = turn(&from, &parquet);
    assert_eq!(
        report.warnings,
        [
            "field `id` holds strings and numbers: stored as JSON text",
            "field `n` holds numbers and strings: stored as JSON text",
            "field `meta` holds objects and lists: stored as JSON text",
            "field `big` holds numbers beyond 64 bits: stored as JSON text",
            "field `e` holds objects without fields: stored as JSON text",
        ]
    );
    let back = folder.path().join("back.jsonl");
    assert_eq!(turn(&parquet, &back).written, 3);
    let (before, after) = (values(ROWS), values(&read(&back)));
    for (before, after) in before.iter().zip(&after) {
        for (name, value) in after.as_object().unwrap() {
            assert_eq!(before.get(name).unwrap_or(&serde_json::Value::Null), value, "{name}");
        }
        assert_eq!(after.as_object().unwrap().len(), 7);
    }
    // Numbers keep their very digits where the column is JSON.
    assert!(read(&back).contains("\"n\":1.50"));
}

#[test]
fn parquet_to_parquet_keeps_every_type_and_the_bytes_of_pictures() {
    let folder = folder();
    let batch = hugging_face(&["a dog", "a cat"]);
    let from = put(&folder, "in.parquet", parquet(&batch));
    let to = folder.path().join("out.parquet");
    assert_eq!(turn(&from, &to).warnings, [""; 0]);
    let chunks = chunks(&to, 10).unwrap();
    let ChunkData::Arrow(columns) = &chunks[0].data else { panic!("columns") };
    assert_eq!(columns.schema().fields(), batch.schema().fields());
    assert_eq!(columns.columns(), batch.columns());
    let lines = folder.path().join("out.jsonl");
    turn(&from, &lines);
    assert_eq!(
        read(&lines).lines().next().unwrap(),
        "{\"text\":\"a dog\",\"image\":{\"bytes\":\"iVBOR/8=\",\"path\":null},\"label\":0}"
    );
}

fn hugging_face(texts: &[&str]) -> RecordBatch {
    let bytes = BinaryArray::from_iter_values(texts.iter().map(|_| b"\x89PNG\xff"));
    let paths = StringArray::new_null(texts.len());
    let fields = Fields::from(vec![
        Field::new("bytes", DataType::Binary, true),
        Field::new("path", DataType::Utf8, true),
    ]);
    let image = StructArray::new(fields, vec![Arc::new(bytes), Arc::new(paths)], None);
    let labels = Int64Array::from_iter_values((0..).take(texts.len()));
    RecordBatch::try_from_iter_with_nullable([
        ("text", Arc::new(StringArray::from(texts.to_vec())) as ArrayRef, true),
        ("image", Arc::new(image), true),
        ("label", Arc::new(labels), true),
    ])
    .unwrap()
}

fn parquet(batch: &RecordBatch) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn pictures_in_parquet_rows_are_seen_and_their_columns_untouched() {
    let folder = folder();
    let from = put(&folder, "in.parquet", parquet(&hugging_face(&["a dog", "a cat"])));
    let chunk = chunks(&from, 10).unwrap().remove(0);
    let (batch, faults) = chunk.parse(&RowKeys::default()).unwrap();
    assert!(faults.is_empty());
    assert_eq!(batch.images_of(1).collect::<Vec<_>>(), ["bytes[0]"]);
    let bytes = batch.image_bytes.as_ref().unwrap().value(1);
    assert_eq!(bytes.as_binary_view().value(0), b"\x89PNG\xff");
    let Origin::Arrow(columns) = &batch.origin else { panic!("columns") };
    assert_eq!(columns.num_columns(), 3);
}

const CONVERSATIONS: &str = r#"[
  {
    "id": "a1",
    "image": "images/1.jpg",
    "conversations": [
      {"from": "human", "value": "<image>\nWhat is it?"},
      {"from": "gpt", "value": "A dog [[1]]."}
    ],
    "score": 0.50
  },
  {"id": "a2", "conversations": [{"from": "human", "value": "Alone?"}]},
  {"id": "a3", "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}
]"#;

#[test]
fn conversations_become_texts_and_return_with_their_other_fields() {
    let folder = folder();
    let from = put(&folder, "llava.json", CONVERSATIONS);
    let rows = folder.path().join("rows.jsonl");
    let report = turn(&from, &rows);
    assert_eq!((report.read, report.written, report.refused), (3, 2, 1));
    let refused = &report.first_refused[0];
    assert_eq!((refused.line, refused.id.as_deref()), (2, Some("a2")));
    assert_eq!(refused.reason, "the conversation has 1 turns, not pairs of question and answer");
    assert_eq!(values(&read(&report.refused_path.unwrap()))[0]["reason"], refused.reason);
    assert_eq!(
        read(&rows),
        concat!(
            r#"{"id": "a1", "text": "[[human]]: <__dj__image>\nWhat is it?\n[[gpt]]: A dog [[1]]. <|__dj__eoc|>", "images": ["images/1.jpg"], "score": 0.50}"#,
            "\n",
            r#"{"id": "a3", "text": "[[human]]: Hi\n[[gpt]]: Hello <|__dj__eoc|>", "images": []}"#,
            "\n"
        )
    );
    let mut options = ConvertOptions::new(&rows, folder.path().join("back.json"));
    options.export_type = Some("llava".to_owned());
    assert_eq!(convert(&options).unwrap().written, 2);
    let back: serde_json::Value = serde_json::from_str(&read(&options.output)).unwrap();
    let before: serde_json::Value = serde_json::from_str(CONVERSATIONS).unwrap();
    assert_eq!(back, serde_json::json!([before[0], before[2]]));
    // And once more to rows: nothing was lost on the way.
    let again = folder.path().join("again.jsonl");
    turn(&options.output, &again);
    assert_eq!(read(&again), read(&rows));
}

#[test]
fn the_ledger_learns_why_a_conversation_is_no_row() {
    let folder = folder();
    let from = put(&folder, "llava.json", CONVERSATIONS);
    let chunk = chunks(&from, 10).unwrap().remove(0);
    let (batch, faults) = chunk.parse(&RowKeys::default()).unwrap();
    assert_eq!((batch.len(), faults.len()), (2, 1));
    assert!(faults[0].message.starts_with("the conversation has 1 turns"));
    let csv = put(&folder, "x.csv", "text,id\na,1\nb\n");
    let (_, faults) = chunks(&csv, 10).unwrap()[0].parse(&RowKeys::default()).unwrap();
    assert_eq!(faults[0].message, "1 cells where the header has 2");
}

#[test]
fn captions_get_their_questions_back_as_in_the_better_synth_challenge() {
    let folder = folder();
    let original = put(&folder, "stage_1.json", CONVERSATIONS);
    let captions = put(
        &folder,
        "captions.jsonl",
        r#"{"id": "a1", "text": "<__dj__image>\n a brown dog \n<|__dj__eoc|>\n", "images": ["images/1.jpg"]}
{"id": "zz", "text": "<__dj__image>\nlost <|__dj__eoc|>", "images": ["images/2.jpg"]}
{"id": "a3", "text": "two", "images": ["x.jpg", "y.jpg"]}
"#,
    );
    let mut options = ConvertOptions::new(captions, folder.path().join("out.json"));
    options.restore_questions = Some(original);
    let report = convert(&options).unwrap();
    assert_eq!((report.written, report.refused), (1, 2));
    let reasons: Vec<&str> = report.first_refused.iter().map(|row| row.reason.as_str()).collect();
    assert_eq!(
        reasons,
        ["id `zz` is not in the original data set", "2 distinct pictures, LLaVA takes one"]
    );
    assert_eq!(report.warnings.len(), 1);
    assert_eq!(
        read(&options.output),
        "[\n{\"id\": \"a1\", \"image\": \"images/1.jpg\", \"conversations\": [{\"from\": \"human\", \"value\": \"<image>\\nWhat is it?\"}, {\"from\": \"gpt\", \"value\": \"a brown dog\"}]}\n]\n"
    );
}

#[test]
fn compressed_and_plain_files_hold_the_same_rows_and_damage_is_named() {
    let folder = folder();
    let plain = put(&folder, "rows.jsonl", ROWS.repeat(2000));
    for ending in ["gz", "zst"] {
        let packed = folder.path().join(format!("rows.jsonl.{ending}"));
        turn(&plain, &packed);
        assert_eq!(rows(&packed, 999), rows(&plain, 5000));
        let bytes = std::fs::read(&packed).unwrap();
        let cut = put(&folder, &format!("cut.jsonl.{ending}"), &bytes[..bytes.len() / 2]);
        assert!(matches!(chunks(&cut, 10), Err(EngineError::Damaged { .. })), "{ending}");
    }
}

fn shard(samples: usize) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for sample in 0..samples {
        let json = format!("{{\"caption\": \"picture {sample}\", \"n\": {sample}}}");
        for (ending, bytes) in [("jpg", b"JPEG".as_slice()), ("json", json.as_bytes())] {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            builder.append_data(&mut header, format!("{sample:05}.{ending}"), bytes).unwrap();
        }
    }
    builder.into_inner().unwrap()
}

#[test]
fn tar_shards_become_rows_that_point_into_them() {
    let folder = folder();
    let from = put(&folder, "s-000.tar", shard(3));
    let chunk = chunks(&from, 10).unwrap().remove(0);
    let (batch, faults) = chunk.parse(&RowKeys::default()).unwrap();
    assert!(faults.is_empty());
    assert_eq!(batch.text.value(2), "<__dj__image>\npicture 2 <|__dj__eoc|>");
    assert_eq!(batch.name_of(2), "00002");
    let picture = batch.images_of(2).next().unwrap().to_owned();
    let part = lagar_ops::picture::PartReference::parse(&picture).unwrap();
    let bytes = std::fs::read(&from).unwrap();
    let start = usize::try_from(part.offset).unwrap();
    assert_eq!(&bytes[start..start + 4], b"JPEG");
    assert_eq!(part.len, 4);
}

fn export(plan: ExportPlan, fragments: &[Fragment]) -> Vec<u64> {
    let mut exporter = Exporter::create(plan).unwrap();
    for fragment in fragments {
        exporter.push(fragment).unwrap();
    }
    exporter.finish().unwrap().files.iter().map(|file| file.rows).collect()
}

#[test]
fn shards_keep_their_size_and_replace_those_of_an_earlier_run() {
    let folder = folder();
    let path = folder.path().join("rows.jsonl");
    let lines = Fragment::Lines("{\"text\": \"0123456789\"}\n".repeat(10).into_bytes());
    let mut plan = ExportPlan::new(&path, None).unwrap();
    plan.shard_rows = 3;
    put(&folder, "rows-00-of-04-copy.jsonl", "");
    put(&folder, "rows_stats.jsonl", "");
    assert_eq!(export(plan.clone(), std::slice::from_ref(&lines)), [3, 3, 3, 1]);
    plan.shard_rows = 0;
    plan.shard_bytes = 23 * 4;
    assert_eq!(export(plan.clone(), std::slice::from_ref(&lines)), [4, 4, 2]);
    assert_eq!(
        names(&folder),
        [
            "rows-00-of-03.jsonl",
            "rows-00-of-04-copy.jsonl",
            "rows-01-of-03.jsonl",
            "rows-02-of-03.jsonl",
            "rows_stats.jsonl"
        ]
    );
    assert_eq!(std::fs::metadata(folder.path().join("rows-00-of-03.jsonl")).unwrap().len(), 92);
    // A row that is larger than a shard is one all the same.
    plan.shard_bytes = 5;
    assert_eq!(export(plan, &[lines]).len(), 10);
}

#[test]
fn a_sharded_array_and_sharded_parquet_are_whole_files_each() {
    let folder = folder();
    let lines = Fragment::Lines("{\"text\": \"0123456789\"}\n".repeat(10).into_bytes());
    for ending in ["json", "parquet"] {
        let mut plan = ExportPlan::new(folder.path().join(format!("rows.{ending}")), None).unwrap();
        plan.shard_rows = 4;
        assert_eq!(export(plan, std::slice::from_ref(&lines)), [4, 4, 2], "{ending}");
        let last = folder.path().join(format!("rows-02-of-03.{ending}"));
        assert_eq!(rows(&last, 100).len(), 2);
    }
    let mut plan = ExportPlan::new(folder.path().join("sized.json"), None).unwrap();
    plan.shard_bytes = 60;
    export(plan, &[lines]);
    for name in names(&folder).iter().filter(|name| name.starts_with("sized")) {
        assert!(std::fs::metadata(folder.path().join(name)).unwrap().len() <= 60);
    }
}

#[test]
fn parquet_shards_stay_near_their_size() {
    let folder = folder();
    let mut plan = ExportPlan::new(folder.path().join("rows.parquet"), None).unwrap();
    plan.shard_bytes = 200_000;
    // Digits of a chaotic sequence, which no compressor makes much smaller.
    let (mut state, mut lines) = (1_u64, String::new());
    for _ in 0..5000 {
        lines.push_str("{\"text\":\"");
        for _ in 0..20 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            write!(lines, "{state:016x}").unwrap();
        }
        lines.push_str("\"}\n");
    }
    let mut exporter = Exporter::create(plan).unwrap();
    exporter.push(&Fragment::Lines(lines.into_bytes())).unwrap();
    let files = exporter.finish().unwrap().files;
    assert!(files.len() > 3, "{}", files.len());
    assert!(files.iter().all(|file| file.bytes < 250_000), "{files:?}");
    assert_eq!(files.iter().map(|file| file.rows).sum::<u64>(), 5000);
}

#[test]
fn an_export_without_rows_is_a_file_without_rows() {
    let folder = folder();
    for name in ["a.jsonl", "b.json", "c.parquet", "d.jsonl.zst"] {
        let plan = ExportPlan::new(folder.path().join(name), None).unwrap();
        let path = plan.path.clone();
        assert_eq!(export(plan, &[]), [0]);
        assert_eq!(rows(&path, 10), [], "{name}");
    }
}

#[test]
fn columns_and_lines_can_share_one_parquet_file() {
    let folder = folder();
    let plan = ExportPlan::new(folder.path().join("rows.parquet"), None).unwrap();
    let path = plan.path.clone();
    let mut exporter = Exporter::create(plan).unwrap();
    exporter.push(&Fragment::Columns(hugging_face(&["a"]))).unwrap();
    exporter.push(&Fragment::Lines(b"{\"text\":\"b\",\"label\":1}\nbroken\n".to_vec())).unwrap();
    let other: ArrayRef = Arc::new(StringArray::from(vec!["c"]));
    let other = RecordBatch::try_from_iter([("text", other)]).unwrap();
    exporter.push(&Fragment::Columns(other)).unwrap();
    let refused = exporter.take_refused();
    assert_eq!((refused.len(), refused[0].place, refused[0].row.as_str()), (1, 2, "broken"));
    let export = exporter.finish().unwrap();
    assert_eq!((export.rows(), export.warnings.len()), (3, 1));
    let texts: Vec<_> = rows(&path, 10).into_iter().map(|(_, row)| row).collect();
    assert!(texts[0].starts_with("{\"text\":\"a\",\"image\":{\"bytes\":\"iVBOR/8=\""));
    assert_eq!(texts[1], "{\"text\":\"b\",\"image\":null,\"label\":1}");
    assert_eq!(texts[2], "{\"text\":\"c\",\"image\":null,\"label\":null}");
}

#[test]
fn an_export_never_replaces_what_it_is_made_from() {
    let folder = folder();
    let path = put(&folder, "rows.jsonl", ROWS);
    let error = convert(&ConvertOptions::new(&path, &path)).unwrap_err();
    assert!(matches!(error, EngineError::Export { .. }));
    // Rows refused once, converted again: the file of refused rows is the input now.
    let refused = put(&folder, "again_refused.jsonl", "broken\n");
    let report = turn(&refused, &folder.path().join("again.jsonl"));
    assert_eq!(read(&refused), "broken\n");
    assert_eq!(report.refused_path.unwrap().file_name().unwrap(), "again_refused_refused.jsonl");
}

#[test]
fn an_export_that_is_given_up_leaves_nothing_behind() {
    let folder = folder();
    for name in ["a.jsonl", "b.parquet"] {
        let plan = ExportPlan::new(folder.path().join(name), None).unwrap();
        let mut exporter = Exporter::create(plan).unwrap();
        exporter.push(&Fragment::Lines(ROWS.as_bytes().to_vec())).unwrap();
        exporter.push(&Fragment::Columns(hugging_face(&["a"]))).unwrap();
        drop(exporter);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    for name in ["a.jsonl.gz", "b.parquet", "c.json", "d.jsonl.zst"] {
        let digests: Vec<_> = (0..2)
            .map(|_| {
                let folder = folder();
                let plan = ExportPlan::new(folder.path().join(name), None).unwrap();
                let mut exporter = Exporter::create(plan).unwrap();
                exporter.push(&Fragment::Lines(ROWS.as_bytes().to_vec())).unwrap();
                let file = exporter.finish().unwrap().files.remove(0);
                let bytes = std::fs::read(&file.path).unwrap();
                assert_eq!(bytes.len() as u64, file.bytes);
                let whole = blake3::hash(&bytes).to_hex();
                assert_eq!(file.digest.to_string(), whole.as_str()[..32]);
                file.digest
            })
            .collect();
        assert_eq!(digests[0], digests[1], "{name}");
    }
}

/// The same rows in every format that holds them.
fn in_every_format(folder: &TempDir, texts: &[String]) -> Vec<PathBuf> {
    let mut lines = String::new();
    for text in texts {
        writeln!(lines, "{}", serde_json::json!({"text": text, "n": text.len()})).unwrap();
    }
    let from = put(folder, "rows.jsonl", &lines);
    let mut paths = vec![from.clone()];
    for name in ["rows.jsonl.gz", "rows.json", "rows.parquet"] {
        let to = folder.path().join(name);
        turn(&from, &to);
        paths.push(to);
    }
    let pretty: Vec<serde_json::Value> = values(&lines);
    paths.push(put(folder, "pretty.json", serde_json::to_string_pretty(&pretty).unwrap()));
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["text", "n"]).unwrap();
    for text in texts {
        csv.write_record([text.as_str(), "1"]).unwrap();
    }
    paths.push(put(folder, "rows.csv", csv.into_inner().unwrap()));
    paths.push(put(folder, "rows.tar", shard(texts.len())));
    paths
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn where_chunks_end_changes_no_row(
        texts in prop::collection::vec("[a-z\"\\\\{}\\[\\],\u{e4} \n\t]{0,40}", 1..40),
        chunk_rows in 1_usize..50,
    ) {
        let folder = folder();
        for path in in_every_format(&folder, &texts) {
            let whole = rows(&path, 10_000);
            prop_assert_eq!(whole.len(), texts.len(), "{}", path.display());
            prop_assert_eq!(rows(&path, chunk_rows), whole, "{}", path.display());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_a_reader_panic(
        noise in prop::collection::vec(any::<u8>(), 0..200),
        json in "[\\[\\]{}\",:\\\\ \n\r\ta1-]{0,200}",
        chunk_rows in 1_usize..5,
    ) {
        let folder = folder();
        let array = format!("[{json}");
        for name in ["x.jsonl", "x.json", "x.csv", "x.tsv", "x.tar", "x.parquet", "x.arrow", "x.jsonl.gz", "x.json.zst"] {
            for bytes in [&noise, json.as_bytes(), array.as_bytes()] {
                let path = put(&folder, name, bytes);
                let Ok(data) = DataSet::find(inputs(&path, chunk_rows)) else { continue };
                for chunk in data.chunks().map_while(Result::ok) {
                    let (batch, faults) = chunk.parse(&RowKeys::default()).unwrap();
                    prop_assert_eq!((batch.len() + faults.len()) as u64, chunk.rows());
                }
            }
        }
    }
}
