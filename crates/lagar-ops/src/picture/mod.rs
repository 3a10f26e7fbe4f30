//! Pictures without decoding them: where they are, how large, in which format, and whether whole.

mod bmp;
mod bytes;
mod error;
mod gif;
mod header;
mod jpeg;
mod metadata;
mod other;
mod pictures;
mod png;
mod reference;
mod row;
mod tiff;
mod webp;

pub use error::{PictureError, PictureFault};
pub use header::{Format, Header};
pub use pictures::Pictures;
pub use reference::PartReference;
pub use row::headers_of_row;
