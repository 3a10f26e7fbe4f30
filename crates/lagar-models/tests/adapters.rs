//! Adapters against peft: what is merged, what is refused, and how the refusal is worded.
//!
//! `tools/make_adapters.py` makes `tests/data/adapters` with peft, whose own merged weights are what
//! is expected here.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that meets an error has failed, and writes files of its own"
)]

use std::fs;
use std::path::{Path, PathBuf};

use lagar_models::ModelsError;
use lagar_models::adapter::{
    AdapterFolder, Check, Finding, Merge, MergeOptions, check, merge, summary,
};
use lagar_nn::layers::Linear;
use lagar_nn::weights::{AdapterMode, Form, LoadOptions, Overlay, Source, load};
use lagar_nn::{Device, Tensor};
use serde_json::Value;

/// Sums of a few products in another order.
const TOLERANCE: f32 = 2e-6;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/adapters").join(name)
}

fn base_of(adapter: &str) -> PathBuf {
    data(if adapter == "conv1d" { "gpt2" } else { "llama" })
}

fn merged(name: &str, out: &Path, form: Option<Form>) -> Result<Merge, ModelsError> {
    let options = MergeOptions { form, threads: 2 };
    merge(&base_of(name), AdapterFolder::open(&data(name)).unwrap(), out, &options, &|_, _| true)
}

