//! The engine as a library: a segment in a query plan, walks, and decisions over all rows.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::{Schema, UInt64Type};
use arrow::ipc::reader::StreamReader;
use datafusion_common::DataFusionError;
use datafusion_execution::TaskContext;
use datafusion_physical_plan::test::TestMemoryExec;
use datafusion_physical_plan::{
    ExecutionPlan, ExecutionPlanProperties as _, replace_children_if_necessary,
};
use futures::StreamExt as _;
use lagar_core::diagnostic::SourceText;
use lagar_core::event::{Event, Listener, Silence};
use lagar_core::models::{ImageTextScorer, ModelError, PictureSource};
use lagar_core::row::RowWriter;
use lagar_core::{Batch, Digest, RowKeys, fsio};
use lagar_engine::exec::{OperatorSpec, SegmentExec, SegmentSpec};
use lagar_engine::global;
use lagar_engine::sink::ExportPlan;
use lagar_engine::source::{DataSet, Inputs, RawChunk};
use lagar_engine::store::Store;
use lagar_engine::walk::{Finished, Walk};
use lagar_engine::{Plan, Run, RunPaths};
use lagar_ops::{Model, ModelKind, ModelWish, Models};
use lagar_recipe::Recipe;
use proptest::prelude::*;
use tempfile::TempDir;

/// Operators that drop rows, change texts and leave statistics of every numeric type.
const ROW_LOCAL: &str = "
  - whitespace_normalization_mapper:
  - words_num_filter: {min_num: 3, max_num: 9}
  - word_repetition_filter: {rep_len: 1, max_ratio: 0.5}
  - text_length_filter: {min_len: 10, max_len: 60}
";

/// A folder with a data set and a recipe that reads it.
struct Bench {
    folder: TempDir,
    recipe: Recipe,
    plan: Plan,
    data: DataSet,
}

impl Bench {
    fn new(lines: &str, chunk_rows: usize, process: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("rows.jsonl");
        fsio::write(&data, lines.as_bytes()).unwrap();
        let text = format!(
            "dataset_path: '{}'\nexport_path: '{}'\nkeep_stats_in_res_ds: true\nprocess:{process}",
            data.display(),
            folder.path().join("kept.jsonl").display()
        );
        let recipe = Recipe::parse(SourceText::new("recipe.yaml", text), &[]).unwrap();
        let (plan, warnings) = Plan::from_recipe(&recipe).unwrap();
        assert!(warnings.is_empty());
        let inputs = Inputs {
            paths: vec![data],
            suffixes: Vec::new(),
            chunk_rows,
            keys: plan.keys.clone(),
            tokens: plan.tokens.clone(),
        };
        Self { folder, recipe, plan, data: DataSet::find(inputs).unwrap() }
    }

    /// What `lagar run` would export.
    fn run(&self) -> String {
        let paths = RunPaths::of(&self.recipe);
        let run = Run {
            plan: &self.plan,
            data: &self.data,
            paths: &paths,
            export: ExportPlan::new(&paths.export, None).unwrap(),
            recipe: self.recipe.to_yaml(),
            threads: 2,
            fresh: false,
            monitor: false,
            stop: &AtomicBool::new(false),
            listener: &Silence,
        };
        run.execute().unwrap();
        fsio::read_text(&paths.export).unwrap()
    }

    fn store(&self, name: &str) -> Store {
        let store = Store::new(&self.folder.path().join(name));
        fsio::make_folder(store.folder()).unwrap();
        store
    }

