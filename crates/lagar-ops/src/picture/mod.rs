//! Pictures of rows: where they are, how large, in which format, and whether whole.
//!
//! What a picture's bytes mean is the matter of `lagar-image`; here is how a row names its pictures
//! and how several operators share what was read.

mod error;
mod hash;
mod pictures;
mod produced;
mod reference;
mod row;
mod sources;

pub use error::PictureError;
pub use hash::HashMethod;
pub use lagar_image::{Format, Header, ImageError as PictureFault};
pub use pictures::Pictures;
pub use produced::produced_path;
pub use reference::PartReference;
pub(crate) use row::is_carried;
pub use row::{each_picture_of_row, headers_of_row, picture_at, sizes_of_row};
pub use sources::{distinct_sources_of_row, sources_of_row};
