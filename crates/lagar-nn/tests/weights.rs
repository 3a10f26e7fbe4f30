//! Checkpoints: what is read, what is refused, and how the refusal is worded.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lagar_nn::layers::Linear;
use lagar_nn::ops::Activation;
use lagar_nn::weights::{
    Adapter, AdapterMode, LoadOptions, LowRank, Overlay, Scope, Source, digest, load,
};
use lagar_nn::{Device, Dtype, NnError, Tensor, Weight};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn expected() -> Vec<f32> {
    (0..6).map(|i| i as f32 / 4.0).collect()
}

/// A safetensors file of `f32` tensors.
fn write_safetensors(path: &Path, tensors: &[(&str, &[usize], &[f32])]) {
    let mut header = BTreeMap::new();
    let mut bytes = Vec::new();
    for (name, shape, values) in tensors {
        let start = bytes.len();
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        let info = serde_json::json!({
            "dtype": "F32", "shape": shape, "data_offsets": [start, bytes.len()],
        });
        header.insert(*name, info);
    }
    let header = serde_json::to_vec(&header).unwrap();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    file.extend(bytes);
    write(path, &file);
}

#[expect(clippy::disallowed_methods, reason = "a file of a test")]
fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}

fn read_all(source: &Source, names: &[(&str, &[usize])]) -> Result<Vec<Tensor>, NnError> {
    let unused: Vec<&str> = source.names().collect();
    let options = LoadOptions { unused: &unused, ..LoadOptions::default() };
    load(source, &options, |scope| {
        names.iter().map(|(name, shape)| scope.tensor(name, shape)).collect()
    })
}

#[test]
fn a_torch_archive_is_read_in_every_form_of_numbers() {
    let source = Source::open_file(&data("flat.bin")).unwrap();
    let whole: &[usize] = &[2, 3];
    let names = [("single", whole), ("half", whole), ("brain", whole), ("double", whole)];
    for tensor in read_all(&source, &names).unwrap() {
        assert_eq!(tensor.to_vec().unwrap(), expected());
    }
    let names: [(&str, &[usize]); 4] =
        [("turned", &[3, 2]), ("part", &[3]), ("parameter", &[3]), ("shared", &[2, 3])];
    let tensors = read_all(&source, &names).unwrap();
    let values: Vec<_> = tensors.iter().map(|tensor| tensor.to_vec().unwrap()).collect();
    assert_eq!(values[0], [0.0, 0.75, 0.25, 1.0, 0.5, 1.25]);
    assert_eq!(values[1], [4.0, 5.0, 6.0]);
    assert_eq!(values[2], [0.0, 0.25, 0.5]);
    assert_eq!(values[3], expected());
}

#[test]
fn torch_files_that_are_not_flat_dictionaries_are_refused_by_name() {
    let refused = |name: &str| {
        let error = Source::open_file(&data(name)).unwrap_err();
        assert!(error.hint().is_some(), "{error}");
        error.to_string()
    };
    let nested = refused("nested.bin");
    assert!(nested.contains("dictionary inside a dictionary"), "{nested}");
    assert!(nested.contains("`state_dict`") && nested.contains("nested.bin"), "{nested}");
    assert!(refused("legacy.bin").contains("before PyTorch 1.6"));
    assert!(refused("mixed.bin").contains("not tensors: `step`"));
}

