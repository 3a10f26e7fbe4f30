//! The JSON that goes to a chat server, and the sentences that come back.

use lagar_core::models::PictureSource;
use serde_json::{Value, json};

use crate::service::quoted;
use crate::{RemoteError, picture};

/// Where questions go, below the base address.
pub(super) const PATH: &str = "chat/completions";

/// How an answer is generated, in the API's words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Generation {
    pub(super) max_tokens: usize,
    pub(super) temperature: f64,
    pub(super) seed: Option<u64>,
    /// What only sampling needs and not every server knows: sent as it is.
    pub(super) more: Vec<(&'static str, Value)>,
}

/// The body of a request: the pictures, then the prompt, as parts of one user message.
pub(super) fn request(
    (model, system): (&str, Option<&str>),
    generation: &Generation,
    pictures: &[PictureSource],
    prompt: &str,
) -> Result<Value, RemoteError> {
    let mut parts = Vec::with_capacity(pictures.len() + 1);
    for source in pictures {
        let url = picture::data_url(source)?;
        parts.push(json!({"type": "image_url", "image_url": {"url": url}}));
    }
    parts.push(json!({"type": "text", "text": prompt}));
    let system = system.iter().map(|text| json!({"role": "system", "content": text}));
    let user = json!({"role": "user", "content": parts});
    let messages: Vec<Value> = system.chain([user]).collect();
    let mut body = json!({
        "model": model,
        "messages": messages,
        "temperature": generation.temperature,
        "max_tokens": generation.max_tokens,
    });
    if let Some(seed) = generation.seed {
        body["seed"] = json!(seed);
    }
    for (name, value) in &generation.more {
        body[*name] = value.clone();
    }
    Ok(body)
}

/// The texts of all choices, of which there must be one at least.
pub(super) fn contents(base_url: &str, answer: &Value) -> Result<Vec<String>, RemoteError> {
    let wrong = |message: String| RemoteError::Answer {
        url: format!("{base_url}/{PATH}"),
        message,
        body: quoted(&answer.to_string()),
    };
    let choices = answer["choices"].as_array().map(Vec::as_slice).unwrap_or_default();
    if choices.is_empty() {
        return Err(wrong("nothing under `choices`".to_owned()));
    }
    choices.iter().map(|choice| content(&choice["message"]).map_err(wrong)).collect()
}

/// The text of a message. Some servers send it in parts.
fn content(message: &Value) -> Result<String, String> {
    match &message["content"] {
        Value::String(text) => Ok(text.clone()),
        Value::Array(parts) => Ok(parts.iter().filter_map(|part| part["text"].as_str()).collect()),
        _ => Err(match message["refusal"].as_str() {
            Some(refusal) => format!("the model refused ({refusal})"),
            None => "no text under `choices[0].message.content`".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_found_whole_or_in_parts() {
        let answer = |content: Value| json!({"choices": [{"message": {"content": content}}]});
        assert_eq!(contents("", &answer(json!("a red sign"))).unwrap(), ["a red sign"]);
        let parts = json!([{"type": "text", "text": "a "}, {"type": "text", "text": "sign"}]);
        assert_eq!(contents("", &answer(parts)).unwrap(), ["a sign"]);
        let error = contents("http://a/v1", &answer(Value::Null)).unwrap_err().to_string();
        assert!(error.starts_with("http://a/v1/chat/completions"), "{error}");
        assert!(error.contains("no text under"), "{error}");
        let error = contents("", &json!({"choices": []})).unwrap_err().to_string();
        assert!(error.contains("nothing under `choices`"), "{error}");
    }

    #[test]
    fn pictures_come_before_the_prompt_and_a_seed_only_where_there_is_one() {
        let mut generation =
            Generation { max_tokens: 9, temperature: 0.0, seed: None, more: Vec::new() };
        let gif = PictureSource::Bytes(b"GIF89a".to_vec());
        let body = request(("m", None), &generation, &[gif], "What?").unwrap();
        let parts = &body["messages"][0]["content"];
        assert_eq!(parts[0]["image_url"]["url"], "data:image/gif;base64,R0lGODlh");
        assert_eq!(parts[1], json!({"type": "text", "text": "What?"}));
        assert!(body.get("seed").is_none());
        generation.seed = Some(7);
        assert_eq!(request(("m", None), &generation, &[], "").unwrap()["seed"], 7);
    }
}
