//! Runs against models that the test stands in for.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

#[path = "run/bench.rs"]
mod bench;
#[path = "run/faults.rs"]
mod faults;
#[path = "run/perturbed.rs"]
mod perturbed;
#[path = "run/resume.rs"]
mod resume;
