//! `lagar why ID RUN`: what became of a row.

use lagar_engine::why::why as ask;

use super::{Done, print, print_json};
use crate::args::WhyArgs;
use crate::exit::CommandError;

pub(super) fn why(args: &WhyArgs) -> Result<Done, CommandError> {
    let answers = ask(&args.run, &args.id)?;
    if answers.is_empty() {
        return Err(CommandError::Check {
            message: format!("no row `{}` in {}", args.id, args.run.display()),
        });
    }
    if args.json {
        print_json(&answers);
    } else {
        for answer in &answers {
            print(&answer.sentence());
        }
    }
    Ok(Done(0))
}
