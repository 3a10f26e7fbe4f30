//! Pictures of rows: where they are, how large, in which format, and whether whole.
//!
//! What a picture's bytes mean is the matter of `lagar-image`; here is how a row names its pictures
//! and how several operators share what was read.

mod error;
mod pictures;
mod reference;
mod row;

pub use error::PictureError;
pub use lagar_image::{Format, Header, ImageError as PictureFault};
pub use pictures::Pictures;
pub use reference::PartReference;
pub use row::headers_of_row;
