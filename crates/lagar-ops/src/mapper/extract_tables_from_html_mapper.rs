//! `extract_tables_from_html_mapper`: takes the tables out of HTML.

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::soup::Soup;
use crate::whole_row::{META_KEY, Scope, edit_fields, meta_of};
use crate::{Context, Example, Mapped, Mapper, OperatorError, register};

/// Writes the tables in the HTML of a text into `__dj__meta__`.
///
/// Each table becomes a list of rows, each row a list of the texts of its cells, white space at the
/// ends of each piece of text stripped; rows without cells and tables without rows are left out.
/// If `retain_html_tags` is on, a table stays HTML. Tables inside tables come twice, in the outer one and
/// by themselves. A row of data whose `__dj__meta__` has the entry already stays as it is.
///
/// Parity: exact for HTML whose tags are written out; broken tags are read as by Python 3.11, and
/// other versions of Python read them in other ways.
///
/// Source: Data-Juicer 1.6.1, `extract_tables_from_html_mapper.py`; `BeautifulSoup` 4.15.0.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExtractTablesFromHtmlMapper {
    /// The entry of `__dj__meta__` for the tables.
    pub tables_field_name: String,
    /// Whether tables stay HTML.
    pub retain_html_tags: bool,
    /// Whether rows with a heading cell count, where tables do not stay HTML.
    pub include_header: bool,
}

impl Default for ExtractTablesFromHtmlMapper {
    fn default() -> Self {
        let tables_field_name = "html_tables".to_owned();
        Self { tables_field_name, retain_html_tags: false, include_header: true }
    }
}

impl ExtractTablesFromHtmlMapper {
    fn tables(&self, html: &str) -> Result<Vec<Value>, String> {
        if !html.contains('<') {
            return Ok(Vec::new());
        }
        let soup = Soup::new(html)?;
        let tables = soup.descendants(0, "table");
        if self.retain_html_tags {
            return Ok(tables.iter().map(|table| soup.html(*table).into()).collect());
        }
        let cells = |row: usize| -> Vec<Value> {
            let is_heading = !soup.children(row, &["th"]).is_empty();
            if is_heading && !self.include_header {
                return Vec::new();
            }
            let cells = soup.children(row, &["td", "th"]);
            cells.iter().map(|cell| soup.stripped_text(*cell).into()).collect()
        };
        let rows = |table: &usize| -> Vec<Value> {
            let rows = soup.descendants(*table, "tr").into_iter().map(cells);
            rows.filter(|cells| !cells.is_empty()).map(Value::from).collect()
        };
        Ok(tables.iter().map(rows).filter(|rows| !rows.is_empty()).map(Value::from).collect())
    }
}

impl Mapper for ExtractTablesFromHtmlMapper {
    fn map(&self, batch: &Batch, context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let text_key = context.keys.text.clone();
        let scope = Scope { reads: &[&text_key], writes: &[META_KEY] };
        edit_fields(batch, context, scope, |row| {
            let html = row.get(&text_key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let meta = meta_of(row)?;
            if !meta.contains_key(&self.tables_field_name) {
                meta.insert(self.tables_field_name.clone(), self.tables(&html)?.into());
            }
            Ok(())
        })
    }
}

register! {
    ExtractTablesFromHtmlMapper, Mapper,
    name: "extract_tables_from_html_mapper",
    version: 2,
    cost: Text,
    reads: &["text", "__dj__meta__"],
    writes: &["__dj__meta__"],
    thresholds: &[],
    parity: crate::Parity::Differs("broken tags are read as by Python 3.11"),
    examples: &[Example {
        parameters: "{}",
        texts: &["<table><tr><th>dog</th></tr><tr><td> 5 </td></tr></table>"],
        pictures: &[],
    }],
}
