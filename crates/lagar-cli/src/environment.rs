//! Environment variables: read here and nowhere else, once they are asked for.

use std::path::PathBuf;
use std::time::Duration;

use lagar_remote::files::Source;
use lagar_remote::{ApiKey, HubSettings, ModelFiles};

/// Names the level that kernels are lowered to.
pub(crate) const KERNELS: &str = "LAGAR_KERNELS";

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
    HubSettings {
        endpoint: endpoint(),
        cache: variable("HF_HUB_CACHE").map_or_else(|| home().join("hub"), PathBuf::from),
        token: variable("HF_TOKEN").map(ApiKey::new),
        is_offline: is_offline(),
        timeout: Duration::from_secs(10),
    }
}

/// Where Data-Juicer keeps the files its operators read, and where they come from:
/// `DATA_JUICER_EXTERNAL_MODELS_HOME`, `DATA_JUICER_MODELS_CACHE`, `DATA_JUICER_CACHE_HOME`,
/// `CACHE_HOME`, as its `utils/cache_utils.py` and `utils/model_utils.py` (1.6.1) have them.
pub(crate) fn model_files() -> ModelFiles {
    let cache = variable("DATA_JUICER_MODELS_CACHE").map(PathBuf::from);
    let external = variable("DATA_JUICER_EXTERNAL_MODELS_HOME").unwrap_or_default();
    let folders = std::env::split_paths(&external).filter(|path| !path.as_os_str().is_empty());
    let source = |(suffix, address): (&str, String)| Source { suffix: suffix.to_owned(), address };
    let wikipedia = format!("{}/edugp/kenlm/resolve/main/wikipedia/", endpoint());
    ModelFiles {
        folders: folders.collect(),
        cache: cache.unwrap_or_else(|| data_juicer().join("models")),
        sources: [
            ("", DATA_JUICER_MODELS.to_owned()),
            ("lid.176.bin", FASTTEXT_MODELS.to_owned()),
            (".sp.model", wikipedia.clone()),
            (".arpa.bin", wikipedia),
        ]
        .map(source)
        .to_vec(),
        is_offline: is_offline(),
        timeout: Duration::from_secs(10),
    }
}

/// Where Data-Juicer keeps its word lists: `DATA_JUICER_ASSETS_CACHE`, else `assets` beside its models.
pub(crate) fn word_lists() -> PathBuf {
    let named = variable("DATA_JUICER_ASSETS_CACHE").map(PathBuf::from);
    named.unwrap_or_else(|| data_juicer().join("assets"))
}

fn data_juicer() -> PathBuf {
    let path = |name| variable(name).map(PathBuf::from);
    let at_home = || path("HOME").unwrap_or_else(std::env::temp_dir).join(".cache");
    let cache = || path("CACHE_HOME").unwrap_or_else(at_home).join("data_juicer");
    path("DATA_JUICER_CACHE_HOME").unwrap_or_else(cache)
}

/// Data-Juicer's own server of model files.
const DATA_JUICER_MODELS: &str =
    "https://dail-wlcb.oss-cn-wulanchabu.aliyuncs.com/data_juicer/models/";
/// Where language identifiers come from.
const FASTTEXT_MODELS: &str = "https://dl.fbaipublicfiles.com/fasttext/supervised-models/";

fn endpoint() -> String {
    let endpoint = variable("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".to_owned());
    endpoint.trim_end_matches('/').to_owned()
}

fn is_offline() -> bool {
    let value = variable("HF_HUB_OFFLINE").map(|value| value.to_ascii_uppercase());
    value.is_some_and(|value| ["1", "ON", "YES", "TRUE"].contains(&value.as_str()))
}
