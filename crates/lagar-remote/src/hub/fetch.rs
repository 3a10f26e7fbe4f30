//! The requests to a hub: a list, what a file is, and its bytes from where they broke off.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use lagar_core::CoreError;
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

use crate::retry::{Retry, is_passing};
use crate::{ApiKey, RemoteError};

/// Attempts at one file; each goes on where the last broke off.
const RETRY: Retry = Retry {
    attempts: 4,
    first_wait: Duration::from_millis(200),
    longest_wait: Duration::from_secs(10),
};

/// What a file is, before its bytes are fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct About {
    /// The name of its contents.
    pub(crate) etag: String,
    /// Its length in bytes, where the hub says.
    pub(crate) size: Option<u64>,
}

/// Asks the hub.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    token: Option<ApiKey>,
    timeout: Duration,
    agent: Agent,
    /// For asking about a file: where it really lies says less than the hub does.
    straight: Agent,
}

impl Client {
    pub(crate) fn new(token: Option<ApiKey>, timeout: Duration) -> Self {
        let agent = |redirects| -> Agent {
            Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(redirects)
                .timeout_connect(Some(timeout))
                .timeout_recv_response(Some(timeout))
                .user_agent(concat!("lagar/", env!("CARGO_PKG_VERSION")))
                .build()
                .into()
        };
        Self { token, timeout, agent: agent(10), straight: agent(0) }
    }

    /// The text at `url`.
    pub(crate) fn text(&self, url: &str) -> Result<String, RemoteError> {
        patiently(|attempt| {
            let response = self.get(&self.agent, url, None, attempt)?;
            let mut response = sound(url, attempt, response)?;
            let text = response.body_mut().read_to_string();
            text.map_err(|error| self.unreachable(url, attempt, error))
        })
    }

    /// What the hub says of the file at `url`.
    pub(crate) fn about(&self, url: &str) -> Result<About, RemoteError> {
        patiently(|attempt| {
            let mut request = self.straight.head(url);
            if let Some(token) = &self.token {
                request = request.header("Authorization", token.bearer());
            }
            let sent = request.call().map_err(|error| self.unreachable(url, attempt, error))?;
            let response =
                if sent.status().is_redirection() { sent } else { sound(url, attempt, sent)? };
            let headers = response.headers();
            let etag = header(headers, "x-linked-etag").or_else(|| header(headers, "etag"));
            let etag = etag.map(|etag| etag.trim_start_matches("W/").trim_matches('"').to_owned());
            let is_name = |etag: &String| {
                !etag.is_empty() && etag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            };
            let etag = etag.filter(is_name).ok_or_else(|| RemoteError::Answer {
                url: url.to_owned(),
                message: "no entity tag".to_owned(),
                body: "(headers)".to_owned(),
            })?;
            let is_here = !response.status().is_redirection();
            let size = header(headers, "x-linked-size")
                .or_else(|| header(headers, "content-length").filter(|_| is_here));
            Ok(About { etag, size: size.and_then(|size| size.parse().ok()) })
        })
    }

    /// Brings the file at `url` to `part`, behind the bytes that are there already.
    pub(crate) fn download(
        &self,
        url: &str,
        about: &About,
        part: &Path,
    ) -> Result<(), RemoteError> {
        patiently(|attempt| {
            let mut file = OpenOptions::new()
                .create(true)
                .append(true)
                .open(part)
                .map_err(CoreError::file("open", part))?;
            let there = file.metadata().map_err(CoreError::file("read", part))?.len();
            if about.size == Some(there) {
                return Ok(());
            }
            let response = self.get(&self.agent, url, (there > 0).then_some(there), attempt)?;
            let mut response = sound(url, attempt, response)?;
            if there > 0 && response.status().as_u16() != 206 {
                // A server that does not know ranges sends the whole file again.
                file.set_len(0).map_err(CoreError::file("empty", part))?;
            }
            let copied = io::copy(&mut response.body_mut().as_reader(), &mut file);
            copied.map_err(|error| match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::PermissionDenied => {
                    CoreError::file("write", part)(error).into()
                }
                _ => self.unreachable(url, attempt, ureq::Error::Io(error)),
            })?;
            Ok(())
        })
    }

    fn get(
        &self,
        agent: &Agent,
        url: &str,
        from: Option<u64>,
        attempt: u32,
    ) -> Result<Response<Body>, RemoteError> {
        let mut request = agent.get(url);
        if let Some(token) = &self.token {
            request = request.header("Authorization", token.bearer());
        }
        if let Some(from) = from {
            request = request.header("Range", format!("bytes={from}-"));
        }
        request.call().map_err(|error| self.unreachable(url, attempt, error))
    }

    fn unreachable(&self, url: &str, attempts: u32, error: ureq::Error) -> RemoteError {
        let url = url.to_owned();
        match error {
            ureq::Error::Timeout(_) => {
                RemoteError::TimedOut { url, attempts, seconds: self.timeout.as_secs_f64() }
            }
            other => RemoteError::Unreachable { url, attempts, source: Box::new(other) },
        }
    }
}

/// Tries again what may go better next time.
fn patiently<T>(one: impl Fn(u32) -> Result<T, RemoteError>) -> Result<T, RemoteError> {
    let mut attempt = 1;
    loop {
        match one(attempt) {
            Err(error) if attempt < RETRY.attempts && is_worth_another(&error) => {
                thread::sleep(RETRY.wait(attempt, None));
                attempt += 1;
            }
            result => return result,
        }
    }
}

/// Whether a failure may be over in a moment. A name that cannot be resolved, or a port where nobody
/// listens, will not.
fn is_worth_another(error: &RemoteError) -> bool {
    match error {
        RemoteError::TimedOut { .. } => true,
        RemoteError::Status { status, .. } => is_passing(*status),
        RemoteError::Unreachable { source, .. } => match source.as_ref() {
            ureq::Error::Io(error) => error.kind() != io::ErrorKind::ConnectionRefused,
            ureq::Error::Protocol(_) => true,
            _ => false,
        },
        _ => false,
    }
}

fn sound(
    url: &str,
    attempts: u32,
    mut response: Response<Body>,
) -> Result<Response<Body>, RemoteError> {
    let status = response.status().as_u16();
    if (200..300).contains(&status) {
        return Ok(response);
    }
    let body = response.body_mut().with_config().limit(64 << 10).lossy_utf8(true).read_to_string();
    let body = crate::service::quoted(&body.unwrap_or_default());
    Err(RemoteError::Status { url: url.to_owned(), status, attempts, body })
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
