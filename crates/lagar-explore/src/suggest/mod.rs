//! A recipe that answers the problems, and what it will keep.
//!
//! Steps stand in the order of their cost: filters on texts, on headers of pictures, deduplicators,
//! models; what changes texts comes last, so that every threshold judges what was measured. The
//! prediction is no estimate: it is the operators' own decisions on the statistics that were measured.

mod predict;
mod yaml;

use lagar_ops::{Built, Cost, Operator};
use serde_json::{Map, Value};

pub use yaml::recipe;

use crate::ExploreError;
use crate::measure::{Measured, build};
use crate::profile::{Problem, Step};

/// The suggestion for a data set whose problems are known; it is also put into the profile.
///
/// # Errors
/// When an operator refuses its parameters, or what was measured cannot be read.
pub fn suggest(measured: &mut Measured) -> Result<(), ExploreError> {
    let wanted = steps(&measured.profile.problems);
    let mut operators = Vec::new();
    for step in wanted {
        let operator = build(&step.operator, &Value::Object(step.parameters.clone()))?;
        operators.push((operator, step));
    }
    operators.sort_by_key(|(operator, _)| rank(operator));
    let suggestion = predict::predict(measured, operators)?;
    measured.profile.suggestion = Some(suggestion);
    Ok(())
}

/// One step per operator: rules that want the same one share it.
fn steps(problems: &[Problem]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for problem in problems {
        let Some(remedy) = &problem.remedy else { continue };
        let known = steps.iter_mut().find(|step| step.operator == remedy.operator);
        let Some(step) = known else {
            steps.push(Step {
                operator: remedy.operator.clone(),
                parameters: remedy.parameters.clone(),
                rules: vec![problem.rule.clone()],
                because: remedy.because.clone(),
                before: 0,
                dropped: 0,
                put_aside: 0,
                kept: 0,
                exact: true,
                example: None,
            });
            continue;
        };
        merge(&mut step.parameters, &remedy.parameters);
        step.rules.push(problem.rule.clone());
        step.because = format!("{}; {}", step.because, remedy.because);
    }
    steps
}

/// Parameters of two rules for one operator: of two bounds the stricter one.
fn merge(own: &mut Map<String, Value>, other: &Map<String, Value>) {
    for (name, value) in other {
        let stricter = |known: &Value| match (known.as_f64(), value.as_f64()) {
            (Some(known), Some(value)) if name.starts_with("min") => value > known,
            (Some(known), Some(value)) => value < known,
            _ => false,
        };
        if own.get(name).is_none_or(stricter) {
            own.insert(name.clone(), value.clone());
        }
    }
}

/// The place of an operator among the steps.
fn rank(operator: &Operator) -> u8 {
    match (&operator.built, operator.info.cost) {
        (Built::Mapper(_), _) => 9,
        (_, Cost::Model) => 8,
        (Built::Deduplicator(_), Cost::Text) if operator.name() == "document_deduplicator" => 4,
        (Built::Deduplicator(_), Cost::Text) => 6,
        (Built::Deduplicator(_), _) => 5,
        (_, Cost::Text) => 0,
        (_, Cost::Header) => 1,
        (_, Cost::Pixels) => 2,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::measure::parameters;

    #[test]
    fn of_two_bounds_the_stricter_one_counts() {
        let mut own = parameters([("min_width", json!(1)), ("max_ratio", json!(0.5))]);
        merge(&mut own, &parameters([("min_width", json!(224)), ("max_ratio", json!(0.7))]));
        merge(&mut own, &parameters([("min_height", json!(3))]));
        assert_eq!(
            own,
            parameters([
                ("min_width", json!(224)),
                ("max_ratio", json!(0.5)),
                ("min_height", json!(3)),
            ])
        );
    }
}
