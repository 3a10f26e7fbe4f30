//! The Penn Treebank tokenizer of the COCO caption evaluation, as far as captions need it.
//!
//! The original is a generated scanner: of all rules the longest match wins, of equally long ones the
//! first, and what a rule wants to see *behind* the token counts for the length. That is what
//! [`scan`] does, with one automaton over all `ptb_rules`. Behind it the evaluation
//! lower-cases and drops seventeen tokens of punctuation (but not `-lrb-` and its kin, which it looks
//! for in capitals).
//!
//! What differs: a caption with a line break other than `\n` makes the original lose count of its
//! lines, so that all later captions get their neighbour's tokens; here the break separates words.
//!
//! Source: behaviour of `PTBTokenizer -preserveLines -lowerCase` of Stanford `CoreNLP` 3.4.1 as
//! pycocoevalcap 1.2 calls it, and the description of its rules; no code was taken over.

use std::sync::LazyLock;

use regex_automata::hybrid::dfa::DFA;
use regex_automata::util::pool::Pool;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};

use super::ptb_rules::{Action, Behind, Rule, rules};
use super::python;

/// What the evaluation drops.
const DROPPED: [&str; 17] = [
    "''", "'", "``", "`", "-LRB-", "-RRB-", "-LCB-", "-RCB-", ".", "?", "!", ",", ":", "-", "--",
    "...", ";",
];

/// Captions as the evaluation compares them: lower-cased tokens without punctuation, joined by spaces.
///
/// All captions of one side (all answers, or all references in order) go in together: the original
/// writes them into one file, and a rule may look beyond the end of a line.
pub fn captions(texts: &[&str]) -> Vec<String> {
    let breaks = ['\n', '\r', '\u{b}', '\u{c}', '\u{2028}', '\u{2029}'];
    let lines: Vec<String> = texts.iter().map(|text| text.replace(breaks, " ")).collect();
    let compared = |tokens: Vec<String>| {
        let line = tokens.join(" ").to_lowercase();
        let kept: Vec<&str> =
            python::rstrip(&line).split(' ').filter(|token| !DROPPED.contains(token)).collect();
        kept.join(" ")
    };
    scan(&lines.join("\n")).into_iter().map(compared).collect()
}

