//! The manual pages say what the operators do.

use lagar_ops::manual::{manual_page, operators_index};
use lagar_ops::{all, find};

#[test]
fn every_page_runs_its_examples_and_is_the_same_each_time() {
    for info in all() {
        let page = manual_page(info);
        assert!(page.starts_with(&format!("## {}\n", info.name)));
        assert!(!page.contains("this fails"), "{page}");
        assert_eq!(page.matches("\nWith `").count(), info.examples.len());
        assert_eq!(page, manual_page(info));
        for line in page.lines().filter(|line| line.starts_with('|')) {
            assert!(line.ends_with('|'), "{line}");
        }
    }
}

#[test]
fn a_page_shows_types_defaults_and_outcomes() {
    let page = manual_page(find("words_num_filter").unwrap());
    let lines = [
        "*Filter, version 1, cost class text; reads `text`; writes `num_words`; parity with Data-Juicer: exact*",
        "| `min_num` | integer | `10` | The fewest words that pass. |",
        "| `max_num` | integer | no limit | The most words that pass. |",
        "| `tokenization` | boolean | `false` | Whether to split with a sentencepiece model instead of at spaces. |",
        "| `\"two dogs\"` | `{\"num_words\":2}` | dropped |",
        "| `\"a dog on a beach\"` | `{\"num_words\":5}` | kept |",
    ];
    for line in lines {
        assert!(page.lines().any(|found| found == line), "{line}\nis not in\n{page}");
    }
    let page = manual_page(find("image_shape_filter").unwrap());
    assert!(page.contains("| `any_or_all` | `any` or `all` | `\"any\"` |"), "{page}");
    let page = manual_page(find("random_selector").unwrap());
    assert!(page.contains("| `select_ratio` | number or null | not set |"), "{page}");
    let page = manual_page(find("whitespace_normalization_mapper").unwrap());
    assert!(page.contains("It has no parameters."), "{page}");
    assert!(page.contains("\\u{a0}"), "{page}");
}

#[test]
fn the_index_lists_every_operator_under_its_kind() {
    let index = operators_index(&all());
    for info in all() {
        assert!(index.contains(&format!("[`{0}`](#{0})", info.name)));
    }
    assert!(index.starts_with("### Filters\n"));
    assert!(index.find("### Mappers").unwrap() < index.find("### Selectors").unwrap());
}