    /// Calls `work` with a first walk over the data.
    fn walk<T>(
        &self,
        store: &Store,
        threads: usize,
        listener: &dyn Listener,
        work: impl FnOnce(&Walk<'_>) -> T,
    ) -> T {
        work(&Walk {
            plan: &self.plan,
            data: &self.data,
            store,
            threads,
            stop: &AtomicBool::new(false),
            listener,
            globals: &[],
        })
    }

    /// The chunks in the layout that a segment's node reads.
    fn batches(&self) -> Vec<RecordBatch> {
        let parse = |chunk: RawChunk| {
            let (batch, faults) = chunk.parse(&self.plan.keys).unwrap();
            assert!(faults.is_empty());
            batch.to_record_batch().unwrap()
        };
        self.data.chunks().map(|chunk| parse(chunk.unwrap())).collect()
    }

    fn spec(&self) -> SegmentSpec {
        SegmentSpec {
            operators: self.plan.operators.iter().map(|(_, o)| OperatorSpec::of(o)).collect(),
            keys: self.plan.keys.clone(),
            tokens: self.plan.tokens.clone(),
            seed: self.plan.seed,
            folder: self.folder.path().to_owned(),
            accept_truncated: self.plan.accept_truncated,
        }
    }
}

/// Captions of 1 to 11 words, some with odd white space, repeated words or fields of their own.
fn captions(rows: usize) -> String {
    let mut lines = String::new();
    for row in 0..rows {
        let words: Vec<String> = (0..=row % 11)
            .map(|word| if row % 5 == 0 { "again".to_owned() } else { format!("w{}x", row * word) })
            .collect();
        let (space, extra) = match row % 4 {
            0 => ("\\u3000", ", \"meta\": {\"score\": 1.50}"),
            1 => ("\\u00a0 ", ""),
            _ => (" ", ", \"images\": []"),
        };
        let text = words.join(space);
        writeln!(lines, "{{\"id\": \"r{row}\", \"text\": \"{text}\"{extra}}}").unwrap();
    }
    lines
}

/// The batches as an input with two partitions: the first half and the second.
fn in_two_halves(batches: &[RecordBatch]) -> Arc<dyn ExecutionPlan> {
    let (first, second) = batches.split_at(batches.len() / 2);
    let partitions = [first.to_vec(), second.to_vec()];
    TestMemoryExec::try_new_exec(&partitions, batches[0].schema(), None).unwrap()
}

/// The rows a plan gives, partition after partition.
fn collect(plan: &dyn ExecutionPlan) -> Result<Vec<RecordBatch>, DataFusionError> {
    let context = Arc::new(TaskContext::default());
    let executor = tokio::runtime::Builder::new_current_thread().build().unwrap();
    executor.block_on(async {
        let mut batches = Vec::new();
        for partition in 0..plan.output_partitioning().partition_count() {
            let mut stream = plan.execute(partition, Arc::clone(&context))?;
            while let Some(batch) = stream.next().await {
                batches.push(batch?);
            }
        }
        Ok(batches)
    })
}

fn as_lines(batches: &[RecordBatch]) -> String {
    let keys = RowKeys::default();
    let mut lines = Vec::new();
    for columns in batches {
        let batch = Batch::from_record_batch(columns).unwrap();
        let writer = RowWriter::new(&batch, &keys).unwrap().with_stats(true);
        for index in 0..batch.len() {
            writer.write(index, &mut lines);
            lines.push(b'\n');
        }
    }
    String::from_utf8(lines).unwrap()
}

#[test]
fn a_segment_in_a_query_plan_gives_the_rows_of_a_run() {
    let bench = Bench::new(&captions(500), 32, ROW_LOCAL);
    let segment = SegmentExec::new(bench.spec(), in_two_halves(&bench.batches())).unwrap();
    let batches = collect(&segment).unwrap();
    for batch in &batches {
        assert_eq!(batch.schema(), segment.schema());
    }
    let expected = bench.run();
    assert_eq!(as_lines(&batches), expected);
    let kept = expected.lines().count();
    assert!((100..400).contains(&kept), "{kept} of 500 rows prove little");
    assert!(expected.contains("\"score\": 1.50"));
}

#[test]
fn a_segment_rebuilt_from_bytes_is_the_same_segment() {
    let bench = Bench::new(&captions(60), 16, ROW_LOCAL);
    let spec = bench.spec();
    let back = SegmentSpec::from_bytes(&spec.to_bytes()).unwrap();
    assert_eq!(back, spec);
    let input = in_two_halves(&bench.batches());
    let first = Arc::new(SegmentExec::new(spec, Arc::clone(&input)).unwrap());
    let again = SegmentExec::new(back, input).unwrap();
    let rows = collect(first.as_ref()).unwrap();
    assert_eq!(collect(&again).unwrap(), rows);
    assert!(rows.iter().any(|batch| batch.num_rows() > 0));
    // A query planner rebuilds nodes, too.
    let moved = replace_children_if_necessary(first, vec![in_two_halves(&bench.batches())]);
    assert_eq!(collect(moved.unwrap().as_ref()).unwrap(), rows);
}

/// A model for which the longer of two texts fits a picture better.
#[derive(Debug)]
struct Length;

impl ImageTextScorer for Length {
    fn digest(&self) -> Digest {
        Digest::of(b"length")
    }

