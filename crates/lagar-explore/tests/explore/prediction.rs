//! What a suggested recipe keeps is what was foretold, step by step.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use image::RgbImage;
use lagar_core::diagnostic::SourceText;
use lagar_core::event::Silence;
use lagar_core::fsio;
use lagar_engine::sink::ExportPlan;
use lagar_engine::source::{DataSet, Inputs};
use lagar_engine::{Plan, Report, Run, RunPaths};
use lagar_explore::suggest::recipe;
use lagar_recipe::Recipe;
use serde_json::json;

use crate::{options, profile};

/// Rows with tails of every kind: short and long, repetitive and full of symbols, equal and similar,
/// small and ribbon-like pictures, missing ones, and lines that are no rows.
fn rows(folder: &Path, count: u32) {
    for (name, width, height) in [
        ("a", 300, 280),
        ("b", 400, 300),
        ("c", 90, 90),
        ("d", 900, 120),
        ("e", 256, 256),
        ("f", 300, 280),
    ] {
        let picture = RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 9]));
        fsio::make_folder(&folder.join("images")).unwrap();
        picture.save(folder.join(format!("images/{name}.png"))).unwrap();
    }
    let mut lines = String::new();
    let nouns = ["dog", "cat", "house", "tree", "lamp", "river", "boat", "car", "cup", "door"];
    for number in 0..count {
        let noun = |place: u32| nouns[((number * 13 + place * (number % 7 + 1)) % 10) as usize];
        let mut words: Vec<String> = Vec::new();
        for place in 0..4 + number % 6 {
            words.push(format!(
                "{} {}{}",
                ["the", "a", "one"][place as usize % 3],
                noun(place),
                place * number % 50
            ));
        }
        let mut text = words.join(" near ");
        match number % 40 {
            3 => "x".clone_into(&mut text),
            7 => text = "sale ".repeat(12),
            11 if number % 200 == 11 => "$$$ !!! ??? ### %%% *** +++ wow".clone_into(&mut text),
            17 => text = text.repeat(9),
            21 => "a photo of the old market place at night in winter".clone_into(&mut text),
            23 => {
                text = format!(
                    "a photo of the old market place at night in winter {}",
                    number / 40 % 3
                );
            }
            29 => text.push_str(" royalty free stock photo &amp; more"),
            _ => {}
        }
        let picture = match number % 50 {
            9 => "c",
            19 => "d",
            31 => "missing",
            41 => "f",
            _ => ["a", "b", "e"][number as usize % 3],
        };
        if number % 200 == 77 {
            lines.push_str("{\"text\": \"broken\n");
        }
        let row = json!({"id": number, "text": format!("<__dj__image>\n{text}"), "images": [format!("images/{picture}.png")]});
        writeln!(lines, "{row}").unwrap();
    }
    fsio::write(folder.join("rows.jsonl"), lines.as_bytes()).unwrap();
}

/// What `lagar run` makes of a recipe.
fn run(text: String) -> Report {
    let recipe = Recipe::parse(SourceText::new("recipe.yaml", text), &[]).unwrap();
    let (plan, warnings) = Plan::from_recipe(&recipe).unwrap();
    assert!(warnings.is_empty(), "{}", warnings[0].render(false));
    let sources = &recipe.dataset.sources;
    let data = DataSet::find(Inputs {
        paths: sources.iter().map(|source| (&source.path).into()).collect(),
        suffixes: Vec::new(),
        chunk_rows: 500,
        keys: plan.keys.clone(),
        tokens: plan.tokens.clone(),
    });
    let paths = RunPaths::of(&recipe);
    let run = Run {
        plan: &plan,
        data: &data.unwrap(),
        paths: &paths,
        export: ExportPlan::new(&paths.export, None).unwrap(),
        recipe: recipe.to_yaml(),
        threads: 2,
        fresh: true,
        monitor: false,
        stop: &AtomicBool::new(false),
        listener: &Silence,
    };
    run.execute().unwrap()
}

/// Explores `data`, runs the recipe that follows, and compares every step; the operators of it.
fn check(data: &Path, pixels: bool) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(data);
    options.pixels = pixels;
    let profile = profile(&options);
    let suggestion = profile.suggestion.as_ref().unwrap();
    assert!(suggestion.exact);
    let report = run(recipe(&profile, &folder.path().join("suggested.yaml")));
    assert_eq!(report.rows, suggestion.rows);
    assert_eq!(report.unreadable + report.without_text, suggestion.unreadable);
    assert_eq!(report.operators.len(), suggestion.steps.len());
    for (ran, step) in report.operators.iter().zip(&suggestion.steps) {
        assert_eq!(ran.name, step.operator);
        let foretold = [step.before, step.kept, step.dropped, step.put_aside];
        assert_eq!([ran.rows, ran.kept, ran.dropped, ran.quarantined], foretold, "{}", ran.name);
    }
    assert_eq!(report.kept, suggestion.kept);
    assert!(suggestion.kept < suggestion.rows);
    suggestion.steps.iter().map(|step| step.operator.clone()).collect()
}

#[test]
fn a_run_keeps_at_every_step_what_was_foretold() {
    let folder = tempfile::tempdir().unwrap();
    rows(folder.path(), 2_400);
    let operators = check(&folder.path().join("rows.jsonl"), false);
    for operator in [
        "words_num_filter",
        "text_length_filter",
        "word_repetition_filter",
        "special_characters_filter",
        "image_shape_filter",
        "image_aspect_ratio_filter",
        "document_deduplicator",
        "document_minhash_deduplicator",
        "fix_unicode_mapper",
        "replace_content_mapper",
    ] {
        assert!(operators.iter().any(|known| known == operator), "{operator} in {operators:?}");
    }
}

#[test]
fn so_it_does_where_pictures_are_compared_by_their_looks() {
    let folder = tempfile::tempdir().unwrap();
    rows(folder.path(), 400);
    let operators = check(&folder.path().join("rows.jsonl"), true);
    assert!(operators.iter().any(|operator| operator == "image_deduplicator"), "{operators:?}");
}