#[test]
fn a_file_that_was_cut_off_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, path) in [
        ("flat.bin", data("flat.bin")),
        ("model.safetensors", {
            let path = folder.path().join("whole.safetensors");
            write_safetensors(&path, &[("a", &[4], &[0.0; 4])]);
            path
        }),
    ] {
        let bytes = fs::read(path).unwrap();
        for len in [bytes.len() - 1, bytes.len() / 2, 4] {
            let cut = folder.path().join(name);
            write(&cut, &bytes[..len]);
            let error = Source::open_file(&cut).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}

#[test]
fn a_git_lfs_pointer_is_not_taken_for_weights() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    write(&path, b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
    let error = Source::open(folder.path()).unwrap_err();
    assert!(error.to_string().contains("Git LFS pointer"));
    assert!(error.hint().unwrap().contains("git lfs pull"));
}

#[test]
fn shards_are_found_through_their_index() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_safetensors(&path("one.safetensors"), &[("a", &[2], &[1.0, 2.0])]);
    write_safetensors(&path("two.safetensors"), &[("b", &[1], &[3.0])]);
    let index = |map: &str| {
        write(
            &path("model.safetensors.index.json"),
            format!("{{\"weight_map\": {map}}}").as_bytes(),
        );
    };
    index(r#"{"a": "one.safetensors", "b": "two.safetensors"}"#);
    let source = Source::open(folder.path()).unwrap();
    let tensors = read_all(&source, &[("a", &[2]), ("b", &[1])]).unwrap();
    assert_eq!(tensors[1].to_vec().unwrap(), [3.0]);

    index(r#"{"a": "one.safetensors", "c": "two.safetensors"}"#);
    let error = Source::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("`c` in two.safetensors"), "{error}");

    index(r#"{"a": "three.safetensors"}"#);
    let error = Source::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("three.safetensors"), "{error}");
}

#[test]
fn a_folder_without_weights_says_what_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let error = Source::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("model.safetensors, model.safetensors.index.json"), "{error}");
}

#[test]
fn everything_that_does_not_fit_is_listed_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let tensors: [(&str, &[usize], &[f32]); 4] = [
        ("layer.weight", &[2, 2], &[0.0; 4]),
        ("layer.bias", &[3], &[0.0; 3]),
        ("left.over", &[1], &[0.0]),
        ("part.position_ids", &[1], &[0.0]),
    ];
    write_safetensors(&path, &tensors);
    let source = Source::open(folder.path()).unwrap();
    let options = LoadOptions { unused: &["position_ids"], ..LoadOptions::default() };
    let build = |scope: &Scope<'_>| {
        let layer = scope.at("layer");
        layer.matrix("weight", (2, 2))?;
        layer.tensor("bias", &[2])?;
        layer.at("norm").tensor("weight", &[7])
    };
    let error = load(&source, &options, build).unwrap_err().to_string();
    for line in [
        "of 3 tensors 1 missing and 1 of another shape; 1 surplus",
        "missing `layer.norm.weight`: expected [7]",
        "shape of `layer.bias`: expected [2], got [3]",
        "surplus `left.over`: got [1]",
    ] {
        assert!(error.contains(line), "{error}");
    }
}

#[test]
fn matrices_are_stacked_and_embedded_in_the_wanted_form() {
    let source = Source::open_file(&data("module.bin")).unwrap();
    for dtype in [Dtype::F32, Dtype::Bf16] {
        let options = LoadOptions { dtype, ..LoadOptions::default() };
        let matrix: Result<(Weight, Tensor), NnError> = load(&source, &options, |scope| {
            let both = [scope.clone(), scope.clone()];
            Ok((Scope::stacked_matrix(&both, "weight", (2, 3))?, scope.tensor("bias", &[2])?))
        });
        let (matrix, bias) = matrix.unwrap();
        assert_eq!((matrix.outputs(), matrix.inputs()), (4, 3));
        let rows = matrix.rows(&[3, 0]).unwrap().to_vec().unwrap();
        assert_eq!(rows, [0.75, 1.0, 1.25, 0.0, 0.25, 0.5]);
        assert_eq!(bias.to_vec().unwrap(), [0.0, 0.25]);
        assert!(matrix.rows(&[4]).unwrap_err().to_string().contains("row 4"));
    }
}

#[test]
fn the_digest_follows_the_contents_and_not_the_place() {
    let make = |value: f32, config: &str| {
        let folder = tempfile::tempdir().unwrap();
        write_safetensors(&folder.path().join("model.safetensors"), &[("a", &[1], &[value])]);
        write(&folder.path().join("config.json"), config.as_bytes());
        digest(&Source::open(folder.path()).unwrap()).unwrap()
    };
    assert_eq!(make(1.0, "{}"), make(1.0, "{}"));
    assert_ne!(make(1.0, "{}"), make(2.0, "{}"));
    assert_ne!(make(1.0, "{}"), make(1.0, "{ }"));
}

