//! How many rows of each kind the sample has, and in which order they come.

use crate::random::Random;

/// What is right or wrong with a row's caption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CaptionKind {
    /// Says what the picture shows.
    Fitting,
    /// Two or three words: below `min_num: 6` even with the two special tokens.
    Short,
    /// The same words again and again.
    RepeatedWords,
    /// Different words made of the same letters.
    RepeatedLetters,
    /// More than 300 characters.
    Long,
    /// Nothing at all, or nothing but the special tokens.
    Empty,
    /// Chinese: few spaces, so few words.
    Chinese,
    /// Describes another picture.
    Wrong,
    /// Text and picture of an earlier row.
    Duplicate,
}

/// What is right or wrong with a row's picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PictureKind {
    /// The longer side is 336 pixels, the shorter at least 224.
    Web,
    /// The shorter side is below 224 pixels.
    Small,
    /// The longer side is above 1024 pixels.
    Large,
    /// More than four times as wide as high.
    Panorama,
    /// Exif orientation 6.
    Sideways,
    /// A JPEG that ends in the middle of its pixels.
    Truncated,
    /// A page of HTML called .jpg.
    NotAPicture,
    /// The row names a file that is not there.
    Missing,
    /// A PNG called .jpg.
    PngNamedJpg,
}

impl PictureKind {
    /// Whether a decoder gets pixels out of the file.
    pub(crate) fn is_readable(self) -> bool {
        !matches!(self, Self::Truncated | Self::NotAPicture | Self::Missing)
    }
}

/// Both kinds of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kinds {
    pub(crate) caption: CaptionKind,
    pub(crate) picture: PictureKind,
}

#[rustfmt::skip]
const ROWS: [(u32, CaptionKind, PictureKind); 17] = [
    (152, CaptionKind::Fitting, PictureKind::Web),
    (26, CaptionKind::Short, PictureKind::Web),
    (20, CaptionKind::RepeatedWords, PictureKind::Web),
    (9, CaptionKind::RepeatedLetters, PictureKind::Web),
    (6, CaptionKind::Long, PictureKind::Web),
    (4, CaptionKind::Empty, PictureKind::Web),
    (8, CaptionKind::Chinese, PictureKind::Web),
    (14, CaptionKind::Wrong, PictureKind::Web),
    (6, CaptionKind::Duplicate, PictureKind::Web),
    (32, CaptionKind::Fitting, PictureKind::Small),
    (14, CaptionKind::Fitting, PictureKind::Large),
    (1, CaptionKind::Fitting, PictureKind::Panorama),
    (4, CaptionKind::Fitting, PictureKind::Sideways),
    (1, CaptionKind::Fitting, PictureKind::Truncated),
    (1, CaptionKind::Fitting, PictureKind::NotAPicture),
    (1, CaptionKind::Fitting, PictureKind::Missing),
    (1, CaptionKind::Fitting, PictureKind::PngNamedJpg),
];

/// Every row's kinds, in a random order.
pub(crate) fn shuffled(random: &mut Random) -> Vec<Kinds> {
    let mut plan: Vec<Kinds> = ROWS
        .into_iter()
        .flat_map(|(count, caption, picture)| (0..count).map(move |_| Kinds { caption, picture }))
        .collect();
    random.shuffle(&mut plan);
    plan
}
