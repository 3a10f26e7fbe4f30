//! `lagar convert IN OUT`: from any format to any other.

use lagar_engine::convert::{ConvertOptions, ConvertReport, convert as convert_data};
use serde_json::json;

use super::{Done, Mood, print, print_json, say};
use crate::args::ConvertArgs;
use crate::exit::CommandError;

pub(super) fn convert(args: &ConvertArgs, mood: Mood) -> Result<Done, CommandError> {
    if args.output.exists() && !args.fresh {
        return Err(CommandError::Usage {
            message: format!("{} is there already", args.output.display()),
            hint: Some("`--fresh` replaces it".to_owned()),
        });
    }
    let mut options = ConvertOptions::new(&args.input, &args.output);
    options.export_type.clone_from(&args.to);
    options.only_keep_caption = args.only_keep_caption;
    options.restore_questions.clone_from(&args.restore_questions);
    if let Some(token) = &args.image_token {
        options.tokens.image.clone_from(token);
    }
    if let Some(token) = &args.eoc_token {
        options.tokens.end_of_chunk.clone_from(token);
    }
    let report = convert_data(&options)?;
    if args.json {
        print_json(&json!({
            "read": report.read,
            "written": report.written,
            "refused": report.refused,
            "refused_path": report.refused_path,
            "files": report.files,
            "warnings": report.warnings,
        }));
    } else if !mood.quiet {
        print(&format!("{} of {} rows → {}", report.written, report.read, args.output.display()));
    }
    if !mood.quiet {
        tell_refused(&report);
    }
    let nothing = report.read > 0 && report.written == 0;
    Ok(Done(if nothing { crate::exit::FAILED } else { 0 }))
}

/// The most refused rows named on the screen; the file has them all.
const NAMED: usize = 5;

fn tell_refused(report: &ConvertReport) {
    for warning in &report.warnings {
        say(&format!("warning: {warning}"));
    }
    for row in report.first_refused.iter().take(NAMED) {
        say(&format!("left out: {} line {}: {}", row.file.display(), row.line, row.reason));
    }
    if let Some(path) = &report.refused_path {
        say(&format!(
            "{} rows were left out; all with reasons in {}",
            report.refused,
            path.display()
        ));
    }
}
