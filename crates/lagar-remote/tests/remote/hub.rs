//! A hub on loopback: fetched once, checked, gone on with after a break, and done without.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lagar_remote::{ApiKey, Hub, HubSettings, RemoteError};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A hub with one model, `owner/model`; its large file lies at another address.
pub(crate) struct Shelf {
    pub(crate) weights: Vec<u8>,
    config: Vec<u8>,
    /// The weights' first so many answers break off after half of what they send.
    breaks: AtomicUsize,
    /// Sent instead of the weights' own checksum.
    wrong_checksum: bool,
    asked: Mutex<Vec<String>>,
}

impl Shelf {
    pub(crate) fn new() -> Self {
        Self {
            weights: (0..100_000_u32).flat_map(u32::to_le_bytes).collect(),
            config: b"{\"model_type\": \"blip-2\"}".to_vec(),
            breaks: AtomicUsize::new(0),
            wrong_checksum: false,
            asked: Mutex::default(),
        }
    }

    pub(crate) fn start(self) -> (String, Arc<Self>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let shelf = Arc::new(self);
        let serving = Arc::clone(&shelf);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serving.answer(&stream);
            }
        });
        (endpoint, shelf)
    }

    /// Answers one request and closes the connection.
    fn answer(&self, mut stream: &TcpStream) {
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        let Some(first) = lines.next() else { return };
        let (mut from, mut has_key) = (None, false);
        for line in lines.take_while(|line| !line.is_empty()) {
            let line = line.to_ascii_lowercase();
            if let Some(range) = line.strip_prefix("range: bytes=") {
                from = range.trim_end_matches('-').parse::<usize>().ok();
            }
            has_key |= line == "authorization: bearer hf_key";
        }
        let mut words = first.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let range = from.map(|from| format!(" from {from}")).unwrap_or_default();
        self.asked.lock().unwrap().push(format!("{method} {path}{range}"));
        let (status, headers, body) = self.reply(path, has_key);
        let body = &body[from.unwrap_or(0).min(body.len())..];
        let status = if from.is_some() && status == 200 { 206 } else { status };
        let head = format!(
            "HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        drop(stream.write_all(head.as_bytes()));
        if method == "HEAD" {
            return;
        }
        let breaks = path.starts_with("/far/")
            && self
                .breaks
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
                .is_ok();
        let sent = if breaks { &body[..body.len() / 2] } else { body };
        drop(stream.write_all(sent));
    }

    fn reply(&self, path: &str, has_key: bool) -> (u16, String, Vec<u8>) {
        let resolve = format!("/owner/model/resolve/{COMMIT}");
        match path.strip_prefix(&resolve).unwrap_or(path) {
            "/api/models/owner/model/revision/main" => {
                let names = ["config.json", "model.safetensors", "README.md", "../evil"];
                let files = names.map(|name| format!("{{\"rfilename\": \"{name}\"}}")).join(",");
                let list = format!("{{\"sha\": \"{COMMIT}\", \"siblings\": [{files}]}}");
                (200, String::new(), list.into_bytes())
            }
            "/api/models/owner/private/revision/main" if !has_key => (401, String::new(), vec![]),
            "/api/models/owner/private/revision/main" => {
                let list = format!("{{\"sha\": \"{COMMIT}\", \"siblings\": []}}");
                (200, String::new(), list.into_bytes())
            }
            "/config.json" => {
                let mut sha1 = Sha1::new();
                sha1.update(format!("blob {}\0", self.config.len()));
                sha1.update(&self.config);
                let etag = hexadecimal(&sha1.finalize());
                (200, format!("ETag: W/\"{etag}\"\r\n"), self.config.clone())
            }
            "/model.safetensors" => {
                let bytes = if self.wrong_checksum { b"other" } else { self.weights.as_slice() };
                let etag = hexadecimal(&Sha256::digest(bytes));
                let size = self.weights.len();
                let headers = format!(
                    "X-Linked-ETag: \"{etag}\"\r\nX-Linked-Size: {size}\r\nLocation: /far/weights\r\n"
                );
                (302, headers, Vec::new())
            }
            "/far/weights" => (200, String::new(), self.weights.clone()),
            _ => (404, String::new(), b"no such thing".to_vec()),
        }
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn hub(endpoint: &str, cache: &Path) -> Hub {
    Hub::new(HubSettings {
        endpoint: endpoint.to_owned(),
        cache: cache.to_owned(),
        token: None,
        is_offline: false,
        timeout: Duration::from_secs(20),
    })
}

fn wanted(file: &str, _all: &[String]) -> bool {
    file != "README.md"
}

#[test]
fn a_model_is_fetched_once_into_the_layout_of_huggingface_hub() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, shelf) = Shelf::new().start();
    let model = hub(&endpoint, folder.path()).folder("owner/model", &wanted).unwrap();
    let base = folder.path().join("models--owner--model");
    assert_eq!(model, base.join("snapshots").join(COMMIT));
    assert_eq!(std::fs::read(model.join("config.json")).unwrap(), shelf.config);
    assert_eq!(std::fs::read(model.join("model.safetensors")).unwrap(), shelf.weights);
    assert_eq!(std::fs::read_to_string(base.join("refs/main")).unwrap(), COMMIT);
    let blob = std::fs::read_link(model.join("model.safetensors")).unwrap();
    assert_eq!(blob, Path::new("../../blobs").join(hexadecimal(&Sha256::digest(&shelf.weights))));
    assert!(!model.join("README.md").exists() && !base.join("snapshots/evil").exists());
    assert_eq!(shelf.asked().len(), 1 + 2 + 3, "the list, and per file about it and its bytes");
    hub(&endpoint, folder.path()).folder("owner/model", &wanted).unwrap();
    assert_eq!(shelf.asked().len(), 1, "the second time only the list");
}

