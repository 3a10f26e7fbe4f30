//! Which tensors of a base the tensors of an adapter belong to.

use std::collections::BTreeMap;

use lagar_nn::weights::{Adapter, LowRank, Source};

use super::{AdapterFolder, Module};
use crate::ModelsError;

/// Names of the trained model and what a checkpoint may call the same: beginnings, tried in order.
///
/// A model's class and its checkpoint do not always agree: `transformers` 5 renames the parts of
/// vision-language models while it loads them, and a text model may be a part of one.
const SPELLINGS: [&[(&str, &str)]; 10] = [
    &[("", "")],
    &[("model.language_model.", "language_model.model."), ("model.", "")],
    &[("language_model.model.", "model.language_model."), ("", "model.")],
    &[("model.", "")],
    &[("", "model.")],
    &[("model.", "model.language_model.")],
    &[("model.", "language_model.model.")],
    &[("model.language_model.", "model.")],
    &[("language_model.model.", "model.")],
    &[("transformer.", "")],
];

/// How names of the trained model are changed to those of the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spelling(&'static [(&'static str, &'static str)]);

impl Spelling {
    /// The spelling under which most of an adapter's modules are in the base, the first of equals.
    ///
    /// # Errors
    /// When no spelling finds a single one.
    pub(super) fn find(folder: &AdapterFolder, base: &Source) -> Result<Self, ModelsError> {
        let found = |spelling: &Self| {
            folder
                .modules()
                .filter(|(name, _)| base.shape(&spelling.weight(name)).is_some())
                .count()
        };
        let mut best = (0, Self(SPELLINGS[0]));
        for spelling in SPELLINGS.map(Self) {
            let count = found(&spelling);
            if count > best.0 {
                best = (count, spelling);
            }
        }
        if best.0 > 0 {
            return Ok(best.1);
        }
        let list = |names: &mut dyn Iterator<Item = String>| {
            names.take(4).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        };
        let ours = list(&mut folder.modules().map(|(name, _)| name.to_owned()));
        let matrices = base.names().filter(|name| base.shape(name).is_some_and(|s| s.len() > 1));
        let theirs =
            list(&mut matrices.filter_map(|name| name.strip_suffix(".weight")).map(str::to_owned));
        Err(ModelsError::Adapter {
            folder: folder.path().to_owned(),
            message: format!(
                "none of its {} modules is in the base {}\n  in the adapter: {ours}, …\n  in the \
                 base: {theirs}, …",
                folder.modules().count(),
                base.path().display(),
            ),
            hint: Some("is this the base that `base_model_name_or_path` names?"),
        })
    }

    /// A name as the base has it.
    pub(super) fn name(self, name: &str) -> String {
        for (ours, theirs) in self.0 {
            if let Some(rest) = name.strip_prefix(ours) {
                return format!("{theirs}{rest}");
            }
        }
        name.to_owned()
    }

    /// The matrix of a module, as the base calls it.
    pub(super) fn weight(self, module: &str) -> String {
        self.name(module) + ".weight"
    }

    /// A name of the base as the trained model has it, if it is one of the spelling.
    pub(super) fn original(self, name: &str) -> Option<String> {
        let (ours, theirs) = self.0.iter().find(|(_, theirs)| name.starts_with(theirs))?;
        Some(format!("{ours}{}", &name[theirs.len()..]))
    }

    /// Whether the base has the trained model's names.
    pub(super) fn is_same(self) -> bool {
        self.0 == SPELLINGS[0]
    }
}

impl AdapterFolder {
    /// Lays the adapter over a base: tensors that were trained whole take the place of the base's, or
    /// join them; what is left is what [`lagar_nn::weights::LoadOptions::overlay`] wants.
    ///
    /// # Errors
    /// When not a single module is in the base, one lacks A or B or has another rank than the
    /// configuration says, or a file was changed meanwhile.
    pub fn over(self, mut base: Source) -> Result<(Source, Adapter), ModelsError> {
        let spelling = Spelling::find(&self, &base)?;
        let matrices = self.updates_by_name(spelling)?;
        let saved: BTreeMap<String, String> =
            self.saved().map(|(target, name)| (name.to_owned(), spelling.name(target))).collect();
        let (updates, whole) = self.into_sources();
        let file = Source::open_file(updates.path())?;
        for source in [Some(file), whole].into_iter().flatten() {
            base.join(source, true, |name| saved.get(name).cloned());
        }
        Ok((base, Adapter::new(updates, matrices)?))
    }

    /// What the adapter changes, by the base's names.
    pub(super) fn updates_by_name(
        &self,
        spelling: Spelling,
    ) -> Result<BTreeMap<String, LowRank>, ModelsError> {
        let mut matrices = BTreeMap::new();
        for (name, module) in self.modules() {
            matrices.insert(spelling.weight(name), self.low_rank(name, module)?);
        }
        Ok(matrices)
    }

    fn low_rank(&self, name: &str, module: &Module) -> Result<LowRank, ModelsError> {
        let refuse = |message: String| {
            Err(ModelsError::Adapter { folder: self.path().to_owned(), message, hint: None })
        };
        let config = self.config();
        let (Some(a), Some(b)) = (&module.a, &module.b) else {
            let (there, lacking) = if module.a.is_some() { ("A", "B") } else { ("B", "A") };
            return refuse(format!("`{name}` has {there} but not {lacking}"));
        };
        if config.use_dora && module.magnitude.is_none() {
            return refuse(format!("`{name}` lacks the magnitude that `use_dora` calls for"));
        }
        let rank = config.rank(name)?;
        let found = self.updates().shape(a).and_then(|shape| shape.first().copied());
        if found != Some(rank) {
            let found = found.unwrap_or_default();
            return refuse(format!("`{a}` is of rank {found}, the configuration says {rank}"));
        }
        Ok(LowRank {
            a: a.clone(),
            b: b.clone(),
            rank,
            scale: config.scale(name)?,
            magnitude: module.magnitude.clone().filter(|_| config.use_dora),
            bias: module.bias.clone(),
            is_transposed: module.is_embedding || config.fan_in_fan_out,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_its_spelling_lead_to_each_other() {
        let renamed = Spelling(SPELLINGS[1]);
        for (ours, theirs) in [
            ("model.language_model.layers.0.q", "language_model.model.layers.0.q"),
            ("model.vision_tower.layers.0.q", "vision_tower.layers.0.q"),
        ] {
            assert_eq!(renamed.name(ours), theirs);
            assert_eq!(renamed.original(theirs).as_deref(), Some(ours));
        }
        assert!(Spelling(SPELLINGS[0]).is_same() && !renamed.is_same());
    }
}
