//! Groupers: put rows together, or take them apart.

mod key_value_grouper;
mod naive_grouper;
mod naive_reverse_grouper;

pub use key_value_grouper::KeyValueGrouper;
pub use naive_grouper::NaiveGrouper;
pub use naive_reverse_grouper::NaiveReverseGrouper;
