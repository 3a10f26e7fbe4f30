//! Whether an adapter is complete, sound, and fits a base: everything that is wrong, at once.

use std::collections::{BTreeMap, BTreeSet};

use lagar_nn::weights::Source;
use serde::Serialize;

use super::fit::Spelling;
use super::summary::general;
use super::target::Target;
use super::{AdapterFolder, Module};
use crate::ModelsError;

/// What was found out about an adapter.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// Modules with an update.
    pub modules: usize,
    /// Those that the base has.
    pub matched: usize,
    /// Numbers in the adapter.
    pub parameters: usize,
    /// Numbers in the base.
    pub base_parameters: usize,
    /// Everything worth saying, what fails first.
    pub findings: Vec<Finding>,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Whether the adapter cannot be used so.
    pub fails: bool,
    /// What it is about, in one word.
    pub about: &'static str,
    /// What was found, naming tensors.
    pub message: String,
}

impl Check {
    /// Whether nothing speaks against using the adapter.
    pub fn is_sound(&self) -> bool {
        !self.findings.iter().any(|finding| finding.fails)
    }

    /// The share of numbers that were trained, of all of base and adapter, as `peft` counts it.
    pub fn trainable_share(&self) -> f64 {
        let all = self.parameters + self.base_parameters;
        if all == 0 { 0.0 } else { self.parameters as f64 / all as f64 }
    }

    fn fail(&mut self, about: &'static str, message: String) {
        self.findings.push(Finding { fails: true, about, message });
    }

    fn note(&mut self, about: &'static str, message: String) {
        self.findings.push(Finding { fails: false, about, message });
    }
}

/// Checks an adapter, against its base if there is one.
///
/// # Errors
/// When a tensor cannot be read, or a pattern of the configuration is none. What is wrong with the
/// adapter is a finding, not an error.
pub fn check(folder: &AdapterFolder, base: Option<&Source>) -> Result<Check, ModelsError> {
    let mut found = Check {
        modules: folder.modules().count(),
        parameters: folder.parameters(),
        ..Check::default()
    };
    for name in folder.twice() {
        found.fail("names", format!("`{name}` and another tensor have one meaning"));
    }
    let mut learnt = false;
    for (name, module) in folder.modules() {
        check_parts(folder, name, module, &mut found)?;
        learnt |= check_numbers(folder, module, &mut found)?;
    }
    for (_, name) in folder.saved() {
        check_finite(folder.holder(name), name, &mut found)?;
    }
    if !learnt {
        found.note("numbers", "every B is 0: the adapter changes nothing".to_owned());
    }
    for wanted in &folder.config().modules_to_save {
        let is_part = |target: &str| target.split('.').any(|part| part == wanted);
        if !folder.saved().any(|(target, _)| is_part(target) || target.contains(wanted.as_str())) {
            found
                .fail("modules", format!("`modules_to_save` names `{wanted}`, which is not there"));
        }
    }
    if let Some(base) = base {
        check_base(folder, base, &mut found)?;
    }
    found.findings.sort_by_key(|finding| !finding.fails);
    Ok(found)
}

/// Whether a module has all its parts, of the rank that the configuration gives it.
fn check_parts(
    folder: &AdapterFolder,
    name: &str,
    module: &Module,
    found: &mut Check,
) -> Result<(), ModelsError> {
    let (config, source) = (folder.config(), folder.updates());
    match (&module.a, &module.b) {
        (Some(_), None) => found.fail("names", format!("`{name}` has A but not B")),
        (None, Some(_)) => found.fail("names", format!("`{name}` has B but not A")),
        (None, None) => found.fail("names", format!("`{name}` has neither A nor B")),
        _ => {}
    }
    match (&module.magnitude, config.use_dora) {
        (None, true) => {
            found.fail("names", format!("`{name}` lacks the magnitude that `use_dora` calls for"));
        }
        (Some(tensor), false) => {
            found.fail("names", format!("`{tensor}` is there, but `use_dora` is not set"));
        }
        _ => {}
    }
    if config.lora_bias && module.bias.is_none() && module.b.is_some() {
        found.fail("names", format!("`{name}` lacks the bias that `lora_bias` calls for"));
    }
    let expected = config.rank(name)?;
    for (tensor, side) in [(&module.a, 0), (&module.b, 1)] {
        let Some(tensor) = tensor else { continue };
        let shape = source.shape(tensor).unwrap_or_default();
        if shape.get(side) != Some(&expected) {
            found.fail(
                "rank",
                format!("`{tensor}` {shape:?} is not of the configuration's rank {expected}"),
            );
        }
    }
    let scale = config.scale(name)?;
    if !scale.is_finite() || scale == 0.0 {
        found.fail("scale", format!("`{name}` is multiplied by {scale}"));
    }
    Ok(())
}

/// Whether the numbers of a module are finite; says whether its B has any that is not 0.
fn check_numbers(
    folder: &AdapterFolder,
    module: &Module,
    found: &mut Check,
) -> Result<bool, ModelsError> {
    let mut learnt = module.magnitude.is_some();
    for name in module.tensors() {
        let values = check_finite(folder.updates(), name, found)?;
        let is_b = module.b.as_deref() == Some(name);
        learnt |= is_b && values.iter().any(|x| *x != 0.0);
    }
    Ok(learnt)
}

