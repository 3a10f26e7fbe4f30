//! `lagar doctor`: what lagar finds on this machine, and what it makes of it.

use std::fmt::Write as _;
use std::path::Path;

use lagar_nn::kernels::{Level, level};
use nvml_wrapper::Nvml;
use serde::Serialize;
use sysinfo::System;

use super::{Done, print, print_json};
use crate::environment::{KERNELS, hub};

/// How to answer.
#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    /// Print what was found as JSON on stdout.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Findings {
    lagar: &'static str,
    cpu: Cpu,
    memory: Memory,
    gpus: Vec<Gpu>,
    hub: HubCache,
}

#[derive(Debug, Serialize)]
struct Cpu {
    name: String,
    processors: usize,
    /// Of those that the kernels ask about.
    features: Vec<&'static str>,
    /// What kernels run at, and what they could.
    level: String,
    available_levels: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Memory {
    total_bytes: u64,
    available_bytes: u64,
}

#[derive(Debug, Serialize)]
struct Gpu {
    name: String,
    total_bytes: u64,
    free_bytes: u64,
}

#[derive(Debug, Serialize)]
struct HubCache {
    endpoint: String,
    folder: String,
    is_offline: bool,
    models: Vec<String>,
}

pub(super) fn doctor(args: &DoctorArgs) -> Done {
    let findings = look();
    if args.json {
        print_json(&findings);
    } else {
        print(findings.told().trim_end());
    }
    Done(0)
}

fn look() -> Findings {
    let (name, processors, memory) = system();
    let hub = hub();
    Findings {
        lagar: env!("CARGO_PKG_VERSION"),
        cpu: Cpu {
            name,
            processors,
            features: features(),
            level: level().to_string(),
            available_levels: Level::available().map(|level| level.to_string()).collect(),
        },
        memory,
        gpus: gpus(),
        hub: HubCache {
            models: models(&hub.cache),
            endpoint: hub.endpoint,
            folder: hub.cache.display().to_string(),
            is_offline: hub.is_offline,
        },
    }
}

fn system() -> (String, usize, Memory) {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let Ok(mut system) = System::new() else {
        return (String::new(), processors, Memory { total_bytes: 0, available_bytes: 0 });
    };
    system.refresh_cpu_usage();
    system.refresh_memory();
    let name = system.cpus().first().map_or("", |cpu| cpu.brand()).trim().to_owned();
    let memory =
        Memory { total_bytes: system.total_memory(), available_bytes: system.available_memory() };
    (name, processors, memory)
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    macro_rules! seen {
        ($($feature:tt)*) => {
            [$(($feature, is_x86_feature_detected!($feature))),*]
        };
    }
    let all =
        seen!("avx2" "fma" "avx512f" "avx512bw" "avx512dq" "avx512vl" "avx512vnni" "avx512bf16");
    all.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<&'static str> {
    Vec::new()
}

/// NVIDIA's driver is loaded at run time; a machine without it has no GPU for us.
fn gpus() -> Vec<Gpu> {
    let Ok(driver) = Nvml::init() else { return Vec::new() };
    let gpu = |index| {
        let gpu = driver.device_by_index(index).ok()?;
        let memory = gpu.memory_info().ok()?;
        let name = gpu.name().unwrap_or_else(|_| format!("GPU {index}"));
        Some(Gpu { name, total_bytes: memory.total, free_bytes: memory.free })
    };
    (0..driver.device_count().unwrap_or_default()).filter_map(gpu).collect()
}

/// The models in the cache of `huggingface_hub`, by name.
fn models(cache: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(cache) else { return Vec::new() };
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.ok()?.file_name().to_string_lossy().into_owned();
        name.strip_prefix("models--").map(|name| name.replace("--", "/"))
    };
    let mut models: Vec<_> = entries.filter_map(name).collect();
    models.sort();
    models
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

impl Findings {
    fn told(&self) -> String {
        let Self { lagar, cpu, memory, gpus, hub } = self;
        let mut text = format!("lagar    {lagar}\n");
        let mut line = |name: &str, value: String| {
            let name = if name.is_empty() { String::new() } else { format!("{name} ") };
            let _written = writeln!(text, "{name:<8} {value}");
        };
        line("cpu", format!("{}, {} processors", cpu.name, cpu.processors));
        line("", cpu.features.join(" "));
        let others = cpu.available_levels.join(", ");
        line("kernels", format!("{} (of {others}; lower it with {KERNELS}=LEVEL)", cpu.level));
        let (total, available) = (memory.total_bytes, memory.available_bytes);
        line("memory", format!("{}, {} available", gigabytes(total), gigabytes(available)));
        if gpus.is_empty() {
            line("gpu", "none found".to_owned());
        }
        for gpu in gpus {
            let (total, free) = (gigabytes(gpu.total_bytes), gigabytes(gpu.free_bytes));
            line("gpu", format!("{}, {total}, {free} free", gpu.name));
        }
        let state = if hub.is_offline { ", offline" } else { "" };
        line("hub", format!("{}{state}", hub.endpoint));
        line("models", format!("{} in {}", hub.models.len(), hub.folder));
        for model in &hub.models {
            line("", model.clone());
        }
        text
    }
}
