//! The `lagar` command: arguments → library calls; printing, progress and exit codes live here alone.

mod args;
mod command;
mod environment;
mod exit;
mod models;
mod progress;
mod show;

use clap::Parser as _;

fn main() -> std::process::ExitCode {
    exit::install_panic_report();
    let args = args::Args::parse();
    let stop = exit::stop_on_interrupt();
    match command::dispatch(args, &stop) {
        Ok(code) => code.into(),
        Err(error) => exit::report(&error),
    }
}
