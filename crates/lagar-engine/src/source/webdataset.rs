//! WebDataset shards: tar files whose members with one key are one row.
//!
//! Only headers and small text members are read. A picture becomes a reference to where its bytes
//! lie in the shard, so that neither memory nor disk ever holds a copy of it. The row has the
//! fields of the `.json` member, the caption as text, and the key as `id` and `__key__`. Members of
//! other kinds (labels, sound) stay in the shard.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use lagar_core::row::{ID_KEY, write_string};
use lagar_core::{CoreError, RowKeys, fsio};
use lagar_ops::Tokens;
use lagar_ops::picture::PartReference;
use sonic_rs::{JsonValueTrait as _, LazyValue};

use super::rows::RowBuffer;
use super::stream::{self, damaged};
use super::{Piece, RowReader};
use crate::EngineError;

/// No caption or description is larger.
const LARGEST_TEXT: u64 = 16 << 20;
/// Tar files are made of blocks of this many bytes.
const BLOCK: u64 = 512;
const PICTURES: [&str; 8] = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"];
const CAPTIONS: [&str; 2] = ["txt", "caption"];
const KEY: &str = "__key__";

/// Reads the samples of a shard.
pub(super) struct TarShard {
    path: PathBuf,
    file: File,
    size: u64,
    /// Where the next sample's first header is.
    offset: u64,
    record: u64,
    keys: RowKeys,
    tokens: Tokens,
}

/// The members of one key.
#[derive(Debug, Default)]
struct Sample {
    key: String,
    caption: Option<String>,
    json: Option<String>,
    pictures: Vec<String>,
    /// Why a member could not be read.
    fault: Option<String>,
    /// Where the last member ends.
    end: u64,
}

impl TarShard {
    pub(super) fn open(path: &Path, keys: &RowKeys, tokens: &Tokens) -> Result<Self, EngineError> {
        let file = fsio::open(path)?;
        let size = file.metadata().map_err(CoreError::file("read", path))?.len();
        Ok(Self {
            path: path.to_owned(),
            file,
            size,
            offset: 0,
            record: 0,
            keys: keys.clone(),
            tokens: tokens.clone(),
        })
    }

    /// The next samples, at most `max`; the last is whole because the next key was seen.
    fn samples(&mut self, max: usize, max_bytes: usize) -> Result<Vec<Sample>, EngineError> {
        self.file
            .seek(SeekFrom::Start(self.offset))
            .map_err(CoreError::file("read", &self.path))?;
        let file = self.file.try_clone().map_err(CoreError::file("read", &self.path))?;
        let mut archive = tar::Archive::new(Rest { file, start: self.offset });
        let entries = archive.entries_with_seek().map_err(|error| self.failed(error))?;
        let mut samples: Vec<Sample> = Vec::new();
        let mut bytes = 0;
        for entry in entries {
            let mut entry = entry.map_err(|error| self.failed(error))?;
            let start = self.offset + entry.raw_file_position();
            let size = entry.size();
            if start.checked_add(size).is_none_or(|end| end > self.size) {
                return Err(damaged(&self.path, "it ends inside a member"));
            }
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let Some((key, extension)) = split_name(&name) else {
                continue;
            };
            if samples.last().is_none_or(|sample| sample.key != key) {
                if samples.len() == max || bytes > max_bytes {
                    break;
                }
                samples.push(Sample { key: key.to_owned(), ..Sample::default() });
            }
            let Some(sample) = samples.last_mut() else {
                continue;
            };
            sample.end = start + size.next_multiple_of(BLOCK);
            let kind = extension.rsplit('.').next().unwrap_or_default();
            if PICTURES.contains(&kind) {
                let container = self.path.file_name().unwrap_or_default().to_string_lossy();
                let part = PartReference {
                    container: container.into_owned(),
                    offset: start,
                    len: size,
                    name: Some(name.clone()),
                };
                sample.pictures.push(part.to_string());
            } else if kind == "json" || CAPTIONS.contains(&kind) {
                let slot = if kind == "json" { &mut sample.json } else { &mut sample.caption };
                match read_text(&mut entry, size, &self.path)? {
                    Ok(text) => {
                        bytes += text.len();
                        *slot = Some(text);
                    }
                    Err(reason) => sample.fault = Some(format!("member `{name}` is {reason}")),
                }
            }
        }
        if let Some(last) = samples.last() {
            self.offset = last.end;
        } else {
            self.offset = self.size;
        }
        Ok(samples)
    }

