//! Word lists by language, in Data-Juicer's format, and the share of a text's words on one.
//!
//! A folder holds JSON files `{"en": ["word", …], "zh": […]}` whose names contain the kind of list;
//! several files are joined. The language `all` is the union of the others, unless a file has it.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock, OnceLock};

use arrow::array::Float64Array;
use lagar_core::Batch;

use super::{SentencePieces, lower_pieces, pieces_of, refined_lower_words, refined_pieces};
use crate::{Context, OperatorError};

/// The words of one language.
pub type Words = HashSet<String>;

/// Reads the files of `folder` whose names contain `kind`.
///
/// # Errors
/// With the file and the reason.
pub fn read_word_lists(folder: &Path, kind: &str) -> Result<BTreeMap<String, Words>, String> {
    let unreadable = |error: std::io::Error| format!("`{}`: {error}", folder.display());
    let mut lists: BTreeMap<String, Words> = BTreeMap::new();
    let mut names: Vec<_> = fs::read_dir(folder)
        .map_err(unreadable)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.strip_suffix(".json").is_some() && name.contains(kind))
        .collect();
    names.sort();
    for name in names {
        let path = folder.join(&name);
        let of_file = |error: String| format!("`{}`: {error}", path.display());
        let text = fs::read_to_string(&path).map_err(|error| of_file(error.to_string()))?;
        let file: BTreeMap<String, Vec<String>> =
            serde_json::from_str(&text).map_err(|error| of_file(error.to_string()))?;
        for (language, words) in file {
            lists.entry(language).or_default().extend(words);
        }
    }
    if lists.is_empty() {
        return Err(format!(
            "`{}` has no file `*{kind}*.json`, and lagar downloads none",
            folder.display()
        ));
    }
    Ok(lists)
}

/// The words of `language`; `all` is the union.
///
/// # Errors
/// When there is no such language, with those that there are.
pub fn words_of(lists: &BTreeMap<String, Words>, language: &str) -> Result<Words, String> {
    if let Some(words) = lists.get(language) {
        return Ok(words.clone());
    }
    if language == "all" {
        return Ok(lists.values().flatten().cloned().collect());
    }
    let known: Vec<&str> = lists.keys().map(String::as_str).collect();
    Err(format!("no words for `{language}`; there are {}", known.join(", ")))
}

/// The stop words that come with lagar: those of NLTK for 32 languages, from the crate `stop-words`.
///
/// The English list has what is left of contractions cut at their apostrophes (`s`, `t`, `m`); words
/// are not cut there, so single letters other than `a` and `i` are left out.
pub fn bundled_stopwords() -> &'static BTreeMap<String, Words> {
    static LISTS: LazyLock<BTreeMap<String, Words>> = LazyLock::new(|| {
        BUNDLED_LANGUAGES.map(|language| (language.to_owned(), stopwords_of(language))).into()
    });
    &LISTS
}

fn stopwords_of(language: &str) -> Words {
    let words = stop_words::lookup(language).unwrap_or_default();
    let is_fragment = |word: &str| language == "en" && word.len() == 1 && !"ai".contains(word);
    words.iter().filter(|word| !is_fragment(word)).map(|word| (*word).to_owned()).collect()
}

/// The flagged words that come with lagar: the English list of better-profanity 0.7.0 (MIT).
pub fn bundled_flagged_words() -> BTreeMap<String, Words> {
    let words = include_str!("flagged_en.txt").lines().map(str::to_owned).collect();
    BTreeMap::from([("en".to_owned(), words)])
}

#[rustfmt::skip]
const BUNDLED_LANGUAGES: [&str; 32] = [
    "ar", "az", "be", "bn", "ca", "da", "de", "el", "en", "es", "eu", "fi", "fr", "he", "hu", "id",
    "it", "kk", "ne", "nl", "no", "pt", "ro", "ru", "sl", "sq", "sv", "ta", "tg", "tr", "uz", "zh",
];

/// A list that is read once, when the first batch comes.
#[derive(Clone, Debug, Default)]
pub struct LazyWords(OnceLock<Result<Arc<Words>, String>>);

impl LazyWords {
    /// The list that `read` gives.
    ///
    /// # Errors
    /// For the parameter `parameter` of `operator`, with what `read` says.
    pub fn get(
        &self,
        operator: &str,
        parameter: &str,
        read: impl FnOnce() -> Result<Words, String>,
    ) -> Result<&Words, OperatorError> {
        let words = self.0.get_or_init(|| read().map(Arc::new));
        words.as_deref().map_err(|message| OperatorError::Parameter {
            operator: operator.to_owned(),
            parameter: parameter.to_owned(),
            message: message.clone(),
        })
    }
}

/// How words are joined to longer ones, for languages that are split into syllables or characters.
#[derive(Clone, Copy, Debug)]
pub struct Augmentation<'a> {
    /// How many words each group has.
    pub group_sizes: &'a [u32],
    /// What stands between the words of a group.
    pub join: &'a str,
}

