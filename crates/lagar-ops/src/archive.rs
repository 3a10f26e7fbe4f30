//! The LaTeX files of tar and zip archives.

use std::fs::File;
use std::io::{Cursor, Read, Seek as _, SeekFrom};
use std::path::Path;

use flate2::read::{DeflateDecoder, MultiGzDecoder};

/// How much is read, in bytes; 0 for no limit.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of one file.
    pub file: u64,
    /// Of all files together.
    pub total: u64,
}

impl Limits {
    fn leaves_out(self, size: u64) -> bool {
        self.file > 0 && size > self.file
    }

    fn ends_at(self, size: u64) -> bool {
        self.total > 0 && size > self.total
    }
}

/// The texts of the `.tex` files in the archive, in its order; bytes that are not UTF-8 are replaced.
///
/// # Errors
/// With what is wrong with the archive.
pub fn tex_files(path: &Path, limits: Limits) -> Result<Vec<String>, String> {
    let name = path.to_string_lossy().to_lowercase();
    let open = || File::open(path).map_err(|error| error.to_string());
    if name.strip_suffix(".zip").is_some() {
        let mut bytes = Vec::new();
        open()?.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        return zip_files(&bytes, limits);
    }
    if ![".tar.gz", ".tgz", ".tar"].iter().any(|suffix| name.strip_suffix(suffix).is_some()) {
        return Err("it is none of .tar, .tar.gz, .tgz and .zip".to_owned());
    }
    let mut file = open()?;
    let mut magic = [0; 2];
    let read = file.read(&mut magic).map_err(|error| error.to_string())?;
    file.seek(SeekFrom::Start(0)).map_err(|error| error.to_string())?;
    if read == 2 && magic == [0x1f, 0x8b] {
        tar_files(MultiGzDecoder::new(file), limits)
    } else {
        tar_files(file, limits)
    }
}

fn tar_files(archive: impl Read, limits: Limits) -> Result<Vec<String>, String> {
    let wrong = |error: std::io::Error| error.to_string();
    let mut texts = Vec::new();
    let mut total = 0;
    for entry in tar::Archive::new(archive).entries().map_err(wrong)? {
        let mut entry = entry.map_err(wrong)?;
        let is_file = entry.header().entry_type().is_file();
        let size = entry.size();
        if !is_file || !entry.path_bytes().ends_with(b".tex") || limits.leaves_out(size) {
            continue;
        }
        total += size;
        if limits.ends_at(total) {
            break;
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(wrong)?;
        texts.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    Ok(texts)
}

/// An entry of the central directory of a zip archive.
#[derive(Debug)]
struct Entry {
    name: Vec<u8>,
    method: u16,
    is_encrypted: bool,
    packed: u64,
    size: u64,
    place: u64,
}

fn zip_files(bytes: &[u8], limits: Limits) -> Result<Vec<String>, String> {
    let entries = central_directory(bytes)?;
    let mut texts = Vec::new();
    let mut total = 0;
    for entry in entries.iter().filter(|entry| entry.name.ends_with(b".tex")) {
        // Of equal names the last counts, whichever is asked for.
        let entry = entries.iter().rfind(|other| other.name == entry.name).unwrap_or(entry);
        if limits.leaves_out(entry.size) {
            continue;
        }
        total += entry.size;
        if limits.ends_at(total) {
            break;
        }
        texts.push(String::from_utf8_lossy(&unpacked(bytes, entry)?).into_owned());
    }
    Ok(texts)
}

fn number<const N: usize>(bytes: &[u8], place: usize) -> Result<u64, String> {
    let end = place.checked_add(N).ok_or("it is cut off")?;
    let digits = bytes.get(place..end).ok_or("it is cut off")?;
    Ok(digits.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn central_directory(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let end = memchr::memmem::rfind(bytes, b"PK\x05\x06").ok_or("it is no zip archive")?;
    let count = number::<2>(bytes, end + 10)?;
    let mut place = number::<4>(bytes, end + 16)? as usize;
    let mut entries = Vec::new();
    for _ in 0..count {
        if bytes.get(place..place + 4) != Some(b"PK\x01\x02") {
            return Err("its directory is broken".to_owned());
        }
        let lengths = [28, 30, 32].map(|offset| number::<2>(bytes, place + offset));
        let [name, extra, comment] = lengths;
        let name_end = place + 46 + name? as usize;
        entries.push(Entry {
            name: bytes.get(place + 46..name_end).ok_or("it is cut off")?.to_vec(),
            method: number::<2>(bytes, place + 10)? as u16,
            is_encrypted: number::<2>(bytes, place + 8)? & 1 == 1,
            packed: number::<4>(bytes, place + 20)?,
            size: number::<4>(bytes, place + 24)?,
            place: number::<4>(bytes, place + 42)?,
        });
        place = name_end + extra? as usize + comment? as usize;
    }
    Ok(entries)
}

fn unpacked(bytes: &[u8], entry: &Entry) -> Result<Vec<u8>, String> {
    let start = entry.place as usize;
    let head = number::<2>(bytes, start + 26)? + number::<2>(bytes, start + 28)?;
    let start = start + 30 + head as usize;
    let packed = bytes.get(start..start + entry.packed as usize).ok_or("it is cut off")?;
    match (entry.is_encrypted, entry.method) {
        (false, 0) => Ok(packed.to_vec()),
        (false, 8) => {
            let mut content = Vec::new();
            let mut decoder = DeflateDecoder::new(Cursor::new(packed));
            decoder.read_to_end(&mut content).map_err(|error| error.to_string())?;
            Ok(content)
        }
        (true, _) => Err("it is encrypted".to_owned()),
        (false, method) => Err(format!("it is packed by method {method}")),
    }
}
