//! The statistics of evaluation: how sure a mean is, how sure a difference, and what could be seen.
//!
//! Everything here works on plain numbers, one per question, and knows nothing of models or files.
//! Formulas are those of lmms-eval where it has them (`lmms_eval/api/metrics.py` and its paired test),
//! so that its users find their numbers again; tests compare with scipy and statsmodels.

mod bootstrap;
mod clustered;
mod correction;
mod distribution;
mod mcnemar;
mod paired;
mod power;
mod summary;
mod wilson;

pub use lagar_core::random::SplitMix64;

pub use bootstrap::{Bootstrap, Resampling};
pub use clustered::clustered_standard_error;
pub use correction::{benjamini_hochberg, holm};
pub use distribution::{normal_cdf, normal_quantile, t_quantile, t_two_sided};
pub use mcnemar::McNemar;
pub use paired::PairedT;
pub use power::Design;
pub use summary::{Summary, is_binary, is_constant};
pub use wilson::wilson_interval;