/// Base and adapter of two layers of 3 inputs and 2 outputs: the first with a rank of 2, the second
/// with a rank of 1, `DoRA` and a bias of its own.
fn adapted(folder: &Path) -> (Source, Adapter) {
    let base = folder.join("base.safetensors");
    let (w0, w1) = ([1.0, -2.0, 3.0, 0.5, 0.25, -1.0], [2.0, 0.0, -1.0, 1.5, 1.0, -0.5]);
    write_safetensors(
        &base,
        &[
            ("q.weight", &[2, 3], &w0),
            ("k.weight", &[2, 3], &w1),
            ("q.bias", &[2], &[0.5, -0.5]),
            ("k.bias", &[2], &[1.0, 2.0]),
        ],
    );
    let adapter = folder.join("adapter.safetensors");
    write_safetensors(
        &adapter,
        &[
            ("q.A", &[2, 3], &[1.0, 0.0, 2.0, -1.0, 1.0, 0.0]),
            ("q.B", &[2, 2], &[0.5, 1.0, -1.0, 0.25]),
            ("q.b", &[2], &[4.0, -4.0]),
            ("k.A", &[1, 3], &[1.0, 1.0, -1.0]),
            ("k.B", &[2, 1], &[2.0, -1.0]),
            ("k.m", &[2], &[3.0, 0.5]),
        ],
    );
    let low = |name: &str, rank| LowRank {
        a: format!("{name}.A"),
        b: format!("{name}.B"),
        rank,
        scale: 0.5,
        magnitude: None,
        bias: None,
        is_transposed: false,
    };
    let q = LowRank { bias: Some("q.b".to_owned()), ..low("q", 2) };
    let k = LowRank { magnitude: Some("k.m".to_owned()), ..low("k", 1) };
    let matrices = [("q.weight".to_owned(), q), ("k.weight".to_owned(), k)].into();
    let adapter = Adapter::new(Source::open_file(&adapter).unwrap(), matrices).unwrap();
    (Source::open_file(&base).unwrap(), adapter)
}

/// The two layers as one.
fn stacked(scope: &Scope<'_>) -> Result<Linear, NnError> {
    Linear::load_stacked(&[scope.at("q"), scope.at("k")], (3, 2), true)
}

/// What the layers give for [1, 2, -1], worked out by hand from the definitions: the rows of `k` are
/// brought to the lengths 3 and 0.5.
fn by_hand() -> [f64; 4] {
    let x = [1.0, 2.0, -1.0];
    let dot = |row: [f64; 3]| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
    let q = [[1.0 - 0.25, -2.0 + 0.5, 3.0 + 0.5], [0.5 - 0.625, 0.25 + 0.125, -1.0 - 1.0]];
    let k = [[3.0, 1.0, -2.0], [1.0, 0.5, 0.0]];
    let length = |row: [f64; 3]| row.iter().map(|w| w * w).sum::<f64>().sqrt();
    [
        dot(q[0]) + 0.5 + 2.0,
        dot(q[1]) - 0.5 - 2.0,
        dot(k[0]) * 3.0 / length(k[0]) + 1.0,
        dot(k[1]) * 0.5 / length(k[1]) + 2.0,
    ]
}

