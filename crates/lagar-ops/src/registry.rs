//! The registry: every operator announces itself, and a recipe finds it by name.
//!
//! Registration is by `inventory`, whose order is not stable, so [`all`] sorts by name; the order in
//! which operators run is the recipe's alone.

use std::path::Path;

use lagar_core::Digest;
use lagar_core::diagnostic::Diagnostic;
use lagar_recipe::{Node, NodeError, OpCall, Value as NodeValue};
use serde::Serialize;
use serde_json::Value;

use crate::common::{ACCEPTED, Common, OBEYED};
use crate::missing::why_missing;
use crate::{Built, Model};

/// The kinds of operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Measures and decides.
    Filter,
    /// Changes rows.
    Mapper,
    /// Removes repeated rows.
    Deduplicator,
    /// Picks rows out of all.
    Selector,
    /// Puts rows together, or takes them apart.
    Grouper,
}

impl Kind {
    /// The kind in one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Mapper => "mapper",
            Self::Deduplicator => "deduplicator",
            Self::Selector => "selector",
            Self::Grouper => "grouper",
        }
    }

    /// Whether an operator of this kind needs to see the whole data set.
    pub fn is_global(self) -> bool {
        matches!(self, Self::Deduplicator | Self::Selector | Self::Grouper)
    }
}

/// What an operator has to touch, cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cost {
    /// Fields of the row.
    Text,
    /// The first bytes of a picture.
    Header,
    /// A decoded picture.
    Pixels,
    /// A neural model.
    Model,
}

impl Cost {
    /// The cost class in one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Header => "header",
            Self::Pixels => "pixels",
            Self::Model => "model",
        }
    }
}

/// How close an operator's results are to Data-Juicer's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Parity {
    /// Equal, compared with Data-Juicer's own answers.
    Exact,
    /// Numbers equal within 1e-9.
    Close,
    /// Not equal in every case, and how.
    Differs(&'static str),
    /// Nothing to compare with: Data-Juicer has no such operator, or no answer that can be repeated.
    Own(&'static str),
    /// Not stated yet.
    #[default]
    Unstated,
}

impl Parity {
    /// The parity in a few words.
    pub fn words(self) -> String {
        match self {
            Self::Exact => "exact".to_owned(),
            Self::Close => "within 1e-9".to_owned(),
            Self::Differs(how) => format!("differs: {how}"),
            Self::Own(why) => why.to_owned(),
            Self::Unstated => "not stated".to_owned(),
        }
    }
}

/// A row the manual page shows before and after; it is executed when the page is made.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// The parameters, as YAML.
    pub parameters: &'static str,
    /// The texts of the rows that go in; a text that is a JSON object is a whole row.
    pub texts: &'static [&'static str],
    /// For operators that look at pictures: the sizes of each row's pictures, `(width, height)` in
    /// pixels; the rows then have no text.
    pub pictures: &'static [&'static [(u32, u32)]],
}

/// What the registry knows of an operator.
#[derive(Debug)]
pub struct OperatorInfo {
    /// Data-Juicer's name.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Rises whenever the same input and parameters give another result.
    pub version: u32,
    /// What it has to touch.
    pub cost: Cost,
    /// The fields it reads; `*` stands for whatever its parameters name.
    pub reads: &'static [&'static str],
    /// The fields or statistics it writes.
    pub writes: &'static [&'static str],
    /// The parameters that decide but do not measure: changing them needs no new statistics.
    pub thresholds: &'static [&'static str],
    /// How close its results are to Data-Juicer's.
    pub parity: Parity,
    /// Rows for the manual page.
    pub examples: &'static [Example],
    /// The JSON Schema of its parameters; its description is the manual page.
    pub schema: fn() -> Value,
    /// Makes one from the parameters of a recipe.
    pub build: fn(&Node) -> Result<(Built, Value), NodeError>,
}

inventory::collect!(OperatorInfo);

