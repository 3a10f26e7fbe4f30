//! Whole recipes, read as a user would write them, and every kind of message they can cause.
//!
//! Messages are compared in full, because their looks are part of the interface.

use lagar_core::diagnostic::{Diagnostic, Severity, SourceText};
use lagar_recipe::keys::{self, KEYS, Role};
use lagar_recipe::{
    DataSource, Key, Location, Node, OnError, OpCall, Override, Recipe, TruncatedImages, Value,
};
use proptest::prelude::*;
use serde::Deserialize;

mod messages;

/// The recipe of a real run, comments included.
const SEED: &str = "\
# BLIP2增强30K数据合成配置
# 基于数据探索发现的问题：平均词数8.78词过于简单，词汇多样性0.0714严重不足

project_name: 'blip2-enhanced-30k-synthesis'
dataset_path: 'basic_enhanced_data_30k.jsonl'
export_path: 'blip2_enhanced_30k_data.jsonl'

# 基础配置 - 基于之前成功的经验
np: 1  # 单进程避免GPU内存冲突
text_keys: 'text'
image_key: 'images'
executor_type: default

# 开启监控和追踪
open_monitor: true
open_tracer: true
trace_num: 100

process:
  # 第一步：使用BLIP2生成丰富的图像描述
  - image_captioning_mapper:
      hf_img2seq: 'blip2-opt-2.7b'
      keep_original_sample: false  # 替换原始描述，提升质量
      caption_num: 1  # 每张图片生成1个描述

  - words_num_filter:  # 过滤词数，确保描述足够丰富
      lang: en
      tokenization: false
      min_num: 6   # 最少6个词，比原始8.78词稍微降低以保留更多数据
      max_num: 60  # 最多60个词，允许详细描述

  - word_repetition_filter: {lang: en, rep_len: 1, min_ratio: 0.0, max_ratio: 0.3}
  - image_aspect_ratio_filter:
  - text_length_filter
";

fn parse_with(text: &str, sets: &[&str]) -> Result<Recipe, String> {
    let overrides: Result<Vec<Override>, Diagnostic> =
        sets.iter().map(|set| Override::parse(set)).collect();
    let overrides = overrides.map_err(|error| error.render(false))?;
    Recipe::parse(SourceText::new("recipe.yaml", text), &overrides).map_err(|errors| {
        errors.iter().map(|error| error.render(false)).collect::<Vec<_>>().join("\n\n")
    })
}

fn parse(text: &str) -> Recipe {
    parse_with(text, &[]).expect("the recipe is good")
}

/// The recipe as it is after writing and reading it again, with what does not belong to its
/// meaning put back.
fn written_and_read(recipe: &Recipe) -> Recipe {
    let mut again = parse(&recipe.to_yaml());
    again.source = recipe.source.clone();
    again.warnings.clone_from(&recipe.warnings);
    again
}

#[test]
fn the_recipe_of_a_real_run_is_read_as_it_is_meant() {
    let recipe = parse(SEED);
    assert_eq!(recipe.project_name, "blip2-enhanced-30k-synthesis");
    assert_eq!(recipe.export_path, "blip2_enhanced_30k_data.jsonl");
    assert_eq!(recipe.dataset.sources.len(), 1);
    assert_eq!(recipe.dataset.sources[0].path, "basic_enhanced_data_30k.jsonl");
    assert_eq!(recipe.np, Some(1));
    assert_eq!(recipe.trace_num, Some(100));
    assert_eq!(recipe.open_tracer, Some(true));
    assert!(recipe.open_monitor);
    let names: Vec<&str> = recipe.process.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "image_captioning_mapper",
            "words_num_filter",
            "word_repetition_filter",
            "image_aspect_ratio_filter",
            "text_length_filter"
        ]
    );
    assert_eq!(
        recipe.process[1].params.get("min_num").map(|node| &node.value),
        Some(&Value::Int(6))
    );
    assert_eq!(recipe.process[3].params.value, Value::Map(Vec::new()));
    assert_eq!(recipe.process[4].params.value, Value::Map(Vec::new()));
    assert_eq!(recipe.warnings, []);
    assert_eq!(written_and_read(&recipe), recipe);
}

