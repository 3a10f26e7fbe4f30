//! One HTTP service: its address, its key, and requests that are tried again while it is busy.

use std::fmt;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::Response;

use crate::RemoteError;
use crate::retry::{Retry, is_passing};

/// The most letters of an answer that an error quotes.
const QUOTED: usize = 400;
/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: u64 = 64 << 20;

/// A secret that is sent and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// Wraps a key.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// As the header `Authorization` carries it.
    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// A service under one address.
#[derive(Clone, Debug)]
pub struct Service {
    base_url: String,
    key: Option<ApiKey>,
    timeout: Duration,
    retry: Retry,
    agent: Agent,
}

impl Service {
    /// A service at `base_url` (`http://127.0.0.1:8000/v1`); a `/` at its end does not matter.
    pub fn new(
        base_url: &str,
        key: Option<ApiKey>,
        timeout: Duration,
        retry: Retry,
        connections: usize,
    ) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(timeout))
            .max_idle_connections_per_host(connections)
            .user_agent(concat!("lagar/", env!("CARGO_PKG_VERSION")))
            .build();
        let base_url = base_url.trim_end_matches('/').to_owned();
        Self { base_url, key, timeout, retry, agent: config.into() }
    }

    /// The address below which paths are asked for.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Sends JSON to `path` and reads the JSON that comes back.
    ///
    /// # Errors
    /// When nobody answers, the server refuses, or the answer is not JSON. Busy servers (429, 5xx)
    /// and silent ones are asked again before that.
    pub fn post_json(&self, path: &str, body: &Value) -> Result<Value, RemoteError> {
        let url = format!("{}/{path}", self.base_url);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let failure = match self.post_once(&url, body, attempt) {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if !failure.is_passing || attempt >= self.retry.attempts.max(1) {
                return Err(failure.error);
            }
            thread::sleep(self.retry.wait(attempt, failure.retry_after));
        }
    }

    fn post_once(&self, url: &str, body: &Value, attempts: u32) -> Result<Value, Failure> {
        let mut request = self.agent.post(url);
        if let Some(key) = &self.key {
            request = request.header("Authorization", key.bearer());
        }
        let mut response =
            request.send_json(body).map_err(|error| self.failure(url, attempts, error))?;
        let status = response.status().as_u16();
        let retry_after = retry_after(&response);
        let text = response
            .body_mut()
            .with_config()
            .limit(LARGEST_ANSWER)
            .lossy_utf8(true)
            .read_to_string()
            .map_err(|error| self.failure(url, attempts, error))?;
        if !(200..300).contains(&status) {
            let error =
                RemoteError::Status { url: url.to_owned(), status, attempts, body: quoted(&text) };
            return Err(Failure { error, is_passing: is_passing(status), retry_after });
        }
        serde_json::from_str(&text).map_err(|error| {
            let error = RemoteError::Answer {
                url: url.to_owned(),
                message: format!("no JSON ({error})"),
                body: quoted(&text),
            };
            Failure { error, is_passing: false, retry_after: None }
        })
    }

    fn failure(&self, url: &str, attempts: u32, error: ureq::Error) -> Failure {
        let url = url.to_owned();
        let is_passing = matches!(
            error,
            ureq::Error::Timeout(_)
                | ureq::Error::Io(_)
                | ureq::Error::ConnectionFailed
                | ureq::Error::Protocol(_)
        );
        let error = match error {
            ureq::Error::Timeout(_) => {
                RemoteError::TimedOut { url, attempts, seconds: self.timeout.as_secs_f64() }
            }
            other => RemoteError::Unreachable { url, attempts, source: Box::new(other) },
        };
        Failure { error, is_passing, retry_after: None }
    }
}

/// A request that failed, and whether it is worth another attempt.
struct Failure {
    error: RemoteError,
    is_passing: bool,
    retry_after: Option<Duration>,
}

fn retry_after<B>(response: &Response<B>) -> Option<Duration> {
    let seconds = response.headers().get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// The beginning of an answer, on one line.
pub(crate) fn quoted(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut start: String = line.chars().take(QUOTED).collect();
    if start.len() < line.len() {
        start.push('…');
    }
    if start.is_empty() { "(nothing)".to_owned() } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let key = Some(ApiKey::new("sk-secret"));
        let service = Service::new("http://a/v1/", key, Duration::ZERO, Retry::default(), 1);
        assert!(!format!("{service:?}").contains("secret"));
        assert_eq!(service.base_url(), "http://a/v1");
    }

    #[test]
    fn a_long_answer_is_quoted_from_its_beginning() {
        assert_eq!(quoted("  a\n b "), "a b");
        assert_eq!(quoted(""), "(nothing)");
        assert_eq!(quoted(&"é".repeat(500)).chars().count(), QUOTED + 1);
    }
}
