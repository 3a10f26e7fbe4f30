//! What the name of a tensor in an adapter says.

/// What stands in front of every name: the wrappers of `peft`.
const WRAPPERS: &str = "base_model.model.";

/// What a tensor of an adapter is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A part of the update of a module.
    Part {
        /// The module, as the trained model called it.
        module: String,
        /// Which part.
        part: Part,
    },
    /// A tensor that takes the place of the base's, under this name.
    Saved(String),
    /// The copy of an untrained module that very old versions saved besides.
    Original,
}

/// A part of the update of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A of a layer.
    A,
    /// B of a layer.
    B,
    /// A of an embedding.
    EmbeddingA,
    /// B of an embedding.
    EmbeddingB,
    /// The lengths of DoRA.
    Magnitude,
    /// The bias of B.
    Bias,
}

/// Reads a name. The adapter's own name (`.default`) is in it or not, by who wrote the file.
pub(super) fn read(name: &str) -> Named {
    let name = name.strip_prefix(WRAPPERS).unwrap_or(name);
    if let Some(found) = part(name) {
        return found;
    }
    if name.contains(".original_module.") {
        return Named::Original;
    }
    // `head.modules_to_save.default.weight` and `q_proj.base_layer.bias`
    let name = name.replace(".base_layer.", ".");
    match name.split_once(".modules_to_save.") {
        Some((module, rest)) => {
            let tensor = rest.split_once('.').map_or(rest, |(_, tensor)| tensor);
            Named::Saved(format!("{module}.{tensor}"))
        }
        None => Named::Saved(name),
    }
}

fn part(name: &str) -> Option<Named> {
    let start = name.rfind(".lora_")?;
    let module = name[..start].to_owned();
    let mut pieces = name[start + 1..].split('.');
    let kind = pieces.next()?;
    let rest: Vec<&str> = pieces.collect();
    let is_bias = match rest.as_slice() {
        [] | ["weight"] | [_, "weight"] => false,
        ["bias"] | [_, "bias"] => true,
        [_name] => false,
        _ => return None,
    };
    let part = match (kind, is_bias) {
        ("lora_A", false) => Part::A,
        ("lora_B", false) => Part::B,
        ("lora_B", true) => Part::Bias,
        ("lora_embedding_A", false) => Part::EmbeddingA,
        ("lora_embedding_B", false) => Part::EmbeddingB,
        ("lora_magnitude_vector", false) => Part::Magnitude,
        _ => return None,
    };
    Some(Named::Part { module, part })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_versions_are_read() {
        let part = |name: &str| match read(name) {
            Named::Part { module, part } => (module, part),
            other => panic!("{name}: {other:?}"),
        };
        let layer = "base_model.model.model.layers.0.mlp.up_proj";
        for (end, expected) in [
            ("lora_A.weight", Part::A),
            ("lora_A.default.weight", Part::A),
            ("lora_B.weight", Part::B),
            ("lora_B.bias", Part::Bias),
            ("lora_B.default.bias", Part::Bias),
            ("lora_embedding_A", Part::EmbeddingA),
            ("lora_embedding_B.default", Part::EmbeddingB),
            ("lora_magnitude_vector", Part::Magnitude),
            ("lora_magnitude_vector.default.weight", Part::Magnitude),
        ] {
            let (module, part) = part(&format!("{layer}.{end}"));
            assert_eq!((module.as_str(), part), ("model.layers.0.mlp.up_proj", expected));
        }
    }

    #[test]
    fn what_is_no_update_takes_the_place_of_the_bases() {
        let saved = |name: &str| match read(name) {
            Named::Saved(name) => name,
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(
            saved("base_model.model.model.mm_projector.0.bias"),
            "model.mm_projector.0.bias"
        );
        assert_eq!(saved("base_model.model.score.modules_to_save.default.weight"), "score.weight");
        assert_eq!(saved("base_model.model.a.q_proj.base_layer.bias"), "a.q_proj.bias");
        assert_eq!(read("base_model.model.score.original_module.weight"), Named::Original);
    }
}
