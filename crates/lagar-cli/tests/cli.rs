//! The command as a user meets it: every test runs the real binary on real files.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on says so by panicking"
)]

#[path = "cli/adapters.rs"]
mod adapters;
#[path = "cli/bench.rs"]
mod bench;
#[path = "cli/captions.rs"]
mod captions;
#[path = "cli/compare.rs"]
mod compare;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/eval_run.rs"]
mod eval_run;
#[path = "cli/evaluation.rs"]
mod evaluation;
#[path = "cli/exploring.rs"]
mod exploring;
#[path = "cli/faults.rs"]
mod faults;
#[path = "cli/messages.rs"]
mod messages;
#[path = "cli/models.rs"]
mod models;
#[path = "cli/outputs.rs"]
mod outputs;
#[path = "cli/parity.rs"]
mod parity;
#[path = "cli/resume.rs"]
mod resume;
#[path = "../../lagar-remote/tests/remote/server.rs"]
mod server;
#[path = "cli/vqa.rs"]
mod vqa;
