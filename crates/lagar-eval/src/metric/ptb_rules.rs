//! The rules of the Penn Treebank scanner: what a token looks like, what must follow it, and what is
//! written for it.
//!
//! Order matters among matches of the same length. Letters in classes are taken as they are, letters in
//! words in either case. Kept in the order and the vocabulary of the original, so that a difference
//! can be looked up; see [`super::ptb`] for where that is.

use fancy_regex::Regex;

/// What is written for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing.
    Skip,
    /// The token.
    Keep,
    /// The token without soft hyphens.
    Word,
    /// Another text.
    Write(&'static str),
    /// The token with LaTeX's quotation marks.
    Quote {
        /// Whether a straight mark opens a quotation.
        opens: bool,
    },
    /// The token with unbreakable spaces and spelt-out parentheses.
    Spaces,
    /// Three or four hyphens are a dash.
    Dashes,
    /// `&` for its entity.
    Amp,
    /// `1/2` for `½`.
    Fraction,
    /// `$` and `#` for other currencies.
    Currency,
    /// The token without its last bytes, which are read again.
    Split(usize),
    /// The token, whose full stop is read again; of one letter the letter alone.
    Acronym,
    /// The token, whose full stop is read again.
    Abbreviation,
}

/// What must follow a token.
#[derive(Clone, Debug)]
pub(super) enum Behind {
    /// Anything.
    Nothing,
    /// A pattern that always is this many characters long.
    Chars(&'static str, usize),
    /// A pattern of varying length.
    Pattern(String),
}

/// One rule.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) token: String,
    pub(super) behind: Behind,
    pub(super) action: Action,
    /// For a pattern of varying length: token and what follows, as groups.
    pub(super) split: Option<Regex>,
}

impl Rule {
    fn new(token: impl Into<String>, action: Action) -> Self {
        Self { token: token.into(), behind: Behind::Nothing, action, split: None }
    }

    fn before(self, class: &'static str) -> Self {
        Self { behind: Behind::Chars(class, 1), ..self }
    }

    fn before_two(self, classes: &'static str) -> Self {
        Self { behind: Behind::Chars(classes, 2), ..self }
    }

    fn before_pattern(self, pattern: &str) -> Self {
        let whole = format!("^({})(?:{pattern})$", self.token).replace("(?i-u:", "(?i:");
        let split = Regex::new(&whole).ok();
        Self { behind: Behind::Pattern(pattern.to_owned()), split, ..self }
    }

    pub(super) fn behind_pattern(&self) -> &str {
        match &self.behind {
            Behind::Nothing => "",
            Behind::Chars(pattern, _) => pattern,
            Behind::Pattern(pattern) => pattern,
        }
    }
}

const SPACE: &str = r"[ \t\u00A0\u2000-\u200A\u3000]";
const SPACENL: &str = r"[ \t\u00A0\u2000-\u200A\u3000\r\n\u2028\u2029\u000B\u000C\u0085]";
const DIGIT: &str = r"[\p{Nd}\u07C0-\u07C9]";
const ALNUM: &str = r"[\p{L}\p{Nd}]";
const APOS: &str = r"(?:['\u0092\u2019]|&apos;)";
const APOS_ETC: &str = r"(?:[`'\u0092\u2019\u0091\u2018\u201B]|&apos;)";
const HYPHEN: &str = r"[-_\u058A\u2010\u2011]";
const ENTITY_LETTER: &str = r"&[aeiouAEIOU](?i-u:acute|grave|uml);";
/// Marks that older tables of letters leave out.
const MORE_LETTERS: &str = r"\u00AD\u0237-\u024F\u02C2-\u02C5\u02D2-\u02DF\u02E5-\u02FF\u0300-\u036F\u0370-\u037D\u0384\u0385\u03CF\u03F6\u03FC-\u03FF\u0483-\u0487\u04CF\u04F6-\u04FF\u0510-\u0525\u055A-\u055F\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u0615-\u061A\u063B-\u063F\u064B-\u065E\u0670\u06D6-\u06EF\u06FA-\u06FF\u070F\u0711\u0730-\u074F\u0750-\u077F\u07A6-\u07B1\u07CA-\u07F5\u07FA\u0900-\u0903\u093C\u093E-\u094E\u0951-\u0955\u0962-\u0963\u0981-\u0983\u09BC-\u09C4\u09C7\u09C8\u09CB-\u09CD\u09D7\u09E2\u09E3\u0A01-\u0A03\u0A3C\u0A3E-\u0A4F\u0A81-\u0A83\u0ABC-\u0ACF\u0B82\u0BBE-\u0BC2\u0BC6-\u0BC8\u0BCA-\u0BCD\u0C01-\u0C03\u0C3E-\u0C56\u0D3E-\u0D44\u0D46-\u0D48\u0E30-\u0E3A\u0E47-\u0E4E\u0EB1-\u0EBC\u0EC8-\u0ECD";