    fn failed(&self, error: io::Error) -> EngineError {
        stream::failed(&self.path, error)
    }

    fn push(&self, sample: &Sample, out: &mut RowBuffer) {
        if let Some(reason) = &sample.fault {
            return out.push_reason(reason);
        }
        match self.row_of(sample) {
            Ok(row) => out.push(&row),
            Err(reason) => out.push_reason(&format!("member `{}.json`: {reason}", sample.key)),
        }
    }

    fn row_of(&self, sample: &Sample) -> Result<Vec<u8>, String> {
        let json = sample.json.as_deref().map(on_one_line);
        let fields = json.as_deref().map(fields_of).transpose()?.unwrap_or_default();
        let find = |key: &str| fields.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        let words = |key: &str| find(key).and_then(|value| value.as_str().map(str::to_owned));
        let caption = sample.caption.as_deref().map(str::trim_end).map(str::to_owned);
        let text = caption.or_else(|| words(&self.keys.text)).or_else(|| words("caption"));
        let mut row = vec![b'{'];
        if find(ID_KEY).is_none() {
            put_string(ID_KEY, &sample.key, &mut row);
        }
        put_string(KEY, &sample.key, &mut row);
        if let Some(text) = text {
            put_string(&self.keys.text, &self.with_tokens(text, sample.pictures.len()), &mut row);
        }
        open(&self.keys.images, &mut row);
        row.push(b'[');
        for (place, picture) in sample.pictures.iter().enumerate() {
            if place > 0 {
                row.extend_from_slice(b", ");
            }
            write_string(picture, &mut row);
        }
        row.push(b']');
        let own = [KEY, self.keys.text.as_str(), self.keys.images.as_str()];
        for (name, value) in fields.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
            open(name, &mut row);
            row.extend_from_slice(value.as_raw_str().as_bytes());
        }
        row.push(b'}');
        Ok(row)
    }

    /// A caption with the special tokens of a text, unless it has them.
    fn with_tokens(&self, caption: String, pictures: usize) -> String {
        let Tokens { image, end_of_chunk, .. } = &self.tokens;
        if pictures == 0 || caption.contains(image.as_str()) {
            return caption;
        }
        format!("{}{caption} {end_of_chunk}", format!("{image}\n").repeat(pictures))
    }
}

/// The rest of a shard, which takes itself for a whole one.
struct Rest {
    file: File,
    start: u64,
}

impl Read for Rest {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Seek for Rest {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        let place = match place {
            SeekFrom::Start(place) => SeekFrom::Start(self.start.saturating_add(place)),
            other => other,
        };
        Ok(self.file.seek(place)?.saturating_sub(self.start))
    }
}

