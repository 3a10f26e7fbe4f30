//! Rules about one source file: its header, its length, and words that must not be in it.

use super::Finding;
use super::code::{code_of, in_name};

/// The most lines of a file, its tests not counted.
const LINES: usize = 500;

/// Crates whose job it is to talk to the user and the operating system.
const TALKERS: [&str; 2] = ["lagar-cli", "xtask"];

/// What only those may do.
const TALK: [(&str, &str); 9] = [
    ("println!", "prints"),
    ("print!", "prints"),
    ("eprintln!", "prints"),
    ("eprint!", "prints"),
    ("dbg!", "prints"),
    ("io::stdout", "prints"),
    ("io::stderr", "prints"),
    ("process::exit", "ends the process"),
    ("std::env", "reads the environment"),
];

/// What nobody may leave behind.
const UNFINISHED: [(&str, &str); 3] = [
    ("#[ignore", "a test that does not run proves nothing"),
    ("todo!(", "unfinished code does not go in"),
    ("unimplemented!(", "unfinished code does not go in"),
];

/// Checks the file at `path` (from the workspace's folder).
pub(super) fn check(path: &str, text: &str) -> Vec<Finding> {
    let code = code_of(text);
    let mut findings = Vec::new();
    if !text.starts_with("//!") {
        let message = "does not start with `//!`: say in one sentence what lives here";
        findings.push(Finding::new(path, message));
    }
    let length = lines_without_tests(&code);
    if !is_test(path) && length > LINES {
        let message =
            format!("{length} lines without its tests, the limit is {LINES}: split it by idea");
        findings.push(Finding::new(path, message));
    }
    for (number, line) in code.lines().enumerate() {
        let place = || format!("{path}:{}", number + 1);
        for (word, why) in UNFINISHED {
            if has_word(line, word) {
                findings.push(Finding::new(place(), format!("`{word}`: {why}")));
            }
        }
        let silent = !is_test(path) && !is_talker(path) && number < length;
        let spoken = TALK.iter().find(|(word, _)| has_word(line, word));
        if let Some((word, does)) = spoken.filter(|_| silent) {
            let message = format!("`{word}` {does}: only lagar-cli and xtask may");
            findings.push(Finding::new(place(), message));
        }
    }
    findings
}

/// Whether a file holds tests and nothing else.
fn is_test(path: &str) -> bool {
    let inside = path.split('/').any(|part| part == "tests" || part == "benches");
    inside || path.ends_with("/tests.rs") || path.ends_with("/testing.rs")
}

fn is_talker(path: &str) -> bool {
    let folder = path.strip_prefix("crates/").and_then(|path| path.split('/').next());
    folder.is_some_and(|folder| TALKERS.contains(&folder))
}

/// How many lines stand before the test module at the end of a file.
fn lines_without_tests(code: &str) -> usize {
    let lines: Vec<&str> = code.lines().collect();
    let opens_tests = |start: &usize| {
        let mut behind = lines[*start + 1..].iter().filter(|line| !line.starts_with("#["));
        let is_module = |line: &&str| line.starts_with("mod ") && line.trim_end().ends_with('{');
        lines[*start].trim_end() == "#[cfg(test)]" && behind.next().is_some_and(is_module)
    };
    (0..lines.len()).find(opens_tests).unwrap_or(lines.len())
}

/// Whether `word` stands in `line`, not as the end of a longer name.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(place, _)| {
        let before = line[..place].chars().next_back();
        !before.is_some_and(in_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGINE: &str = "crates/lagar-engine/src/run.rs";

    fn messages(path: &str, text: &str) -> Vec<String> {
        let text = format!("//! A file.\n{text}");
        let findings = check(path, &text);
        findings.into_iter().map(|found| format!("{}: {}", found.place, found.message)).collect()
    }

    #[test]
    fn a_file_without_a_header_is_found() {
        let found = check(ENGINE, "use std::fmt;\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("`//!`"));
        assert!(check(ENGINE, "//! A file.\n").is_empty());
    }

    #[test]
    fn a_long_file_is_found_and_its_tests_do_not_count() {
        let code = "const A: u8 = 0;\n";
        assert!(messages(ENGINE, &code.repeat(499)).is_empty());
        let found = messages(ENGINE, &code.repeat(500));
        assert_eq!(
            found,
            [format!("{ENGINE}: 501 lines without its tests, the limit is 500: split it by idea")]
        );
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", code.repeat(500));
        assert!(messages(ENGINE, &(code.repeat(400) + &tests)).is_empty());
        assert!(messages("crates/lagar-engine/tests/run.rs", &code.repeat(900)).is_empty());
        let helper = format!("#[cfg(test)]\nmod testing;\n{}", code.repeat(500));
        assert_eq!(messages(ENGINE, &helper).len(), 1, "a test module elsewhere ends nothing");
    }

    #[test]
    fn unfinished_code_is_found_everywhere() {
        let bodies =
            ["    todo!()\n", "    unimplemented!(\"x\")\n", "#[ignore]\n", "#[ignore = \"x\"]\n"];
        for body in bodies {
            for path in [ENGINE, "crates/lagar-cli/src/main.rs", "crates/lagar-ops/tests/all.rs"] {
                let found = messages(path, body);
                assert_eq!(found.len(), 1, "{body}");
                assert!(found[0].starts_with(&format!("{path}:2: ")), "{found:?}");
            }
        }
        assert!(messages(ENGINE, "// todo!() is forbidden\nlet a = \"#[ignore]\";\n").is_empty());
    }

    #[test]
    fn only_the_talkers_talk() {
        let bodies = [
            "println!(\"a\");\n",
            "eprint!(\"a\");\n",
            "std::process::exit(1);\n",
            "let a = std::env::var(\"A\");\n",
            "let a = std::io::stdout().lock();\n",
        ];
        for body in bodies {
            assert_eq!(messages(ENGINE, body).len(), 1, "{body}");
            assert!(messages("crates/lagar-cli/src/show.rs", body).is_empty());
            assert!(messages("crates/xtask/src/main.rs", body).is_empty());
            assert!(messages("crates/lagar-engine/tests/run.rs", body).is_empty());
            let test = format!("#[cfg(test)]\nmod tests {{\n    {body}}}\n");
            assert!(messages(ENGINE, &test).is_empty(), "{body}");
        }
    }

    #[test]
    fn names_that_end_like_a_forbidden_word_are_fine() {
        assert!(
            messages(ENGINE, "my_println!(\"a\"); sprint!(a); let a = env!(\"A\");\n").is_empty()
        );
    }
}
