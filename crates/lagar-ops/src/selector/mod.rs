//! Selectors: pick rows out of all.

mod random_selector;

pub use random_selector::RandomSelector;
