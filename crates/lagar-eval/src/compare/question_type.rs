//! The kind of a question from its first words, where the benchmark does not say it.
//!
//! A coarse cut of the 65 question types of VQAv2 (`mscoco_question_types.txt`): fine enough to see
//! whether a benchmark asks for more than one thing, and coarse enough to have numbers in every kind.

/// Words behind "what" or "which" that say what is asked for.
const ASKED_FOR: [(&str, &str); 14] = [
    ("brand", "brand"),
    ("color", "colour"),
    ("colour", "colour"),
    ("colors", "colour"),
    ("number", "number"),
    ("time", "time"),
    ("year", "year"),
    ("date", "date"),
    ("name", "name"),
    ("kind", "kind"),
    ("type", "kind"),
    ("letter", "letter"),
    ("word", "word"),
    ("company", "brand"),
];

/// How far behind "what" such a word may stand: "what is the name of …".
const REACH: usize = 4;

const YES_NO: [&str; 20] = [
    "is", "are", "was", "were", "do", "does", "did", "can", "could", "has", "have", "had", "will",
    "would", "should", "may", "might", "isn't", "aren't", "am",
];

/// The kind of a question: `how many`, `what colour`, `yes/no`, …; `other` where no word tells.
pub fn question_type(question: &str) -> String {
    let lower = question.to_lowercase();
    let words: Vec<&str> = lower
        .split(|letter: char| !letter.is_alphanumeric() && letter != '\'')
        .filter(|word| !word.is_empty())
        .collect();
    let Some(first) = words.first() else { return "other".to_owned() };
    if YES_NO.contains(first) {
        return "yes/no".to_owned();
    }
    let asks = |word: &str| {
        matches!(
            word,
            "what" | "what's" | "which" | "who" | "whose" | "where" | "when" | "why" | "how"
        )
    };
    // "On which shelf …" asks which; "the sign says what?" asks what.
    let Some(place) = words.iter().position(|word| asks(word)) else { return "other".to_owned() };
    let behind = &words[place + 1..];
    match words[place] {
        "how" => match behind.first() {
            Some(&next @ ("many" | "much" | "old" | "long" | "far" | "tall" | "big")) => {
                format!("how {next}")
            }
            _ => "how".to_owned(),
        },
        word @ ("what" | "what's" | "which") => {
            let word = if word == "which" { "which" } else { "what" };
            let found = behind.iter().take(REACH).find_map(|next| {
                ASKED_FOR.iter().find(|(asked, _)| asked == next).map(|(_, kind)| *kind)
            });
            found.map_or_else(|| word.to_owned(), |kind| format!("{word} {kind}"))
        }
        word => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_tell_the_kind() {
        for (question, kind) in [
            ("What is the brand of this camera?", "what brand"),
            ("what color is it", "what colour"),
            ("How many dogs?", "how many"),
            ("Is there a cat?", "yes/no"),
            ("On which shelf is it?", "which"),
            ("Who wrote it?", "who"),
            ("What does the small white text spell?", "what"),
            ("Read the sign.", "other"),
            ("", "other"),
        ] {
            assert_eq!(question_type(question), kind, "{question}");
        }
    }
}
