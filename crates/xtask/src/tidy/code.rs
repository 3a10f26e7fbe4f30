//! Rust text without its comments and literals: what is left is code, line by line.
//!
//! A rule that looks for `println!` must not stumble over a sentence that mentions it. A full parser
//! would be slower to build than everything else here; four kinds of literal and two of comment are
//! all there is to skip.

/// `text` with every comment and every string or character literal blanked out; lines stay lines.
pub(super) fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if let Some(length) = skipped(rest, code.chars().next_back()) {
            let blank = |letter| if letter == '\n' { '\n' } else { ' ' };
            code.extend(rest[..length].chars().map(blank));
            length
        } else {
            code.push(first);
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    code
}

/// Whether a letter may stand inside a name.
pub(super) fn in_name(letter: char) -> bool {
    letter == '_' || letter.is_alphanumeric()
}

/// The length in bytes of the comment or literal at the start of `rest`, if there is one.
fn skipped(rest: &str, before: Option<char>) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment(rest));
    }
    match rest.chars().next()? {
        '"' => Some(string(rest)),
        '\'' => character(rest),
        'r' | 'b' | 'c' if !before.is_some_and(in_name) => raw_string(rest),
        _ => None,
    }
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut place) = (0, 0);
    while let Some(tail) = rest.get(place..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("/*") {
            depth += 1;
            place += 2;
        } else if tail.starts_with("*/") {
            depth -= 1;
            place += 2;
            if depth == 0 {
                return place;
            }
        } else {
            place += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (place, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return place + 1,
            _ => {}
        }
    }
    rest.len()
}

/// `'a'` is a literal, `'a` without a second quote is a lifetime.
fn character(rest: &str) -> Option<usize> {
    let inside = &rest[1..];
    let escaped = inside.starts_with('\\');
    let first = inside.char_indices().nth(usize::from(escaped))?;
    let behind = first.0 + first.1.len_utf8();
    if escaped {
        return inside[behind..].find('\'').map(|end| 1 + behind + end + 1);
    }
    inside[behind..].starts_with('\'').then_some(behind + 2)
}

/// `r"…"`, `r#"…"#`, `br"…"` and their like.
fn raw_string(rest: &str) -> Option<usize> {
    let inner = rest.trim_start_matches(['b', 'c']);
    let marked = inner.strip_prefix('r')?;
    let opened = marked.trim_start_matches('#');
    let hashes = marked.len() - opened.len();
    let body = opened.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(rest.len() - body.len() + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `code` is what must be left, with a single blank for each run of them.
    #[track_caller]
    fn check(text: &str, code: &str) {
        let left = code_of(text);
        assert_eq!(left.chars().count(), text.chars().count(), "{left:?}");
        let mut single = left;
        while single.contains("  ") {
            single = single.replace("  ", " ");
        }
        assert_eq!(single, code);
    }

    #[test]
    fn comments_are_blanked_and_lines_stay() {
        check("a // todo!()\nb", "a \nb");
        check("a /* x /* y */ z\n*/ b", "a \n b");
    }

    #[test]
    fn literals_are_blanked() {
        check(r#"f("todo!(\")", x)"#, "f( , x)");
        check("f(r#\"a \" b\"#, x)", "f( , x)");
        check("f(b\"a\", x)", "f(b , x)");
        check("f('\"', '\\'', '\\u{e9}', 'é', x)", "f( , , , , x)");
    }

    #[test]
    fn lifetimes_and_raw_names_are_code() {
        check("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}");
        check("mod r#gen; for x in bar {}", "mod r#gen; for x in bar {}");
    }

    #[test]
    fn what_is_not_closed_ends_with_the_text() {
        check("a \"b", "a ");
        check("a /* b", "a ");
        check("r#\"b", " ");
    }
}
