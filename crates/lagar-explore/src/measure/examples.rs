//! Examples get their texts at the end: the data are read once more, and only chunks that are shown
//! are taken apart.

use std::collections::BTreeMap;

use lagar_engine::source::DataSet;

use super::Options;
use crate::ExploreError;
use crate::profile::{DuplicateGroup, Example, Profile};
use crate::rows::{Source, cut, row_at};

/// Fills all examples of a profile.
///
/// # Errors
/// When the data cannot be read again.
pub(crate) fn fill(
    profile: &mut Profile,
    data: &DataSet,
    options: &Options,
) -> Result<(), ExploreError> {
    let mut rows: Vec<u64> = Vec::new();
    each(profile, &mut |example| rows.push(example.row));
    rows.sort_unstable();
    rows.dedup();
    let known = read(&rows, data, options)?;
    each(profile, &mut |example| {
        let Some(found) = known.get(&example.row) else { return };
        (example.file, example.line) = (found.file, found.line);
        example.id.clone_from(&found.id);
        example.text.clone_from(&found.text);
        if example.picture.is_none() {
            example.picture.clone_from(&found.picture);
        }
    });
    Ok(())
}

fn read(
    rows: &[u64],
    data: &DataSet,
    options: &Options,
) -> Result<BTreeMap<u64, Example>, ExploreError> {
    let source = Source { data, keys: &options.keys, tokens: &options.tokens };
    let mut known = BTreeMap::new();
    for chunk in data.chunks() {
        let chunk = chunk?;
        let end = chunk.first_row + chunk.rows();
        let start = rows.partition_point(|row| *row < chunk.first_row);
        let wanted = &rows[start..rows.partition_point(|row| *row < end)];
        if wanted.is_empty() {
            continue;
        }
        for row in wanted {
            let place = (row - chunk.first_row) as usize;
            let file = data.files().iter().position(|file| file.path == chunk.file.path);
            let raw = Example {
                file: file.unwrap_or_default(),
                line: chunk.lines[place],
                text: cut(&chunk.row_text(place)),
                ..Example::default()
            };
            known.insert(*row, raw);
        }
        let (batch, faults) = chunk.parse(&options.keys)?;
        for fault in faults {
            if let Some(found) = known.get_mut(&fault.row) {
                found.id = fault.id;
            }
        }
        for index in 0..batch.len() {
            if let Some(found) = known.get_mut(&batch.row.value(index)) {
                *found = row_at(source, &chunk, &batch, index).example;
            }
        }
    }
    Ok(known)
}

/// Calls `take` with every example of a profile.
fn each(profile: &mut Profile, take: &mut dyn FnMut(&mut Example)) {
    let integrity = &mut profile.integrity;
    integrity.fields.iter_mut().flat_map(|field| &mut field.examples).for_each(&mut *take);
    integrity.defects.iter_mut().flat_map(|defect| &mut defect.examples).for_each(&mut *take);
    let duplicates = [
        &mut integrity.ids,
        &mut integrity.texts,
        &mut integrity.near_texts,
        &mut integrity.pictures,
    ];
    let groups = duplicates.into_iter().chain(integrity.near_pictures.as_mut());
    groups.for_each(|duplicates| of_groups(&mut duplicates.largest, take));
    let pictures = &mut profile.pictures.distributions;
    let maps = [&mut profile.text, pictures, &mut profile.pairs.distributions];
    for distribution in maps.into_iter().flat_map(BTreeMap::values_mut) {
        distribution.lowest.iter_mut().for_each(&mut *take);
        distribution.highest.iter_mut().for_each(&mut *take);
    }
    let phrases = profile.vocabulary.phrases.iter_mut();
    phrases.filter_map(|phrase| phrase.example.as_mut()).for_each(&mut *take);
    of_groups(&mut profile.pairs.shared_texts, take);
    of_groups(&mut profile.pairs.shared_pictures, take);
    profile.problems.iter_mut().flat_map(|problem| &mut problem.worst).for_each(&mut *take);
    let steps = profile.suggestion.iter_mut().flat_map(|suggestion| &mut suggestion.steps);
    steps.filter_map(|step| step.example.as_mut()).for_each(take);
}

fn of_groups(groups: &mut [DuplicateGroup], take: &mut dyn FnMut(&mut Example)) {
    groups.iter_mut().flat_map(|group| &mut group.examples).for_each(take);
}
