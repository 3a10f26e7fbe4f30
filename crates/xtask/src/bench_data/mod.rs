//! `xtask bench-data`: a data set of any size, written as a stream.
//!
//! The shares of good and bad rows follow a measured set of web captions, so that each of the seed
//! recipe's five filters has something to drop: of 20,000 rows 18,189, 16,600, 12,704, 12,341 and 12,203
//! are left after words, repeated words, picture size, repeated letters and length.

mod captions;
mod pictures;

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::ensure;
use lagar_core::fsio::{AtomicFile, Durability};

use crate::random::Random;

/// How much data, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Rows of data.jsonl.
    #[arg(long)]
    rows: u64,
    /// Distinct JPEG files, which the rows share.
    #[arg(long, default_value_t = 2000)]
    pictures: u32,
    /// The folder that receives data.jsonl and images/.
    #[arg(long)]
    out: PathBuf,
    /// Another seed gives other rows and pictures.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Writes the data.
///
/// # Errors
/// When no picture is wanted, a picture cannot be encoded or a file cannot be written.
pub(crate) fn run(options: &Options) -> anyhow::Result<String> {
    ensure!(options.pictures > 0, "--pictures must be at least 1");
    let picture_bytes = pictures::write(&options.out, options.pictures, options.seed)?;
    let row_bytes = write_rows(options)?;
    Ok(format!(
        "{}: {} rows ({} MB), {} pictures ({} MB)",
        options.out.display(),
        options.rows,
        row_bytes / 1_000_000,
        options.pictures,
        picture_bytes / 1_000_000
    ))
}

fn write_rows(options: &Options) -> anyhow::Result<usize> {
    let mut file = AtomicFile::create(options.out.join("data.jsonl"))?;
    let mut written = 0;
    let mut line = String::new();
    for row in 0..options.rows {
        line.clear();
        push_row(&mut line, row, options)?;
        file.write_all(line.as_bytes())?;
        written += line.len();
    }
    file.commit(Durability::Cached)?;
    Ok(written)
}

/// Appends one line of JSON; the captions hold nothing that needs an escape but the line feed.
fn push_row(line: &mut String, row: u64, options: &Options) -> std::fmt::Result {
    use std::fmt::Write as _;
    let mut random = Random::new(options.seed, row);
    write!(line, r#"{{"id": "{row:09}", "text": "<__dj__image>\n"#)?;
    captions::push(line, &mut random)?;
    let path = pictures::path(random.below(options.pictures));
    writeln!(line, r#" <|__dj__eoc|>", "images": ["{path}"]}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(rows: u64, out: PathBuf) -> Options {
        Options { rows, pictures: 3, out, seed: 1 }
    }

    #[test]
    fn every_line_is_json_and_names_a_picture_that_exists() {
        let folder = tempfile::tempdir().unwrap();
        run(&options(200, folder.path().to_path_buf())).unwrap();
        let text = lagar_core::fsio::read_text(&folder.path().join("data.jsonl")).unwrap();
        assert_eq!(text.lines().count(), 200);
        for line in text.lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(row["text"].as_str().unwrap().starts_with("<__dj__image>\n"));
            let picture = folder.path().join(row["images"][0].as_str().unwrap());
            let (width, height) = image::image_dimensions(picture).unwrap();
            assert!((150..=800).contains(&width) && (150..=800).contains(&height));
        }
    }

    #[test]
    fn a_longer_set_begins_with_the_shorter_one() {
        let text = |rows| {
            let folder = tempfile::tempdir().unwrap();
            write_rows(&options(rows, folder.path().to_path_buf())).unwrap();
            lagar_core::fsio::read_text(&folder.path().join("data.jsonl")).unwrap()
        };
        assert!(text(60).starts_with(&text(25)));
    }
}