const MONTHS_DAYS: &str =
    "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|Mon|Tue|Tues|Wed|Thu|Thurs|Fri";
const STATES: &str = "Ala|Ariz|Calif|Colo|Conn|Ct|Dak|Fla|Ga|Ind|Kans?|Ky|Md|Mich|Minn|Mo|Mont|Neb|\
                      Nev|Okla|Penn|Tenn|Va|Vt|Wisc?|Wyo";
/// States that are common words in small letters.
const STATES_AS_WRITTEN: &str = "A(?i-u:z)|A(?i-u:rk)|D(?i-u:el)|I(?i-u:ll)|L(?i-u:a)|M(?i-u:ass)|M(?i-u:iss)|O(?i-u:re)|P(?i-u:a)|T(?i-u:ex)|W(?i-u:ash)";
const COMPANIES: &str = "Inc|Cos?|Corp|Pp?t[ye]s?|Ltd|Plc|Rt|Bancorp|Dept|Bhd|Assn|Univ|Intl|Sys";
const NUMBERED: &str = r"tel|est|ext|sq|Jr|Sr|Bros|(?:Ed|Ph)\.D|Esq|etc|al|seq";
const TITLES: &str = "Mr|Mrs|Ms|Drs?|Profs?|Sens?|Reps?|Attys?|Lt|Col|Gen|Messrs|Govs?|Adm|Rev|Maj|\
                      Sgt|Cpl|Pvt|Capt|Ste?|Ave|Pres|Lieut|Hon|Brig|Co?mdr|Pfc|Spc|Supts?|Det|Mt|Ft|\
                      Adj|Adv|Asst|Assoc|Ens|Insp|Mlle|Mme|Msgr|Sfc";
const COMMON: &str = "vs|Alex|Wm|Jos|Cie|cf|TREAS|Ph|Invt|Elec|Natl|M[ft]g|Dept";
/// Words behind which a full stop ends a sentence: pronouns, determiners, prepositions.
const OPENERS: &str = "A(?i-u:bout)|A(?i-u:ccording)|A(?i-u:dditionally)|A(?i-u:fter)|A(?i-u:n)|A|\
    A(?i-u:s)|A(?i-u:t)|B(?i-u:ut)|E(?i-u:arlier)|H(?i-u:e)|H(?i-u:er)|H(?i-u:ere)|H(?i-u:ow)|\
    H(?i-u:owever)|I(?i-u:f)|I(?i-u:n)|I(?i-u:t)|L(?i-u:ast)|M(?i-u:any)|M(?i-u:ore)|M(?i-u:r)\\.|\
    M(?i-u:s)\\.|N(?i-u:ow)|O(?i-u:nce)|O(?i-u:ne)|O(?i-u:ther)|O(?i-u:ur)|S(?i-u:he)|S(?i-u:ince)|\
    S(?i-u:o)|S(?i-u:ome)|S(?i-u:uch)|T(?i-u:hat)|T(?i-u:he)|T(?i-u:heir)|T(?i-u:hen)|\
    T(?i-u:here)|T(?i-u:hese)|T(?i-u:hey)|T(?i-u:his)|W(?i-u:e)|W(?i-u:hen)|W(?i-u:hile)|\
    W(?i-u:hat)|Y(?i-u:et)|Y(?i-u:ou)";
const SYMBOLS: &str = r"[+%&~\^|\\\u00A6\u00A7\u00A8\u00A9\u00AC\u00AE\u00AF\u00B0-\u00B3\u00B4-\u00BA\u00D7\u00F7\u0387\u05BE\u05C0\u05C3\u05C6\u05F3\u05F4\u0600-\u0603\u0606-\u060A\u060C\u0614\u061B\u061E\u066A\u066D\u0703-\u070D\u07F6\u07F7\u07F8\u0964\u0965\u0E4F\u1FBD\u2016\u2017\u2020-\u2023\u2030-\u2038\u203B\u203E-\u2042\u2044\u207A-\u207F\u208A-\u208E\u2100-\u214F\u2190-\u21FF\u2200-\u2BFF\u3012\u30FB\uFF01-\uFF0F\uFF1A-\uFF20\uFF3B-\uFF40\uFF5B-\uFF65]";

fn any_case(words: &str) -> String {
    format!("(?i-u:{words})")
}

