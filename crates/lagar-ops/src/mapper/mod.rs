//! Mappers: change rows.

mod whitespace_normalization_mapper;

pub use whitespace_normalization_mapper::WhitespaceNormalizationMapper;
