//! Pictures as `data:` URLs.
//!
//! The bytes go out as they are, because every re-encoding changes what the model sees; only formats
//! that chat servers do not take (BMP, TIFF) are turned into PNG, which loses nothing.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lagar_core::models::PictureSource;
use lagar_image::{ImageError, Orientation};

use crate::RemoteError;

/// The `data:` URL of a picture.
///
/// # Errors
/// When the picture cannot be read, or is of a format that must be turned into PNG and is damaged.
pub fn data_url(source: &PictureSource) -> Result<String, RemoteError> {
    let wrong = |error: ImageError| RemoteError::Picture { message: error.to_string() };
    let bytes = lagar_image::read_source(source).map_err(wrong)?;
    if let Some(mime) = mime_type(&bytes) {
        return Ok(url(mime, &bytes));
    }
    let picture = lagar_image::load(source, Orientation::Stored).map_err(wrong)?;
    Ok(url("image/png", &picture.to_rgb().encode_png().map_err(wrong)?))
}

fn url(mime: &str, bytes: &[u8]) -> String {
    format!("data:{mime};base64,{}", BASE64_STANDARD.encode(bytes))
}

/// The type of a picture that chat servers take, by its first bytes; a name may lie.
pub fn mime_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_say_the_type_and_the_name_does_not() {
        assert_eq!(mime_type(b"\xFF\xD8\xFF\xE0"), Some("image/jpeg"));
        assert_eq!(mime_type(b"\x89PNG\r\n"), Some("image/png"));
        assert_eq!(mime_type(b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        assert_eq!(mime_type(b"BM"), None);
        assert_eq!(mime_type(b""), None);
    }
}