/// A copy of an adapter's folder, to be damaged.
fn copy(name: &str, to: &Path) -> PathBuf {
    let folder = to.join(name);
    fs::create_dir_all(&folder).unwrap();
    for file in fs::read_dir(data(name)).unwrap() {
        let path = file.unwrap().path();
        if path.file_name().is_some_and(|name| name != "merged.safetensors") {
            fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
    }
    folder
}

/// Changes the configuration of a copy.
fn configure(folder: &Path, change: impl FnOnce(&mut Value)) {
    let path = folder.join("adapter_config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut config);
    fs::write(&path, serde_json::to_vec(&config).unwrap()).unwrap();
}

/// Writes the tensors of an adapter anew, each as `change` wants it: its name and numbers, or gone.
fn rewrite(folder: &Path, change: impl Fn(&str, &mut Vec<f32>) -> Option<String>) {
    let path = folder.join("adapter_model.safetensors");
    let source = Source::open_file(&path).unwrap();
    let (mut header, mut bytes) = (serde_json::Map::new(), Vec::new());
    for name in source.names() {
        let mut values = source.values(name).unwrap();
        let Some(new) = change(name, &mut values) else { continue };
        let start = bytes.len();
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        let info = serde_json::json!({
            "dtype": "F32", "shape": source.shape(name), "data_offsets": [start, bytes.len()],
        });
        header.insert(new, info);
    }
    let header = serde_json::to_vec(&header).unwrap();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    file.extend(bytes);
    fs::write(&path, file).unwrap();
}

fn check_folder(folder: &Path, base: &str) -> Check {
    let base = Source::open(&data(base)).unwrap();
    check(&AdapterFolder::open(folder).unwrap(), Some(&base)).unwrap()
}

/// The findings that speak against an adapter, one a line.
fn against(found: &Check) -> String {
    let failing = found.findings.iter().filter(|finding| finding.fails);
    let line = |finding: &Finding| format!("{}: {}", finding.about, finding.message);
    failing.map(line).collect::<Vec<_>>().join("\n")
}

const ALL: [&str; 7] = ["plain", "old", "rslora", "dora", "biases", "embedding", "conv1d"];

#[test]
fn what_is_merged_equals_pefts_own_merge() {
    let folder = tempfile::tempdir().unwrap();
    for name in ALL {
        let out = folder.path().join(name);
        let report = merged(name, &out, None).unwrap();
        let expected = if name == "old" { "plain" } else { name };
        let expected = Source::open_file(&data(expected).join("merged.safetensors")).unwrap();
        let got = Source::open(&out).unwrap();
        assert!(got.names().eq(expected.names()), "{name}");
        for tensor in got.names() {
            assert_eq!(got.shape(tensor), expected.shape(tensor), "{name} {tensor}");
            let (got, expected) = (got.values(tensor).unwrap(), expected.values(tensor).unwrap());
            for (got, expected) in got.iter().zip(&expected) {
                assert!((got - expected).abs() < TOLERANCE, "{name} {tensor}: {got} {expected}");
            }
        }
        let opened = AdapterFolder::open(&data(name)).unwrap();
        assert_eq!(report.modules.len(), opened.modules().count(), "{name}");
    }
}

#[test]
fn a_merged_checkpoint_has_the_shards_and_the_settings_of_its_base() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("merged");
    merged("plain", &out, None).unwrap();
    for file in fs::read_dir(data("llama")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap();
        assert!(out.join(name).is_file(), "{}", path.display());
        let is_weights = name.to_string_lossy().starts_with("model");
        if !is_weights {
            assert_eq!(fs::read(&path).unwrap(), fs::read(out.join(name)).unwrap());
        }
    }
    let sizes = |folder: &Path| {
        let size = |file: fs::DirEntry| (file.file_name(), file.metadata().unwrap().len());
        let mut sizes: Vec<_> =
            fs::read_dir(folder).unwrap().map(|file| size(file.unwrap())).collect();
        sizes.retain(|(name, _)| name.to_string_lossy().ends_with(".safetensors"));
        sizes.sort();
        sizes
    };
    assert_eq!(sizes(&out).len(), sizes(&data("llama")).len());
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn the_same_bytes_come_out_whatever_the_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let make = |threads: usize| {
        let out = folder.path().join(threads.to_string());
        let adapter = AdapterFolder::open(&data("dora")).unwrap();
        let options = MergeOptions { form: Some(Form::Bf16), threads };
        merge(&data("llama"), adapter, &out, &options, &|_, _| true).unwrap();
        fs::read(out.join("model-00001-of-00002.safetensors")).unwrap()
    };
    assert_eq!(make(1), make(3));
}

#[test]
fn a_merge_to_bfloat16_is_the_rounded_merge_and_says_what_that_costs() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("merged");
    let report = merged("plain", &out, Some(Form::Bf16)).unwrap();
    let expected = Source::open_file(&data("plain").join("merged.safetensors")).unwrap();
    let base = Source::open(&data("llama")).unwrap();
    let got = Source::open(&out).unwrap();
    for tensor in got.names() {
        assert_eq!(got.form(tensor), Some("BF16"));
        let (got, exact) = (got.values(tensor).unwrap(), expected.values(tensor).unwrap());
        for (got, exact) in got.iter().zip(&exact) {
            assert!((got - exact).abs() <= exact.abs() / 256.0 + 1e-30, "{tensor}");
        }
    }
    for module in &report.modules {
        let (exact, base) =
            (expected.values(&module.name).unwrap(), base.values(&module.name).unwrap());
        let kept = got.values(&module.name).unwrap();
        let length = |pairs: &mut dyn Iterator<Item = (f32, f32)>| {
            pairs.map(|(one, other)| f64::from(one - other).powi(2)).sum::<f64>().sqrt()
        };
        let error = length(&mut kept.iter().copied().zip(exact.iter().copied()));
        let update = length(&mut exact.iter().copied().zip(base.iter().copied()));
        assert!((module.rounding.share_of_update() - error / update).abs() < 1e-4);
        assert!(module.rounding.max_relative() <= 1.0 / 256.0);
        assert!(module.rounding.mean_relative() > 1e-4);
    }
    let config: Value =
        serde_json::from_slice(&fs::read(out.join("config.json")).unwrap()).unwrap();
    assert_eq!(config["dtype"], "bfloat16");
}

