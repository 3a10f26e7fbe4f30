//! Picture operators against `data/picture_operators.jsonl`, which Data-Juicer 1.6.1 wrote.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::{Array as _, ArrayRef, AsArray as _};
use arrow::datatypes::{Float64Type, Int64Type};
use lagar_core::Batch;
use lagar_ops::picture::Pictures;
use lagar_ops::{Built, find};
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

use crate::support::{World, batch_of_lines, build};

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// One line per picture.
fn expected() -> Vec<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/picture_operators.jsonl");
    let lines = fs::read_to_string(file).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() > 70, "{}", lines.len());
    lines
}

/// A row per picture.
fn rows(lines: &[Value]) -> Batch {
    let rows: Vec<String> = lines
        .iter()
        .map(|line| json!({ "text": "a", "images": [line["file"]] }).to_string() + "\n")
        .collect();
    batch_of_lines(&rows.concat())
}

#[test]
fn ratios_and_sizes_are_data_juicers() {
    let lines = expected();
    let (batch, world) = (rows(&lines), World::new(crates()));
    for (name, key) in
        [("image_aspect_ratio_filter", "aspect_ratios"), ("image_size_filter", "image_sizes")]
    {
        let Built::Filter(filter) = build(find(name).unwrap(), "{}") else { panic!() };
        let computed = filter.stats(&batch, &world.context()).unwrap();
        assert_eq!(computed.faults, []);
        for (index, line) in lines.iter().enumerate() {
            let values = computed.stats[0].values.as_list::<i32>().value(index);
            let value = match values.as_primitive_opt::<Float64Type>() {
                Some(floats) => json!([floats.value(0)]),
                None => json!([values.as_primitive::<Int64Type>().value(0)]),
            };
            assert_eq!(value, line[key], "{}", line["file"]);
        }
    }
}

