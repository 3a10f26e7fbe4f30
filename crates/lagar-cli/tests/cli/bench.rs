//! The work bench of the tests: a folder with a data set, pictures and a recipe, and the binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// A folder of its own for one test.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
}

/// The seed's recipe without captioning.
pub(crate) const SEED: &str = "
  - words_num_filter: {lang: en, tokenization: false, min_num: 6, max_num: 60}
  - word_repetition_filter: {lang: en, tokenization: false, rep_len: 1, min_ratio: 0.0, max_ratio: 0.3}
  - image_shape_filter: {min_width: 224, max_width: 1024, min_height: 224, max_height: 1024, any_or_all: any}
  - character_repetition_filter: {rep_len: 5, min_ratio: 0.0, max_ratio: 0.15}
  - text_length_filter: {min_len: 20, max_len: 300}
";

/// Every kind of operator, with two passes that need all rows.
pub(crate) const EVERYTHING: &str = "
  - whitespace_normalization_mapper:
  - words_num_filter: {min_num: 5}
  - document_deduplicator: {lowercase: true}
  - image_shape_filter: {min_width: 224, min_height: 224}
  - random_selector: {select_ratio: 0.5}
  - text_length_filter: {min_len: 20, max_len: 300}
";

impl Bench {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The lines of a JSON lines file.
    pub(crate) fn rows(&self, name: &str) -> Vec<Value> {
        self.read(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The ids of an exported file, in order.
    pub(crate) fn ids(&self, name: &str) -> Vec<String> {
        self.rows(name).iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }

    /// A real JPEG of that size.
    pub(crate) fn jpeg(&self, name: &str, width: u32, height: u32) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let picture = image::RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([(x % 256) as u8, (y % 256) as u8, ((x * y) % 256) as u8])
        });
        picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
        let bytes = bytes.into_inner();
        self.write(name, &bytes);
        bytes
    }

    /// `count` rows over a few pictures, with captions that every operator has something to do with.
    pub(crate) fn data(&self, count: usize) {
        for (name, width, height) in
            [("a", 336, 252), ("b", 400, 300), ("small", 100, 90), ("wide", 1030, 250)]
        {
            self.jpeg(&format!("images/{name}.jpg"), width, height);
        }
        let things = ["a boat", "two dogs", "the old house", "rain", "a very long train"];
        let places = ["on the lake", "in a street of the old town", "", "at dawn\u{3000}", "here"];
        let mut lines = String::new();
        for row in 0..count {
            // Every seventh caption repeats an earlier one.
            let source = if row % 7 == 6 { row / 2 } else { row };
            let (thing, place) = (things[source * 7 % 5], places[source * 3 % 4]);
            let picture = ["a", "b", "a", "small", "b", "wide"][row % 6];
            let text = format!("<__dj__image>\n{thing} number n{source}x {place} <|__dj__eoc|>");
            let line = json!({
                "id": format!("r{row:06}"),
                "text": text,
                "images": [format!("images/{picture}.jpg")],
                "extra": {"n": row},
            });
            lines.push_str(&line.to_string());
            lines.push('\n');
        }
        self.write("data.jsonl", lines);
    }

    /// A recipe with these operators over `data.jsonl`, exported to `out/kept.jsonl`.
    pub(crate) fn recipe(&self, process: &str, keys: &str) -> PathBuf {
        let data = self.path("data.jsonl");
        let text = format!(
            "dataset_path: {}\nexport_path: {}\n{keys}\nprocess:{process}",
            data.display(),
            self.path("out/kept.jsonl").display(),
        );
        self.write("recipe.yaml", text)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lagar"));
        command.args(arguments).current_dir(self.folder.path()).env("NO_COLOR", "1");
        command
    }

    pub(crate) fn lagar(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs the recipe and expects it to succeed; the report.
    pub(crate) fn run(&self, arguments: &[&str]) -> Value {
        let all = [&["run", "recipe.yaml", "--json"], arguments].concat();
        let output = self.lagar(&all);
        assert!(output.status.success(), "{}", error_text(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The digest-worthy part of a run: every file a user reads, name and bytes.
    pub(crate) fn outputs(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        collect(&self.path("out"), &self.path("out"), &mut files);
        files.sort();
        files
    }
}

fn collect(base: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(base).unwrap().to_string_lossy().into_owned();
        // Times differ from run to run; intermediate results are nobody's output.
        let apart =
            ["log.txt", "events.jsonl", "report.json", ".lagar", "monitor.json", "recipe.yaml"];
        if apart.iter().any(|skipped| name.ends_with(skipped)) {
            continue;
        }
        if path.is_dir() {
            collect(base, &path, files);
        } else {
            files.push((name, fs::read(&path).unwrap()));
        }
    }
}

pub(crate) fn error_text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}
