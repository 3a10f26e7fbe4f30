//! Benchmarks, metrics, statistics, and the comparison of two models.
//!
//! A [`Benchmark`] reads its files as users have them into [`Question`]s and turns answers into
//! [`Scores`]; models are only ever seen through `lagar_core::models::Answerer`, or not at all where
//! a file of answers is scored. Metrics are one file each under [`metric`], equal to the code of
//! those who published them.

pub mod benchmark;
pub mod compare;
pub mod error;
pub mod files;
pub mod folder;
pub mod leak;
pub mod long_tail;
pub mod metric;
pub mod perturb;
pub mod predictions;
pub mod question;
pub mod run;
pub mod score;
pub mod stats;

pub use benchmark::{Benchmark, LoadOptions, OcrTokens, PromptStyle, all, find};
pub use error::EvalError;
pub use inventory;
pub use question::{Answered, Question};
pub use score::{Group, MetricValue, SampleScore, Scores, Unit};