    fn score(
        &self,
        pairs: &[(PictureSource, String)],
    ) -> Result<Vec<Result<f32, String>>, ModelError> {
        Ok(pairs.iter().map(|(_, text)| Ok(text.len() as f32 / 100.0)).collect())
    }
}

impl Models for Length {
    fn check(&self, _: &ModelWish) -> Result<(), ModelError> {
        Ok(())
    }

    fn load(&self, wish: &ModelWish) -> Result<Model, ModelError> {
        assert_eq!(wish.kind, ModelKind::Similarity);
        Ok(Model::Scorer(Arc::new(Self)))
    }
}

#[test]
fn a_segment_asks_the_models_it_is_given_and_is_not_built_without() {
    let line =
        |text: &str| format!("{{\"text\": \"<__dj__image>{text}\", \"images\": [\"a.jpg\"]}}\n");
    let lines = line("short") + &line("a text that is long enough to be kept here");
    let process = "\n  - image_text_similarity_filter: {hf_clip: any, min_score: 0.2}\n";
    let bench = Bench::new(&lines, 16, process);
    let input = in_two_halves(&bench.batches());
    let refused = SegmentExec::new(bench.spec(), Arc::clone(&input)).unwrap_err().to_string();
    assert!(refused.contains("this program has no image-text similarity model"), "{refused}");
    let segment = SegmentExec::with_models(bench.spec(), input, &Length).unwrap();
    let kept = as_lines(&collect(&segment).unwrap());
    assert_eq!(kept.lines().count(), 1);
    assert!(kept.contains("long enough"), "{kept}");
}

#[test]
fn bytes_that_are_no_segment_are_refused() {
    let bench = Bench::new(&captions(1), 16, ROW_LOCAL);
    let mut spec = serde_json::to_value(bench.spec()).unwrap();
    spec["speed"] = 3.into();
    for (bytes, said) in [
        (b"{}".to_vec(), "missing field"),
        (b"\xff".to_vec(), "expected value"),
        (spec.to_string().into_bytes(), "unknown field `speed`"),
    ] {
        let error = SegmentSpec::from_bytes(&bytes).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn an_operator_or_parameter_that_is_unknown_is_named() {
    let bench = Bench::new(&captions(20), 16, ROW_LOCAL);
    let input = in_two_halves(&bench.batches());
    let refused = |change: &dyn Fn(&mut OperatorSpec)| {
        let mut spec = bench.spec();
        change(&mut spec.operators[1]);
        SegmentExec::new(spec, Arc::clone(&input)).unwrap_err().to_string()
    };
    let error = refused(&|operator| operator.name = "words_number_filter".to_owned());
    assert!(error.contains("words_number_filter"), "{error}");
    let error = refused(&|operator| operator.parameters["min_nums"] = 3.into());
    assert!(error.contains("words_num_filter") && error.contains("min_nums"), "{error}");
}

#[test]
fn an_input_without_the_columns_of_a_batch_is_refused() {
    let bench = Bench::new(&captions(1), 16, ROW_LOCAL);
    let other = Arc::new(Schema::empty());
    let input = TestMemoryExec::try_new_exec(&[vec![]], other, None).unwrap();
    let error = SegmentExec::new(bench.spec(), input).unwrap_err().to_string();
    assert!(error.contains("row"), "{error}");
}

#[test]
fn a_picture_that_is_missing_fails_a_plan_and_names_the_operator() {
    let lines = "{\"text\": \"a\", \"images\": [\"none.jpg\"]}\n";
    let bench = Bench::new(lines, 16, "\n  - image_shape_filter: {min_width: 2}\n");
    let segment = SegmentExec::new(bench.spec(), in_two_halves(&bench.batches())).unwrap();
    let error = collect(&segment).unwrap_err().to_string();
    assert!(error.contains("1 rows cannot be read by image_shape_filter"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_segments_state_survives_its_bytes(
        seed: u64,
        folder in "[^\0]{0,20}",
        text in "\\PC{1,10}",
        number in any::<f64>().prop_filter("JSON has finite numbers only", |n| n.is_finite()),
        accept_truncated: bool,
    ) {
        let operator = OperatorSpec {
            name: text.clone(),
            parameters: serde_json::json!({ "max_ratio": number, text.clone(): [text, null] }),
            common: lagar_ops::Common::default(),
        };
        let spec = SegmentSpec {
            operators: vec![operator],
            keys: RowKeys { text: text.clone(), ..RowKeys::default() },
            tokens: lagar_ops::Tokens { image: text, ..lagar_ops::Tokens::default() },
            seed,
            folder: folder.into(),
            accept_truncated,
        };
        prop_assert_eq!(SegmentSpec::from_bytes(&spec.to_bytes()).unwrap(), spec);
    }
}

/// Chunks without the time they took, which is all that may differ between walks.
fn untimed(mut chunks: Vec<Finished>) -> Vec<String> {
    for count in chunks.iter_mut().flat_map(|chunk| &mut chunk.summary.counts) {
        count.secs = 0.0;
    }
    chunks.iter().map(|chunk| format!("{chunk:?}")).collect()
}

/// How many operators' results each chunk took from an earlier walk.
#[derive(Debug, Default)]
struct Reuse(Mutex<Vec<usize>>);

impl Reuse {
    fn counts(&self) -> Vec<usize> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Listener for Reuse {
    fn hear(&self, event: &Event) {
        if let Event::ChunkFinished { reused, .. } = event {
            self.0.lock().unwrap().push(*reused);
        }
    }
}

fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                files.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn a_walk_gives_the_same_chunks_with_any_number_of_threads() {
    let bench = Bench::new(&captions(700), 32, ROW_LOCAL);
    let walk = |store: &Store, threads, listener: &dyn Listener| {
        bench.walk(store, threads, listener, |walk| untimed(walk.run(0).unwrap()))
    };
    let (first, second, heard) = (bench.store("one"), bench.store("four"), Reuse::default());
    let alone = walk(&first, 1, &heard);
    assert_eq!(alone.len(), 700_usize.div_ceil(32));
    assert_eq!(heard.counts(), vec![0; alone.len()]);
    assert_eq!(walk(&second, 4, &heard), alone);
    assert_eq!(heard.counts(), vec![0; alone.len()]);
    // A later walk takes what is there, whoever made it.
    assert_eq!(walk(&first, 4, &heard), alone);
    assert_eq!(heard.counts(), vec![bench.plan.operators.len(); alone.len()]);
    let measured = |store: &Store| {
        let mut files = files_below(store.folder());
        // Outputs carry the seconds of their operators; what was measured must be the same bytes.
        files.retain(|(name, _)| Path::new(name).extension() == Some("delta".as_ref()));
        files
    };
    assert_eq!(measured(&first).len(), alone.len());
    assert!(measured(&first) == measured(&second), "the kept results differ");
}

/// What was decided on every row: whether it stays, and which row it repeats.
fn decisions(file: &Path) -> Vec<(bool, Option<u64>, bool)> {
    let reader = StreamReader::try_new(fsio::open(file).unwrap(), None).unwrap();
    let mut decisions = Vec::new();
    for columns in reader.map(Result::unwrap) {
        let keep = columns.column_by_name("keep").unwrap().as_boolean();
        let of = columns.column_by_name("of_row").unwrap().as_primitive::<UInt64Type>();
        let leads = columns.column_by_name("leads").unwrap().as_boolean();
        decisions.extend((0..columns.num_rows()).map(|index| {
            let of = of.is_valid(index).then(|| of.value(index));
            (keep.value(index), of, leads.value(index))
        }));
    }
    decisions
}

#[test]
fn of_a_hundred_thousand_signatures_exactly_the_first_of_each_stays() {
    const ROWS: u64 = 120_000;
    // Some texts come once, some a few times, far apart from each other.
    let text = |row: u64| row.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29) % 60_000;
    let mut lines = String::new();
    for row in 0..ROWS {
        writeln!(lines, "{{\"text\": \"caption {}\"}}", text(row)).unwrap();
    }
    let bench = Bench::new(&lines, 5_000, "\n  - document_deduplicator:\n");
    let store = bench.store("run");
    let decided = bench.walk(&store, 2, &Silence, |walk| {
        let chunks = walk.run(0).unwrap();
        global::decide(walk, 0, &chunks).unwrap().unwrap()
    });

    let (mut first, mut times) = (HashMap::new(), HashMap::<u64, u64>::new());
    for row in 0..ROWS {
        first.entry(text(row)).or_insert(row);
        *times.entry(text(row)).or_default() += 1;
    }
    let singles = times.values().filter(|times| **times == 1).count();
    assert!(first.len() > 40_000 && singles > 1_000, "{} texts, {singles} once", first.len());

    let decisions = decisions(&decided.file);
    assert_eq!(decisions.len() as u64, ROWS);
    for (row, decision) in (0..ROWS).zip(decisions) {
        let leader = first[&text(row)];
        let expected = (leader == row, (leader != row).then_some(leader), {
            leader == row && times[&text(row)] > 1
        });
        assert_eq!(decision, expected, "row {row}");
    }
    assert_eq!(decided.summary, format!("{} of {ROWS} rows", first.len()));
    assert!(!store.spill().exists(), "the sort left files behind");
}

/// Captions of which many say nearly the same.
fn near_captions(count: usize) -> Vec<String> {
    let words = "a the small red old dog cat boat car tree house street beach lake child runs on in \
                 near under with window light blue green happy water";
    let words: Vec<&str> = words.split_whitespace().collect();
    let mut state = 1_u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 33) as usize % below
    };
    let mut texts: Vec<String> = Vec::with_capacity(count);
    for place in 0..count {
        let old = place > 0 && draw(2) == 0;
        let mut text: Vec<String> = if old {
            texts[draw(place)].split(' ').map(str::to_owned).collect()
        } else {
            (0..=draw(20)).map(|_| words[draw(words.len())].to_owned()).collect()
        };
        if draw(3) == 0 {
            let place = draw(text.len());
            text[place] = String::from(words[draw(words.len())]);
        }
        texts.push(text.join(" "));
    }
    texts
}

/// The rows that stay when rows are joined by comparing every signature with every other kind of way.
fn kept_by_comparing(texts: &[String], name: &str, parameters: &str) -> Vec<String> {
    let source = SourceText::new("parameters", parameters);
    let node = lagar_recipe::Node::parse(&source).unwrap();
    let (built, _) = (lagar_ops::find(name).unwrap().build)(&node).unwrap();
    let lagar_ops::Built::Deduplicator(deduplicator) = built else { unreachable!("by name") };
    let lines: String =
        texts.iter().map(|text| serde_json::json!({ "text": text }).to_string() + "\n").collect();
    let bytes = arrow::buffer::Buffer::from(lines.into_bytes());
    let ranges = lagar_core::row::rows_of_lines(&bytes);
    let keys = RowKeys::default();
    let (batch, _) = lagar_core::row::batch_from_json_lines(&bytes, &ranges, 0, &keys).unwrap();
    let (tokens, pictures) = (lagar_ops::Tokens::default(), lagar_ops::picture::Pictures::new("."));
    let (keys, tokens, pictures) = (&keys, &tokens, &pictures);
    let cuts = &lagar_ops::text::CutTexts::default();
    let context = lagar_ops::Context { keys, tokens, seed: 42, pictures, cuts, suffix: "" };
    let signatures = deduplicator.signatures(&batch, &context).unwrap().values;
    let mut union = lagar_ops::near::Union::new(texts.len());
    if let lagar_ops::Grouping::Hamming { distance } = deduplicator.grouping() {
        let column = signatures.as_string::<i32>();
        let hashes: Vec<u64> = column.iter().map(|hash| hash.unwrap().parse().unwrap()).collect();
        for (one, hash) in hashes.iter().enumerate() {
            for (other, earlier) in hashes[..one].iter().enumerate() {
                if (hash ^ earlier).count_ones() <= distance {
                    union.join(other as u32, one as u32);
                }
            }
        }
    } else {
        let mut first: HashMap<(usize, Vec<u8>), u32> = HashMap::new();
        for row in 0..texts.len() {
            let bands = signatures.as_list::<i32>().value(row);
            for (band, bytes) in bands.as_binary::<i32>().iter().enumerate() {
                let key = (band, bytes.unwrap().to_vec());
                union.join(*first.entry(key).or_insert(row as u32), row as u32);
            }
        }
    }
    let stays = |row: &usize| union.root(*row as u32) == *row as u32;
    (0..texts.len()).filter(stays).map(|row| texts[row].clone()).collect()
}

fn check_near_duplicates(count: usize, name: &str, parameters: &str) {
    let texts = near_captions(count);
    let lines: String =
        texts.iter().map(|text| serde_json::json!({ "text": text }).to_string() + "\n").collect();
    let bench = Bench::new(&lines, 3000, &format!("\n  - {name}: {parameters}\n"));
    let exported = bench.run();
    let kept: Vec<String> = exported
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|row| row["text"].as_str().unwrap().to_owned())
        .collect();
    assert!(kept.len() > 100 && kept.len() < count * 3 / 4, "{}", kept.len());
    assert!(kept == kept_by_comparing(&texts, name, parameters));
}

#[test]
fn of_twenty_thousand_captions_the_first_of_each_group_of_bands_stays() {
    let parameters = "{window_size: 2, num_permutations: 64, short_text: exact}";
    check_near_duplicates(20_000, "document_minhash_deduplicator", parameters);
}

#[test]
fn of_captions_whose_bits_are_near_the_first_of_each_group_stays() {
    let parameters = "{window_size: 2, short_text: exact}";
    check_near_duplicates(4_000, "document_simhash_deduplicator", parameters);
}

#[test]
fn lines_that_many_rows_have_go_and_the_ledger_keeps_all_rows() {
    let lines: String = (0..50)
        .map(|row| serde_json::json!({ "text": format!("menu\nown {row}") }).to_string() + "\n")
        .collect();
    let process = "\n  - document_line_deduplicator: {frequency_threshold: 9}\n";
    let bench = Bench::new(&lines, 7, process);
    let exported = bench.run();
    assert_eq!(exported.lines().count(), 50);
    assert_eq!(exported.lines().next(), Some("{\"text\":\"own 0\"}"));
    assert!(!exported.contains("menu"));
}

#[test]
fn rows_are_chosen_by_a_field_and_put_together_by_another() {
    let rows: String = (0..40)
        .map(|row| {
            let line = serde_json::json!({
                "text": format!("row {row}"), "n": (row * 7) % 40, "kind": row % 3,
            });
            line.to_string() + "\n"
        })
        .collect();
    let process = "
  - topk_specified_field_selector: {field_key: n, topk: 5}
  - key_value_grouper: {group_by_keys: [kind]}
";
    let bench = Bench::new(&rows, 7, process);
    let exported = bench.run();
    let lines: Vec<serde_json::Value> =
        exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers: Vec<&serde_json::Value> = lines.iter().map(|line| &line["n"]).collect();
    // Rows 17, 34, 11, 28, 5 have 39 to 35; their kinds are 2, 1, 2, 1, 2.
    assert_eq!(serde_json::json!(numbers), serde_json::json!([[39, 37, 35], [38, 36]]));
}