/// The text of a small member, or what is wrong with it.
fn read_text(
    entry: &mut tar::Entry<'_, Rest>,
    size: u64,
    path: &Path,
) -> Result<Result<String, String>, EngineError> {
    if size > LARGEST_TEXT {
        return Ok(Err(format!("{size} bytes of text, at most {LARGEST_TEXT} are read")));
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(|error| stream::failed(path, error))?;
    Ok(String::from_utf8(bytes).map_err(|error| format!("not UTF-8: {}", error.utf8_error())))
}

/// The key of a member, up to the first dot of its file name, and what follows.
fn split_name(name: &str) -> Option<(&str, String)> {
    let name = name.strip_prefix("./").unwrap_or(name);
    let base = name.rfind('/').map_or(0, |slash| slash + 1);
    let dot = base + name[base..].find('.')?;
    (dot > base).then(|| (&name[..dot], name[dot + 1..].to_ascii_lowercase()))
}

/// JSON without its line ends; those inside strings are written as escapes there.
fn on_one_line(json: &str) -> String {
    json.trim_start_matches('\u{feff}').replace(['\n', '\r'], " ").trim().to_owned()
}

fn fields_of(json: &str) -> Result<Vec<(String, LazyValue<'_>)>, String> {
    serde_json::from_str::<serde::de::IgnoredAny>(json).map_err(|error| error.to_string())?;
    if !json.starts_with('{') {
        return Err("not a JSON object".to_owned());
    }
    sonic_rs::to_object_iter(json)
        .map(|field| match field {
            Ok((key, value)) => Ok((key.to_string(), value)),
            Err(error) => Err(error.to_string().lines().next().unwrap_or_default().to_owned()),
        })
        .collect()
}

fn open(key: &str, row: &mut Vec<u8>) {
    if row.len() > 1 {
        row.extend_from_slice(b", ");
    }
    write_string(key, row);
    row.extend_from_slice(b": ");
}

fn put_string(key: &str, value: &str, row: &mut Vec<u8>) {
    open(key, row);
    write_string(value, row);
}

impl RowReader for TarShard {
    fn read(&mut self, max_rows: usize, max_bytes: usize) -> Result<Option<Piece>, EngineError> {
        if self.offset >= self.size {
            return Ok(None);
        }
        let before = self.offset;
        let samples = self.samples(max_rows.max(1), max_bytes)?;
        if samples.is_empty() {
            return Ok(None);
        }
        let (mut out, mut lines) = (RowBuffer::default(), Vec::new());
        for sample in &samples {
            self.record += 1;
            lines.push(self.record);
            self.push(sample, &mut out);
        }
        let consumed = self.offset - before;
        Ok(Some(Piece { data: out.into_data(), lines, consumed }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{read_all, texts_of, write_file};
    use super::*;

    fn shard(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, bytes) in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, name, *bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn members_of_one_key_are_one_row_and_pictures_stay_where_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let long = "x".repeat(120);
        let bytes = shard(&[
            ("a/001.jpg", b"JPEG bytes"),
            ("a/001.txt", b"a dog\n"),
            ("a/001.json", b"{\n  \"caption\": \"other\",\n  \"n\": 1.50\n}"),
            (&format!("a/{long}.png"), b"PNG"),
            (&format!("a/{long}.json"), b"{\"id\": 7, \"caption\": \"a cat\"}"),
            ("a/003.cls", b"1"),
        ]);
        let path = write_file(&folder, "s.tar", &bytes);
        for max_rows in [1, 2, 10] {
            let rows = texts_of(&path, max_rows);
            assert_eq!(
                rows[0],
                "{\"id\": \"a/001\", \"__key__\": \"a/001\", \"text\": \"<__dj__image>\\na dog <|__dj__eoc|>\", \"images\": [\"s.tar#offset=512,len=10,name=a/001.jpg\"], \"caption\": \"other\", \"n\": 1.50}"
            );
            assert!(rows[1].starts_with(&format!(
                "{{\"__key__\": \"a/{long}\", \"text\": \"<__dj__image>\\na cat"
            )));
            assert!(rows[1].ends_with("\"id\": 7, \"caption\": \"a cat\"}"));
            assert_eq!(rows[2], "{\"id\": \"a/003\", \"__key__\": \"a/003\", \"images\": []}");
            assert_eq!(rows.len(), 3);
        }
        let row: serde_json::Value = serde_json::from_str(&texts_of(&path, 9)[1]).unwrap();
        let part = PartReference::parse(row["images"][0].as_str().unwrap()).unwrap();
        let start = usize::try_from(part.offset).unwrap();
        assert_eq!((&bytes[start..start + 3], part.len), (b"PNG".as_slice(), 3));
    }

    #[test]
    fn a_bad_description_costs_only_its_row() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = shard(&[("1.json", b"{\"n\": }"), ("2.txt", b"\xff"), ("3.txt", b"fine")]);
        let path = write_file(&folder, "s.tar", &bytes);
        let rows = texts_of(&path, 9);
        assert!(rows[0].starts_with("\u{1f}member `1.json`: expected value"));
        assert!(rows[1].starts_with("\u{1f}member `2.txt` is not UTF-8"));
        assert!(rows[2].contains("\"text\": \"fine\""));
    }

    #[test]
    fn a_shard_that_is_cut_off_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = shard(&[("1.jpg", &[7; 2000])]);
        let path = write_file(&folder, "s.tar", &bytes[..1500]);
        assert!(matches!(read_all(&path, 9), Err(EngineError::Damaged { .. })));
        let path = write_file(&folder, "t.tar", b"this is no tar file at all");
        assert!(matches!(read_all(&path, 9), Err(EngineError::Damaged { .. })));
    }
}