/// All rules, the first one winning among equally long matches.
pub(super) fn rules() -> Vec<Rule> {
    let letter = format!(r"(?:[\p{{L}}{MORE_LETTERS}]|{ENTITY_LETTER})");
    let run = format!("{letter}(?:{letter}|{DIGIT})*");
    let word = format!("{run}(?:[.!?]{run})*");
    let mut rules = words(&word);
    rules.extend(addresses());
    rules.extend(numbers());
    rules.extend(abbreviations(&word));
    rules.extend(marks());
    rules.extend(compounds());
    rules
}

/// A tag of SGML.
fn tag() -> String {
    let attribute = r#"[ ]+(?:[A-Za-z][A-Za-z0-9_:.\-]*|[A-Za-z][A-Za-z0-9_:.\-]*[ ]*=[ ]*(?:'[^']*'|"[^"]*"|[A-Za-z][A-Za-z0-9_:.\-]*))"#;
    format!(
        r"<(?:[!?][A-Za-z\-][^>\r\n]*|[A-Za-z][A-Za-z0-9_:.\-]*(?:{attribute})*[ ]*/?|/[A-Za-z][A-Za-z0-9_:.\-]*)[ ]*>"
    )
}

fn words(word: &str) -> Vec<Rule> {
    let redaux = format!("{APOS}(?:[msdMSD]|(?i-u:re|ve|ll))");
    let sredaux = format!("(?i-u:n){APOS_ETC}(?i-u:t)");
    let sword = r"[A-Za-z\u00AD]*[A-MO-Za-mo-z]\u00AD*";
    let tag = tag();
    let apoword = format!(
        r"{APOS}(?i-u:n){APOS}?|[lLdDjJ]{APOS}|(?i-u:Dunkin|somethin|ol){APOS}|{APOS}(?i-u:em)|[A-HJ-XZn]{APOS_ETC}\p{{L}}\p{{L}}\p{{L}}*|{APOS}[2-9]0(?i-u:s)|{APOS}(?i-u:till?)|\p{{L}}\p{{L}}*[aeiouyAEIOUY]{APOS_ETC}[aeiouA-Z]\p{{L}}*|{APOS}(?i-u:cause)|(?i-u:cont'd\.?|nor'easter|c'mon|e'er|s'mores|ev'ry|li'l|nat'l)"
    );
    vec![
        Rule::new(any_case("cannot|'twas"), Action::Split(3)),
        Rule::new(format!("{APOS}(?i-u:tis)"), Action::Split(2)),
        Rule::new(any_case("gonna|gotta|lemme|gimme|wanna"), Action::Split(2)),
        Rule::new(tag, Action::Spaces),
        Rule::new(r"&(?i-u:MD|mdash|ndash);|[\u0096\u0097\u2013\u2014\u2015]", Action::Write("--")),
        Rule::new("(?i-u:&amp;)", Action::Amp),
        Rule::new("&(?:(?i-u:HT|TL|UR|LR|QC|QL|QR|odq|cdq)|#[0-9]+);", Action::Keep),
        Rule::new(word, Action::Word).before_pattern(&redaux),
        Rule::new(sword, Action::Word).before_pattern(&sredaux),
        Rule::new(word, Action::Word),
        Rule::new(apoword, Action::Keep),
        Rule::new(format!("(?i-u:y){APOS}"), Action::Keep).before(r"\p{L}"),
        Rule::new(redaux, Action::Quote { opens: false }).before("[^A-Za-z]"),
        Rule::new(sredaux, Action::Quote { opens: false }).before("[^A-Za-z]"),
    ]
}

