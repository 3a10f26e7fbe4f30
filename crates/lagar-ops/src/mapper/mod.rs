//! Mappers: change rows.

mod image_blur_mapper;
mod image_captioning_mapper;
mod whitespace_normalization_mapper;

pub use image_blur_mapper::ImageBlurMapper;
pub use image_captioning_mapper::ImageCaptioningMapper;
pub use whitespace_normalization_mapper::WhitespaceNormalizationMapper;
