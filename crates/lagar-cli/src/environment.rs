//! Environment variables: read here and nowhere else, once they are asked for.

use std::path::PathBuf;
use std::time::Duration;

use lagar_remote::{ApiKey, HubSettings};

/// A variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Which hub, and where its cache is: `HF_ENDPOINT`, `HF_HUB_CACHE`, `HF_HOME`, `HF_TOKEN`,
/// `HF_HUB_OFFLINE`, as `huggingface_hub` reads them.
pub(crate) fn hub() -> HubSettings {
    let home = || {
        let home = variable("HF_HOME").map(PathBuf::from);
        home.unwrap_or_else(|| {
            let cache = variable("XDG_CACHE_HOME").map(PathBuf::from);
            let user = variable("HOME").map(|home| PathBuf::from(home).join(".cache"));
            cache.or(user).unwrap_or_else(std::env::temp_dir).join("huggingface")
        })
    };
    let is_on = |name| {
        let value = variable(name).map(|value| value.to_ascii_uppercase());
        value.is_some_and(|value| ["1", "ON", "YES", "TRUE"].contains(&value.as_str()))
    };
    HubSettings {
        endpoint: variable("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".to_owned()),
        cache: variable("HF_HUB_CACHE").map_or_else(|| home().join("hub"), PathBuf::from),
        token: variable("HF_TOKEN").map(ApiKey::new),
        is_offline: is_on("HF_HUB_OFFLINE"),
        timeout: Duration::from_secs(10),
    }
}