/// The share of each text's words on the list, null where there is no text; a model cuts words where
/// one is given.
pub fn shares(
    batch: &Batch,
    context: &Context<'_>,
    words: &Words,
    model: Option<&Arc<SentencePieces>>,
    augmented: Option<&Augmentation<'_>>,
) -> Float64Array {
    let mut share = ListedShare::default();
    let mut ratio = |text: &str| match model {
        Some(model) => share.of_pieces(&pieces_of(context, model, text), words, augmented),
        None => share.of(text, words, augmented),
    };
    batch.text.iter().map(|text| text.map(&mut ratio)).collect()
}

/// Buffers that are used again from text to text.
#[derive(Debug, Default)]
pub struct ListedShare {
    lower: String,
    group: String,
}

impl ListedShare {
    /// The share of the text's refined, lower-case words on the list, in [0, 1]; 0 without words.
    ///
    /// With an augmentation, groups of neighbouring words count as words beside the single ones.
    pub fn of(&mut self, text: &str, words: &Words, augmented: Option<&Augmentation<'_>>) -> f64 {
        let refined = refined_lower_words(text, &mut self.lower);
        match augmented {
            None => of_words(refined, words),
            Some(augmentation) => {
                of_groups(&refined.collect::<Vec<_>>(), words, augmentation, &mut self.group)
            }
        }
    }

    /// The same where words are the pieces of a model.
    pub fn of_pieces(
        &mut self,
        pieces: &[String],
        words: &Words,
        augmented: Option<&Augmentation<'_>>,
    ) -> f64 {
        let lower = lower_pieces(pieces);
        let refined = refined_pieces(&lower);
        match augmented {
            None => of_words(refined, words),
            Some(augmentation) => {
                of_groups(&refined.collect::<Vec<_>>(), words, augmentation, &mut self.group)
            }
        }
    }
}

fn of_words<'a>(refined: impl Iterator<Item = &'a str>, words: &Words) -> f64 {
    let (mut total, mut listed) = (0, 0);
    for word in refined {
        total += 1;
        listed += u64::from(words.contains(word));
    }
    share(listed, total)
}

fn of_groups(
    refined: &[&str],
    words: &Words,
    augmentation: &Augmentation<'_>,
    joined: &mut String,
) -> f64 {
    let (mut total, mut listed) = (0, 0);
    let mut count = |word: &str| {
        total += 1;
        listed += u64::from(words.contains(word));
    };
    for word in refined {
        count(word);
    }
    for size in augmentation.group_sizes.iter().filter(|size| **size > 0) {
        for group in refined.windows(*size as usize) {
            join_into(group, augmentation.join, joined);
            count(joined);
        }
    }
    share(listed, total)
}

fn join_into(words: &[&str], between: &str, joined: &mut String) {
    joined.clear();
    for (index, word) in words.iter().enumerate() {
        joined.push_str(if index > 0 { between } else { "" });
        joined.push_str(word);
    }
}

fn share(listed: u64, total: u64) -> f64 {
    if total == 0 { 0.0 } else { (listed as f64 / total as f64).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Words {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the point is bit equality")]
    fn groups_of_neighbours_count_beside_the_words() {
        let mut share = ListedShare::default();
        let list = words(&["the", "x-y"]);
        assert_eq!(share.of("The x, y!", &list, None), 1.0 / 3.0);
        let augmentation = Augmentation { group_sizes: &[2, 5], join: "-" };
        assert_eq!(share.of("The x, y!", &list, Some(&augmentation)), 2.0 / 5.0);
        assert_eq!(share.of("1 2 3", &list, None), 0.0);
    }

    #[test]
    fn files_are_joined_and_all_is_their_union() {
        let folder = tempfile::tempdir().unwrap();
        let error = read_word_lists(folder.path(), "stopwords").unwrap_err();
        assert!(error.contains("has no file `*stopwords*.json`"), "{error}");
        for (name, content) in [
            ("a_stopwords.json", r#"{"en": ["a", "the"]}"#),
            ("stopwords_2.json", r#"{"en": ["an"], "de": ["der"]}"#),
            ("flagged_words.json", r#"{"fr": ["x"]}"#),
        ] {
            let mut file = fs::File::create(folder.path().join(name)).unwrap();
            std::io::Write::write_all(&mut file, content.as_bytes()).unwrap();
        }
        let lists = read_word_lists(folder.path(), "stopwords").unwrap();
        assert_eq!(words_of(&lists, "en").unwrap(), words(&["a", "an", "the"]));
        assert_eq!(words_of(&lists, "all").unwrap().len(), 4);
        let error = words_of(&lists, "fr").unwrap_err();
        assert_eq!(error, "no words for `fr`; there are de, en");
    }
}
