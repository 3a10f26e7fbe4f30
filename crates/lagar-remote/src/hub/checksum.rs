//! Whether a file is the one that the hub's entity tag names.
//!
//! Large files are named by their SHA-256, small ones by the SHA-1 that git gives their contents.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::fetch::About;

/// Compares length and checksum; a tag that is no checksum says nothing.
///
/// # Errors
/// With what does not fit.
pub(crate) fn check(path: &Path, about: &About) -> Result<(), String> {
    let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if let Some(size) = about.size
        && size != length
    {
        return Err(format!("{length} bytes came, {size} were announced"));
    }
    let is_hexadecimal = about.etag.bytes().all(|byte| byte.is_ascii_hexdigit());
    let found = match about.etag.len() {
        64 if is_hexadecimal => hash(path, Sha256::new()),
        40 if is_hexadecimal => {
            let mut sha1 = Sha1::new();
            sha1.update(format!("blob {length}\0"));
            hash(path, sha1)
        }
        _ => return Ok(()),
    };
    let found = found.map_err(|error| error.to_string())?;
    if found.eq_ignore_ascii_case(&about.etag) {
        return Ok(());
    }
    Err(format!("its checksum is {found}, the hub says {}", about.etag))
}

fn hash(path: &Path, mut hasher: impl sha2::Digest) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    let mut text = String::new();
    for byte in hasher.finalize() {
        // Writing to a string cannot fail.
        let _always = write!(text, "{byte:02x}");
    }
    Ok(text)
}