/// The tokens of each line, as the scanner writes them.
pub fn scan(text: &str) -> Vec<Vec<String>> {
    let mut lines = vec![Vec::new()];
    let Some(scanner) = SCANNER.as_ref() else { return lines };
    let mut cache = scanner.caches.get();
    let mut place = 0;
    while place < text.len() {
        if text.as_bytes()[place] == b'\n' {
            lines.push(Vec::new());
            place += 1;
            continue;
        }
        let input = Input::new(text).range(place..).anchored(Anchored::Yes);
        let found = scanner.dfa.try_search_fwd(&mut cache, &input).ok().flatten();
        let Some(found) = found.filter(|found| found.offset() > place) else {
            // Nothing knows this character: the original deletes it.
            place += text[place..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        let rule = &scanner.rules[found.pattern().as_usize()];
        let matched = &text[place..found.offset()];
        let token = &matched[..token_length(rule, matched)];
        if let Some(line) = lines.last_mut() {
            place += take(rule.action, token, line).max(1);
        }
    }
    lines
}

struct Scanner {
    dfa: DFA,
    rules: Vec<Rule>,
    caches: Pool<
        regex_automata::hybrid::dfa::Cache,
        Box<dyn Fn() -> regex_automata::hybrid::dfa::Cache + Send + Sync>,
    >,
}

static SCANNER: LazyLock<Option<Scanner>> = LazyLock::new(|| {
    let rules = rules();
    let patterns: Vec<String> = rules
        .iter()
        .map(|rule| format!("(?:{})(?:{})", rule.token, rule.behind_pattern()))
        .collect();
    let settings = DFA::config().match_kind(MatchKind::All).skip_cache_capacity_check(true);
    let settings = settings.cache_capacity(64 << 20);
    let dfa = DFA::builder()
        .configure(settings)
        .syntax(syntax::Config::new().unicode(true).utf8(true))
        .build_many(&patterns)
        .ok()?;
    let for_cache = dfa.clone();
    let caches: Box<dyn Fn() -> _ + Send + Sync> = Box::new(move || for_cache.create_cache());
    Some(Scanner { dfa, rules, caches: Pool::new(caches) })
});

/// How much of a match is the token; the rest is what had to follow.
fn token_length(rule: &Rule, matched: &str) -> usize {
    match rule.behind {
        Behind::Nothing => matched.len(),
        Behind::Chars(_, count) => {
            matched.char_indices().rev().nth(count - 1).map_or(matched.len(), |(place, _)| place)
        }
        Behind::Pattern(_) => {
            let whole =
                rule.split.as_ref().and_then(|split| split.captures(matched).ok().flatten());
            whole.and_then(|found| found.get(1)).map_or(matched.len(), |token| token.end())
        }
    }
}

/// Writes a token and says how many bytes of it are used up.
fn take(action: Action, token: &str, out: &mut Vec<String>) -> usize {
    let mut push = |text: &str| out.push(text.to_owned());
    match action {
        Action::Skip => {}
        Action::Keep => push(token),
        Action::Word => {
            // A soft hyphen alone is a hyphen.
            let word = token.replace('\u{ad}', "");
            push(if word.is_empty() { "-" } else { &word });
        }
        Action::Write(text) => push(text),
        Action::Quote { opens } => push(&quotes(token, opens)),
        Action::Spaces => push(&spaced(token)),
        Action::Dashes => push(if (3..=4).contains(&token.len()) { "--" } else { token }),
        Action::Amp => push(&token.replace("&amp;", "&").replace("&AMP;", "&")),
        Action::Fraction => push(fraction(token)),
        Action::Currency => push(currency(token)),
        Action::Split(back) => {
            let cut = token.len() - back;
            push(&token[..cut]);
            return cut;
        }
        Action::Acronym => {
            let cut = token.len() - 1;
            push(if cut == 1 { &token[..cut] } else { token });
            return cut;
        }
        Action::Abbreviation => {
            push(token);
            return token.len() - 1;
        }
    }
    token.len()
}

/// Quotation marks as LaTeX writes them.
fn quotes(token: &str, opens: bool) -> String {
    let (single, double) = if opens { ("`", "``") } else { ("'", "''") };
    let mut text = token.replace("&apos;", "'").replace('\'', "\u{1}");
    text = text.replace("\u{1}\u{1}", "\u{2}").replace('"', "\u{2}").replace("&quot;", "\u{2}");
    // Single marks are mapped first, so that two of them only become a double mark as `''` already.
    text = text.replace('\u{1}', single).replace('\u{2}', double);
    text = text.replace(['\u{91}', '\u{2018}', '\u{201b}', '\u{2039}'], "`");
    text = text.replace(['\u{92}', '\u{2019}', '\u{203a}'], "'");
    text = text.replace(['\u{93}', '\u{201c}', '\u{ab}'], "``");
    text.replace(['\u{94}', '\u{201d}', '\u{bb}'], "''")
}

/// Spaces within a token become unbreakable, parentheses are spelt out.
fn spaced(token: &str) -> String {
    token.replace(' ', "\u{a0}").replace('(', "-LRB-").replace(')', "-RRB-")
}

fn fraction(token: &str) -> &str {
    match token {
        "\u{bc}" => "1/4",
        "\u{bd}" => "1/2",
        "\u{be}" => "3/4",
        "\u{2153}" => "1/3",
        "\u{2154}" => "2/3",
        other => other,
    }
}

fn currency(token: &str) -> &str {
    match token {
        "\u{a2}" => "cents",
        "\u{a3}" => "#",
        "\u{80}" | "\u{a4}" | "\u{20a0}" | "\u{20ac}" => "$",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(line: &str) -> Vec<String> {
        scan(&format!("{line}\n")).swap_remove(0)
    }

    #[test]
    fn clitics_and_brackets_are_tokens() {
        let expected = ["A", "man", "'s", "dog", "is", "n't", "-LRB-", "red", "-RRB-", "."];
        assert_eq!(tokens("A man's dog isn't (red)."), expected);
    }

    #[test]
    fn captions_lose_their_punctuation_but_not_their_brackets() {
        let texts =
            ["A \"red\" dog, {on} a beach.", "", "cannot gonna U.S.A. 1/2 \u{bd} a...b", "x"];
        let expected =
            ["a red dog -lcb- on -rcb- a beach", "", "can not gon na u.s.a. 1/2 1/2 a. b", "x"];
        assert_eq!(captions(&texts), expected);
    }
}
