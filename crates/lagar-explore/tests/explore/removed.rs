//! A finished run: what each operator removed, and the rows next to its thresholds.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use image::RgbImage;
use lagar_core::diagnostic::SourceText;
use lagar_core::event::Silence;
use lagar_core::fsio;
use lagar_engine::sink::ExportPlan;
use lagar_engine::source::{DataSet, Inputs};
use lagar_engine::{Plan, Run, RunPaths};
use lagar_explore::Watch;
use lagar_explore::diff::{DiffOptions, RunFolder, diff, find_run};
use lagar_explore::removed::{Followed, Removal, Removed, removed, write};
use lagar_recipe::Recipe;
use serde_json::json;

use crate::options;

/// Twenty rows of 1 to 20 words, every fifth text twice, with pictures of two sizes.
fn rows(folder: &Path) {
    fsio::make_folder(&folder.join("images")).unwrap();
    for (name, side) in [("small", 40), ("large", 90)] {
        let picture = RgbImage::from_fn(side, side, |x, y| image::Rgb([x as u8, y as u8, 9]));
        picture.save(folder.join(format!("images/{name}.png"))).unwrap();
    }
    let mut lines = String::new();
    for row in 0..20_usize {
        let words: Vec<String> =
            (0..=row).map(|word| format!("word{}", (word * 7 + row) % 30)).collect();
        let picture = if row % 4 == 3 { "small" } else { "large" };
        let line = json!({
            "id": format!("r{row}"),
            "text": format!("{}  again", words.join(" ")),
            "images": [format!("images/{picture}.png")],
        });
        writeln!(lines, "{line}").unwrap();
        if row % 5 == 4 {
            writeln!(lines, "{line}").unwrap();
        }
    }
    fsio::write(folder.join("rows.jsonl"), lines.as_bytes()).unwrap();
}

const PROCESS: &str = "\
process:
  - whitespace_normalization_mapper:
  - words_num_filter: {min_num: 6, max_num: 18}
  - document_deduplicator:
  - image_shape_filter: {min_width: 50, min_height: 50}
";

fn plan(folder: &Path) -> (Recipe, Plan, DataSet) {
    let text = format!(
        "dataset_path: {0}/rows.jsonl\nexport_path: {0}/kept.jsonl\nnp: 1\n{PROCESS}",
        folder.display()
    );
    let recipe = Recipe::parse(SourceText::new("recipe.yaml", text), &[]).unwrap();
    let (plan, _) = Plan::from_recipe(&recipe).unwrap();
    let data = DataSet::find(Inputs {
        paths: vec![folder.join("rows.jsonl")],
        suffixes: Vec::new(),
        chunk_rows: 8,
        keys: plan.keys.clone(),
        tokens: plan.tokens.clone(),
    })
    .unwrap();
    (recipe, plan, data)
}

/// Runs the recipe and finds out what it removed.
fn followed(folder: &Path) -> Removal {
    rows(folder);
    let (recipe, plan, data) = plan(folder);
    let paths = RunPaths::of(&recipe);
    let run = Run {
        plan: &plan,
        data: &data,
        paths: &paths,
        export: ExportPlan::new(&paths.export, None).unwrap(),
        recipe: recipe.to_yaml(),
        threads: 1,
        fresh: false,
        monitor: false,
        stop: &AtomicBool::new(false),
        listener: &Silence,
    };
    run.execute().unwrap();
    let run = RunFolder::open(&paths.folder).unwrap().unwrap();
    let followed = Followed { run: &run, plan: &plan, data: &data, shown: 3 };
    let (removal, pictures) = removed(followed).unwrap();
    write(&removal, &pictures, &folder.join("out"), 64).unwrap();
    removal
}

fn operator<'a>(removal: &'a Removal, name: &str) -> &'a Removed {
    removal.operators.iter().find(|one| one.name == name).unwrap()
}

fn values(rows: &[lagar_explore::profile::Example]) -> Vec<f64> {
    rows.iter().filter_map(|row| row.value).collect()
}

