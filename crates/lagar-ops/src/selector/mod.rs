//! Selectors: pick rows out of all.

mod frequency_specified_field_selector;
mod random_selector;
mod range_specified_field_selector;
mod tags_specified_field_selector;
mod topk_specified_field_selector;

pub use frequency_specified_field_selector::FrequencySpecifiedFieldSelector;
pub use random_selector::RandomSelector;
pub use range_specified_field_selector::RangeSpecifiedFieldSelector;
pub use tags_specified_field_selector::TagsSpecifiedFieldSelector;
pub use topk_specified_field_selector::TopkSpecifiedFieldSelector;
