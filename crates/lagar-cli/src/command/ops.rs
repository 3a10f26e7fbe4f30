//! `lagar ops`: the operators themselves.

use std::io::{BufRead as _, Write as _};
use std::sync::Arc;

use lagar_core::CoreError;
use lagar_ops::{OperatorInfo, all, find, missing, recipe_schema, why_missing};
use serde_json::{Value, json};

use super::{Done, print, print_json};
use crate::args::OpsCommand;
use crate::exit::CommandError;
use crate::models::{ModelSettings, ModelShelf};
use crate::show::plain_table;

pub(super) fn ops(command: OpsCommand) -> Result<Done, CommandError> {
    match command {
        OpsCommand::List { json, missing: true } => list_missing(json),
        OpsCommand::List { json, missing: false } => list(json),
        OpsCommand::Show { name } => {
            let info = find(&name).ok_or_else(|| unknown(&name))?;
            print(lagar_ops::manual::manual_page(info).trim_end());
        }
        OpsCommand::Schema => print_json(&recipe_schema()),
        OpsCommand::Serve => serve()?,
    }
    Ok(Done(0))
}

fn unknown(name: &str) -> CommandError {
    if let Some(reason) = why_missing(name) {
        return CommandError::Usage {
            message: format!("`{name}` is not in lagar yet, because {reason}"),
            hint: Some("`lagar ops list --missing` shows all of these".to_owned()),
        };
    }
    let near = lagar_recipe::suggest(name, all().into_iter().map(|info| info.name));
    CommandError::Usage {
        message: format!("there is no operator `{name}`"),
        hint: near.map(|near| format!("did you mean `{near}`?")),
    }
}

fn list(as_json: bool) {
    if as_json {
        let describe = |info: &OperatorInfo| {
            json!({
                "name": info.name,
                "kind": info.kind,
                "cost": info.cost,
                "version": info.version,
                "parity": info.parity.words(),
                "summary": info.summary(),
            })
        };
        let operators: Vec<Value> = all().into_iter().map(describe).collect();
        print_json(&operators);
        return;
    }
    let mut table = plain_table();
    table.set_header(["operator", "kind", "cost", "what it does"]);
    for info in all() {
        table.add_row([info.name, info.kind.name(), info.cost.name(), &info.summary()]);
    }
    print(&table.to_string());
}

/// The operators of Data-Juicer that are not there, with the reasons.
fn list_missing(as_json: bool) {
    if as_json {
        print_json(&missing());
        return;
    }
    let mut table = plain_table();
    table.set_header(["operator of Data-Juicer 1.6.1", "not in lagar yet, because"]);
    for line in missing() {
        table.add_row([line.name, line.reason]);
    }
    print(&table.to_string());
}

/// One request a line, one answer a line, until stdin ends.
fn serve() -> Result<(), CommandError> {
    let models = ModelShelf::without_store(ModelSettings::default());
    let mut server = lagar_ops::serve::Server::new("").with_models(Arc::new(models));
    let mut stdout = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(CoreError::file("read", "(stdin)"))?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = server.handle(&line);
        let wrote = writeln!(stdout, "{answer}").and_then(|()| stdout.flush());
        wrote.map_err(CoreError::file("write", "(stdout)"))?;
    }
    Ok(())
}