/// All operators, sorted by name.
pub fn all() -> Vec<&'static OperatorInfo> {
    let mut operators: Vec<_> = inventory::iter::<OperatorInfo>().collect();
    operators.sort_by_key(|info| info.name);
    operators
}

/// The operator of that name.
pub fn find(name: &str) -> Option<&'static OperatorInfo> {
    inventory::iter::<OperatorInfo>().find(|info| info.name == name)
}

/// The JSON Schema of whole recipes, every operator with its parameters: for editors.
pub fn recipe_schema() -> Value {
    let described: Vec<(&str, String, Value)> =
        all().into_iter().map(|info| (info.name, info.summary(), (info.schema)())).collect();
    let described: Vec<(&str, &str, Value)> = described
        .iter()
        .map(|(name, summary, schema)| (*name, summary.as_str(), schema.clone()))
        .collect();
    lagar_recipe::recipe_schema(&described)
}

impl OperatorInfo {
    /// The manual page: the doc comment of the parameter struct.
    pub fn manual(&self) -> String {
        text_at(&(self.schema)(), &["description"]).unwrap_or_default()
    }

    /// The first sentence of the manual page, without its full stop.
    pub fn summary(&self) -> String {
        let manual = self.manual();
        let first = manual.split("\n\n").next().unwrap_or_default().replace('\n', " ");
        let sentence = first.split_once(". ").map_or(first.as_str(), |(sentence, _)| sentence);
        sentence.trim_end_matches('.').to_owned()
    }

