//! `lagar explore RUN_FOLDER`: what each operator of a finished run removed.

use std::path::Path;

use comfy_table::CellAlignment;
use lagar_core::fsio;
use lagar_engine::source::DataSet;
use lagar_explore::diff::RunFolder;
use lagar_explore::removed::{FILES, Followed, Removal, removed as find, write};
use lagar_report::words::{count, number, percent};

use super::run::inputs;
use super::{Done, Mood, print, print_json, read_recipe, say};
use crate::args::RecipeArgs;
use crate::exit::CommandError;
use crate::models::{ModelSettings, ModelShelf};
use crate::show::plain_table;

/// How many rows are shown on each side of a threshold.
const SHOWN: usize = 6;
/// The longest side of thumbnails, in pixels.
const SIDE: u32 = 240;

/// What a run removed: `removed.json` and `removed.html` in `out`, or in the run folder.
pub(super) fn removed(
    run: &RunFolder,
    out: Option<&Path>,
    json: bool,
    mood: Mood,
) -> Result<Done, CommandError> {
    let recipe = RecipeArgs { recipe: run.folder.join("recipe.yaml"), overrides: Vec::new() };
    let quiet = Mood { quiet: true, ..mood };
    let (recipe, mut plan, _) = read_recipe(&recipe, quiet)?;
    let data = DataSet::find(inputs(&recipe, &plan)?)?;
    if plan.asks_models() {
        let shelf = ModelShelf::new(ModelSettings::default(), fsio::parent(&run.folder));
        if let Err(error) = plan.load_models(&shelf) {
            say(&format!("warning: operators behind the first model are not followed: {error}"));
        }
    }
    let followed = Followed { run, plan: &plan, data: &data, shown: SHOWN };
    let (removal, pictures) = find(followed)?;
    let folder = out.unwrap_or(&run.folder);
    write(&removal, &pictures, folder, SIDE)?;
    if json {
        print_json(&removal);
    } else if !mood.quiet {
        print(&screen(&removal));
        print(&format!(
            "\npage with the rows next to each threshold: {}",
            folder.join(FILES[1]).display()
        ));
        print(&format!("all numbers: {}", folder.join(FILES[0]).display()));
    }
    Ok(Done(0))
}

/// What a person wants to know first.
fn screen(removal: &Removal) -> String {
    let mut table = plain_table();
    table.set_header([
        "operator",
        "rows in",
        "dropped",
        "put aside",
        "changed",
        "rows out",
        "nearest kept",
    ]);
    for one in &removal.operators {
        let near = one.statistics.iter().flat_map(|judged| {
            judged.near.iter().map(|near| {
                let kept = near.kept.first().and_then(|row| row.value);
                let kept = kept.map_or_else(|| "–".to_owned(), number);
                format!("{} {} ({kept})", judged.statistic, near.threshold.label)
            })
        });
        let near: Vec<String> = near.collect();
        let numbers = [one.rows, one.dropped, one.quarantined, one.changed, one.kept].map(count);
        table.add_row([one.name.clone()].into_iter().chain(numbers).chain([near.join("\n")]));
    }
    for column in table.column_iter_mut().skip(1).take(5) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let kept = removal.kept as f64 / removal.rows.max(1) as f64;
    let mut lines = vec![
        format!("{} rows in, {} out ({})", count(removal.rows), count(removal.kept), percent(kept)),
        table.to_string(),
    ];
    let notes = removal
        .operators
        .iter()
        .filter_map(|one| one.note.as_ref().map(|note| format!("{}: {note}", one.name)));
    lines.extend(notes);
    lines.join("\n")
}
