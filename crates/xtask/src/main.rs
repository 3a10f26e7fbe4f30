//! Chores of the project that are code: sample data, benchmark data, generated files, tidiness.
//!
//! A chore that is a program of the workspace runs wherever the workspace builds, is linted like the
//! rest, and needs no second language. Each subcommand is one module with one `run`.

mod bench_data;
mod captioner_data;
mod generated;
mod picture;
mod random;
mod sample_benchmark;
mod sample_data;
mod tidy;
mod vocabulary;

use std::io::Write as _;

use clap::{Parser, Subcommand};

/// The command line of `cargo run -p xtask -- …`.
#[derive(Debug, Parser)]
#[command(about = "Chores of the lagar project")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

/// One chore a call.
#[derive(Debug, Subcommand)]
enum Chore {
    /// Draws the pictures and writes the captions of examples/sample, always the same bytes.
    SampleData(sample_data::Options),
    /// Writes the questions of examples/benchmark about the sample's pictures, always the same bytes.
    SampleBenchmark(sample_benchmark::Options),
    /// Writes benchmark data of any size: captions and distinct JPEG pictures.
    BenchData(bench_data::Options),
    /// Draws pictures like the sample's with what is true of them, to train its captioner.
    CaptionerData(captioner_data::Options),
    /// Writes docs/operators.md and docs/recipe.schema.json from the code.
    Gen,
    /// Checks what no compiler checks: arrows between crates, file lengths, generated files and more.
    Tidy,
}

fn main() -> anyhow::Result<()> {
    let summary = match Arguments::parse().chore {
        Chore::SampleData(options) => sample_data::run(&options)?,
        Chore::SampleBenchmark(options) => sample_benchmark::run(&options)?,
        Chore::BenchData(options) => bench_data::run(&options)?,
        Chore::CaptionerData(options) => captioner_data::run(&options)?,
        Chore::Gen => generated::run()?,
        Chore::Tidy => tidy::run()?,
    };
    writeln!(std::io::stdout().lock(), "{summary}")?;
    Ok(())
}