#[test]
fn an_operator_error_names_operator_and_parameter_and_counts_columns_in_characters() {
    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct WordsNum {
        min_num: u64,
    }

    let text = "dataset_path: a\nprocess:\n  - words_num_filter: {\"min_num\": '六', 词数: 6}\n";
    let call = &parse(text).process[0];
    let error = call.read::<WordsNum>().unwrap_err();
    assert_eq!(
        error.render(false),
        "\
error: `words_num_filter.min_num`: expected an integer that is not negative, got the string `六`
 --> recipe.yaml:3:35
  |
3 |   - words_num_filter: {\"min_num\": '六', 词数: 6}
  |                                   ^^^^ expected an integer that is not negative"
    );
    let text = text.replace("'六'", "6");
    let call = &parse(&text).process[0];
    let error = call.read::<WordsNum>().unwrap_err();
    assert_eq!(error.line_column(), Some((3, 38)));
    assert_eq!(error.message, "unknown key `词数` in `words_num_filter`");
    assert_eq!(error.hints, ["possible are `min_num`"]);
    assert_eq!(call.try_read::<WordsNum>().unwrap_err().candidates(), ["min_num"]);
}

#[test]
fn the_default_recipe_and_the_table_of_keys_agree() {
    let used = KEYS.iter().filter(|key| key.role == Role::Used && key.name != "process");
    let lines: Vec<String> = used
        .filter(|key| !key.name.starts_with("dataset"))
        .map(|key| format!("{}: {}\n", key.name, key.default))
        .collect();
    let explicit = parse(&format!("dataset_path: a\n{}", lines.concat()));
    let mut implicit = parse("dataset_path: a\n");
    implicit.source = explicit.source.clone();
    implicit.warnings.clone_from(&explicit.warnings);
    assert_eq!(explicit, implicit);
}

#[test]
fn every_used_key_is_written_back() {
    let text = "project_name: p\ndataset_path: a\nexport_type: json\nnp: 3\nopen_tracer: no\n\
                trace_num: 5\nwork_dir: w\njob_id: j\nskip_op_error: false\n\
                cache_dir: c\n";
    let yaml = parse(text).to_yaml();
    let written = Node::parse(&SourceText::new("resolved", yaml)).unwrap();
    for key in KEYS.iter().filter(|key| key.role == Role::Used && key.name != "dataset") {
        assert!(written.get(key.name).is_some(), "{}", key.name);
    }
    for (key, _) in written.as_map().unwrap() {
        assert_eq!(keys::find(&key.name).unwrap().role, Role::Used, "{}", key.name);
    }
}

#[test]
fn the_keys_of_lagar_are_read() {
    let recipe = parse(
        "dataset_path: a\non_error: fail\nchunk_size: 100\nseed: 7\ntrace_legacy_names: true\n\
         truncated_images: accept\nexport_shard_rows: 1_000\n",
    );
    assert_eq!(recipe.on_error, OnError::Fail);
    assert_eq!(recipe.chunk_size, 100);
    assert_eq!(recipe.seed, 7);
    assert!(recipe.trace_legacy_names);
    assert_eq!(recipe.truncated_images, TruncatedImages::Accept);
    assert_eq!(recipe.export_shard_rows, 1000);
}

#[test]
fn skip_op_error_false_ends_the_run_unless_on_error_says_otherwise() {
    assert_eq!(parse("dataset_path: a\nskip_op_error: false").on_error, OnError::Fail);
    let both = parse("dataset_path: a\nskip_op_error: false\non_error: quarantine");
    assert_eq!(both.on_error, OnError::Quarantine);
    assert_eq!(written_and_read(&both), both);
    assert_eq!(parse("dataset_path: a").on_error, OnError::Quarantine);
}

#[test]
fn null_means_the_default() {
    let recipe = parse("dataset_path: a\nnp:\nexport_path: ~\nprocess:\nturbo:\ncheckpoint:\n");
    assert_eq!(recipe.np, None);
    assert_eq!(recipe.export_path, Recipe::default().export_path);
    assert_eq!(recipe.process, []);
    assert_eq!(recipe.warnings, []);
}

#[test]
fn sources_may_be_weighted_paths_a_list_or_a_mapping() {
    let source = |path: &str, weight| DataSource {
        kind: "local".to_owned(),
        path: path.to_owned(),
        weight,
        format: None,
        split: None,
        name: None,
        limit: None,
    };
    let weighted = parse("dataset_path: '0.5 a.jsonl 2 b/'");
    assert_eq!(weighted.dataset.sources, [source("a.jsonl", 0.5), source("b/", 2.0)]);
    assert_eq!(weighted.dataset_path, "0.5 a.jsonl 2 b/");
    let list = parse("dataset: [{type: local, path: a}, {path: b, weight: 3, format: json}]");
    assert_eq!(list.dataset.sources[0], source("a", 1.0));
    assert_eq!(list.dataset.sources[1].format.as_deref(), Some("json"));
    let mapping = parse("dataset: {max_sample_num: 10, configs: [{path: a, limit: 5}]}");
    assert_eq!(mapping.dataset.max_sample_num, Some(10));
    assert_eq!(mapping.dataset.sources[0].limit, Some(5));
    for recipe in [weighted, list, mapping] {
        assert_eq!(written_and_read(&recipe), recipe);
    }
}

#[test]
fn keys_without_meaning_warn_unless_they_hold_their_default() {
    let recipe = parse(
        "dataset_path: a\nexecutor_type: ray\nturbo: false\nuse_cache: false\n\
         checkpoint: {enabled: false, n_ops: 5}\npartition.size: 10\nop_fusion: true\n\
         use_checkpoint: true\nskip_op_error: true\nvalidators: []\nencrypt_before_export: no\n",
    );
    let messages: Vec<(Severity, &str)> = recipe
        .warnings
        .iter()
        .map(|warning| (warning.severity, warning.message.as_str()))
        .collect();
    assert_eq!(
        messages,
        [
            (Severity::Warning, "`executor_type` has no effect"),
            (Severity::Warning, "`use_cache` has no effect"),
            (Severity::Warning, "`checkpoint.enabled` has no effect"),
            (Severity::Warning, "`partition.size` has no effect"),
            (Severity::Note, "lagar sets single rows aside and never drops a batch"),
        ]
    );
}

#[test]
fn overrides_change_settings_and_parameters() {
    let sets = [
        "np=2",
        "process.words_num_filter.min_num=8",
        "process.words_num_filter.lang='no'",
        "process.3.max_ratio=1.5",
        "process.4.text_length_filter.min_len=3",
        "process.word_repetition_filter={max_ratio: 0.5}",
        "checkpoint.n_ops=3",
    ];
    let recipe = parse_with(SEED, &sets).unwrap();
    assert_eq!(recipe.np, Some(2));
    let value = |index: usize, name: &str| recipe.process[index].params.get(name).unwrap();
    assert_eq!(value(1, "min_num").value, Value::Int(8));
    assert_eq!(value(1, "max_num").value, Value::Int(60));
    assert_eq!(value(1, "lang").value, Value::Str("no".to_owned()));
    assert_eq!(value(3, "max_ratio").value, Value::Float(1.5));
    assert_eq!(value(4, "min_len").value, Value::Int(3));
    assert_eq!(recipe.process[2].params.as_map().unwrap().len(), 1);
    assert_eq!(value(1, "min_num").location.source.name, "--set");
    assert_eq!(recipe.warnings.len(), 1);
    assert_eq!(recipe.warnings[0].place.as_ref().unwrap().source.text, "checkpoint.n_ops=3");
    assert_eq!(written_and_read(&recipe), recipe);
}

#[test]
fn an_override_reaches_into_the_sources() {
    let text = "dataset: {configs: [{path: a}, {path: b}]}";
    let recipe =
        parse_with(text, &["dataset.configs.1.weight=0.5", "dataset.max_sample_num=9"]).unwrap();
    assert_eq!(recipe.dataset.max_sample_num, Some(9));
    assert!((recipe.dataset.sources[1].weight - 0.5).abs() < f64::EPSILON);
    assert_eq!(parse_with("", &["dataset_path=x"]).unwrap().dataset_path, "x");
}

fn node(value: Value) -> Node {
    Node { location: Location::default(), value }
}

/// Strings that a reader of YAML could take for something else, and any others.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[-+_.0-9a-fxob:eE~<>|&*!%@`'\"#, {}\\[\\]\n\t]{0,8}",
        proptest::sample::select(vec!["yes", "Off", "~", "", "1e5", "010", "<<", ".inf", "null"])
            .prop_map(str::to_owned),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|value| Value::Int(value.into())),
        any::<i128>().prop_map(Value::Int),
        (proptest::num::f64::NORMAL | proptest::num::f64::ZERO | proptest::num::f64::INFINITE)
            .prop_map(Value::Float),
        texts().prop_map(Value::Str),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let map = proptest::collection::btree_map(texts(), inner.clone(), 0..4);
        prop_oneof![
            proptest::collection::vec(inner, 0..4)
                .prop_map(|items| Value::Seq(items.into_iter().map(node).collect())),
            map.prop_map(mapping),
        ]
    })
}

