//! Which words came and went, and how varied they are at equal size.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::measure::{Measured, expected_types};
use crate::profile::Counted;

/// How many words are listed of each kind.
const LISTED: usize = 40;

/// How varied the words of both are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diversity {
    /// Words before.
    pub tokens_before: u64,
    /// Words after.
    pub tokens_after: u64,
    /// Different words before.
    pub types_before: u64,
    /// Different words after.
    pub types_after: u64,
    /// Different over all words before: falls as a set grows.
    pub ratio_before: f64,
    /// Different over all words after.
    pub ratio_after: f64,
    /// The number of words at which both are compared: all words of the smaller one.
    pub matched_tokens: u64,
    /// Different words expected among so many words of before, over that number.
    pub matched_before: f64,
    /// Different words expected among so many words of after, over that number.
    pub matched_after: f64,
    /// MTLD before, where there are words.
    pub mtld_before: Option<f64>,
    /// MTLD after.
    pub mtld_after: Option<f64>,
    /// HD-D before, with at least 42 words.
    pub hdd_before: Option<f64>,
    /// HD-D after.
    pub hdd_after: Option<f64>,
}

impl Diversity {
    pub(super) fn between(before: &Measured, after: &Measured) -> Self {
        let (one, other) = (&before.profile.vocabulary, &after.profile.vocabulary);
        let matched_tokens = one.tokens.min(other.tokens);
        let matched = |measured: &Measured| {
            let mut frequencies: BTreeMap<u64, u64> = BTreeMap::new();
            for word in &measured.vocabulary {
                *frequencies.entry(word.count).or_default() += 1;
            }
            let tokens = measured.profile.vocabulary.tokens;
            expected_types(&frequencies, tokens, matched_tokens) / matched_tokens.max(1) as f64
        };
        Self {
            tokens_before: one.tokens,
            tokens_after: other.tokens,
            types_before: one.types,
            types_after: other.types,
            ratio_before: one.type_token_ratio,
            ratio_after: other.type_token_ratio,
            matched_tokens,
            matched_before: matched(before),
            matched_after: matched(after),
            mtld_before: one.mtld,
            mtld_after: other.mtld,
            hdd_before: one.hdd,
            hdd_after: other.hdd,
        }
    }
}

/// A word that is used more or less than before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WordShift {
    /// The word.
    pub word: String,
    /// Times per 1,000 words before.
    pub before: f64,
    /// Times per 1,000 words after.
    pub after: f64,
}

/// Words that came, went, or changed their share.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct VocabularyChange {
    /// How many words are new.
    pub gained: u64,
    /// The most frequent of them, with their counts after.
    pub gained_words: Vec<Counted>,
    /// How many words are gone.
    pub lost: u64,
    /// The most frequent of them, with their counts before.
    pub lost_words: Vec<Counted>,
    /// Words in both whose share grew most.
    pub risen: Vec<WordShift>,
    /// Words in both whose share fell most.
    pub fallen: Vec<WordShift>,
}

impl VocabularyChange {
    /// Compares vocabularies, each with the most frequent words first.
    pub(super) fn between(before: &[Counted], after: &[Counted]) -> Self {
        let counts = |words: &[Counted]| -> HashMap<String, u64> {
            words.iter().map(|word| (word.text.clone(), word.count)).collect()
        };
        let (old, new) = (counts(before), counts(after));
        let only = |words: &[Counted], other: &HashMap<String, u64>| -> Vec<Counted> {
            words.iter().filter(|word| !other.contains_key(&word.text)).cloned().collect()
        };
        let (mut gained_words, mut lost_words) = (only(after, &old), only(before, &new));
        let (gained, lost) = (gained_words.len() as u64, lost_words.len() as u64);
        gained_words.truncate(LISTED);
        lost_words.truncate(LISTED);
        let total = |words: &[Counted]| words.iter().map(|word| word.count).sum::<u64>().max(1);
        let per_thousand = |count: u64, total: u64| count as f64 * 1_000.0 / total as f64;
        let (all_before, all_after) = (total(before), total(after));
        let mut shifts: Vec<WordShift> = after
            .iter()
            .filter_map(|word| {
                let count = old.get(&word.text)?;
                Some(WordShift {
                    word: word.text.clone(),
                    before: per_thousand(*count, all_before),
                    after: per_thousand(word.count, all_after),
                })
            })
            .collect();
        shifts.sort_by(|one, other| {
            let change = |shift: &WordShift| shift.after - shift.before;
            change(other).total_cmp(&change(one)).then_with(|| one.word.cmp(&other.word))
        });
        let risen = shifts.iter().filter(|shift| shift.after > shift.before);
        let fallen = shifts.iter().rev().filter(|shift| shift.after < shift.before);
        Self {
            gained,
            gained_words,
            lost,
            lost_words,
            risen: risen.take(LISTED / 2).cloned().collect(),
            fallen: fallen.take(LISTED / 2).cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[(&str, u64)]) -> Vec<Counted> {
        let counted =
            |(text, count): &(&str, u64)| Counted { text: (*text).to_owned(), count: *count };
        words.iter().map(counted).collect()
    }

    #[test]
    fn words_come_go_rise_and_fall() {
        let before = words(&[("a", 6), ("dog", 3), ("logo", 1)]);
        let after = words(&[("dog", 4), ("a", 4), ("puppy", 2)]);
        let change = VocabularyChange::between(&before, &after);
        assert_eq!((change.gained, change.lost), (1, 1));
        assert_eq!(change.gained_words, words(&[("puppy", 2)]));
        assert_eq!(change.lost_words, words(&[("logo", 1)]));
        assert_eq!(change.risen.len(), 1);
        assert_eq!((change.risen[0].before, change.risen[0].after), (300.0, 400.0));
        assert_eq!(change.fallen[0].word, "a");
    }
}
