//! Which modules an adapter is for, by its configuration.
//!
//! Source: `check_target_module_exists` in `peft/tuners/tuners_utils.py` (0.21).

use fancy_regex::Regex;

use super::AdapterConfig;
use super::config::{Layers, Targets, compile};
use crate::ModelsError;

/// The rules of a configuration, made ready.
pub(super) struct Target {
    wanted: Option<Matcher>,
    excluded: Option<Matcher>,
    saved: Vec<Regex>,
    layers: Option<(Vec<usize>, Vec<Regex>)>,
}

enum Matcher {
    /// Every linear layer but the output layer: which those are, a checkpoint does not say.
    AllLinear,
    Pattern(Regex),
    Names(Vec<String>),
}

impl Matcher {
    fn new(setting: &'static str, targets: &Targets) -> Result<Self, ModelsError> {
        Ok(match targets {
            Targets::Pattern(pattern) if pattern == "all-linear" => Self::AllLinear,
            Targets::Pattern(pattern) => {
                Self::Pattern(compile(setting, &format!("^(?:{pattern})$"))?)
            }
            Targets::Names(names) => Self::Names(names.clone()),
        })
    }

    fn matches(&self, module: &str) -> bool {
        match self {
            Self::AllLinear => false,
            Self::Pattern(pattern) => pattern.is_match(module).unwrap_or(false),
            Self::Names(names) => names.iter().any(|name| {
                module
                    .strip_suffix(name.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }),
        }
    }
}

impl Target {
    /// # Errors
    /// When something that should be a pattern is none.
    pub(super) fn new(config: &AdapterConfig) -> Result<Self, ModelsError> {
        let wanted = config.target_modules.as_ref();
        let wanted = wanted.map(|targets| Matcher::new("target_modules", targets)).transpose()?;
        let excluded = config.exclude_modules.as_ref();
        let excluded =
            excluded.map(|targets| Matcher::new("exclude_modules", targets)).transpose()?;
        let saved = config.modules_to_save.iter();
        let saved =
            saved.map(|name| compile("modules_to_save", &format!(r"^(?:.*\.)?{name}(?:$|\.)")));
        let saved = saved.collect::<Result<_, _>>()?;
        let numbers = match &config.layers_to_transform {
            Some(Layers::One(number)) => vec![*number],
            Some(Layers::Several(numbers)) => numbers.clone(),
            None => Vec::new(),
        };
        let names = match &config.layers_pattern {
            Some(Targets::Pattern(name)) if !name.is_empty() => vec![name.clone()],
            Some(Targets::Names(names)) => names.clone(),
            _ => Vec::new(),
        };
        let patterns = if names.is_empty() {
            vec![compile("layers_pattern", r"^.*?\.[^.]*\.(\d+)\.")?]
        } else {
            let pattern =
                |name: &String| compile("layers_pattern", &format!(r"^(?:.*?\.)?{name}\.(\d+)\."));
            names.iter().map(pattern).collect::<Result<_, _>>()?
        };
        let layers = (!numbers.is_empty()).then_some((numbers, patterns));
        Ok(Self { wanted, excluded, saved, layers })
    }

    /// Whether a module of the base should have an update. `all-linear` says nothing here.
    pub(super) fn matches(&self, module: &str) -> bool {
        let is_out = self.excluded.as_ref().is_some_and(|excluded| excluded.matches(module))
            || self.saved.iter().any(|saved| saved.is_match(module).unwrap_or(false));
        let Some(wanted) = self.wanted.as_ref().filter(|_| !is_out) else { return false };
        if !wanted.matches(module) {
            return false;
        }
        match (&self.layers, wanted) {
            (Some((numbers, patterns)), Matcher::Names(names))
                if !names.iter().any(|name| name == module) =>
            {
                let found = patterns.iter().find_map(|pattern| {
                    let number = pattern.captures(module).ok()??.get(1)?;
                    number.as_str().parse::<usize>().ok()
                });
                found.is_some_and(|number| numbers.contains(&number))
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(json: &str) -> Target {
        let text = format!(r#"{{"peft_type": "LORA", {json}}}"#);
        Target::new(&serde_json::from_str(&text).unwrap()).unwrap()
    }

    #[test]
    fn names_match_behind_a_dot_and_patterns_the_whole() {
        let list = target(r#""target_modules": ["q_proj", "head"]"#);
        assert!(list.matches("model.layers.0.self_attn.q_proj"));
        assert!(list.matches("head"));
        assert!(!list.matches("model.layers.0.self_attn.xq_proj"));
        let pattern = target(r#""target_modules": ".*language.*\\.(q|v)_proj""#);
        assert!(pattern.matches("language_model.layers.0.v_proj"));
        assert!(!pattern.matches("language_model.layers.0.v_proj.x"));
    }

    #[test]
    fn layers_exclusions_and_saved_modules_narrow_it_down() {
        let layers = target(r#""target_modules": ["q_proj"], "layers_to_transform": [1, 3]"#);
        assert!(layers.matches("model.layers.1.self_attn.q_proj"));
        assert!(!layers.matches("model.layers.2.self_attn.q_proj"));
        let named = target(
            r#""target_modules": ["q_proj"], "layers_to_transform": 0, "layers_pattern": "h""#,
        );
        assert!(named.matches("t.h.0.q_proj") && !named.matches("t.layers.0.q_proj"));
        let out = target(
            r#""target_modules": ["q_proj", "score"], "exclude_modules": ["tower.q_proj"],
               "modules_to_save": ["score"]"#,
        );
        assert!(out.matches("model.q_proj"));
        assert!(!out.matches("model.tower.q_proj") && !out.matches("model.score"));
    }
}
