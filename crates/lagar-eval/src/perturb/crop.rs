//! `crop:P`: P percent of each side, at a place drawn by lot, as a careless cut.

use lagar_image::{ImageError, Picture};

use super::random::Random;

pub(super) fn cropped(picture: &Picture, percent: u32, seed: u64) -> Result<Picture, ImageError> {
    let mut random = Random::new(seed);
    let kept = |side: u32| (u64::from(side) * u64::from(percent) / 100).max(1) as u32;
    let (width, height) = (kept(picture.width()), kept(picture.height()));
    let left = random.below(picture.width() - width + 1);
    let top = random.below(picture.height() - height + 1);
    picture.crop(left, top, width, height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lagar_image::Mode;

    #[test]
    fn the_cut_has_the_right_size_and_its_place_follows_from_the_seed() {
        let pixels: Vec<u8> = (0..100 * 50).map(|n| (n % 251) as u8).collect();
        let picture = Picture::new(100, 50, Mode::L, pixels).unwrap();
        let cut = |seed| cropped(&picture, 80, seed).unwrap();
        assert_eq!((cut(1).width(), cut(1).height()), (80, 40));
        assert_eq!(cut(1), cut(1));
        assert!((2..20).any(|seed| cut(seed) != cut(1)));
        assert_eq!(cropped(&picture, 100, 9).unwrap(), picture);
        let dot = Picture::new(1, 1, Mode::L, vec![7]).unwrap();
        assert_eq!(cropped(&dot, 1, 3).unwrap(), dot);
    }
}