#[test]
fn the_rows_next_to_each_threshold_are_shown_on_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    let removal = followed(folder.path());
    let words = operator(&removal, "words_num_filter");
    assert_eq!((words.rows, words.note.clone()), (24, None));
    let judged = &words.statistics[0];
    let all = |counts: &[u64]| counts.iter().sum::<u64>();
    assert_eq!(all(&judged.dropped), words.dropped);
    assert_eq!(all(&judged.kept), words.kept);
    let near = judged.near.iter().find(|near| near.threshold.is_lower).unwrap();
    assert_eq!(near.threshold.label, "min_num: 6");
    assert_eq!(values(&near.dropped), [5.0, 4.0, 3.0]);
    assert_eq!(values(&near.kept)[..2], [6.0, 6.0]);
    let near = judged.near.iter().find(|near| !near.threshold.is_lower).unwrap();
    assert_eq!(values(&near.dropped)[0].to_bits(), 19.0_f64.to_bits());
    assert_eq!(values(&near.kept)[0].to_bits(), 18.0_f64.to_bits());
}

#[test]
fn a_later_operator_sees_only_what_earlier_ones_left() {
    let folder = tempfile::tempdir().unwrap();
    let removal = followed(folder.path());
    let twins = operator(&removal, "document_deduplicator");
    assert_eq!(twins.examples.len() as u64, twins.dropped);
    let shape = operator(&removal, "image_shape_filter");
    assert_eq!(shape.rows, twins.kept);
    let width = shape.statistics.iter().find(|one| one.statistic == "image_width").unwrap();
    let dropped: u64 = width.dropped.iter().sum();
    assert_eq!(dropped, shape.dropped);
    assert_eq!(width.kept.iter().sum::<u64>(), shape.kept);
    assert_eq!(removal.kept, shape.kept);
}

#[test]
fn changed_texts_are_shown_and_the_page_has_everything() {
    let folder = tempfile::tempdir().unwrap();
    let removal = followed(folder.path());
    let spaces = operator(&removal, "whitespace_normalization_mapper");
    assert_eq!(spaces.note, None);
    let page = fsio::read_text(&folder.path().join("out/removed.html")).unwrap();
    assert!(page.contains("min_num: 6") && page.contains("The rows nearest to"));
    assert!(page.matches("<svg ").count() >= 3);
    assert!(page.contains("data:image/jpeg;base64,") && !page.contains("http:"));
}

#[test]
fn data_that_are_not_what_the_run_read_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    followed(folder.path());
    fsio::write(folder.path().join("rows.jsonl"), b"{\"text\": \"one\"}\n").unwrap();
    let (recipe, plan, data) = plan(folder.path());
    let run = RunFolder::open(&RunPaths::of(&recipe).folder).unwrap().unwrap();
    let error = removed(Followed { run: &run, plan: &plan, data: &data, shown: 3 }).unwrap_err();
    assert!(error.to_string().contains("it read 24 rows, the data have 1 now"), "{error}");
}

#[test]
fn a_comparison_finds_the_run_beside_its_export_and_says_why_rows_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let removal = followed(folder.path());
    let (before, after) = (folder.path().join("rows.jsonl"), folder.path().join("kept.jsonl"));
    let data = (options(&before).find().unwrap(), options(&after).find().unwrap());
    let run = find_run(&after).unwrap();
    let wanted = DiffOptions { resamples: 50, ..DiffOptions::new(options(&before)) };
    let watch = Watch { stop: &AtomicBool::new(false), listener: &Silence };
    let (found, _) = diff((&data.0, &data.1), run.as_ref(), &wanted, watch).unwrap();
    assert_eq!(found.operators.len(), 4);
    assert_eq!(found.after.rows, removal.kept);
    let short = found.gone.iter().find(|gone| gone.row.id.as_deref() == Some("r0")).unwrap();
    assert_eq!(short.reason.as_deref(), Some("words_num_filter: num_words is 2, wanted >= 6"));
}