fn mapping(entries: std::collections::BTreeMap<String, Value>) -> Value {
    let entries = entries
        .into_iter()
        .map(|(name, value)| (Key { name, location: Location::default() }, node(value)));
    Value::Map(entries.collect())
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_the_same(
        name in texts(),
        seed in any::<u64>(),
        params in proptest::collection::btree_map(texts(), values(), 0..4),
    ) {
        let call = OpCall {
            name: "some_filter".to_owned(),
            name_location: Location::default(),
            params: node(mapping(params)),
        };
        let mut recipe = parse("dataset: [{path: a}]");
        recipe.project_name = name;
        recipe.seed = seed;
        recipe.process.push(call);
        prop_assert_eq!(written_and_read(&recipe), recipe);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>(), set in any::<String>()) {
        check_diagnostics(&text, &set);
    }

    #[test]
    fn no_text_close_to_yaml_makes_the_reader_panic(
        text in "(process|np|dataset|- |: |\\{|\\}|\\[|\\]|&a|\\*a|<<|!!str|'|\"|\\||>|\n|  |\t|#|,|1|e5|~|图|---){0,40}",
        set in "(process|np|dataset|0|\\.|=|: |\\{|\\}|1|图){0,12}",
    ) {
        check_diagnostics(&text, &set);
    }
}

/// Reads the text and renders whatever comes out of it.
fn check_diagnostics(text: &str, set: &str) {
    let overrides = match Override::parse(set) {
        Ok(one) => vec![one],
        Err(error) => {
            assert!(!error.render(true).is_empty());
            Vec::new()
        }
    };
    match Recipe::parse(SourceText::new("any.yaml", text), &overrides) {
        Ok(recipe) => assert!(recipe.warnings.iter().all(|one| !one.render(true).is_empty())),
        Err(errors) => {
            assert!(!errors.is_empty());
            assert!(errors.iter().all(|error| error.render(false).starts_with("error: ")));
        }
    }
}