fn check_finite(source: &Source, name: &str, found: &mut Check) -> Result<Vec<f32>, ModelsError> {
    let values = source.values(name)?;
    let odd = values.iter().filter(|x| !x.is_finite()).count();
    if odd > 0 {
        let all = values.len();
        found.fail("numbers", format!("`{name}`: {odd} of {all} numbers are NaN or infinite"));
    }
    Ok(values)
}

fn check_base(folder: &AdapterFolder, base: &Source, found: &mut Check) -> Result<(), ModelsError> {
    let size = |name| base.shape(name).unwrap_or_default().iter().product::<usize>();
    found.base_parameters = base.names().map(size).sum();
    let spelling = match Spelling::find(folder, base) {
        Ok(spelling) => spelling,
        Err(ModelsError::Adapter { message, .. }) => {
            found.fail("base", message);
            return Ok(());
        }
        Err(other) => return Err(other),
    };
    if !spelling.is_same() {
        let example = folder.modules().next().map(|(name, _)| name).unwrap_or_default();
        let theirs = spelling.name(example);
        found.note("names", format!("`{example}` is called `{theirs}` in the base"));
    }
    for (name, module) in folder.modules() {
        let weight = spelling.weight(name);
        let Some(shape) = base.shape(&weight) else {
            found.fail("base", format!("`{name}` has no `{weight}` in the base"));
            continue;
        };
        found.matched += 1;
        check_shape(folder, (name, module), (&weight, shape), found);
        if module.bias.is_some() && base.shape(&(spelling.name(name) + ".bias")).is_none() {
            found.fail("base", format!("`{name}` has a bias, the base's layer has none"));
        }
        if module.is_embedding {
            found.note(
                "tied",
                format!("`{name}` is an embedding: an output layer tied to it changes with it"),
            );
        }
    }
    check_saved(folder, base, spelling, found);
    check_targets(folder, base, spelling, found)
}

fn check_shape(
    folder: &AdapterFolder,
    (name, module): (&str, &Module),
    (weight, shape): (&str, &[usize]),
    found: &mut Check,
) {
    let source = folder.updates();
    let (Some(a), Some(b)) = (&module.a, &module.b) else { return };
    let across = |tensor: &str, side: usize| {
        let shape = source.shape(tensor).unwrap_or_default();
        shape.iter().product::<usize>() / shape.get(side).copied().unwrap_or(1).max(1)
    };
    let (outputs, inputs) = (across(b, 1), across(a, 0));
    let is_transposed = module.is_embedding || folder.config().fan_in_fan_out;
    let update = if is_transposed { (inputs, outputs) } else { (outputs, inputs) };
    let rows = shape.first().copied().unwrap_or(1);
    let matrix = (rows, shape.iter().skip(1).product());
    if update != matrix {
        let (a, b) = (source.shape(a).unwrap_or_default(), source.shape(b).unwrap_or_default());
        found.fail(
            "shape",
            format!("`{name}`: A {a:?} and B {b:?} do not go with `{weight}` {shape:?}"),
        );
    }
    if let Some(tensor) = &module.magnitude {
        let count = source.shape(tensor).unwrap_or_default().iter().product::<usize>();
        if count != outputs {
            found.fail("shape", format!("`{tensor}` has {count} numbers for {outputs} outputs"));
        }
    }
}

fn check_saved(folder: &AdapterFolder, base: &Source, spelling: Spelling, found: &mut Check) {
    let mut new = Vec::new();
    for (target, name) in folder.saved() {
        let got = folder.holder(name).shape(name).unwrap_or_default();
        match base.shape(&spelling.name(target)) {
            Some(expected) if expected != got => {
                found.fail("shape", format!("`{target}`: {got:?}, in the base {expected:?}"));
            }
            Some(_) => {}
            None => new.push(target),
        }
    }
    if let Some(first) = new.first() {
        let count = new.len();
        found.note("new", format!("{count} tensors are new to the base, such as `{first}`"));
    }
}

/// Modules of the base that the configuration is for and that have no update. Where a kind of module
/// has no update at all, as in a tower that joined the model later, that is a note.
fn check_targets(
    folder: &AdapterFolder,
    base: &Source,
    spelling: Spelling,
    found: &mut Check,
) -> Result<(), ModelsError> {
    let target = Target::new(folder.config())?;
    let kinds: BTreeSet<String> = folder.modules().map(|(name, _)| general(name)).collect();
    let mut untouched: BTreeMap<String, usize> = BTreeMap::new();
    let matrices = base.names().filter(|name| base.shape(name).is_some_and(|s| s.len() > 1));
    for name in matrices.filter_map(|name| name.strip_suffix(".weight")) {
        let Some(module) = spelling.original(name) else { continue };
        if folder.module(&module).is_some() || !target.matches(&module) {
            continue;
        }
        let kind = general(&module);
        if kinds.contains(&kind) {
            found.fail("modules", format!("`{module}` is a target and has no update"));
        } else {
            *untouched.entry(kind).or_default() += 1;
        }
    }
    for (kind, count) in untouched {
        found.note("modules", format!("`{kind}` ({count}) would be a target and has no update"));
    }
    Ok(())
}