    /// The parameters in constructor order: name, JSON Schema.
    pub fn parameters(&self) -> Vec<(String, Value)> {
        match (self.schema)().get("properties") {
            Some(Value::Object(properties)) => {
                properties.iter().map(|(name, schema)| (name.clone(), schema.clone())).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn text_at(value: &Value, path: &[&str]) -> Option<String> {
    path.iter().try_fold(value, |value, key| value.get(key))?.as_str().map(str::to_owned)
}

/// An operator of a recipe, ready to run.
#[derive(Debug)]
pub struct Operator {
    /// What the registry knows of it.
    pub info: &'static OperatorInfo,
    /// The parameters every operator has.
    pub common: Common,
    /// Its own parameters, all of them, defaults filled in.
    pub parameters: Value,
    /// The operator itself.
    pub built: Built,
    /// The digest of the model and the files it was handed; part of its own.
    pub model: Option<Digest>,
}

impl Operator {
    /// The name of its kind's constructor in a recipe.
    pub fn name(&self) -> &'static str {
        self.info.name
    }

    /// Makes the operator that a recipe calls; warnings are for parameters without a meaning here.
    ///
    /// # Errors
    /// With a diagnostic for every unknown name and unreadable value, pointing into the recipe.
    pub fn from_call(call: &OpCall) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let Some(info) = find(&call.name) else {
            return Err(vec![unknown_operator(call)]);
        };
        let own: Vec<String> = info.parameters().into_iter().map(|(name, _)| name).collect();
        let given = call.params.as_map().unwrap_or_default();
        let (mut common, mut rest) = (Vec::new(), Vec::new());
        let mut warnings = Vec::new();
        for (key, value) in given {
            let is_own = own.contains(&key.name);
            if !is_own && OBEYED.contains(&key.name.as_str()) {
                common.push((key.clone(), value.clone()));
            } else if !is_own && ACCEPTED.contains(&key.name.as_str()) {
                let message = format!(
                    "`{}` has no meaning here: lagar plans threads, batches and memory itself",
                    key.name
                );
                warnings.push(key.location.warning(message, "accepted, not used"));
            } else {
                rest.push((key.clone(), value.clone()));
            }
        }
        let mut errors = Vec::new();
        let mut note = |error: NodeError| errors.push(error.under(info.name).into_diagnostic());
        let common = call.params.with_value(NodeValue::Map(common));
        let common = common.read::<Common>().map_err(&mut note).ok();
        let rest = call.params.with_value(NodeValue::Map(rest));
        let built = (info.build)(&rest).map_err(&mut note).ok();
        match (common, built) {
            (Some(common), Some((built, parameters))) => {
                Ok((Self { info, common, parameters, built, model: None }, warnings))
            }
            _ => Err(errors),
        }
    }

    /// The digest of what decides the operator's expensive half: everything but thresholds.
    pub fn measure_digest(&self) -> Digest {
        let mut measured = self.parameters.clone();
        if let Value::Object(parameters) = &mut measured {
            parameters.retain(|name, _| !self.info.thresholds.contains(&name.as_str()));
        }
        let Common { text_key, image_key, image_bytes_key, .. } = &self.common;
        self.digest_of(&serde_json::json!([measured, text_key, image_key, image_bytes_key]))
    }

    /// The digest of everything that decides the operator's result.
    pub fn digest(&self) -> Digest {
        self.digest_of(&serde_json::json!([self.parameters, self.common]))
    }

    fn digest_of(&self, parameters: &Value) -> Digest {
        let version = self.info.version.to_le_bytes();
        let digest = Digest::of_parts([
            self.info.name.as_bytes(),
            version.as_slice(),
            parameters.to_string().as_bytes(),
        ]);
        self.model.map_or(digest, |model| digest.then(&model.0))
    }

    /// Hands the operator the model it wished for.
    pub fn attach(&mut self, model: Model) {
        self.join(model.digest());
        self.built.attach(model);
    }

    /// Tells the operator where a file lies that it wished for; `digest` is of the file's contents.
    pub fn attach_file(&mut self, parameter: &str, path: &Path, digest: Digest) {
        self.join(digest);
        self.built.attach_file(parameter, path);
    }

    fn join(&mut self, digest: Digest) {
        self.model = Some(self.model.map_or(digest, |before| before.then(&digest.0)));
    }
}

fn unknown_operator(call: &OpCall) -> Diagnostic {
    let names = all().into_iter().map(|info| info.name);
    if let Some(reason) = why_missing(&call.name) {
        let message = format!("`{}` is not in lagar yet, because {reason}", call.name);
        let error = call.name_location.error(message, "not an operator of lagar");
        return error.with_hint("`lagar ops list --missing` shows all of these");
    }
    let message = format!("there is no operator `{}`", call.name);
    let error = call.name_location.error(message, "not an operator of lagar");
    match lagar_recipe::suggest(&call.name, names) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error.with_hint("`lagar ops list` shows all operators"),
    }
}

/// The parity that an operator states, or that it states none.
#[doc(hidden)]
#[macro_export]
macro_rules! parity {
    () => {
        $crate::Parity::Unstated
    };
    ($parity:expr) => {
        $parity
    };
}

/// Puts an operator into the registry.
///
/// The type is the parameter struct: `Default`, `Serialize`, `Deserialize`, `JsonSchema` and the
/// trait of its kind.
#[macro_export]
macro_rules! register {
    (
        $type:ident, $kind:ident,
        name: $name:literal,
        version: $version:literal,
        cost: $cost:ident,
        reads: $reads:expr,
        writes: $writes:expr,
        thresholds: $thresholds:expr,
        $(parity: $parity:expr,)?
        examples: $examples:expr $(,)?
    ) => {
        $crate::inventory::submit! {
            $crate::OperatorInfo {
                name: $name,
                kind: $crate::Kind::$kind,
                version: $version,
                cost: $crate::Cost::$cost,
                reads: $reads,
                writes: $writes,
                thresholds: $thresholds,
                parity: $crate::parity![$($parity)?],
                examples: $examples,
                schema: || $crate::schemars::schema_for!($type).to_value(),
                build: |node| {
                    let operator: $type = node.read()?;
                    let parameters = ::serde_json::to_value(&operator).unwrap_or_default();
                    Ok(($crate::Built::$kind(Box::new(operator)), parameters))
                },
            }
        }
    };
}
