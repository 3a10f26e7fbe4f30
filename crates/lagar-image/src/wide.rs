//! Loops over pixels compiled for each width of vector that processors have.
//!
//! Whole numbers come out the same at every width, so the choice is the machine's and not part of a
//! result. What is to be compiled so must be inlined into the closure.

use std::sync::LazyLock;

use fearless_simd::{Level, dispatch};

static LEVEL: LazyLock<Level> = LazyLock::new(Level::new);

/// Does `work` with the widest vectors of this processor.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the code must become part of each version")]
pub(crate) fn widely<R>(work: impl FnOnce() -> R) -> R {
    dispatch!(*LEVEL, _simd => work())
}
