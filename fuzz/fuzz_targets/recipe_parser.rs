//! Any text through the recipe reader, with and without an override from the command line.
//!
//! What must hold for every input: nothing panics, neither reading nor showing what is wrong, and a
//! recipe that could be read is written as YAML that reads as the same recipe. Everything behind the
//! first NUL of the input is the override (`key=value`).

#![no_main]

use lagar_core::diagnostic::{Diagnostic, SourceText};
use lagar_recipe::{Override, Recipe};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (text, overriding) = text.split_once('\0').unwrap_or((text, ""));
    check(text, &[]);
    match Override::parse(overriding) {
        Ok(one) => check(text, &[one]),
        Err(error) => show(&error),
    }
});

fn check(text: &str, overrides: &[Override]) {
    let recipe = match Recipe::parse(SourceText::new("recipe.yaml", text), overrides) {
        Ok(recipe) => recipe,
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a reason");
            errors.iter().for_each(show);
            return;
        }
    };
    recipe.warnings.iter().for_each(show);
    let written = recipe.to_yaml();
    let again = Recipe::parse(SourceText::new("again.yaml", written.as_str()), &[]);
    let again = again.unwrap_or_else(|errors| {
        let errors: Vec<String> = errors.iter().map(|error| error.render(false)).collect();
        panic!("what was written cannot be read:\n{written}\n{}", errors.join("\n"))
    });
    assert_eq!(again.to_yaml(), written, "reading what was written changed it");
}

fn show(diagnostic: &Diagnostic) {
    assert!(!diagnostic.render(false).is_empty());
}
