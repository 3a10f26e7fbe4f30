//! What is in an adapter, by kinds of modules.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{AdapterFolder, Module};
use crate::ModelsError;

/// What an adapter is and has.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// `LoRA`, `rsLoRA`, DoRA, or the last two together.
    pub kind: String,
    /// The version of `peft` that wrote it, where it says so.
    pub peft_version: Option<String>,
    /// What it was trained on.
    pub base: Option<String>,
    /// Rank and α of the configuration.
    pub rank: usize,
    /// α of the configuration.
    pub alpha: f64,
    /// Modules with an update.
    pub modules: usize,
    /// Numbers in all its tensors.
    pub parameters: usize,
    /// Forms of the numbers, by their names in safetensors files.
    pub forms: Vec<String>,
    /// Modules whose names differ in numbers only.
    pub groups: Vec<Group>,
    /// Tensors that take the place of the base's.
    pub saved: Vec<String>,
}

/// Modules whose names differ in numbers only.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Group {
    /// The name, with `*` for a number.
    pub name: String,
    /// How many there are.
    pub modules: usize,
    /// Their ranks, as the tensors have them, each once.
    pub ranks: Vec<usize>,
    /// What their updates are multiplied by, each once.
    pub scales: Vec<f32>,
    /// The mean length of A, √Σa².
    pub a_norm: f64,
    /// The mean length of B; 0 where nothing was learnt.
    pub b_norm: f64,
    /// Numbers in them.
    pub parameters: usize,
}

/// A name with `*` for every part that is a number.
pub(super) fn general(name: &str) -> String {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let parts = name.split('.').map(|part| if is_number(part) { "*" } else { part });
    parts.collect::<Vec<_>>().join(".")
}

/// Looks through an adapter.
///
/// # Errors
/// When a tensor cannot be read, or a pattern of the configuration is none.
pub fn summary(folder: &AdapterFolder) -> Result<Summary, ModelsError> {
    let config = folder.config();
    let kind = match (config.use_rslora, config.use_dora) {
        (false, false) => "LoRA",
        (true, false) => "rsLoRA",
        (false, true) => "DoRA",
        (true, true) => "rsLoRA with DoRA",
    };
    let mut by_name: BTreeMap<String, Vec<(&str, &Module)>> = BTreeMap::new();
    for (name, module) in folder.modules() {
        by_name.entry(general(name)).or_default().push((name, module));
    }
    let groups = by_name.into_iter().map(|(name, members)| group(folder, name, &members));
    let forms = folder.updates().names().filter_map(|name| folder.updates().form(name));
    let mut forms: Vec<String> = forms.map(str::to_owned).collect();
    forms.sort_unstable();
    forms.dedup();
    Ok(Summary {
        kind: kind.to_owned(),
        peft_version: config.peft_version.clone(),
        base: config.base_model_name_or_path.clone(),
        rank: config.r,
        alpha: config.lora_alpha,
        modules: folder.modules().count(),
        parameters: folder.parameters(),
        forms,
        groups: groups.collect::<Result<_, _>>()?,
        saved: folder.saved().map(|(target, _)| target.to_owned()).collect(),
    })
}

fn group(
    folder: &AdapterFolder,
    name: String,
    members: &[(&str, &Module)],
) -> Result<Group, ModelsError> {
    let source = folder.updates();
    let norm = |tensor: &Option<String>| -> Result<f64, ModelsError> {
        let Some(tensor) = tensor else { return Ok(0.0) };
        let values = source.values(tensor)?;
        Ok(values.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt())
    };
    let (mut ranks, mut scales) = (Vec::new(), Vec::new());
    let (mut a_norm, mut b_norm, mut parameters) = (0.0, 0.0, 0);
    for (member, module) in members {
        let a = module.a.as_deref().and_then(|name| source.shape(name));
        ranks.extend(a.and_then(|shape| shape.first().copied()));
        scales.push(folder.config().scale(member)?);
        a_norm += norm(&module.a)? / members.len() as f64;
        b_norm += norm(&module.b)? / members.len() as f64;
        let size = |name| source.shape(name).unwrap_or_default().iter().product::<usize>();
        parameters += module.tensors().map(size).sum::<usize>();
    }
    ranks.sort_unstable();
    ranks.dedup();
    scales.sort_unstable_by(f32::total_cmp);
    scales.dedup();
    Ok(Group { name, modules: members.len(), ranks, scales, a_norm, b_norm, parameters })
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_in_names_are_stars() {
        assert_eq!(super::general("model.layers.12.mlp.up2"), "model.layers.*.mlp.up2");
    }
}
