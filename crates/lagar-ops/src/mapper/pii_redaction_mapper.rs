//! `pii_redaction_mapper`: puts placeholders in the place of personal data and secrets.

use std::sync::OnceLock;

use lagar_core::Batch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::text::redaction::{Masks, Redactor, Replacements};
use crate::whole_row::{Row, edit_rows};
use crate::{Context, Example, Mapped, Mapper, OperatorError, register};

/// Replaces personal data and secrets in texts and dialogues by placeholders.
///
/// Found are paths, e-mail addresses, `key: value` pairs of secrets and ids, telephone numbers and
/// identity cards of China, accounts of chat platforms, PEM blocks, JWTs, IP and MAC addresses, and
/// with `mask_urls` links. Each kind can be switched off and has its own placeholder. Worked on are
/// the fields in `redact_keys`; in addition, anywhere in the row, strings under `file_path`, `path`,
/// `file`, `arguments` and `file_paths`, and *every string in a list*, lists of pictures included, as
/// in Data-Juicer.
///
/// Parity: exact; of `extra_patterns` those that Python would not compile are ignored, as there.
///
/// Source: Data-Juicer 1.6.1, `pii_redaction_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PiiRedactionMapper {
    /// Whether paths of files are replaced.
    pub mask_paths: bool,
    /// Whether e-mail addresses are replaced.
    pub mask_emails: bool,
    /// Whether values of keys, passwords and tokens are replaced.
    pub mask_secrets: bool,
    /// Whether values of session, user, request and trace ids are replaced.
    pub mask_ids: bool,
    /// Whether telephone numbers are replaced.
    pub mask_phones: bool,
    /// Whether numbers of identity cards are replaced.
    pub mask_id_cards: bool,
    /// Whether names of channels (`channel: email`) are replaced.
    pub mask_channel_ids: bool,
    /// Whether ids of users of chat platforms are replaced.
    pub mask_platform_open_ids: bool,
    /// Whether PEM blocks are replaced.
    pub mask_pem: bool,
    /// Whether JSON web tokens are replaced.
    pub mask_jwt: bool,
    /// Whether links are replaced.
    pub mask_urls: bool,
    /// Whether IP addresses are replaced.
    pub mask_ips: bool,
    /// Whether MAC addresses are replaced.
    pub mask_macs: bool,
    /// The placeholder of paths.
    pub path_replacement: String,
    /// The placeholder of e-mail addresses.
    pub email_replacement: String,
    /// The placeholder of secrets.
    pub secret_replacement: String,
    /// The placeholder of ids.
    pub id_replacement: String,
    /// The placeholder of telephone numbers.
    pub phone_replacement: String,
    /// The placeholder of identity cards.
    pub id_card_replacement: String,
    /// The placeholder of channels and users of chat platforms.
    pub channel_id_replacement: String,
    /// The placeholder of PEM blocks.
    pub pem_replacement: String,
    /// The placeholder of JSON web tokens.
    pub jwt_replacement: String,
    /// The placeholder of links.
    pub url_replacement: String,
    /// The placeholder of IP addresses.
    pub ip_replacement: String,
    /// The placeholder of MAC addresses.
    pub mac_replacement: String,
    /// Further patterns of Python's `re`, each with its replacement.
    pub extra_patterns: Option<Vec<(String, String)>>,
    /// The field with the text.
    pub text_key: String,
    /// The fields to work on: text, `query`, `response`, `dialog_history` and `messages` if not set.
    pub redact_keys: Option<Vec<String>>,
    /// The field with the messages.
    pub messages_key: Option<String>,
    #[serde(skip)]
    redactor: OnceLock<Result<Redactor, String>>,
}