#[test]
fn a_merge_that_is_stopped_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("merged");
    let adapter = AdapterFolder::open(&data("plain")).unwrap();
    let stopped = merge(&data("llama"), adapter, &out, &MergeOptions::default(), &|_, _| false);
    assert!(matches!(stopped, Err(ModelsError::Interrupted)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_is_there_already_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine"), "x").unwrap();
    let refused = merged("plain", folder.path(), None).unwrap_err();
    assert!(refused.to_string().contains("make the folder"), "{refused}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn adapters_of_every_kind_pass_the_check() {
    for name in ALL {
        let base = Source::open(&base_of(name)).unwrap();
        let folder = AdapterFolder::open(&data(name)).unwrap();
        let found = check(&folder, Some(&base)).unwrap();
        assert!(found.is_sound(), "{name}: {}", against(&found));
        assert_eq!(found.matched, found.modules, "{name}");
        assert!(found.trainable_share() > 0.0 && found.trainable_share() < 0.6);
    }
}

#[test]
fn a_layer_takes_up_its_share_worked_in_or_beside() {
    let base = Source::open(&data("llama")).unwrap();
    let names =
        ["self_attn.q_proj", "self_attn.o_proj"].map(|name| format!("model.layers.1.{name}"));
    let x: Vec<f32> = (0..32).map(|i| ((i * 37) % 17) as f32 / 8.0 - 1.0).collect();
    let x = Tensor::from_vec(x, &[2, 16], &Device::cpu()).unwrap();
    for adapter in ["plain", "rslora", "dora"] {
        let unused: Vec<String> = base.names().map(str::to_owned).collect();
        let unused: Vec<&str> = unused.iter().map(String::as_str).collect();
        let build = |scope: &lagar_nn::weights::Scope<'_>| {
            let layers = names.each_ref().map(|name| scope.at(name));
            Linear::load_stacked(&layers, (16, 16), true)
        };
        let merged = Source::open_file(&data(adapter).join("merged.safetensors")).unwrap();
        let plain = LoadOptions { unused: &unused, ..LoadOptions::default() };
        let expected = load(&merged, &plain, build).unwrap().forward(&x).unwrap().to_vec().unwrap();
        for mode in [AdapterMode::Merged, AdapterMode::Beside] {
            let folder = AdapterFolder::open(&data(adapter)).unwrap();
            let (source, update) = folder.over(Source::open(&data("llama")).unwrap()).unwrap();
            let overlay = Some(Overlay { adapter: &update, mode });
            let options = LoadOptions { overlay, ..plain.clone() };
            let got = load(&source, &options, build).unwrap().forward(&x).unwrap();
            for (got, expected) in got.to_vec().unwrap().iter().zip(&expected) {
                assert!((got - expected).abs() < 1e-5, "{adapter} {mode:?}: {got} {expected}");
            }
        }
    }
}

#[test]
fn names_that_a_wrapper_changed_are_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let wrapped = copy("plain", folder.path());
    rewrite(&wrapped, |name, _| Some(name.replace("model.layers", "model.language_model.layers")));
    let base = Source::open(&data("llama")).unwrap();
    let opened = AdapterFolder::open(&wrapped).unwrap();
    let found = check(&opened, Some(&base)).unwrap();
    assert_eq!(found.matched, 14);
    let renamed = found.findings.iter().any(|finding| finding.message.contains("is called"));
    assert!(renamed && found.is_sound(), "{found:?}");
    let (_, update) = opened.over(base).unwrap();
    assert!(update.get("model.layers.0.mlp.up_proj.weight").is_some());
}

#[test]
fn an_adapter_for_another_base_names_both_sides() {
    let folder = AdapterFolder::open(&data("plain")).unwrap();
    let base = Source::open(&data("gpt2")).unwrap();
    let found = against(&check(&folder, Some(&base)).unwrap());
    let parts = ["none of its 14 modules", "`model.layers.0.mlp.down_proj`", "transformer.h.0"];
    for part in parts {
        assert!(found.contains(part), "{found}");
    }
    let refused = folder.over(base).unwrap_err();
    assert!(refused.to_string().contains("none of its 14 modules"));
    assert!(refused.hint().unwrap().contains("base_model_name_or_path"));
}

#[test]
fn every_half_and_every_hole_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let broken = copy("plain", folder.path());
    rewrite(&broken, |name, values| {
        if name.contains("layers.0.self_attn.q_proj.lora_B")
            || name.contains("layers.1.mlp.up_proj.lora_A")
            || name.contains("layers.1.self_attn.v_proj")
        {
            return None;
        }
        if name.contains("layers.0.mlp.gate_proj.lora_A") {
            (values[1], values[2]) = (f32::NAN, f32::INFINITY);
        }
        Some(name.to_owned())
    });
    let found = against(&check_folder(&broken, "llama"));
    for line in [
        "names: `model.layers.0.self_attn.q_proj` has A but not B",
        "names: `model.layers.1.mlp.up_proj` has B but not A",
        "modules: `model.layers.1.self_attn.v_proj` is a target and has no update",
        "2 of 64 numbers are NaN or infinite",
    ] {
        assert!(found.contains(line), "{line} is not in\n{found}");
    }
    assert_eq!(found.lines().count(), 4, "{found}");
    let out = folder.path().join("out");
    let adapter = AdapterFolder::open(&broken).unwrap();
    let refused =
        merge(&data("llama"), adapter, &out, &MergeOptions::default(), &|_, _| true).unwrap_err();
    assert!(refused.to_string().contains("has A but not B"), "{refused}");
    assert!(!out.exists());
}