#[test]
fn an_adapter_gives_the_same_worked_in_and_beside() {
    let folder = tempfile::tempdir().unwrap();
    let (source, adapter) = adapted(folder.path());
    let x = Tensor::from_vec(vec![1.0, 2.0, -1.0], &[1, 3], &Device::cpu()).unwrap();
    let residual = Tensor::from_vec(vec![1.0; 4], &[1, 4], &Device::cpu()).unwrap();
    for mode in [AdapterMode::Merged, AdapterMode::Beside] {
        let overlay = Some(Overlay { adapter: &adapter, mode });
        let options = LoadOptions { overlay, ..LoadOptions::default() };
        let layer = load(&source, &options, stacked).unwrap();
        let results = [
            (layer.forward(&x), by_hand()),
            (layer.plus(&x, &residual), by_hand().map(|y| y + 1.0)),
            (layer.activated(&x, Activation::Relu), by_hand().map(|y| y.max(0.0))),
        ];
        for (got, expected) in results {
            for (got, expected) in got.unwrap().to_vec().unwrap().iter().zip(expected) {
                assert!((f64::from(*got) - expected).abs() < 1e-6, "{mode:?}: {got} {expected}");
            }
        }
    }
}

#[test]
fn what_an_adapter_does_not_name_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (source, adapter) = adapted(folder.path());
    let x = Tensor::from_vec(vec![1.0, 2.0, -1.0], &[1, 3], &Device::cpu()).unwrap();
    let only_k = adapter.matrices().filter(|(name, _)| name.starts_with('k'));
    let only_k = only_k.map(|(name, low)| (name.to_owned(), low.clone())).collect();
    let file = folder.path().join("adapter.safetensors");
    let adapter = Adapter::new(Source::open_file(&file).unwrap(), only_k).unwrap();
    for mode in [AdapterMode::Merged, AdapterMode::Beside] {
        let overlay = Some(Overlay { adapter: &adapter, mode });
        let options = LoadOptions { overlay, ..LoadOptions::default() };
        let got = load(&source, &options, stacked).unwrap().forward(&x).unwrap().to_vec().unwrap();
        assert_eq!(got[..2], [-5.5, 1.5]);
        assert!((f64::from(got[3]) - by_hand()[3]).abs() < 1e-6);
    }
}

#[test]
fn an_adapter_of_another_model_is_refused_with_names_of_both() {
    let folder = tempfile::tempdir().unwrap();
    let (_, adapter) = adapted(folder.path());
    let other = folder.path().join("other.safetensors");
    write_safetensors(&other, &[("layer.weight", &[2, 3], &[0.0; 6])]);
    let overlay = Some(Overlay { adapter: &adapter, mode: AdapterMode::Beside });
    let options = LoadOptions { overlay, ..LoadOptions::default() };
    let other = Source::open_file(&other).unwrap();
    let error = load(&other, &options, |scope| Linear::load(&scope.at("layer"), (3, 2), false))
        .unwrap_err();
    let text = error.to_string();
    for part in ["of its 2 matrices the model has 0", "`k.weight`, `q.weight`", "`layer.weight`"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(error.hint().unwrap().contains("base_model_name_or_path"));
}

#[test]
fn an_update_of_another_shape_or_of_no_numbers_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (source, _) = adapted(folder.path());
    let make = |width: usize, value: f32| {
        let path = folder.path().join("odd.safetensors");
        let a = vec![value; width];
        write_safetensors(&path, &[("A", &[1, width], &a), ("B", &[2, 1], &[1.0, 1.0])]);
        let low = LowRank {
            a: "A".to_owned(),
            b: "B".to_owned(),
            rank: 1,
            scale: 1.0,
            magnitude: None,
            bias: None,
            is_transposed: false,
        };
        let matrices = [("q.weight".to_owned(), low)].into();
        Adapter::new(Source::open_file(&path).unwrap(), matrices).unwrap()
    };
    let refused = |adapter: &Adapter| {
        let overlay = Some(Overlay { adapter, mode: AdapterMode::Merged });
        let options = LoadOptions { overlay, ..LoadOptions::default() };
        load(&source, &options, stacked).unwrap_err().to_string()
    };
    let text = refused(&make(4, 1.0));
    assert!(text.contains("shape of `q.weight`: the model [2, 3], the adapter [2, 4]"), "{text}");
    let text = refused(&make(3, f32::NAN));
    assert!(text.contains("`A` has the number NaN at 0"), "{text}");
}