fn addresses() -> Vec<Rule> {
    vec![
        Rule::new(r#"(?i-u:https?)://[^ \t\n\f\r"<>|()]+[^ \t\n\f\r"<>|.!?(){},\-]"#, Action::Keep),
        Rule::new(
            r#"(?:(?i-u:www)\.(?:[^ \t\n\f\r"<>|.!?(){},]+\.)+[a-zA-Z]{2,4}|(?:[^ \t\n\f\r"`'<>|.!?(){},-_$]+\.)+(?i-u:com|net|org|edu))(?:/[^ \t\n\f\r"<>|()]+[^ \t\n\f\r"<>|.!?(){},\-])?"#,
            Action::Keep,
        ),
        Rule::new(
            r#"(?:&lt;|<)?[a-zA-Z0-9][^ \t\n\f\r"<>|()\u00A0]*@(?:[^ \t\n\f\r"<>|(){}.\u00A0]+\.)*[^ \t\n\f\r"<>|(){}.\u00A0]+(?:&gt;|>)?"#,
            Action::Keep,
        ),
        Rule::new(r"[@\uFF20][a-zA-Z_][a-zA-Z_0-9]*", Action::Keep),
        Rule::new(format!(r"[#\uFF03][\p{{L}}{MORE_LETTERS}]+"), Action::Keep),
    ]
}

fn numbers() -> Vec<Rule> {
    let number = format!(r"[\-+]?(?:{DIGIT}*(?:[.:,\u00AD\u066B\u066C]{DIGIT}+)+|{DIGIT}+)");
    let thing3 = r"[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}(?:\\?/[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}){1,2}";
    vec![
        Rule::new(format!(r"{DIGIT}{{1,2}}[\-/]{DIGIT}{{1,2}}[\-/]{DIGIT}{{2,4}}"), Action::Keep),
        Rule::new(number, Action::Word),
        Rule::new(
            r"[\u207A\u207B\u208A\u208B]?(?:[\u2070\u00B9\u00B2\u00B3\u2074-\u2079]+|[\u2080-\u2089]+)",
            Action::Keep,
        ),
        Rule::new(
            format!(r"(?:{DIGIT}{{1,4}}[\- \u00A0])?{DIGIT}{{1,4}}(?:\\?/|\u2044){DIGIT}{{1,4}}"),
            Action::Spaces,
        ),
        Rule::new(r"[\u00BC\u00BD\u00BE\u2153-\u215E]", Action::Fraction),
        Rule::new(
            format!(
                r"-(?i-u:RRB|LRB|RCB|LCB|RSB|LSB)-|(?i-u:C\.D\.s)|(?i-u:pro|anti)-|(?i-u:S(?:&|&amp;)P-500|S(?:&|&amp;)Ls)|(?i-u:Cap){APOS}(?i-u:n)|(?i-u:c){APOS}(?i-u:est)"
            ),
            Action::Amp,
        ),
        Rule::new(thing3, Action::Keep),
        Rule::new(r"[A-Z]*\$|#", Action::Keep),
        Rule::new(
            r"[\u00A2\u00A3\u00A4\u00A5\u0080\u20A0\u20AA\u20AC\u060B\u0E3F\u20A4\uFFE0\uFFE1\uFFE5\uFFE6]",
            Action::Currency,
        ),
    ]
}

fn abbreviations(word: &str) -> Vec<Rule> {
    let acro = r"[A-Za-z](?:\.[A-Za-z])*|(?i-u:Canada|Sino|Korean|EU|Japan|non)-(?i-u:U\.S)|(?i-u:U\.S\.-(?:U\.K|U\.S\.S\.R))";
    let first =
        format!(r"(?:(?i-u:{MONTHS_DAYS}|{STATES}|{COMPANIES}|{NUMBERED})|{STATES_AS_WRITTEN})\.");
    let titled = format!(r"(?i-u:{TITLES}|{COMMON}|a\.k\.a)|M(?i-u:iss)|v|{acro}");
    let third = any_case(r"(?:ca|figs?|prop|nos?|art|pp|op)\.");
    vec![
        Rule::new(format!(r"(?:{acro})\."), Action::Acronym)
            .before_pattern(&format!(r"{SPACENL}+(?:{OPENERS}|{}){SPACENL}", tag())),
        Rule::new(third, Action::Keep).before_pattern(&format!(r"{SPACENL}?\p{{Nd}}")),
        Rule::new(any_case(r"(?:pt[eyEY]|co)\."), Action::Keep)
            .before_pattern(&format!("{SPACE}(?i-u:ltd|lim)")),
        Rule::new(first.clone(), Action::Abbreviation)
            .before_pattern(&format!(r"{SPACENL}(?:{SPACENL}|\p{{Lu}}|{})", tag())),
        Rule::new(first.clone(), Action::Keep).before_two(r"(?s:..)"),
        Rule::new(first, Action::Abbreviation),
        Rule::new(format!(r"(?:{titled})\."), Action::Keep),
        Rule::new(titled, Action::Keep).before(SPACE),
        Rule::new(acro, Action::Keep).before(SPACENL),
        Rule::new(format!("{APOS}[0-9][0-9]"), Action::Quote { opens: false }).before(SPACENL),
        Rule::new(format!(r"(?:{word})\."), Action::Word).before("[,;:\u{3001}]"),
        Rule::new(
            r"(?:\([0-9]{2,3}\)[ \u00A0]?|(?:\+\+?)?(?:[0-9]{2,4}[\- \u00A0])?[0-9]{2,4}[\- \u00A0])[0-9]{3,4}[\- \u00A0]?[0-9]{3,5}|(?:(?:\+\+?)?[0-9]{2,4}\.)?[0-9]{2,4}\.[0-9]{3,4}\.[0-9]{3,5}",
            Action::Spaces,
        ),
    ]
}

fn marks() -> Vec<Rule> {
    let double = r#"(?:"|(?i-u:&quot;))"#;
    let clitic = format!("{APOS}(?:[msdMSD]|(?i-u:re|ve|ll))");
    let quotes = r"(?:['\u0092\u2019]|&apos;|''|[`\u2018-\u201F\u0082\u0084\u0091-\u0094\u2039\u203A\u00AB\u00BB]{1,2})";
    vec![
        Rule::new(double, Action::Quote { opens: true }).before("[A-Za-z0-9$]"),
        Rule::new(double, Action::Quote { opens: false }),
        Rule::new("<|(?i-u:&lt;)", Action::Write("<")),
        Rule::new(">|(?i-u:&gt;)", Action::Write(">")),
        Rule::new(r"[<>]?[:;=][\-o*']?[()DPdpO\\{@|\[\]]", Action::Spaces).before("[^A-Za-z0-9]"),
        Rule::new(
            r"[\^x=~<>]\.[\^x=~<>]|[\-\^x=~<>']_[\-\^x=~<>']|\([\-\^x=~<>'][_.]?[\-\^x=~<>']\)|\([\^x=~<>']-[\^x=~<>'`]\)",
            Action::Spaces,
        ),
        Rule::new(r"\{", Action::Write("-LCB-")),
        Rule::new(r"\}", Action::Write("-RCB-")),
        Rule::new(r"\[", Action::Write("-LSB-")),
        Rule::new(r"\]", Action::Write("-RSB-")),
        Rule::new(r"\(", Action::Write("-LRB-")),
        Rule::new(r"\)", Action::Write("-RRB-")),
        Rule::new("-+", Action::Dashes),
        Rule::new(r"\.{3,5}|[\u0085\u2026]", Action::Write("...")),
        Rule::new(r"\.[ \u00A0](?:\.[ \u00A0])+\.", Action::Write("...")),
        Rule::new("@+|#+|_+", Action::Keep),
        Rule::new(r"\*+|(?:\\\*){1,3}", Action::Keep),
        Rule::new("[,;:\u{3001}]", Action::Keep),
        Rule::new("[?!]+", Action::Keep),
        Rule::new(
            r"[.\u00A1\u00BF\u037E\u0589\u061F\u06D4\u0700-\u0702\u07FA\u3002]",
            Action::Keep,
        ),
        Rule::new("=", Action::Keep),
        Rule::new("/", Action::Keep),
        Rule::new("'", Action::Write("`")).before_two(r"[A-Za-z][^ \t\n\r\u00A0]"),
        Rule::new(clitic, Action::Quote { opens: false }),
        Rule::new(quotes, Action::Quote { opens: false }),
        Rule::new("<<|>>", Action::Keep),
        Rule::new(SYMBOLS, Action::Keep),
        Rule::new(r"[\u0086\u0087\u0089\u0095\u0098\u0099]", Action::Keep),
        Rule::new(r"\u0000|[\u0001-\u0008]|\u007F", Action::Skip),
        Rule::new(format!("{SPACE}+"), Action::Skip),
    ]
}

fn compounds() -> Vec<Rule> {
    let acro2 = r"(?:[A-Za-z](?:\.[A-Za-z])+|(?i-u:Canada|Sino|Korean|EU|Japan|non)-(?i-u:U\.S)|(?i-u:U\.S\.-(?:U\.K|U\.S\.S\.R)))";
    let hthing = format!(r"[A-Za-z0-9][A-Za-z0-9.,\u00AD]*(?:-(?:[A-Za-z0-9\u00AD]+|{acro2}\.))+");
    let thing = format!(
        r"(?:[dDoOlL]{APOS_ETC}{ALNUM})?{ALNUM}+(?:{HYPHEN}(?:[dDoOlL]{APOS_ETC}{ALNUM})?{ALNUM}+)*"
    );
    vec![
        Rule::new(hthing.clone(), Action::Word),
        Rule::new(format!(r"(?:{hthing})\."), Action::Word).before("[,;:\u{3001}]"),
        Rule::new(format!(r"(?:{thing})\."), Action::Quote { opens: false })
            .before("[,;:\u{3001}]"),
        Rule::new(thing, Action::Quote { opens: false }),
        Rule::new("[A-Z]+(?:(?:[+&]|&amp;)[A-Z]+)+", Action::Amp),
    ]
}
