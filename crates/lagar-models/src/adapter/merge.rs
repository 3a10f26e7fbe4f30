//! A checkpoint with an adapter worked in, written tensor by tensor.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lagar_core::fsio;
use lagar_nn::Threads;
use lagar_nn::weights::{
    Adapter, Change, Form, Planned, Rounding, SafetensorsWriter, Source, rewrite,
};
use serde_json::json;

use super::copying::{aside, copy_settings};
use super::fit::Spelling;
use super::{AdapterFolder, check};
use crate::ModelsError;

/// Bytes that are copied at once.
const COPIED: usize = 16 << 20;

/// How a checkpoint is merged.
#[derive(Clone, Debug, Default)]
pub struct MergeOptions {
    /// The form of all floating-point tensors; `None` keeps each as the base has it.
    pub form: Option<Form>,
    /// Threads; 0 is one per processor.
    pub threads: usize,
}

/// What was written.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Merge {
    /// The changed matrices, sorted.
    pub modules: Vec<MergedModule>,
    /// What rounding does to all of them together.
    pub rounding: Rounding,
    /// Tensors of the adapter that took the place of the base's or joined them.
    pub saved: usize,
    /// The weight files, without the folder.
    pub files: Vec<String>,
    /// Their tensors' bytes.
    pub bytes: usize,
}

/// A matrix that was changed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MergedModule {
    /// The tensor in the base.
    pub name: String,
    /// The rank of its update.
    pub rank: usize,
    /// What its update was multiplied by.
    pub scale: f32,
    /// The form that it was written in.
    pub form: Form,
    /// The form that rounding was measured for: the one it was written in, or bfloat16 if that is
    /// `f32`.
    pub measured: Form,
    /// What rounding does, or would do.
    pub rounding: Rounding,
}

/// Writes the checkpoint in the folder `base` with the adapter worked in, in `f32` arithmetic, to the
/// new folder `target`: shards as the base has them, configuration and tokenizer copied. `progress`
/// is told bytes written and of how many, and stops the work by saying `false`.
///
/// # Errors
/// When the adapter does not fit its base, a file cannot be read or written, there is something under
/// the name `target`, or `progress` said stop. Then there is nothing under that name.
pub fn merge(
    base: &Path,
    adapter: AdapterFolder,
    target: &Path,
    options: &MergeOptions,
    progress: &(dyn Fn(usize, usize) -> bool + Sync),
) -> Result<Merge, ModelsError> {
    let source = Source::open(base)?;
    let found = check(&adapter, Some(&source))?;
    if !found.is_sound() {
        let failing = found.findings.iter().filter(|finding| finding.fails).take(8);
        let list: Vec<&str> = failing.map(|finding| finding.message.as_str()).collect();
        return Err(ModelsError::Adapter {
            folder: adapter.path().to_owned(),
            message: format!("does not fit {}:\n  {}", base.display(), list.join("\n  ")),
            hint: Some("`lagar adapter check` lists everything"),
        });
    }
    let threads = Threads::new(options.threads)?;
    let aside = aside(target)?;
    let written = threads.run(|| {
        copy_settings(base, &adapter, options.form, &aside)?;
        Job::new(source, adapter, options.form)?.write(&aside, progress)
    });
    match written {
        Ok(merge) => {
            fsio::publish_folder(&aside, target)?;
            Ok(merge)
        }
        Err(error) => {
            fsio::remove_folder(&aside)?;
            Err(error)
        }
    }
}

/// Where a tensor of the result comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Base,
    Saved,
}

struct Job {
    base: Source,
    saved: Source,
    adapter: Adapter,
    form: Option<Form>,
    /// The tensors of each file, by name, and where they come from.
    files: Vec<(String, BTreeMap<String, Origin>)>,
    /// What is added to biases, by their names.
    biases: BTreeMap<String, Vec<f32>>,
}

