//! `jpeg:Q`: the picture as a JPEG of quality Q, the commonest damage of pictures from the web.

use lagar_image::{ImageError, Picture};

pub(super) fn compressed(picture: &Picture, quality: u32) -> Result<Vec<u8>, ImageError> {
    picture.encode_jpeg(quality.min(100) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lagar_image::Mode;

    #[test]
    fn a_low_quality_gives_fewer_bytes_and_the_same_size() {
        let noise = |n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8;
        let picture =
            Picture::new(64, 64, Mode::Rgb, (0..64 * 64 * 3).map(noise).collect()).unwrap();
        let (low, high) = (compressed(&picture, 5).unwrap(), compressed(&picture, 95).unwrap());
        assert!(low.len() * 2 < high.len());
        assert_eq!(lagar_image::decode(&low).unwrap().width(), 64);
    }
}
