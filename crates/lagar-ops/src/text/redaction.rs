//! Patterns of personal data and secrets, replaced one kind after another.
//!
//! Each pattern has a test that is quick and never wrong when it says no, so that ordinary text costs
//! a scan or two.
//!
//! Source: Data-Juicer 1.6.1, `pii_redaction_mapper.py`.

use std::sync::Arc;

use super::pattern::{Flags, Flavour, Pattern, Template};

/// Which kinds are replaced.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each is named for what it masks")]
pub struct Masks {
    pub pem: bool,
    pub jwt: bool,
    pub urls: bool,
    pub ips: bool,
    pub macs: bool,
    pub paths: bool,
    pub emails: bool,
    pub secrets: bool,
    pub ids: bool,
    pub channels: bool,
    pub open_ids: bool,
    pub phones: bool,
    pub id_cards: bool,
}

/// What stands in their place.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each is named for what it replaces")]
pub struct Replacements<'a> {
    pub path: &'a str,
    pub email: &'a str,
    pub secret: &'a str,
    pub id: &'a str,
    pub phone: &'a str,
    pub id_card: &'a str,
    pub channel: &'a str,
    pub pem: &'a str,
    pub jwt: &'a str,
    pub url: &'a str,
    pub ip: &'a str,
    pub mac: &'a str,
}

/// Replaces what its patterns find, in order.
#[derive(Clone, Debug)]
pub struct Redactor {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    pattern: Arc<Pattern>,
    template: Template,
    may_match: May,
}

/// A quick test that is never wrong when it says no.
type May = fn(&str) -> bool;

const PEM: &str = r"-----BEGIN [A-Z0-9 -]+-----[\s\S]*?-----END [A-Z0-9 -]+-----";
const JWT: &str = r"\beyJ[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+\b";
const URL: &str = r#"https?://[^\s\"'<>]+"#;
const IPV4: &str = concat!(
    r"(?<![0-9.])(?:(?:25[0-5]|2[0-4]\d|[01]?\d\d?)\.){3}",
    r"(?:25[0-5]|2[0-4]\d|[01]?\d\d?)(?![0-9])"
);
const IPV6: &str = r"\[[0-9a-fA-F:.]{3,}\](?::\d{1,5})?\b";
const MAC: &str = r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b";
const PATH_UNIX: &str = concat!(
    r#"(^|[\s\"'(\[=])(/(?:Users?|home|tmp|etc|var|opt|Applications)"#,
    r#"[^\s\"')\]]*(?:/[^\s\"')\]]*)*)"#
);
const PATH_WINDOWS: &str = r#"(^|[\s\"'(\[=])([A-Za-z]:\\[^\s\"')\]]*(?:\\[^\s\"')\]]*)*)"#;
const PATH_SHARE: &str = r#"(^|[\s\"'(\[=])(\\\\[^\s\"')\]]+)"#;
const EMAIL: &str = r"[a-zA-Z0-9][\w.+-]*@[\w.-]+\.(?:[a-zA-Z]{2,}|\w{2,})";
const SECRET: &str = concat!(
    r"(?i)(\b(?:api[_-]?key|apikey|secret|password|passwd|token|auth|authorization",
    r#"|credential|license[_-]?key)\s*[:=]\s*[\"']?)([^\s\"',}\]]+)"#
);
const ID: &str = concat!(
    r"(?i)\b(session[_-]?id|user[_-]?id|request[_-]?id|trace[_-]?id)",
    r#"\s*[:=]\s*[\"']?[\w.-]+"#
);
const CHANNEL: &str = concat!(
    r#"(?i)(\bchannel\s*[:=]\s*[\"']?|当前的\s*channel\s*[:：]\s*)"#,
    r"(feishu|dingtalk|wecom|wechat_work|email|mail|飞书|钉钉|企业微信|邮箱)\b"
);
const FEISHU: &str = r"(?i)\bou_[0-9a-f]{32}\b";
const PLATFORM: &str = r"\b(ou_|u_|uid_)[0-9a-zA-Z_-]{16,64}\b";
const PHONE_CHINA: &str = r"\b1[3-9]\d{9}\b";
const PHONE: &str = r"\+\d{1,4}[-.\s]?\d{6,14}\b";
const ID_CARD: &str =
    r"\b[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]\b";