#[test]
fn a_download_that_broke_off_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf { breaks: AtomicUsize::new(2), ..Shelf::new() };
    let (endpoint, shelf) = shelf.start();
    let model = hub(&endpoint, folder.path()).folder("owner/model", &wanted).unwrap();
    assert_eq!(std::fs::read(model.join("model.safetensors")).unwrap(), shelf.weights);
    let far: Vec<String> = shelf.asked().into_iter().filter(|a| a.contains("/far/")).collect();
    let half = shelf.weights.len() / 2;
    let starts = [0, half, half + (shelf.weights.len() - half) / 2];
    let range = |start| if start == 0 { String::new() } else { format!(" from {start}") };
    assert_eq!(far, starts.map(|start| format!("GET /far/weights{}", range(start))));
}

#[test]
fn what_an_earlier_process_left_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, shelf) = Shelf::new().start();
    let blobs = folder.path().join("models--owner--model/blobs");
    let etag = hexadecimal(&Sha256::digest(&shelf.weights));
    lagar_core::fsio::write(blobs.join(format!("{etag}.incomplete")), &shelf.weights[..70_001])
        .unwrap();
    hub(&endpoint, folder.path()).folder("owner/model", &wanted).unwrap();
    assert!(shelf.asked().contains(&"GET /far/weights from 70001".to_owned()));
    assert_eq!(std::fs::read(blobs.join(etag)).unwrap(), shelf.weights);
}

#[test]
fn a_file_with_another_checksum_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, _) = Shelf { wrong_checksum: true, ..Shelf::new() }.start();
    let error = hub(&endpoint, folder.path()).folder("owner/model", &wanted).unwrap_err();
    assert!(matches!(error, RemoteError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains("model.safetensors of owner/model: its checksum is"));
    let blobs = std::fs::read_dir(folder.path().join("models--owner--model/blobs")).unwrap();
    assert_eq!(blobs.count(), 1, "only config.json is there");
}

#[test]
fn without_the_hub_what_was_fetched_is_used_and_what_was_not_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, _) = Shelf::new().start();
    let model = hub(&endpoint, folder.path()).folder("owner/model", &wanted).unwrap();
    let nobody = "http://127.0.0.1:9";
    assert_eq!(hub(nobody, folder.path()).folder("owner/model", &wanted).unwrap(), model);
    let error = hub(nobody, folder.path()).folder("owner/other", &wanted).unwrap_err().to_string();
    assert!(
        error.contains("owner/other on the hub http://127.0.0.1:9: not fetched before"),
        "{error}"
    );
    let offline = Hub::new(HubSettings {
        endpoint,
        cache: folder.path().to_owned(),
        token: None,
        is_offline: true,
        timeout: Duration::from_secs(1),
    });
    assert_eq!(offline.folder("owner/model", &wanted).unwrap(), model);
    let error = offline.folder("owner/other", &wanted).unwrap_err().to_string();
    assert!(error.contains("HF_HUB_OFFLINE"), "{error}");
}

#[test]
fn a_missing_model_and_a_missing_key_are_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, _) = Shelf::new().start();
    for name in ["owner/nothing", "owner/private"] {
        let error = hub(&endpoint, folder.path()).folder(name, &wanted).unwrap_err().to_string();
        assert!(error.contains("there is no such model, or it needs a key (HF_TOKEN)"), "{error}");
    }
    let keyed = Hub::new(HubSettings {
        endpoint,
        cache: folder.path().to_owned(),
        token: Some(ApiKey::new("hf_key")),
        is_offline: false,
        timeout: Duration::from_secs(20),
    });
    keyed.folder("owner/private", &wanted).unwrap();
}
