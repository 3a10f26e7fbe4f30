//! What all mappers of texts share: one pass over a batch that copies only if something changed.

use arrow::array::{Array as _, StringViewArray, StringViewBuilder};
use lagar_core::Batch;

use crate::{Fault, Mapped};

/// The batch with each text replaced by what `edit` writes into the empty buffer it is given.
///
/// `edit` returns whether it wrote a new text; if not, the text stays and the buffer is ignored.
pub(crate) fn edit_texts(batch: &Batch, mut edit: impl FnMut(&str, &mut String) -> bool) -> Mapped {
    try_edit_texts(batch, |text, new| Ok(edit(text, new)))
}

/// As [`edit_texts`]; an error is the reason to put its row aside.
pub(crate) fn try_edit_texts(
    batch: &Batch,
    mut edit: impl FnMut(&str, &mut String) -> Result<bool, String>,
) -> Mapped {
    let mut faults = Vec::new();
    let mut builder: Option<StringViewBuilder> = None;
    let mut new = String::new();
    for (index, text) in batch.text.iter().enumerate() {
        new.clear();
        let edited = text.map_or(Ok(false), |text| edit(text, &mut new));
        if edited == Ok(true) {
            let builder = builder.get_or_insert_with(|| started(&batch.text, index));
            builder.append_value(&new);
            continue;
        }
        if let Some(builder) = &mut builder {
            builder.append_option(text);
        }
        if let Err(message) = edited {
            faults.push(Fault { index, message });
        }
    }
    Mapped { text: builder.map(|mut builder| builder.finish()), faults, ..Mapped::default() }
}

/// A builder that holds the first `rows` texts.
fn started(texts: &StringViewArray, rows: usize) -> StringViewBuilder {
    let mut builder = StringViewBuilder::with_capacity(texts.len());
    for text in texts.iter().take(rows) {
        builder.append_option(text);
    }
    builder
}