fn has(text: &str, byte: u8) -> bool {
    memchr::memchr(byte, text.as_bytes()).is_some()
}

/// Whether that many decimal digits follow each other somewhere; any script counts.
fn has_digits(text: &str, run: usize) -> bool {
    if !text.is_ascii() {
        return true;
    }
    let mut length = 0;
    text.bytes().any(|byte| {
        length = if byte.is_ascii_digit() { length + 1 } else { 0 };
        length >= run
    })
}

fn has_pair(text: &str) -> bool {
    has(text, b':') || has(text, b'=')
}

impl Redactor {
    /// The rules for `masks`, and `extra` patterns with their replacements behind them; those that
    /// cannot be compiled are left out.
    ///
    /// # Errors
    /// When a replacement names a group that its pattern has not.
    pub fn new(
        masks: Masks,
        replacements: Replacements<'_>,
        extra: &[(String, String)],
    ) -> Result<Self, String> {
        let by = replacements;
        let behind = |replacement: &str| format!("\\1{replacement}");
        let path = behind(by.path);
        let table: [(bool, &'static str, String, May); 18] = [
            (masks.pem, PEM, by.pem.to_owned(), |text| text.contains("-----BEGIN ")),
            (masks.jwt, JWT, by.jwt.to_owned(), |text| text.contains("eyJ")),
            (masks.urls, URL, by.url.to_owned(), |text| text.contains("://")),
            (masks.ips, IPV4, by.ip.to_owned(), |text| has(text, b'.') && has_digits(text, 1)),
            (masks.ips, IPV6, by.ip.to_owned(), |text| has(text, b'[')),
            (masks.macs, MAC, by.mac.to_owned(), |text| has(text, b':') || has(text, b'-')),
            (masks.paths, PATH_UNIX, path.clone(), |text| has(text, b'/')),
            (masks.paths, PATH_WINDOWS, path.clone(), |text| text.contains(":\\")),
            (masks.paths, PATH_SHARE, path, |text| text.contains("\\\\")),
            (masks.emails, EMAIL, by.email.to_owned(), |text| has(text, b'@')),
            (masks.secrets, SECRET, behind(by.secret), has_pair),
            (masks.ids, ID, behind(by.id), has_pair),
            (masks.channels, CHANNEL, behind(by.channel), |text| {
                has_pair(text) || text.contains('：')
            }),
            (masks.open_ids, FEISHU, by.channel.to_owned(), |text| has(text, b'_')),
            (masks.open_ids, PLATFORM, by.channel.to_owned(), |text| has(text, b'_')),
            (masks.phones, PHONE_CHINA, by.phone.to_owned(), |text| has_digits(text, 10)),
            (masks.phones, PHONE, by.phone.to_owned(), |text| has(text, b'+')),
            (masks.id_cards, ID_CARD, by.id_card.to_owned(), |text| has_digits(text, 17)),
        ];
        let mut rules = Vec::new();
        for (is_on, pattern, replacement, may_match) in table {
            if is_on {
                let pattern = Pattern::shared(pattern, Flavour::Re, Flags::default())?;
                let template = Template::new(&replacement, &pattern)?;
                rules.push(Rule { pattern, template, may_match });
            }
        }
        for (pattern, replacement) in extra {
            let Ok(pattern) = Pattern::shared(pattern, Flavour::Re, Flags::default()) else {
                continue;
            };
            let template = Template::new(replacement, &pattern)?;
            rules.push(Rule { pattern, template, may_match: |_| true });
        }
        Ok(Self { rules })
    }

    /// The text with placeholders.
    ///
    /// # Errors
    /// When a search takes too many steps.
    pub fn redact(&self, text: &str) -> Result<String, String> {
        let mut redacted = text.to_owned();
        let mut new = String::new();
        for Rule { pattern, template, may_match } in &self.rules {
            if !may_match(&redacted) {
                continue;
            }
            new.clear();
            if pattern.replace(&redacted, template, &mut new)? {
                std::mem::swap(&mut redacted, &mut new);
            }
        }
        Ok(redacted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_counted_in_one_run() {
        assert!(has_digits("a12345", 5) && !has_digits("12 345", 4) && has_digits("\u{664}", 9));
    }
}
