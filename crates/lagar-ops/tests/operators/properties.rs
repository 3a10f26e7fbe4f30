//! What must hold for every operator, those included that are written later.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use arrow::array::{Array as _, UInt32Array};
use lagar_core::Batch;
use lagar_core::row::write_stats;
use lagar_ops::interval::Interval;
use lagar_ops::{
    Built, Candidates, Cost, Filter, OperatorInfo, PRIVATE, Regroup, Selection, Stats, all,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::{World, batch_of_lines, build, jpeg};

/// Default parameters, and those of the examples.
fn parameters_of(info: &OperatorInfo) -> Vec<&'static str> {
    let examples = info.examples.iter().map(|example| example.parameters);
    std::iter::once("{}").chain(examples).collect()
}

/// What a filter makes of a batch, row by row.
fn outcome_of_filter(filter: &dyn Filter, batch: &Batch, world: &World) -> Vec<String> {
    let computed = filter.stats(batch, &world.context()).unwrap();
    let stats = Stats::new(&computed.stats, batch.len());
    let verdicts = filter.keep(&stats, Interval::default());
    assert_eq!(verdicts.keep.len(), batch.len());
    let dropped: Vec<usize> = verdicts.reasons.iter().map(|(row, _)| *row).collect();
    let expected = (0..batch.len()).filter(|row| !verdicts.keep[*row]);
    assert_eq!(dropped, expected.collect::<Vec<_>>(), "a reason for each dropped row");
    let of_row = |row: usize| {
        let mut values = Vec::new();
        write_stats(&computed.stats, row, &mut values);
        let fault = computed.faults.iter().find(|fault| fault.index == row);
        let reason = verdicts.reasons.iter().find(|(place, _)| *place == row);
        let values = String::from_utf8(values).unwrap();
        format!(
            "{values} {:?} {:?}",
            fault.map(|fault| &fault.message),
            reason.map(|(_, reason)| reason)
        )
    };
    (0..batch.len()).map(of_row).collect()
}

/// What an operator makes of a batch, row by row, in words that can be compared.
fn outcome(built: &Built, batch: &Batch, world: &World) -> Vec<String> {
    let context = world.context();
    match built {
        Built::Filter(filter) => outcome_of_filter(filter.as_ref(), batch, world),
        Built::Mapper(mapper) => {
            let mapped = mapper.map(batch, &context).unwrap();
            let parents = mapped.parents.unwrap_or_else(|| (0..batch.len() as u32).collect());
            assert!(parents.is_sorted(), "children stay in the order of their parents");
            assert!(mapped.text.as_ref().is_none_or(|text| text.len() == parents.len()));
            assert!(mapped.fields.iter().all(|edit| edit.values.len() == parents.len()));
            let of_row = |row: usize| {
                let text = mapped.text.as_ref().map(|text| text.value(row));
                let text = text.unwrap_or_else(|| batch.text.value(parents[row] as usize));
                let fields: Vec<_> =
                    mapped.fields.iter().map(|edit| (&edit.path, &edit.values[row])).collect();
                format!("{text:?} {fields:?}")
            };
            (0..parents.len()).map(of_row).collect()
        }
        Built::Deduplicator(deduplicator) => {
            let signatures = deduplicator.signatures(batch, &context).unwrap();
            let values = signatures.values;
            assert_eq!(values.len(), batch.len());
            (0..values.len()).map(|row| format!("{:?}", values.slice(row, 1))).collect()
        }
        Built::Selector(selector) => {
            let rows = batch.len() as u64;
            let values = selector.values(batch, &context).unwrap().unwrap_or_default();
            match selector.select(Candidates { rows, values: &values }, 42) {
                Ok(Selection::All) => vec!["all".to_owned()],
                Ok(Selection::Rows(order)) => {
                    assert!(order.iter().all(|row| *row < rows));
                    vec![format!("{order:?}")]
                }
                // The rows have not the field that an example chooses by.
                Err(error) => vec![error.to_string()],
            }
        }
        Built::Grouper(grouper) => match grouper.regroup() {
            Regroup::Gather => grouper.keys(batch, &context).unwrap(),
            Regroup::Scatter => Vec::new(),
        },
    }
}

/// Rows `from..to` of a batch.
fn part(batch: &Batch, from: usize, to: usize) -> Batch {
    batch.take(&UInt32Array::from_iter_values(from as u32..to as u32)).unwrap()
}

fn check(texts: &[(String, usize)], split: usize, world: &World) {
    let pictures =
        [None, Some(vec!["a.jpg"]), Some(vec!["a.jpg", "b.jpg"]), Some(vec!["gone.jpg"])];
    let lines: Vec<String> = texts
        .iter()
        .map(|(text, number)| {
            let row = serde_json::json!({ "text": text, "images": pictures[number % 4] });
            row.to_string() + "\n"
        })
        .collect();
    let batch = batch_of_lines(&lines.concat());
    for info in all().into_iter().filter(|info| info.cost != Cost::Model) {
        for parameters in parameters_of(info) {
            let built = build(info, parameters);
            let whole = outcome(&built, &batch, world);
            let again = outcome(&build(info, parameters), &batch, world);
            assert_eq!(whole, again, "{} twice", info.name);
            if !matches!(built, Built::Selector(_)) {
                let (left, right) = (part(&batch, 0, split), part(&batch, split, batch.len()));
                let mut parts = outcome(&built, &left, world);
                parts.extend(outcome(&built, &right, world));
                assert_eq!(whole, parts, "{} {parameters} in two parts", info.name);
            }
        }
    }
}

