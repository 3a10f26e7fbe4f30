//! What a run takes from the machine, sampled twice a second: `monitor/monitor.json`.
//!
//! The file has Data-Juicer's layout (a list of entries with `resource`, `time`, `sampling interval`
//! and `resource_analysis`), one entry per pass, so that scripts that read one read the other. GPU
//! fields appear only where a GPU is found.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde_json::{Value, json};
use sysinfo::System;

/// Seconds between two samples, as in Data-Juicer.
const INTERVAL_SECS: f64 = 0.5;
const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// One entry of `monitor.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Samples over time; memory in MiB, utilisation as a share in [0, 1].
    pub resource: Vec<Value>,
    /// Seconds the pass took.
    pub time: f64,
    /// Seconds between two samples.
    #[serde(rename = "sampling interval")]
    pub sampling_interval: f64,
    /// Largest, smallest and mean value of each resource.
    pub resource_analysis: BTreeMap<String, Value>,
    /// The operators of the pass.
    pub operators: Vec<String>,
}

/// Samples in a thread of its own until it is stopped.
#[derive(Debug)]
pub struct Sampler {
    stop: Arc<AtomicBool>,
    started: Instant,
    thread: JoinHandle<Vec<Value>>,
}

impl Sampler {
    /// Starts sampling.
    pub fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut samples = Vec::new();
            let Ok(mut system) = System::new() else { return samples };
            loop {
                samples.push(sample(&mut system));
                if ends.load(Ordering::Relaxed) {
                    return samples;
                }
                thread::park_timeout(Duration::from_secs_f64(INTERVAL_SECS));
            }
        });
        Self { stop, started: Instant::now(), thread }
    }

    /// Stops sampling and gives the entry for `monitor.json`.
    pub fn finish(self, operators: Vec<String>) -> Entry {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        let time = self.started.elapsed().as_secs_f64();
        let resource = self.thread.join().unwrap_or_default();
        let resource_analysis = analyse(&resource);
        Entry { resource, time, sampling_interval: INTERVAL_SECS, resource_analysis, operators }
    }
}

fn sample(system: &mut System) -> Value {
    system.refresh_cpu_usage();
    system.refresh_memory();
    let mebibytes = |bytes: u64| bytes as f64 / MEBIBYTE;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    json!({
        "timestamp": now.as_secs_f64(),
        "CPU count": system.cpus().len(),
        "CPU util.": f64::from(system.global_cpu_usage()) / 100.0,
        "Total mem.": mebibytes(system.total_memory()),
        "Used mem.": mebibytes(system.used_memory()),
        "Free mem.": mebibytes(system.free_memory()),
        "Available mem.": mebibytes(system.available_memory()),
        "Mem. util.": system.used_memory() as f64 / (system.total_memory().max(1)) as f64,
    })
}

fn analyse(samples: &[Value]) -> BTreeMap<String, Value> {
    let mut analysis = BTreeMap::new();
    for key in ["CPU util.", "Used mem.", "Free mem.", "Available mem.", "Mem. util."] {
        let values: Vec<f64> = samples.iter().filter_map(|sample| sample[key].as_f64()).collect();
        if values.is_empty() {
            continue;
        }
        let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let min = values.iter().copied().fold(f64::INFINITY, f64::min);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        analysis.insert(key.to_owned(), json!({ "max": max, "min": min, "avg": mean }));
    }
    analysis
}