impl Job {
    fn new(base: Source, folder: AdapterFolder, form: Option<Form>) -> Result<Self, ModelsError> {
        let spelling = Spelling::find(&folder, &base)?;
        let matrices = folder.updates_by_name(spelling)?;
        let names: BTreeMap<String, String> =
            folder.saved().map(|(target, name)| (name.to_owned(), spelling.name(target))).collect();
        let (updates, whole) = folder.into_sources();
        let mut saved = Source::open_file(updates.path())?;
        let keep = |name: &str| names.get(name).cloned();
        saved = saved.renamed(keep);
        if let Some(whole) = whole {
            saved.join(whole, true, keep);
        }
        let adapter = Adapter::new(updates, matrices)?;
        let files = layout(&base, &saved);
        let mut biases = BTreeMap::new();
        for (name, _) in adapter.matrices() {
            if let Some(added) = adapter.bias(name)? {
                biases.insert(name.trim_end_matches("weight").to_owned() + "bias", added);
            }
        }
        Ok(Self { base, saved, adapter, form, files, biases })
    }

    fn write(
        &self,
        folder: &Path,
        progress: &(dyn Fn(usize, usize) -> bool + Sync),
    ) -> Result<Merge, ModelsError> {
        let plans: Vec<Vec<Planned>> = self
            .files
            .iter()
            .map(|(_, tensors)| tensors.iter().map(|(name, from)| self.plan(name, *from)).collect())
            .collect::<Result<_, _>>()?;
        let bytes = plans.iter().flatten().map(|planned| planned.bytes).sum();
        let mut merge = Merge {
            modules: Vec::new(),
            rounding: Rounding::default(),
            saved: self.saved.names().count(),
            files: self.files.iter().map(|(file, _)| file.clone()).collect(),
            bytes,
        };
        let mut done = 0;
        for ((file, tensors), plan) in self.files.iter().zip(plans) {
            let mut writer = SafetensorsWriter::create(&folder.join(file), plan)?;
            for planned in writer.tensors().to_vec() {
                let from = tensors[&planned.name];
                self.write_tensor(&planned, from, &mut writer, &mut merge)?;
                done += planned.bytes;
                if !progress(done, bytes) {
                    return Err(ModelsError::Interrupted);
                }
            }
            writer.finish()?;
        }
        merge.modules.sort_by(|one, other| one.name.cmp(&other.name));
        for module in &merge.modules {
            merge.rounding.add(&module.rounding);
        }
        self.write_index(folder, bytes)?;
        Ok(merge)
    }

    fn source(&self, from: Origin) -> &Source {
        match from {
            Origin::Base => &self.base,
            Origin::Saved => &self.saved,
        }
    }

    /// The form that a tensor is written in; `None` keeps its bytes.
    fn new_form(&self, name: &str, from: Origin) -> Option<Form> {
        let stored = |source: &Source| source.form(name).and_then(Form::stored);
        let own = stored(self.source(from))?;
        let is_changed = self.is_changed(name);
        let in_base = if from == Origin::Saved { stored(&self.base) } else { None };
        let wanted = self.form.or(in_base).or(is_changed.then_some(own))?;
        let is_same = self.source(from).form(name) == Some(wanted.name());
        (is_changed || !is_same).then_some(wanted)
    }

    fn is_changed(&self, name: &str) -> bool {
        self.adapter.get(name).is_some() || self.biases.contains_key(name)
    }

    fn plan(&self, name: &str, from: Origin) -> Result<Planned, ModelsError> {
        let source = self.source(from);
        let shape = source.shape(name).unwrap_or_default().to_vec();
        let elements: usize = shape.iter().product();
        if let Some(form) = self.new_form(name, from).or_else(|| self.row_major(name, from)) {
            let bytes = elements * form.bytes();
            return Ok(Planned {
                name: name.to_owned(),
                form: form.name().to_owned(),
                shape,
                bytes,
            });
        }
        match (source.form(name), source.bytes(name)) {
            (Some(form), Some(bytes)) => {
                let (form, bytes) = (form.to_owned(), bytes.len());
                Ok(Planned { name: name.to_owned(), form, shape, bytes })
            }
            _ => Err(ModelsError::Adapter {
                folder: source.path().to_owned(),
                message: format!("`{name}` is of a form that safetensors files do not have"),
                hint: None,
            }),
        }
    }

