//! Pictures as pixels: decoding, conversion, resizing and blurring as Pillow does them.
//!
//! What a vision model sees depends on every rounding between the file and its tensor, so each step
//! here gives the very bytes that Pillow 13 gives: the inverse DCT, chroma upsampling and colour
//! conversion of libjpeg-turbo, `convert("RGB")` from every mode, the resampling in fixed point, the
//! box and Gaussian blurs. Reading headers alone, which most decisions about pictures need, is in
//! [`header`].
//!
//! ```
//! use lagar_image::{Filter, Mode, Picture};
//! let picture = Picture::new(2, 1, Mode::Rgb, vec![255, 0, 0, 0, 0, 255])?;
//! assert_eq!(picture.to_luma().pixels(), [76, 29]);
//! assert_eq!(picture.resize(1, 1, Filter::Bicubic)?.pixels(), [128, 0, 128]);
//! # Ok::<(), lagar_image::ImageError>(())
//! ```

mod blur;
mod convert;
mod decode;
mod encode;
mod error;
mod geometry;
pub mod header;
mod jpeg_tables;
mod load;
mod picture;
mod resize;
mod wide;

pub use decode::{Decoder, MOST_PIXELS, Orientation, decode, decode_oriented};
pub use error::ImageError;
pub use header::{Format, Header};
pub use load::{load, read_source};
pub use picture::{Mode, Picture};
pub use resize::{Area, Filter};
