//! Checkpoints: what is read, what is refused, and how the refusal is worded.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lagar_nn::weights::{LoadOptions, Scope, Source, digest, load};
use lagar_nn::{Dtype, NnError, Tensor, Weight};

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
