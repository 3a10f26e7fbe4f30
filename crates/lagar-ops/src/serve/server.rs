//! The protocol: requests and answers, one JSON object per line each.
//!
//! ```text
//! {"method":"init","op":NAME,"args":[…],"kwargs":{…}}                  → {"id":N}
//! {"method":"compute_stats"|"compute_hash"|"run","id":N,"rows":[…]}    → {"rows":[…]}
//! {"method":"process","id":N,"rows":[…]}                               → {"rows":[…]} or {"keep":[bool]}
//! {"method":"dataset_process","id":N,"rows":[…],"show_num":K}          → {"rows":[…],"dup_pairs":[[hash,[row,row]]…]}
//! anything that fails                                                  → {"error":{"type":…,"msg":…}}
//! ```
//!
//! Positional arguments follow Data-Juicer's constructors. Statistics keep their full precision here,
//! because a single operator of Data-Juicer does so, too: the ten decimals come from its data sets.

use std::path::PathBuf;
use std::sync::Arc;

use lagar_core::RowKeys;
use lagar_core::error::chain;
use lagar_core::models::ModelError;
use lagar_recipe::{Key, Location, Node, NodeError, NodeErrorKind, Value as NodeValue};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::operator::{Answer, Served};
use super::rows::Row;
use crate::common::{ACCEPTED, OBEYED};
use crate::picture::Pictures;
use crate::text::CutTexts;
use crate::{Built, Common, Context, Kind, Models, OperatorInfo, Tokens, all, find, why_missing};

/// The seed that Data-Juicer draws with.
const SEED: u64 = 42;

/// Makes operators and runs them on rows, as a caller in another language asks.
#[derive(Debug)]
pub struct Server {
    pictures: Pictures,
    cuts: CutTexts,
    tokens: Tokens,
    operators: Vec<Served>,
    models: Option<Arc<dyn Models>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    method: String,
    #[serde(default)]
    op: Option<String>,
    #[serde(default)]
    args: Vec<Value>,
    #[serde(default)]
    kwargs: Map<String, Value>,
    #[serde(default)]
    id: Option<usize>,
    #[serde(default)]
    rows: Vec<Row>,
    #[serde(default)]
    show_num: Option<usize>,
}

impl Server {
    /// A server whose rows name pictures relative to the folder `base`.
    pub fn new(base: impl Into<PathBuf>) -> Self {
        Self {
            pictures: Pictures::new(base),
            cuts: CutTexts::default(),
            tokens: Tokens::default(),
            operators: Vec::new(),
            models: None,
        }
    }

    /// The same server with models for the operators that ask some.
    #[must_use]
    pub fn with_models(self, models: Arc<dyn Models>) -> Self {
        Self { models: Some(models), ..self }
    }

    /// Answers one line; the answer has no line end.
    ///
    /// ```
    /// let mut server = lagar_ops::serve::Server::new(".");
    /// let init = r#"{"method":"init","op":"text_length_filter","args":[2]}"#;
    /// assert_eq!(server.handle(init), r#"{"id":0}"#);
    /// let run = r#"{"method":"run","id":0,"rows":[{"text":"a"},{"text":"ab"}]}"#;
    /// assert_eq!(
    ///     server.handle(run),
    ///     r#"{"rows":[{"text":"ab","__dj__stats__":{"text_len":2}}]}"#
    /// );
    /// ```
    pub fn handle(&mut self, line: &str) -> String {
        self.answer(line).unwrap_or_else(|failure| failure.to_json()).to_string()
    }

    fn answer(&mut self, line: &str) -> Result<Value, Failure> {
        let request: Request = serde_json::from_str(line)
            .map_err(|error| Failure::Value(format!("cannot read the request: {error}")))?;
        if request.method == "init" {
            return self.init(&request);
        }
        let id = request.id.ok_or_else(|| Failure::Key("the request has no `id`".to_owned()))?;
        let served = self
            .operators
            .get(id)
            .ok_or_else(|| Failure::Key(format!("no operator has the id {id}")))?;
        if let Some(refused) = &served.refused {
            return Err(refused.clone());
        }
        let context = Context {
            keys: &served.keys,
            tokens: &self.tokens,
            seed: SEED,
            pictures: &self.pictures,
            cuts: &self.cuts,
            suffix: "",
        };
        let answer = match request.method.as_str() {
            "compute_stats" => served.compute_stats(request.rows, &context)?,
            "compute_hash" => served.compute_hash(request.rows, &context)?,
            "process" => served.process(request.rows, &context)?,
            "run" => served.run(request.rows, &context)?,
            "dataset_process" => {
                let show_num = request.show_num.unwrap_or(0);
                let (rows, pairs) = served.dataset_process(request.rows, show_num, &context)?;
                return Ok(json!({ "rows": rows, "dup_pairs": pairs }));
            }
            other => return Err(Failure::Value(format!("there is no method `{other}`"))),
        };
        Ok(match answer {
            Answer::Rows(rows) => json!({ "rows": rows }),
            Answer::Keep(keep) => json!({ "keep": keep }),
        })
    }

