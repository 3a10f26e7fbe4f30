//! Messages in full, as they appear on a terminal without colour.

use super::parse_with;

fn error(text: &str) -> String {
    parse_with(text, &[]).expect_err("the recipe is wrong")
}

const SMALL: &str = "\
dataset_path: a.jsonl
process:
  - words_num_filter:
      min_num: 6
  - text_length_filter
  - words_num_filter: {max_num: 9}
";

fn set_error(set: &str) -> String {
    parse_with(SMALL, &[set]).expect_err("the override is wrong")
}

#[test]
fn an_unknown_key_gets_a_suggestion() {
    assert_eq!(
        error(
            "\
dataset_path: a
npp: 4
"
        ),
        "\
error: unknown key `npp`
 --> recipe.yaml:2:1
  |
2 | npp: 4
  | ^^^ unknown key
  |
hint: did you mean `np`?"
    );
}

#[test]
fn an_operator_outside_process_is_recognised() {
    assert_eq!(
        error(
            "\
dataset_path: a
words_num_filter: {}
"
        ),
        "\
error: unknown key `words_num_filter`
 --> recipe.yaml:2:1
  |
2 | words_num_filter: {}
  | ^^^^^^^^^^^^^^^^ unknown key
  |
hint: `words_num_filter` is an operator and belongs under `process`"
    );
}

#[test]
fn an_unknown_nested_key_names_its_mapping() {
    assert_eq!(
        error(
            "\
dataset_path: a
checkpoint:
  n_op: 4
"
        ),
        "\
error: unknown key `n_op` in `checkpoint`
 --> recipe.yaml:3:3
  |
3 |   n_op: 4
  |   ^^^^ unknown key
  |
hint: did you mean `n_ops`?"
    );
}

#[test]
fn an_unknown_key_of_a_source_names_its_path() {
    assert_eq!(
        error(
            "\
dataset:
  configs:
    - {path: 数据.jsonl, wieght: 1}
"
        ),
        "\
error: unknown key `wieght` in `dataset.configs.0`
 --> recipe.yaml:3:24
  |
3 |     - {path: 数据.jsonl, wieght: 1}
  |                          ^^^^^^ unknown key
  |
hint: did you mean `weight`?"
    );
}

#[test]
fn all_wrong_values_are_reported_from_top_to_bottom() {
    assert_eq!(
        error(
            "\
dataset_path: a
np: 'vier'  # 四
chunk_size: 0
project_name: no
projet_name: x
on_error: quarantin
"
        ),
        "\
error: `np`: expected an integer that is not negative, got the string `vier`
 --> recipe.yaml:2:5
  |
2 | np: 'vier'  # 四
  |     ^^^^^^ expected an integer that is not negative

error: `chunk_size`: must be at least 1
 --> recipe.yaml:3:13
  |
3 | chunk_size: 0
  |             ^

error: `project_name`: expected a string, got the boolean false
 --> recipe.yaml:4:15
  |
4 | project_name: no
  |               ^^ expected a string
  |
hint: put it in quotes to make it a string

error: unknown key `projet_name`
 --> recipe.yaml:5:1
  |
5 | projet_name: x
  | ^^^^^^^^^^^ unknown key
  |
hint: did you mean `project_name`?

error: `on_error`: unknown choice `quarantin`
 --> recipe.yaml:6:11
  |
6 | on_error: quarantin
  |           ^^^^^^^^^ unknown choice
  |
hint: did you mean `quarantine`?"
    );
}

