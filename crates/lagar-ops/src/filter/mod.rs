//! Filters: measure rows, then decide.

mod character_repetition_filter;
mod image_shape_filter;
mod text_length_filter;
mod word_repetition_filter;
mod words_num_filter;

pub use character_repetition_filter::CharacterRepetitionFilter;
pub use image_shape_filter::ImageShapeFilter;
pub use text_length_filter::TextLengthFilter;
pub use word_repetition_filter::WordRepetitionFilter;
pub use words_num_filter::WordsNumFilter;