    fn init(&mut self, request: &Request) -> Result<Value, Failure> {
        let name = request
            .op
            .as_deref()
            .ok_or_else(|| Failure::Key("the request has no `op`".to_owned()))?;
        let info = find(name).ok_or_else(|| unknown(name))?;
        let mut served = serve(info, &request.args, &request.kwargs)?;
        if let Some(models) = &self.models {
            supply(&mut served.built, models.as_ref())?;
        }
        self.operators.push(served);
        Ok(json!({ "id": self.operators.len() - 1 }))
    }
}

/// Hands an operator its model and its files; as Data-Juicer's constructors prepare theirs, it is the
/// constructor that fails without.
fn supply(built: &mut Built, models: &dyn Models) -> Result<(), Failure> {
    let failed = |error: ModelError| Failure::Other("OSError", chain(&error));
    if let Some(wish) = built.wish()? {
        built.attach(models.load(&wish).map_err(failed)?);
    }
    for wish in built.files() {
        if let Some(path) = models.file_or_instead(&wish).map_err(failed)? {
            built.attach_file(wish.parameter, &path);
        }
    }
    Ok(())
}

fn unknown(name: &str) -> Failure {
    if let Some(reason) = why_missing(name) {
        return Failure::Key(format!("`{name}` is not in lagar yet, because {reason}"));
    }
    let near = lagar_recipe::suggest(name, all().into_iter().map(|info| info.name));
    let hint = near.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default();
    Failure::Key(format!("there is no operator `{name}`{hint}"))
}

fn serve(
    info: &'static OperatorInfo,
    args: &[Value],
    kwargs: &Map<String, Value>,
) -> Result<Served, Failure> {
    let own: Vec<String> = info.parameters().into_iter().map(|(name, _)| name).collect();
    if args.len() > own.len() {
        let (most, got) = (own.len(), args.len());
        let name = info.name;
        let message = format!("`{name}` takes at most {most} positional arguments, got {got}");
        return Err(Failure::Type(message));
    }
    let mut parameters: Vec<_> =
        own.iter().zip(args).map(|(name, value)| entry(name, value)).collect();
    let mut common = Vec::new();
    for (name, value) in kwargs {
        if own.iter().take(args.len()).any(|given| given == name) {
            let message = format!("`{}` got several values for `{name}`", info.name);
            return Err(Failure::Type(message));
        }
        let is_own = own.contains(name);
        if !is_own && OBEYED.contains(&name.as_str()) {
            common.push(entry(name, value));
        } else if is_own || !ACCEPTED.contains(&name.as_str()) {
            parameters.push(entry(name, value));
        }
    }
    let failure = |error| Failure::of_parameter(error, info.name);
    let common: Common = mapping(common).read().map_err(failure)?;
    let mut refused = None;
    let built = match (info.build)(&mapping(parameters.clone())) {
        Ok((built, _)) => built,
        // Data-Juicer's deduplicators find out about their tokenization when they work.
        Err(NodeError { kind: NodeErrorKind::UnknownChoice { name, .. }, .. })
            if info.kind == Kind::Deduplicator && given(&parameters, "tokenization", &name) =>
        {
            let message = format!("Unimplemented tokenization method [{name}]");
            refused = Some(Failure::Other("NotImplementedError", message));
            parameters.retain(|(key, _)| key.name != "tokenization");
            (info.build)(&mapping(parameters)).map_err(failure)?.0
        }
        Err(error) => return Err(failure(error)),
    };
    let defaults = RowKeys::default();
    let keys = RowKeys {
        text: common.text_key.clone().unwrap_or(defaults.text),
        images: common.image_key.clone().unwrap_or(defaults.images),
        image_bytes: common.image_bytes_key.clone().unwrap_or(defaults.image_bytes),
    };
    Ok(Served { info, common, keys, built, refused })
}

/// Whether the parameter `name` was given with that string.
fn given(parameters: &[(Key, Node)], name: &str, value: &str) -> bool {
    let is_it = |node: &Node| matches!(&node.value, NodeValue::Str(text) if text == value);
    parameters.iter().any(|(key, node)| key.name == name && is_it(node))
}

fn mapping(entries: Vec<(Key, Node)>) -> Node {
    Node { location: Location::default(), value: NodeValue::Map(entries) }
}

fn entry(name: &str, value: &Value) -> (Key, Node) {
    (Key { name: name.to_owned(), location: Location::default() }, node_of(value))
}

/// A JSON value as a value of a recipe, so that both are read alike.
fn node_of(value: &Value) -> Node {
    let value = match value {
        Value::Null => NodeValue::Null,
        Value::Bool(value) => NodeValue::Bool(*value),
        Value::Number(number) => match number.as_i128() {
            Some(number) => NodeValue::Int(number),
            None => NodeValue::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => NodeValue::Str(text.clone()),
        Value::Array(items) => NodeValue::Seq(items.iter().map(node_of).collect()),
        Value::Object(entries) => {
            NodeValue::Map(entries.iter().map(|(name, value)| entry(name, value)).collect())
        }
    };
    Node { location: Location::default(), value }
}
