//! Mappers: change rows.

mod image_captioning_mapper;
mod whitespace_normalization_mapper;

pub use image_captioning_mapper::ImageCaptioningMapper;
pub use whitespace_normalization_mapper::WhitespaceNormalizationMapper;