impl Default for PiiRedactionMapper {
    fn default() -> Self {
        let placeholder = |name: &str| format!("[{name}REDACTED]");
        Self {
            mask_paths: true,
            mask_emails: true,
            mask_secrets: true,
            mask_ids: true,
            mask_phones: true,
            mask_id_cards: true,
            mask_channel_ids: true,
            mask_platform_open_ids: true,
            mask_pem: true,
            mask_jwt: true,
            mask_urls: false,
            mask_ips: true,
            mask_macs: true,
            path_replacement: placeholder("PATH_"),
            email_replacement: placeholder("EMAIL_"),
            secret_replacement: placeholder(""),
            id_replacement: placeholder("ID_"),
            phone_replacement: placeholder("PHONE_"),
            id_card_replacement: placeholder("ID_CARD_"),
            channel_id_replacement: placeholder("CHANNEL_ID_"),
            pem_replacement: placeholder("PEM_"),
            jwt_replacement: placeholder("JWT_"),
            url_replacement: placeholder("URL_"),
            ip_replacement: placeholder("IP_"),
            mac_replacement: placeholder("MAC_"),
            extra_patterns: None,
            text_key: "text".to_owned(),
            redact_keys: None,
            messages_key: Some("messages".to_owned()),
            redactor: OnceLock::new(),
        }
    }
}

const DEFAULT_KEYS: [&str; 4] = ["query", "response", "dialog_history", "messages"];
const VALUE_KEYS: [&str; 5] = ["file_path", "path", "file", "arguments", "file_paths"];

impl PiiRedactionMapper {
    fn redactor(&self) -> Result<&Redactor, OperatorError> {
        let make = || {
            let masks = Masks {
                pem: self.mask_pem,
                jwt: self.mask_jwt,
                urls: self.mask_urls,
                ips: self.mask_ips,
                macs: self.mask_macs,
                paths: self.mask_paths,
                emails: self.mask_emails,
                secrets: self.mask_secrets,
                ids: self.mask_ids,
                channels: self.mask_channel_ids,
                open_ids: self.mask_platform_open_ids,
                phones: self.mask_phones,
                id_cards: self.mask_id_cards,
            };
            let replacements = Replacements {
                path: &self.path_replacement,
                email: &self.email_replacement,
                secret: &self.secret_replacement,
                id: &self.id_replacement,
                phone: &self.phone_replacement,
                id_card: &self.id_card_replacement,
                channel: &self.channel_id_replacement,
                pem: &self.pem_replacement,
                jwt: &self.jwt_replacement,
                url: &self.url_replacement,
                ip: &self.ip_replacement,
                mac: &self.mac_replacement,
            };
            Redactor::new(masks, replacements, self.extra_patterns.as_deref().unwrap_or_default())
        };
        self.redactor.get_or_init(make).as_ref().map_err(|message| OperatorError::Parameter {
            operator: "pii_redaction_mapper".to_owned(),
            parameter: "replacement".to_owned(),
            message: message.clone(),
        })
    }

    fn keys(&self) -> Vec<&str> {
        match &self.redact_keys {
            Some(keys) => keys.iter().map(String::as_str).collect(),
            None => std::iter::once(self.text_key.as_str()).chain(DEFAULT_KEYS).collect(),
        }
    }

    fn redact_row(&self, row: &mut Row, redactor: &Redactor) -> Result<(), String> {
        for key in self.keys() {
            let Some(value) = row.get_mut(key) else { continue };
            let is_messages = self.messages_key.as_deref() == Some(key);
            match value {
                Value::Array(messages) if is_messages => {
                    for message in messages.iter_mut().filter_map(Value::as_object_mut) {
                        redact_message(message, redactor)?;
                    }
                }
                Value::String(text) => redact(text, redactor)?,
                Value::Array(pairs) if key == "dialog_history" => {
                    let pairs = pairs.iter_mut().filter_map(Value::as_array_mut);
                    for pair in pairs.filter(|pair| pair.len() >= 2) {
                        pair.truncate(2);
                        redact_strings(pair, redactor)?;
                    }
                }
                Value::Array(pair) if pair.len() == 2 => redact_strings(pair, redactor)?,
                _ => {}
            }
        }
        for value in row.iter_mut() {
            redact_field(value, redactor)?;
        }
        Ok(())
    }
}

