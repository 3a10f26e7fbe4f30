//! `lagar adapter info DIR`.

use std::path::PathBuf;

use comfy_table::CellAlignment;
use lagar_models::adapter::{AdapterFolder, Group, Summary, summary};

use super::super::{Done, print, print_json};
use super::grouped;
use crate::exit::CommandError;
use crate::show::plain_table;

/// Which adapter.
#[derive(Debug, clap::Args)]
pub(crate) struct InfoArgs {
    /// The adapter's folder.
    #[arg(value_name = "DIR")]
    adapter: PathBuf,
    /// Print what is in it as JSON on stdout.
    #[arg(long)]
    json: bool,
}

pub(super) fn info(args: &InfoArgs) -> Result<Done, CommandError> {
    if !args.adapter.is_dir() {
        return Err(CommandError::missing_folder(&args.adapter));
    }
    let found = summary(&AdapterFolder::open(&args.adapter)?)?;
    if args.json {
        print_json(&found);
    } else {
        print(&words(&found));
    }
    Ok(Done(0))
}

fn words(found: &Summary) -> String {
    let mut lines = vec![
        format!("{} of rank {}, alpha {}", found.kind, found.rank, found.alpha),
        format!("base      {}", found.base.as_deref().unwrap_or("(not named)")),
        format!("peft      {}", found.peft_version.as_deref().unwrap_or("(not named)")),
        format!(
            "tensors   {} modules, {} numbers ({})",
            found.modules,
            grouped(found.parameters),
            found.forms.join(", ")
        ),
    ];
    if !found.saved.is_empty() {
        lines.push(format!("whole     {}", found.saved.join(", ")));
    }
    lines.push(table(&found.groups));
    lines.join("\n")
}

fn table(groups: &[Group]) -> String {
    let list = |numbers: &mut dyn Iterator<Item = String>| numbers.collect::<Vec<_>>().join(", ");
    let mut table = plain_table();
    table.set_header(["modules", "count", "rank", "scale", "numbers", "length of A", "of B"]);
    for group in groups {
        table.add_row([
            group.name.clone(),
            group.modules.to_string(),
            list(&mut group.ranks.iter().map(usize::to_string)),
            list(&mut group.scales.iter().map(f32::to_string)),
            grouped(group.parameters),
            format!("{:.4}", group.a_norm),
            format!("{:.4}", group.b_norm),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}