    /// The form of a floating-point tensor that does not stand in row-major order and so has to be
    /// written element by element.
    fn row_major(&self, name: &str, from: Origin) -> Option<Form> {
        let source = self.source(from);
        if source.bytes(name).is_some() { None } else { source.form(name).and_then(Form::stored) }
    }

    fn write_tensor(
        &self,
        planned: &Planned,
        from: Origin,
        writer: &mut SafetensorsWriter,
        merge: &mut Merge,
    ) -> Result<(), ModelsError> {
        let (name, source) = (planned.name.as_str(), self.source(from));
        let form = self.new_form(name, from).or_else(|| self.row_major(name, from));
        let Some(form) = form else {
            return copy_bytes(source, planned, writer);
        };
        let measured = if form == Form::F32 { Form::Bf16 } else { form };
        let low = self.adapter.get(name);
        let change = match (low, self.biases.get(name)) {
            (Some(_), _) => {
                let shape = &planned.shape;
                let rows = shape.first().copied().unwrap_or(1);
                let shape = (rows, shape.iter().skip(1).product());
                Change::Update(self.adapter.factors(name, shape)?)
            }
            (None, Some(added)) => Change::Add(added.clone()),
            _ => Change::Keep,
        };
        let rounding = rewrite(source, name, &change, (form, measured), writer)?;
        if let Some(low) = low {
            let (name, rank, scale) = (name.to_owned(), low.rank, low.scale);
            merge.modules.push(MergedModule { name, rank, scale, form, measured, rounding });
        }
        Ok(())
    }

    fn write_index(&self, folder: &Path, bytes: usize) -> Result<(), ModelsError> {
        if self.files.len() < 2 {
            return Ok(());
        }
        let mut map = BTreeMap::new();
        for (file, tensors) in &self.files {
            map.extend(tensors.keys().map(|name| (name, file)));
        }
        let index = json!({"metadata": {"total_size": bytes}, "weight_map": map});
        let text = format!("{index:#}\n");
        Ok(fsio::write(folder.join("model.safetensors.index.json"), text.as_bytes())?)
    }
}

/// Writes a tensor as it is, so that little of it is in memory at a time.
fn copy_bytes(
    source: &Source,
    planned: &Planned,
    writer: &mut SafetensorsWriter,
) -> Result<(), ModelsError> {
    let name = planned.name.as_str();
    let elements: usize = planned.shape.iter().product();
    let size = (planned.bytes / elements.max(1)).max(1);
    for (index, part) in source.bytes(name).unwrap_or_default().chunks(COPIED).enumerate() {
        writer.write(part)?;
        let first = index * COPIED / size;
        source.release_part(name, first..first + part.len() / size);
    }
    source.release(name);
    Ok(())
}

/// Which tensors go to which file: as the base has them, what is new with the last.
fn layout(base: &Source, saved: &Source) -> Vec<(String, BTreeMap<String, Origin>)> {
    let mut paths: Vec<PathBuf> = base.files().map(Path::to_owned).collect();
    paths.sort();
    let count = paths.len();
    let is_safe = |path: &Path| path.extension().is_some_and(|ending| ending == "safetensors");
    let name = |(number, path): (usize, &PathBuf)| match path.file_name() {
        Some(name) if is_safe(path) => name.to_string_lossy().into_owned(),
        _ if count == 1 => "model.safetensors".to_owned(),
        _ => format!("model-{:05}-of-{count:05}.safetensors", number + 1),
    };
    let mut files: Vec<_> =
        paths.iter().enumerate().map(|file| (name(file), BTreeMap::new())).collect();
    for name in base.names() {
        let place = base.file_of(name).and_then(|file| paths.iter().position(|path| path == file));
        let from = if saved.shape(name).is_some() { Origin::Saved } else { Origin::Base };
        if let Some((_, tensors)) = place.and_then(|place| files.get_mut(place)) {
            tensors.insert(name.to_owned(), from);
        }
    }
    if let Some((_, last)) = files.last_mut() {
        for name in saved.names().filter(|name| base.shape(name).is_none()) {
            last.insert(name.to_owned(), Origin::Saved);
        }
    }
    files
}
