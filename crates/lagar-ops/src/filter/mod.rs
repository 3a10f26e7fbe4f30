//! Filters: measure rows, then decide.

mod alphanumeric_filter;
mod average_line_length_filter;
mod character_repetition_filter;
mod flagged_words_filter;
mod image_aesthetics_filter;
mod image_aspect_ratio_filter;
mod image_nsfw_filter;
mod image_shape_filter;
mod image_size_filter;
mod image_text_matching_filter;
mod image_text_similarity_filter;
mod image_watermark_filter;
mod maximum_line_length_filter;
mod special_characters_filter;
mod stopwords_filter;
mod text_length_filter;
mod word_repetition_filter;
mod words_num_filter;

pub use alphanumeric_filter::AlphanumericFilter;
pub use average_line_length_filter::AverageLineLengthFilter;
pub use character_repetition_filter::CharacterRepetitionFilter;
pub use flagged_words_filter::FlaggedWordsFilter;
pub use image_aesthetics_filter::ImageAestheticsFilter;
pub use image_aspect_ratio_filter::ImageAspectRatioFilter;
pub use image_nsfw_filter::ImageNsfwFilter;
pub use image_shape_filter::ImageShapeFilter;
pub use image_size_filter::ImageSizeFilter;
pub use image_text_matching_filter::ImageTextMatchingFilter;
pub use image_text_similarity_filter::ImageTextSimilarityFilter;
pub use image_watermark_filter::ImageWatermarkFilter;
pub use maximum_line_length_filter::MaximumLineLengthFilter;
pub use special_characters_filter::SpecialCharactersFilter;
pub use stopwords_filter::StopwordsFilter;
pub use text_length_filter::TextLengthFilter;
pub use word_repetition_filter::WordRepetitionFilter;
pub use words_num_filter::WordsNumFilter;