#[test]
fn two_operators_in_one_entry_are_told_apart_from_a_slip_of_indentation() {
    assert_eq!(
        error(
            "\
# 过滤
dataset_path: a
process:
  - words_num_filter:
    min_num: 6 # 词数
  - text_length_filter: {}
    image_shape_filter: {}
"
        ),
        "\
error: `words_num_filter` and `min_num` stand in one entry of `process`
 --> recipe.yaml:5:5
  |
5 |     min_num: 6 # 词数
  |     ^^^^^^^ an entry holds one operator
  |
hint: if `min_num` is a parameter of `words_num_filter`, indent it deeper than the operator

error: `text_length_filter` and `image_shape_filter` stand in one entry of `process`
 --> recipe.yaml:7:5
  |
7 |     image_shape_filter: {}
  |     ^^^^^^^^^^^^^^^^^^ an entry holds one operator
  |
hint: if `image_shape_filter` is an operator, begin it with `- `"
    );
}

#[test]
fn an_entry_that_is_no_operator_is_refused() {
    assert_eq!(
        error(
            "\
dataset_path: a
process:
  - 3
  - x_filter: 3
"
        ),
        "\
error: an entry of `process` names an operator, this one is the integer 3
 --> recipe.yaml:3:5
  |
3 |   - 3
  |     ^ expected an operator
  |
hint: an entry looks like `- text_length_filter: {min_len: 10}`

error: `x_filter`: expected a mapping of parameters, got the integer 3
 --> recipe.yaml:4:15
  |
4 |   - x_filter: 3
  |               ^ expected a mapping of parameters"
    );
}

#[test]
fn a_process_that_is_no_list_is_refused() {
    assert_eq!(
        error(
            "\
dataset_path: a
process: {a: b}
"
        ),
        "\
error: `process`: expected a list of operators, got a mapping
 --> recipe.yaml:2:10
  |
2 | process: {a: b}
  |          ^^^^^^ expected a list of operators
  |
hint: begin each operator with `- `"
    );
}

#[test]
fn a_duplicate_key_names_the_first_line() {
    assert_eq!(
        error(
            "\
dataset_path: a
np: 1
项目: 1
np: 2
"
        ),
        "\
error: duplicate key `np`
 --> recipe.yaml:4:1
  |
4 | np: 2
  | ^^ already given on line 2"
    );
}

