//! Orientation as EXIF, XMP and raw profiles of PNG writers state it; Pillow's order of precedence.
//!
//! EXIF counts if it has the tag at all, even with a value that means nothing; only then XMP is
//! asked. Metadata that cannot be read means "as stored", never a fault: the pixels are fine.

#![expect(clippy::cast_possible_truncation, reason = "a hexadecimal digit")]

use memchr::memmem;

use super::bytes::Bytes;
use super::tiff;

/// The tag's value in an EXIF block, with or without its `Exif` prefix; `None` without the tag.
pub(super) fn orientation_of_exif(mut block: &[u8]) -> Option<u32> {
    while let Some(rest) = block.strip_prefix(b"Exif\0\0") {
        block = rest;
    }
    tiff::tags(&mut Bytes::of_memory(block)).ok()?.orientation
}

/// The first `tiff:Orientation` of an XMP packet, as attribute or element.
pub(super) fn orientation_of_xmp(packet: &[u8]) -> Option<u32> {
    const NAME: &[u8] = b"tiff:Orientation";
    memmem::find_iter(packet, NAME).find_map(|place| {
        let rest = &packet[place + NAME.len()..];
        let value = rest.strip_prefix(b"=\"").or_else(|| rest.strip_prefix(b">"))?;
        value.first().filter(|digit| digit.is_ascii_digit()).map(|digit| u32::from(digit - b'0'))
    })
}

/// The EXIF block of a raw profile: hexadecimal digits after a name and a length on lines of their own.
pub(super) fn exif_of_raw_profile(profile: &[u8]) -> Vec<u8> {
    let lines = profile.split(|byte| *byte == b'\n').skip(3);
    let digits: Vec<u8> = lines
        .flatten()
        .filter_map(|digit| char::from(*digit).to_digit(16).map(|value| value as u8))
        .collect();
    digits.as_chunks::<2>().0.iter().map(|[high, low]| (high << 4) | low).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xmp_states_the_orientation_as_attribute_or_element() {
        assert_eq!(orientation_of_xmp(b"<rdf a=\"1\" tiff:Orientation=\"6\"/>"), Some(6));
        assert_eq!(orientation_of_xmp(b"<tiff:Orientation>8</tiff:Orientation>"), Some(8));
        assert_eq!(orientation_of_xmp(b"tiff:Orientation='6' tiff:Orientation=\"3\""), Some(3));
        assert_eq!(orientation_of_xmp(b"tiff:Orientation=\"x\""), None);
    }

    #[test]
    fn a_raw_profile_is_hexadecimal_after_three_lines() {
        assert_eq!(exif_of_raw_profile(b"\nexif\n      4\n4578\n69 66\n"), b"Exif");
    }
}
