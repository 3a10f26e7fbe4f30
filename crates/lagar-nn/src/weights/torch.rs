//! `torch.save` files: a zip archive with a pickle that tells of the tensors, and their bytes.
//!
//! Only a flat dictionary of tensors is read. The form before PyTorch 1.6 and dictionaries inside
//! dictionaries are refused by name, since reading them halfway would give a model without weights.
//!
//! Source: `torch/serialization.py` and `torch/_utils.py` (2.6), for the names in the pickle.

use std::io::{BufReader, Cursor, Read as _};

use candle_core::pickle::{Object, Stack};
use zip::{CompressionMethod, ZipArchive};

use crate::NnError;
use crate::weights::file::{Entry, MappedFile, Stored};

const RESAVE: &str = "load it with a current PyTorch and write it as safetensors, or with \
                      `torch.save(state_dict, path)`";

/// The tensors of a file, which becomes number `file` of its source.
///
/// # Errors
/// When the file is no such archive, or is not a flat dictionary of tensors.
pub(super) fn entries(mapped: &MappedFile, file: usize) -> Result<Vec<(String, Entry)>, NnError> {
    let refuse = |message: String| mapped.format_error(message, Some(RESAVE));
    if mapped.bytes().first() == Some(&0x80) {
        return Err(refuse(
            "a pickle of the form before PyTorch 1.6, which is not read".to_owned(),
        ));
    }
    let mut archive = ZipArchive::new(Cursor::new(mapped.bytes()))
        .map_err(|source| refuse(format!("no archive of `torch.save`, or cut off ({source})")))?;
    let names = archive.file_names().map(|name| name.map(std::borrow::Cow::into_owned));
    let names =
        names.collect::<Result<Vec<_>, _>>().map_err(|source| refuse(source.to_string()))?;
    let index = names.iter().find(|name| name.ends_with("data.pkl"));
    let index = index.ok_or_else(|| refuse("an archive without `data.pkl`".to_owned()))?;
    let folder = index.trim_end_matches("data.pkl");
    let mut pickle = Vec::new();
    archive
        .by_name(index)
        .and_then(|mut member| Ok(member.read_to_end(&mut pickle)?))
        .map_err(|source| refuse(format!("`{index}`: {source}")))?;
    let root = parse(&pickle).map_err(refuse)?;
    let mut entries = Vec::new();
    for tensor in tensors(root).map_err(refuse)? {
        let member = format!("{folder}data/{}", tensor.key);
        let start = member_start(&mut archive, &member).map_err(refuse)?;
        let offset = start + tensor.offset * tensor.stored.bytes();
        let Tensor { name, stored, shape, strides, .. } = tensor;
        let strides = (!is_row_major(&shape, &strides)).then_some(strides);
        entries.push((name, Entry { file, stored, shape, offset, strides }));
    }
    if let Some((name, _)) = entries.iter().find(|(_, entry)| !mapped.holds(entry)) {
        return Err(refuse(format!("cut off before the end of `{name}`")));
    }
    Ok(entries)
}

fn member_start(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<usize, String> {
    let member = archive.by_name(name).map_err(|source| format!("`{name}`: {source}"))?;
    if member.compression() != CompressionMethod::Stored {
        return Err(format!("`{name}` is compressed"));
    }
    let start = member.data_start().ok_or_else(|| format!("`{name}` has no place in the file"))?;
    usize::try_from(start).map_err(|source| source.to_string())
}

fn parse(pickle: &[u8]) -> Result<Object, String> {
    let mut stack = Stack::empty();
    let parsed = stack.read_loop(&mut BufReader::new(pickle)).and_then(|()| stack.finalize());
    parsed.map_err(|source| format!("a pickle that is not a dictionary of tensors ({source})"))
}

struct Tensor {
    name: String,
    stored: Stored,
    shape: Vec<usize>,
    strides: Vec<usize>,
    /// In elements, from the start of the storage.
    offset: usize,
    key: String,
}

fn tensors(root: Object) -> Result<Vec<Tensor>, String> {
    let Object::Dict(pairs) = root else {
        return Err("not a dictionary of tensors (a whole module, or TorchScript?)".to_owned());
    };
    let (mut found, mut others) = (Vec::new(), Vec::new());
    for (key, value) in pairs {
        let Object::Unicode(name) = key else {
            return Err("a dictionary whose keys are not names".to_owned());
        };
        // an attribute of state dictionaries, with the versions of their modules
        if name == "_metadata" {
            continue;
        }
        let is_dictionary = matches!(value, Object::Dict(_));
        match tensor(&name, value) {
            Some(tensor) => found.push(tensor),
            None => others.push((name, is_dictionary)),
        }
    }
    if others.is_empty() {
        return Ok(found);
    }
    let names = others.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Err(if found.is_empty() && others.iter().any(|(_, is_dictionary)| *is_dictionary) {
        format!("a dictionary inside a dictionary, under one of {names}, which is not read")
    } else {
        format!("entries that are not tensors: {names}")
    })
}

fn tensor(name: &str, value: Object) -> Option<Tensor> {
    let (callable, args) = value.reduce().ok()?;
    let (_, function) = callable.class().ok()?;
    let mut args = args.tuple().ok()?.into_iter();
    match function.as_str() {
        "_rebuild_parameter" => tensor(name, args.next()?),
        "_rebuild_from_type_v2" => {
            let (callable, args) = (args.next()?, args.nth(1)?);
            let inner = Object::Reduce { callable: Box::new(callable), args: Box::new(args) };
            tensor(name, inner)
        }
        "_rebuild_tensor_v2" => {
            let mut storage = args.next()?.persistent_load().ok()?.tuple().ok()?.into_iter();
            let (_, class) = storage.nth(1)?.class().ok()?;
            let key = storage.next()?.unicode().ok()?;
            let stored = match class.as_str() {
                "FloatStorage" => Stored::F32,
                "DoubleStorage" => Stored::F64,
                "HalfStorage" => Stored::F16,
                "BFloat16Storage" => Stored::Bf16,
                other => Stored::Other(other.to_owned()),
            };
            let offset = number(args.next()?)?;
            let (shape, strides) = (numbers(args.next()?)?, numbers(args.next()?)?);
            (shape.len() == strides.len()).then_some(())?;
            Some(Tensor { name: name.to_owned(), stored, shape, strides, offset, key })
        }
        _ => None,
    }
}

fn number(value: Object) -> Option<usize> {
    value.int_or_long().ok().and_then(|number| usize::try_from(number).ok())
}

fn numbers(value: Object) -> Option<Vec<usize>> {
    value.tuple().ok()?.into_iter().map(number).collect()
}

fn is_row_major(shape: &[usize], strides: &[usize]) -> bool {
    let mut expected = 1;
    for (size, stride) in shape.iter().zip(strides).rev() {
        if *size != 1 && *stride != expected {
            return false;
        }
        expected *= size;
    }
    true
}