#[test]
fn a_syntax_error_is_placed() {
    assert_eq!(
        error(
            "\
dataset_path: a
process:
  - words_num_filter: {min_num: 6
  - text
"
        ),
        "\
error: invalid YAML: unclosed bracket '{'
 --> recipe.yaml:3:23
  |
3 |   - words_num_filter: {min_num: 6
  |                       ^"
    );
}

#[test]
fn a_tab_gets_a_hint() {
    assert_eq!(
        error("dataset_path: a\n\tnp: 1\n"),
        "\
error: invalid YAML: while scanning a plain scalar, found a tab
 --> recipe.yaml:1:15
  |
1 | dataset_path: a
  |               ^
  |
hint: indent with spaces, YAML does not allow tabs there"
    );
}

#[test]
fn a_recipe_without_input_is_refused() {
    assert_eq!(
        error(
            "\
np: 1
"
        ),
        "\
error: the recipe names no input
hint: set `dataset_path`, or `dataset` for several sources"
    );
}

#[test]
fn a_recipe_that_is_no_mapping_is_refused() {
    assert_eq!(
        error(
            "\
- a
"
        ),
        "\
error: a recipe is a mapping of keys to values
 --> recipe.yaml:1:1
  |
1 | - a
  | ^^^ this is a list
  |
hint: a line like `np: 4` sets the key `np`"
    );
}

#[test]
fn weights_without_a_path_are_refused() {
    assert_eq!(
        error(
            "\
dataset_path: 0.5 0.2 a
"
        ),
        "\
error: `dataset_path`: no path between 0.5 and 0.2
 --> recipe.yaml:1:15
  |
1 | dataset_path: 0.5 0.2 a
  |               ^^^^^^^^^
  |
hint: weights stand in front of their paths: `0.5 a.jsonl 0.5 b/`"
    );
}

#[test]
fn remote_sources_are_refused() {
    assert_eq!(
        error(
            "\
dataset: [{type: remote, source: huggingface}]
"
        ),
        "\
error: `dataset.0`: sources of type `remote` are not supported, only `local`
 --> recipe.yaml:1:18
  |
1 | dataset: [{type: remote, source: huggingface}]
  |                  ^^^^^^"
    );
}

#[test]
fn a_key_whose_loss_would_expose_data_is_refused() {
    assert_eq!(
        error(
            "\
dataset_path: a
encrypt_before_export: yes
"
        ),
        "\
error: `encrypt_before_export` is not supported
 --> recipe.yaml:2:1
  |
2 | encrypt_before_export: yes
  | ^^^^^^^^^^^^^^^^^^^^^ lagar cannot encrypt or decrypt data sets"
    );
}

#[test]
fn an_override_needs_an_equals_sign() {
    assert_eq!(
        set_error("np"),
        "\
error: an override sets a key to a value
 --> --set:1:1
  |
1 | np
  | ^^ there is no `=`
  |
hint: write it as `key=value`, for example `np=2`"
    );
}

#[test]
fn a_wrong_value_of_an_override_points_at_the_command_line() {
    assert_eq!(
        set_error("np=vier"),
        "\
error: `np`: expected an integer that is not negative, got the string `vier`
 --> --set:1:4
  |
1 | np=vier
  |    ^^^^ expected an integer that is not negative"
    );
}

#[test]
fn an_override_of_an_unknown_key_gets_a_suggestion() {
    assert_eq!(
        set_error("npp=2"),
        "\
error: unknown key `npp`
 --> --set:1:1
  |
1 | npp=2
  | ^^^ unknown key
  |
hint: did you mean `np`?"
    );
}

#[test]
fn an_override_that_is_no_yaml_is_placed() {
    assert_eq!(
        set_error("np=["),
        "\
error: invalid YAML: unclosed bracket '['
 --> --set:1:4
  |
1 | np=[
  |    ^"
    );
}

#[test]
fn an_override_of_an_operator_given_twice_asks_for_the_index() {
    assert_eq!(
        set_error("process.words_num_filter.min_num=8"),
        "\
error: `words_num_filter` is 2 times in the recipe
 --> --set:1:9
  |
1 | process.words_num_filter.min_num=8
  |         ^^^^^^^^^^^^^^^^ which one is meant?
  |
hint: write one of `process.0`, `process.2`, as in `process.0.words_num_filter.…`"
    );
}

#[test]
fn an_override_of_a_missing_operator_gets_a_suggestion() {
    assert_eq!(
        set_error("process.text_len_filter.min_len=8"),
        "\
error: `text_len_filter` is not in the recipe
 --> --set:1:9
  |
1 | process.text_len_filter.min_len=8
  |         ^^^^^^^^^^^^^^^ no such operator under `process`
  |
hint: did you mean `text_length_filter`?"
    );
}

#[test]
fn an_override_beyond_the_last_operator_says_where_they_end() {
    assert_eq!(
        set_error("process.7.min_num=8"),
        "\
error: there is no operator number 7 in the recipe
 --> --set:1:9
  |
1 | process.7.min_num=8
  |         ^ indices go from 0 to 2"
    );
}

#[test]
fn an_override_of_an_operator_by_index_needs_a_parameter() {
    assert_eq!(
        set_error("process.1=8"),
        "\
error: this names an operator, not one of its parameters
 --> --set:1:9
  |
1 | process.1=8
  |         ^ a parameter is missing
  |
hint: write `process.1.text_length_filter.PARAMETER=…`"
    );
}

#[test]
fn an_override_without_process_in_front_is_recognised() {
    assert_eq!(
        set_error("text_length_filter.min_len=8"),
        "\
error: unknown key `text_length_filter`
 --> --set:1:1
  |
1 | text_length_filter.min_len=8
  | ^^^^^^^^^^^^^^^^^^ unknown key
  |
hint: `text_length_filter` is an operator and belongs under `process`"
    );
}