#[test]
fn splitting_a_batch_or_running_twice_changes_nothing_whatever_the_texts() {
    let folder = tempfile::tempdir().unwrap();
    for (name, width) in [("a.jpg", 300), ("b.jpg", 20)] {
        std::io::Write::write_all(
            &mut fs::File::create(folder.path().join(name)).unwrap(),
            &jpeg(width, 100, &[]),
        )
        .unwrap();
    }
    let world = World::new(folder.path());
    let word = prop_oneof![
        "[a-cA-C \n\t]{0,40}",
        "\\PC{0,20}",
        any::<String>(),
        prop::sample::select(vec![
            "\u{130}\u{3a3}\u{3a3}'".to_owned(),
            "<__dj__image>\nthe the the <|__dj__eoc|>".to_owned(),
            "\u{1f468}\u{200d}\u{1f469}\u{a0}\u{3000}\u{fffc}".to_owned(),
            "x".repeat(300),
        ]),
    ];
    let texts = prop::collection::vec((word, 0_usize..4), 0..12);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    runner
        .run(&(texts, any::<prop::sample::Index>()), |(texts, split)| {
            check(&texts, split.index(texts.len() + 1), &world);
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_registry_is_the_folder() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = BTreeSet::new();
    for kind in ["filter", "mapper", "deduplicator", "selector", "grouper"] {
        for entry in fs::read_dir(source.join(kind)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let name = name.strip_suffix(".rs").unwrap();
            if name != "mod" {
                files.insert((kind, name.to_owned()));
            }
        }
    }
    let registered: BTreeSet<_> =
        all().iter().map(|info| (info.kind.name(), info.name.to_owned())).collect();
    assert_eq!(files, registered);
    let names: Vec<_> = all().iter().map(|info| info.name).collect();
    assert!(names.is_sorted_by(|one, other| one < other), "sorted, each name once");
}

#[test]
fn every_operator_explains_itself_and_its_parameters() {
    for info in all() {
        let name = info.name;
        assert!(name.split('_').any(|word| word == info.kind.name()), "{name}");
        assert!(info.manual().len() > 100, "{name} has no manual");
        assert!(!info.summary().is_empty() && !info.summary().contains('\n'), "{name}");
        let parameters = info.parameters();
        for (parameter, schema) in &parameters {
            let described = schema.get("description").and_then(Value::as_str).unwrap_or_default();
            assert!(!described.is_empty(), "{name}.{parameter} is not described");
            assert!(schema.get("default").is_some(), "{name}.{parameter} has no default");
        }
        let (_, defaults) = (info.build)(&lagar_recipe::Node {
            value: lagar_recipe::Value::Map(Vec::new()),
            ..Default::default()
        })
        .unwrap();
        for (parameter, schema) in &parameters {
            assert_eq!(defaults.get(parameter), schema.get("default"), "{name}.{parameter}");
        }
        for threshold in info.thresholds {
            let known = parameters.iter().any(|(parameter, _)| parameter == threshold);
            assert!(known, "{name} has no parameter {threshold}");
        }
    }
}

#[test]
fn a_filter_writes_the_statistics_it_announces() {
    let batch = batch_of_lines("{\"text\":\"a\"}\n");
    let world = World::new(".");
    for info in all().into_iter().filter(|info| info.cost != Cost::Model) {
        if let Built::Filter(filter) = build(info, "{}") {
            let computed = filter.stats(&batch, &world.context()).unwrap();
            let keys: Vec<_> = computed.stats.iter().map(|column| column.key.as_str()).collect();
            let keys: Vec<_> = keys.into_iter().filter(|key| !key.starts_with(PRIVATE)).collect();
            match filter.writes() {
                Some(writes) => assert_eq!(keys, writes, "{}", info.name),
                None => assert_eq!(keys, info.writes, "{}", info.name),
            }
        }
    }
}

#[test]
fn unknown_and_unusable_parameters_are_refused_while_reading() {
    let refused = |name: &str, parameters: &str| {
        let source = lagar_core::diagnostic::SourceText::new("test", parameters);
        let node = lagar_recipe::Node::parse(&source).unwrap();
        (lagar_ops::find(name).unwrap().build)(&node).unwrap_err().to_string()
    };
    assert!(refused("image_shape_filter", "{any_or_all: some}").contains("some"));
    for wrong in ["{rep_len: 0}", "{rep_len: -1}", "{rep_len: many}", "{replen: 3}"] {
        refused("character_repetition_filter", wrong);
    }
}