fn redact(text: &mut String, redactor: &Redactor) -> Result<(), String> {
    *text = redactor.redact(text)?;
    Ok(())
}

fn redact_strings(values: &mut [Value], redactor: &Redactor) -> Result<(), String> {
    for value in values {
        if let Value::String(text) = value {
            redact(text, redactor)?;
        }
    }
    Ok(())
}

/// A named value: strings under the names of files, and whatever is inside.
fn redact_field((name, value): (&String, &mut Value), redactor: &Redactor) -> Result<(), String> {
    match value {
        Value::String(text) if VALUE_KEYS.contains(&name.as_str()) => redact(text, redactor),
        other => redact_inside(other, redactor),
    }
}

/// Lists and objects: every string of a list, and named values.
fn redact_inside(value: &mut Value, redactor: &Redactor) -> Result<(), String> {
    match value {
        Value::Object(fields) => {
            fields.iter_mut().try_for_each(|field| redact_field(field, redactor))
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| match item {
            Value::String(text) => redact(text, redactor),
            other => redact_inside(other, redactor),
        }),
        _ => Ok(()),
    }
}

/// A block of a message's content.
fn redact_block(block: &mut Value, redactor: &Redactor) -> Result<(), String> {
    match block {
        Value::String(text) => redact(text, redactor),
        Value::Object(fields) => {
            let is_text = |name: &str| matches!(name, "text" | "content");
            let texts = fields.iter_mut().filter(|(name, _)| is_text(name.as_str()));
            texts.map(|(_, value)| value).try_for_each(|value| match value {
                Value::String(text) => redact(text, redactor),
                _ => Ok(()),
            })
        }
        _ => Ok(()),
    }
}

fn redact_message(message: &mut Row, redactor: &Redactor) -> Result<(), String> {
    match message.get_mut("content") {
        Some(Value::String(text)) => redact(text, redactor)?,
        Some(Value::Array(blocks)) => {
            blocks.iter_mut().try_for_each(|block| redact_block(block, redactor))?;
        }
        _ => {}
    }
    for name in ["tool_calls", "tool_use"] {
        let calls = message.get_mut(name).and_then(Value::as_array_mut);
        for call in calls.into_iter().flatten().filter_map(Value::as_object_mut) {
            let has_function = call.get("function").is_some_and(crate::whole_row::is_truthy);
            let function = if has_function { "function" } else { "function_call" };
            if let Some(Value::Object(function)) = call.get_mut(function) {
                redact_arguments(function, redactor)?;
            }
            redact_arguments(call, redactor)?;
        }
    }
    Ok(())
}

fn redact_arguments(call: &mut Row, redactor: &Redactor) -> Result<(), String> {
    match call.get_mut("arguments") {
        Some(Value::String(text)) => redact(text, redactor),
        Some(arguments @ Value::Object(_)) => redact_inside(arguments, redactor),
        _ => Ok(()),
    }
}

impl Mapper for PiiRedactionMapper {
    fn map(&self, batch: &Batch, context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let redactor = self.redactor()?;
        edit_rows(batch, context, |row| self.redact_row(row, redactor))
    }
}

register! {
    PiiRedactionMapper, Mapper,
    name: "pii_redaction_mapper",
    version: 1,
    cost: Text,
    reads: &["text", "images", "query", "response", "dialog_history", "messages"],
    writes: &["text", "images", "query", "response", "dialog_history", "messages"],
    thresholds: &[],
    parity: crate::Parity::Exact,
    examples: &[Example {
        parameters: "{}",
        texts: &[
            "mail me@home.org from 10.0.0.1, password: hunter2",
            "see /home/me/x.txt and call +49 301234567",
            "a dog on a beach",
        ],
        pictures: &[],
    }],
}