#[test]
fn ranks_and_shapes_that_do_not_fit_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let broken = copy("plain", folder.path());
    configure(&broken, |config| config["rank_pattern"] = serde_json::json!({"q_proj": 8}));
    let found = against(&check_folder(&broken, "llama"));
    assert!(
        found.contains("lora_A.weight` [4, 16] is not of the configuration's rank 8"),
        "{found}"
    );
    assert_eq!(found.lines().count(), 4, "{found}");
    let base = Source::open(&data("llama")).unwrap();
    let refused = AdapterFolder::open(&broken).unwrap().over(base).unwrap_err().to_string();
    assert!(refused.contains("is of rank 4, the configuration says 8"), "{refused}");

    let swapped = copy("dora", folder.path());
    rewrite(&swapped, |name, _| Some(name.replace("down_proj", "gate_proj")));
    let found = against(&check_folder(&swapped, "llama"));
    assert!(found.contains("`model.layers.0.mlp.gate_proj`: A [3, 24] and B [16, 3]"), "{found}");
}

#[test]
fn what_the_configuration_promises_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let dora = copy("plain", folder.path());
    configure(&dora, |config| config["use_dora"] = true.into());
    let found = against(&check_folder(&dora, "llama"));
    assert_eq!(found.matches("lacks the magnitude").count(), 14, "{found}");

    let saved = copy("rslora", folder.path());
    configure(&saved, |config| config["modules_to_save"] = serde_json::json!(["lm_head"]));
    let found = against(&check_folder(&saved, "llama"));
    assert!(found.contains("`modules_to_save` names `lm_head`"), "{found}");

    let scaled = copy("embedding", folder.path());
    configure(&scaled, |config| config["lora_alpha"] = 0.into());
    assert!(against(&check_folder(&scaled, "llama")).contains("is multiplied by 0"));
}

#[test]
fn an_adapter_that_has_learnt_nothing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = copy("plain", folder.path());
    rewrite(&fresh, |name, values| {
        if name.contains("lora_B") {
            values.fill(0.0);
        }
        Some(name.to_owned())
    });
    let found = check_folder(&fresh, "llama");
    assert!(found.is_sound());
    assert!(found.findings.iter().any(|finding| finding.message.contains("changes nothing")));
}

#[test]
fn damaged_and_foreign_folders_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |path: &Path| AdapterFolder::open(path).unwrap_err().to_string();
    let cut = copy("plain", folder.path());
    let file = cut.join("adapter_model.safetensors");
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 8]).unwrap();
    assert!(refused(&cut).contains("adapter_model.safetensors"));
    fs::remove_file(&file).unwrap();
    assert!(refused(&cut).contains("neither adapter_model.safetensors nor adapter_model.bin"));
    fs::remove_file(cut.join("adapter_config.json")).unwrap();
    assert!(refused(&cut).contains("adapter_config.json"));

    let old = copy("old", folder.path());
    let file = old.join("adapter_model.bin");
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    assert!(refused(&old).contains("adapter_model.bin"));

    let empty = copy("dora", folder.path());
    rewrite(&empty, |_, _| None);
    assert!(refused(&empty).contains("no tensor of an update"));

    let other = copy("conv1d", folder.path());
    configure(&other, |config| config["peft_type"] = "ADALORA".into());
    assert!(refused(&other).contains("`ADALORA`"));
}

#[test]
fn a_summary_groups_modules_by_their_names() {
    let found = summary(&AdapterFolder::open(&data("rslora")).unwrap()).unwrap();
    assert_eq!((found.kind.as_str(), found.modules, found.rank), ("rsLoRA", 12, 4));
    let q = found.groups.iter().find(|group| group.name.ends_with("q_proj")).unwrap();
    assert_eq!((q.name.as_str(), q.modules), ("model.layers.*.self_attn.q_proj", 2));
    assert_eq!(q.ranks, [6]);
    assert_eq!(q.scales, [3.0, 8.0].map(|alpha: f64| (alpha / 6.0_f64.sqrt()) as f32));
    assert!(q.a_norm > 0.0 && q.b_norm > 0.0);
}
