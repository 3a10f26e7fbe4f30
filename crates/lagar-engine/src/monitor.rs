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

use nvml_wrapper::Nvml;
use serde::Serialize;
use serde_json::{Value, json};
use sysinfo::System;

/// Seconds between two samples, as in Data-Juicer.
const INTERVAL_SECS: f64 = 0.5;
const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// The resources that are analysed.
const ANALYSED: [&str; 8] = [
    "CPU util.",
    "Used mem.",
    "Free mem.",
    "Available mem.",
    "Mem. util.",
    "GPU free mem.",
    "GPU used mem.",
    "GPU util.",
];

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
    /// Seconds of one core that each of them took, summed over threads.
    pub operator_secs: Vec<f64>,
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
            let Ok(mut system) = System::new() else {
                return samples;
            };
            // Loaded at run time; a machine without NVIDIA's driver simply has no GPU fields.
            let gpus = Nvml::init().ok();
            loop {
                samples.push(sample(&mut system, gpus.as_ref()));
                if ends.load(Ordering::Relaxed) {
                    return samples;
                }
                thread::park_timeout(Duration::from_secs_f64(INTERVAL_SECS));
            }
        });
        Self { stop, started: Instant::now(), thread }
    }

    /// Stops sampling and gives the entry for `monitor.json`.
    pub fn finish(self, operators: Vec<String>, operator_secs: Vec<f64>) -> Entry {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        let time = self.started.elapsed().as_secs_f64();
        let resource = self.thread.join().unwrap_or_default();
        let resource_analysis = analyse(&resource);
        let sampling_interval = INTERVAL_SECS;
        Entry { resource, time, sampling_interval, resource_analysis, operators, operator_secs }
    }
}

fn sample(system: &mut System, gpus: Option<&Nvml>) -> Value {
    system.refresh_cpu_usage();
    system.refresh_memory();
    let mebibytes = |bytes: u64| bytes as f64 / MEBIBYTE;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut sample = json!({
        "timestamp": now.as_secs_f64(),
        "CPU count": system.cpus().len(),
        "CPU util.": f64::from(system.global_cpu_usage()) / 100.0,
        "Total mem.": mebibytes(system.total_memory()),
        "Used mem.": mebibytes(system.used_memory()),
        "Free mem.": mebibytes(system.free_memory()),
        "Available mem.": mebibytes(system.available_memory()),
        "Mem. util.": system.used_memory() as f64 / (system.total_memory().max(1)) as f64,
    });
    if let (Some(gpus), Value::Object(fields)) = (gpus, &mut sample) {
        fields.extend(gpu_fields(gpus));
    }
    sample
}

/// Memory in MiB and utilisation as a share, one number per GPU.
fn gpu_fields(gpus: &Nvml) -> serde_json::Map<String, Value> {
    let (mut total, mut free, mut used, mut busy) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for index in 0..gpus.device_count().unwrap_or_default() {
        let Ok(gpu) = gpus.device_by_index(index) else {
            continue;
        };
        let Ok(memory) = gpu.memory_info() else {
            continue;
        };
        let share = gpu.utilization_rates().map_or(0.0, |rates| f64::from(rates.gpu) / 100.0);
        total.push(memory.total as f64 / MEBIBYTE);
        free.push(memory.free as f64 / MEBIBYTE);
        used.push(memory.used as f64 / MEBIBYTE);
        busy.push(share);
    }
    let named = [
        ("GPU total mem.", total),
        ("GPU free mem.", free),
        ("GPU used mem.", used),
        ("GPU util.", busy),
    ];
    named.into_iter().map(|(name, values)| (name.to_owned(), json!(values))).collect()
}

fn analyse(samples: &[Value]) -> BTreeMap<String, Value> {
    let mut analysis = BTreeMap::new();
    for key in ANALYSED {
        // GPU fields are lists; their mean over the GPUs is analysed.
        let number = |sample: &Value| match &sample[key] {
            Value::Array(gpus) if !gpus.is_empty() => {
                Some(gpus.iter().filter_map(Value::as_f64).sum::<f64>() / gpus.len() as f64)
            }
            other => other.as_f64(),
        };
        let values: Vec<f64> = samples.iter().filter_map(number).collect();
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
