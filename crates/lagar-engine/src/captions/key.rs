//! The key of a caption: everything that decides it, but for the model, which has a file of its own.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use lagar_core::Digest;
use lagar_core::models::{CaptionRequest, GenerationSettings, PictureSource};

/// The key of each request, or why its picture cannot be read.
pub(super) fn keys_of(
    requests: &[CaptionRequest],
    settings: &GenerationSettings,
) -> Vec<Result<Digest, String>> {
    let settings_digest =
        Digest::of(serde_json::to_string(settings).unwrap_or_default().as_bytes());
    let mut keys = Vec::with_capacity(requests.len());
    let mut last: Option<(&PictureSource, Result<Digest, String>)> = None;
    for request in requests {
        // Several draws of one picture follow one another.
        let known = last.take().filter(|(source, _)| *source == &request.picture);
        let (source, content) = known.unwrap_or_else(|| {
            (&request.picture, content(&request.picture).map_err(|error| told(request, &error)))
        });
        keys.push(content.clone().map(|content| key(request, content, settings_digest, settings)));
        last = Some((source, content));
    }
    keys
}

fn key(
    request: &CaptionRequest,
    content: Digest,
    settings_digest: Digest,
    settings: &GenerationSettings,
) -> Digest {
    // The same bytes are another picture where the orientation of a photograph is not applied.
    let oriented = [u8::from(!matches!(request.picture, PictureSource::Bytes(_)))];
    let seed = if settings.do_sample { request.seed.to_le_bytes().to_vec() } else { Vec::new() };
    let prompt = request.prompt.as_deref();
    Digest::of_parts([
        b"lagar caption 1".as_slice(),
        &content.0,
        &oriented,
        &[u8::from(prompt.is_some())],
        prompt.unwrap_or_default().as_bytes(),
        &settings_digest.0,
        &seed,
    ])
}

fn content(picture: &PictureSource) -> io::Result<Digest> {
    let mut hasher = blake3::Hasher::new();
    match picture {
        PictureSource::File(path) => {
            io::copy(&mut File::open(path)?, &mut hasher)?;
        }
        PictureSource::Part { file, offset, len } => {
            let mut file = File::open(file)?;
            file.seek(SeekFrom::Start(*offset))?;
            if io::copy(&mut file.take(*len), &mut hasher)? < *len {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        PictureSource::Bytes(bytes) => {
            hasher.update(bytes);
        }
    }
    Ok(Digest::of_hasher(&hasher))
}

fn told(request: &CaptionRequest, error: &io::Error) -> String {
    let path = match &request.picture {
        PictureSource::File(path) | PictureSource::Part { file: path, .. } => path.display(),
        PictureSource::Bytes(_) => return error.to_string(),
    };
    if error.kind() == io::ErrorKind::NotFound {
        return format!("picture `{path}` is missing");
    }
    format!("picture `{path}` cannot be read: {error}")
}
