//! The key of an answer: a digest of everything that decides it.
//!
//! Model (with its generation settings), prompt, the bytes of the pictures, and what was done to them.
//! Where an answer is asked for, how many at a time, and by which process plays no part.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use lagar_core::Digest;
use lagar_core::models::PictureSource;
use lagar_image::read_source;

/// Raised when the same key would stand for another question.
const VERSION: &[u8] = b"lagar answer 1";

/// Digests of pictures, each file read once.
#[derive(Debug, Default)]
pub(super) struct PictureDigests {
    files: Mutex<HashMap<PathBuf, Digest>>,
}

impl PictureDigests {
    /// The digest of a picture's bytes, and of whether its orientation counts.
    pub(super) fn of(&self, source: &PictureSource) -> Result<Digest, String> {
        let read = || {
            let bytes = read_source(source).map_err(|error| format!("the picture {error}"))?;
            let is_file = u8::from(!matches!(source, PictureSource::Bytes(_)));
            Ok(Digest::of_parts([[is_file].as_slice(), &bytes]))
        };
        let PictureSource::File(path) = source else {
            return read();
        };
        let known = self.files.lock().unwrap_or_else(PoisonError::into_inner).get(path).copied();
        if let Some(digest) = known {
            return Ok(digest);
        }
        let digest = read()?;
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone(), digest);
        Ok(digest)
    }
}

/// The key of the answer to `prompt` about pictures with these digests; `disturbance` says what is done
/// to the pictures before the model sees them.
pub(super) fn key(
    model: Digest,
    prompt: &str,
    pictures: &[Digest],
    disturbance: Option<&str>,
) -> Digest {
    let mut parts: Vec<&[u8]> = vec![VERSION, &model.0, prompt.as_bytes()];
    parts.push(disturbance.unwrap_or_default().as_bytes());
    parts.extend(pictures.iter().map(|digest| digest.0.as_slice()));
    Digest::of_parts(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_decides_an_answer_is_in_the_key() {
        let (model, other) = (Digest::of(b"m"), Digest::of(b"n"));
        let plain = key(model, "p", &[model], None);
        assert_eq!(plain, key(model, "p", &[model], None));
        for changed in [
            key(other, "p", &[model], None),
            key(model, "q", &[model], None),
            key(model, "p", &[other], None),
            key(model, "p", &[], None),
            key(model, "p", &[model], Some("blur:2")),
        ] {
            assert_ne!(changed, plain);
        }
    }

    #[test]
    fn a_picture_that_cannot_be_read_is_said() {
        let error = PictureDigests::default().of(&PictureSource::File("no.jpg".into()));
        assert_eq!(error.unwrap_err(), "the picture is missing: there is no file no.jpg");
    }
}
