//! How the text of a recipe becomes a [`Recipe`].
//!
//! Settings are read by serde, but not in one go: serde stops at the first error, and a person
//! wants to see all of them. So after each error the offending key is set aside and reading starts
//! again. The process list and the sources have checks of their own, in files of their own.

use std::sync::Arc;

use lagar_core::diagnostic::{Diagnostic, SourceText};

use crate::dataset;
use crate::keys::{self, Role};
use crate::node::{Key, Node, Value};
use crate::overrides::{self, Override};
use crate::process;
use crate::recipe::{OnError, Recipe};
use crate::suggest::suggest;

impl Recipe {
    /// Reads a recipe, with the overrides of the command line put in first.
    ///
    /// # Errors
    /// Everything that is wrong with the recipe: overrides first, then the file from top to
    /// bottom. Whether an operator exists and takes its parameters is not checked here.
    pub fn parse(
        source: impl Into<Arc<SourceText>>,
        overrides: &[Override],
    ) -> Result<Self, Vec<Diagnostic>> {
        let source = source.into();
        let mut root = Node::parse(&source).map_err(|error| vec![error])?;
        if matches!(root.value, Value::Null) {
            root.value = Value::Map(Vec::new());
        }
        let Value::Map(_) = root.value else {
            let label = format!("this is {}", root.value.describe());
            let error = root.location.error("a recipe is a mapping of keys to values", label);
            return Err(vec![error.with_hint("a line like `np: 4` sets the key `np`")]);
        };
        let mut report = Report::default();
        report.errors.extend(overrides::apply(&mut root, overrides));
        let mut settings = report.known_settings(&root);
        let process = settings.take("process");
        let sources = settings.take("dataset");
        let mut recipe = report.read_settings(settings, &root);
        recipe.dataset = dataset::read(&recipe.dataset_path, sources, &root, &mut report);
        recipe.process = process::read(process.as_ref().map(|(_, node)| node), &mut report);
        recipe.source = source;
        if report.errors.is_empty() {
            recipe.warnings = report.warnings;
            Ok(recipe)
        } else {
            // As a reader meets them: the command line first, then the file from top to bottom.
            report.errors.sort_by_key(|error| match &error.place {
                Some(place) => (usize::from(place.source == recipe.source), place.span.start),
                None => (2, 0),
            });
            Err(report.errors)
        }
    }
}

/// Everything found while a recipe is read.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) errors: Vec<Diagnostic>,
    pub(crate) warnings: Vec<Diagnostic>,
}

/// The entries of the recipe that lagar uses and that are not null.
struct Settings(Vec<(Key, Node)>);

impl Settings {
    fn take(&mut self, name: &str) -> Option<(Key, Node)> {
        let at = self.0.iter().position(|(key, _)| key.name == name)?;
        Some(self.0.remove(at))
    }

    fn get(&self, name: &str) -> Option<&(Key, Node)> {
        self.0.iter().find(|(key, _)| key.name == name)
    }
}

impl Report {
    /// Sorts the keys: unknown ones become errors, idle ones warnings, the others are returned.
    fn known_settings(&mut self, root: &Node) -> Settings {
        let mut settings = Vec::new();
        for (key, node) in root.as_map().unwrap_or_default() {
            match keys::find(&key.name) {
                Some(known) => match known.role {
                    Role::Used if matches!(node.value, Value::Null) => {}
                    Role::Used => settings.push((key.clone(), node.clone())),
                    _ => self.unused(known, key, node),
                },
                None if keys::nested(&key.name).next().is_some() => self.group(key, node),
                None => self.unknown_key(key, root),
            }
        }
        Settings(settings)
    }

    fn unknown_key(&mut self, key: &Key, root: &Node) {
        let error = key.location.error(format!("unknown key `{}`", key.name), "unknown key");
        let name = key.name.split('.').next().unwrap_or_default();
        let hint = if process::operators(root).any(|used| used == name) || process::looks_like(name)
        {
            Some(format!("`{name}` is an operator and belongs under `process`"))
        } else {
            suggest(&key.name, keys::names()).map(|close| format!("did you mean `{close}`?"))
        };
        self.errors.push(match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        });
    }

    fn unused(&mut self, known: &keys::RecipeKey, key: &Key, node: &Node) {
        match known.role {
            Role::Used => {}
            Role::NoMeaning { why } => {
                let default = Node::parse(&SourceText::new("default", known.default));
                if !matches!(node.value, Value::Null) && default.as_ref() != Ok(node) {
                    let message = format!("`{}` has no effect", known.name);
                    self.warnings.push(key.location.warning(message, why));
                }
            }
            Role::Refused { why } => {
                if !node.value.is_empty() {
                    let message = format!("`{}` is not supported", known.name);
                    self.errors.push(key.location.error(message, why));
                }
            }
        }
    }

    /// A nested mapping such as `checkpoint`, none of whose keys lagar uses.
    fn group(&mut self, group: &Key, node: &Node) {
        let entries = match &node.value {
            Value::Null => return,
            Value::Map(entries) => entries,
            value => {
                let message =
                    format!("`{}`: expected a mapping, got {}", group.name, value.describe());
                self.errors.push(node.location.error(message, "expected a mapping"));
                return;
            }
        };
        for (key, node) in entries {
            if let Some((_, known)) = keys::nested(&group.name).find(|(name, _)| *name == key.name)
            {
                self.unused(known, key, node);
            } else {
                let candidates: Vec<String> =
                    keys::nested(&group.name).map(|(name, _)| name.to_owned()).collect();
                let message = format!("unknown key `{}` in `{}`", key.name, group.name);
                let error = key.location.error(message, "unknown key");
                self.errors
                    .push(error.with_hint(crate::error::did_you_mean(&key.name, &candidates)));
            }
        }
    }

    /// Reads the settings by serde, again and again without the key that does not fit.
    fn read_settings(&mut self, mut settings: Settings, root: &Node) -> Recipe {
        self.remarks(&settings);
        let has_on_error = settings.get("on_error").is_some();
        loop {
            let node = root.with_value(Value::Map(settings.0));
            let error = match node.read::<Recipe>() {
                Ok(mut recipe) => {
                    if !recipe.skip_op_error && !has_on_error {
                        recipe.on_error = OnError::Fail;
                    }
                    return recipe;
                }
                Err(error) => error,
            };
            let Value::Map(entries) = node.value else {
                return Recipe::default();
            };
            settings = Settings(entries);
            let offending = error.path.first().and_then(|name| settings.take(name));
            self.errors.push(error.into_diagnostic());
            if offending.is_none() {
                return Recipe::default();
            }
        }
    }

    /// Says what is worth knowing about values that are fine.
    fn remarks(&mut self, settings: &Settings) {
        if let Some((_, node)) = settings.get("text_keys")
            && let Some([first, second, ..]) = node.as_seq()
        {
            let first = first.as_str().unwrap_or_default();
            let message = "only the first of several `text_keys` is used";
            self.warnings.push(second.location.warning(message, format!("`{first}` is used")));
        }
        if let Some((key, node)) = settings.get("skip_op_error")
            && node.value == Value::Bool(true)
        {
            let note = Diagnostic::note("lagar sets single rows aside and never drops a batch");
            let label = "rows that fail are quarantined with their reason";
            self.warnings.push(note.with_place(&key.location.source, key.location.span, label));
        }
    }
}