#[test]
fn hashes_of_pictures_are_imagededups() {
    let lines = expected();
    let (batch, world) = (rows(&lines), World::new(crates()));
    let mut different = Vec::new();
    for method in ["phash", "dhash", "whash", "ahash"] {
        let info = find("image_deduplicator").unwrap();
        let Built::Deduplicator(deduplicator) = build(info, &format!("{{method: {method}}}"))
        else {
            panic!()
        };
        let signatures = deduplicator.signatures(&batch, &world.context()).unwrap();
        assert_eq!(signatures.faults, []);
        for (index, line) in lines.iter().enumerate() {
            let hash = signatures.values.as_string::<i32>().value(index);
            if hash != line[method] {
                different.push(format!("{method} {}: {hash}, not {}", line["file"], line[method]));
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn rows_without_pictures_are_compared_only_with_their_text() {
    let world = World::new(crates());
    let white = "lagar-ops/tests/data/pictures/white.png";
    let lines = [
        json!({ "text": "a", "images": [] }),
        json!({ "text": "a", "images": [white, white] }),
        json!({ "text": "a" }),
        json!({ "text": "b", "images": [white] }),
    ];
    let lines: String = lines.iter().map(|line| line.to_string() + "\n").collect();
    let batch = batch_of_lines(&lines);
    let signatures = |parameters: &str| -> Vec<(Option<String>, Option<String>)> {
        let info = find("image_deduplicator").unwrap();
        let Built::Deduplicator(deduplicator) = build(info, parameters) else { panic!() };
        let signatures = deduplicator.signatures(&batch, &world.context()).unwrap();
        let text = |column: &ArrayRef, row: usize| {
            let column = column.as_string::<i32>();
            column.is_valid(row).then(|| column.value(row).to_owned())
        };
        let beside = |row| text(&signatures.beside.as_ref()?.values, row);
        (0..batch.len()).map(|row| (text(&signatures.values, row), beside(row))).collect()
    };
    let alone = signatures("{}");
    assert_eq!((&alone[0], &alone[2]), (&(None, None), &(None, None)));
    assert!(alone[1].0.is_some() && alone[1] == alone[3]);
    let with_text = signatures("{consider_text: true}");
    assert_eq!(with_text[0], with_text[2]);
    assert!(with_text[1] != with_text[3] && with_text[0].0.is_some());
}

#[test]
fn blurred_pictures_have_data_juicers_pixels() {
    let lines = expected();
    let lossless: Vec<Value> =
        lines.into_iter().filter(|line| !line["file"].as_str().unwrap().ends_with("jpg")).collect();
    let batch = rows(&lossless);
    let files: BTreeMap<String, Vec<u8>> = lossless
        .iter()
        .map(|line| {
            let file = line["file"].as_str().unwrap();
            (file.to_owned(), fs::read(crates().join(file)).unwrap())
        })
        .collect();
    for blur in ["mean", "box", "gaussian"] {
        let mut world = World::new("");
        world.pictures = Pictures::in_memory(files.clone());
        let parameters = format!("{{p: 1.0, blur_type: {blur}}}");
        let info = find("image_blur_mapper").unwrap();
        let Built::Mapper(mapper) = build(info, &parameters) else { panic!() };
        let mapped = mapper.map(&batch, &world.context()).unwrap();
        assert_eq!(mapped.faults, []);
        let images = mapped.images.unwrap();
        for (index, line) in lossless.iter().enumerate() {
            let path = images.value(index).as_string_view().value(0).to_owned();
            assert!(path.contains("/__dj__produced_data__/image_blur_mapper/"), "{path}");
            let picture = world.pictures.rgb(&path).unwrap();
            let sum = Md5::digest(picture.pixels());
            let sum = sum.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
            assert_eq!(sum, line[blur], "{blur} {path}");
        }
    }
}

#[test]
fn blurred_jpegs_are_written_as_pillow_writes_them() {
    let mut lines = expected();
    lines.retain(|line| line["gaussian_jpeg"].is_string());
    assert!(lines.len() > 20, "{}", lines.len());
    let batch = rows(&lines);
    let files = lines.iter().map(|line| {
        let file = line["file"].as_str().unwrap();
        (file.to_owned(), fs::read(crates().join(file)).unwrap())
    });
    let files: BTreeMap<String, Vec<u8>> = files.collect();
    for blur in ["mean", "box", "gaussian"] {
        let mut world = World::new("");
        world.pictures = Pictures::in_memory(files.clone());
        let parameters = format!("{{p: 1.0, blur_type: {blur}}}");
        let info = find("image_blur_mapper").unwrap();
        let Built::Mapper(mapper) = build(info, &parameters) else { panic!() };
        let mapped = mapper.map(&batch, &world.context()).unwrap();
        assert_eq!(mapped.faults, []);
        let images = mapped.images.unwrap();
        for (index, line) in lines.iter().enumerate() {
            let path = images.value(index).as_string_view().value(0).to_owned();
            let sum = Md5::digest(world.pictures.encoded(&path).unwrap().as_slice());
            let sum = sum.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
            assert_eq!(sum, line[format!("{blur}_jpeg")], "{blur} {path}");
        }
    }
}

#[test]
fn a_blurred_copy_that_was_cut_off_is_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let disc = crates().join("lagar-ops/tests/data/pictures/disc.png");
    fs::copy(disc, folder.path().join("disc.png")).unwrap();
    let batch = batch_of_lines("{\"text\":\"\",\"images\":[\"disc.png\"]}\n");
    let copy = || {
        let world = World::new(folder.path());
        let info = find("image_blur_mapper").unwrap();
        let Built::Mapper(mapper) = build(info, "{p: 1.0}") else { panic!() };
        let images = mapper.map(&batch, &world.context()).unwrap().images.unwrap();
        folder.path().join(images.value(0).as_string_view().value(0))
    };
    let whole = fs::read(copy()).unwrap();
    lagar_core::fsio::write(copy(), &whole[..whole.len() / 2]).unwrap();
    assert_eq!(fs::read(copy()).unwrap(), whole);
}

#[test]
fn a_share_of_the_pictures_is_blurred_and_always_the_same() {
    let lines: String = (0..200)
        .map(|_| "{\"text\":\"\",\"images\":[\"lagar-ops/tests/data/pictures/disc.png\"]}\n")
        .collect();
    let batch = batch_of_lines(&lines);
    let file = crates().join("lagar-ops/tests/data/pictures/disc.png");
    let pictures = || {
        let path = "lagar-ops/tests/data/pictures/disc.png".to_owned();
        Pictures::in_memory([(path, fs::read(&file).unwrap())].into())
    };
    let paths = || -> Vec<String> {
        let mut world = World::new("");
        world.pictures = pictures();
        let info = find("image_blur_mapper").unwrap();
        let Built::Mapper(mapper) = build(info, "{p: 0.3}") else { panic!() };
        let images = mapper.map(&batch, &world.context()).unwrap().images.unwrap();
        (0..images.len())
            .map(|row| images.value(row).as_string_view().value(0).to_owned())
            .collect()
    };
    let first = paths();
    assert_eq!(first, paths());
    let blurred = first.iter().filter(|path| path.contains("__dj_hash_#")).count();
    assert!((40..80).contains(&blurred), "{blurred} of 200");
}
