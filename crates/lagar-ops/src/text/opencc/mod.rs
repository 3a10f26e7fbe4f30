//! Chinese characters converted between their forms, with the dictionaries and rules of OpenCC.
//!
//! A conversion is a chain of dictionaries. Each is applied from left to right and takes the longest
//! entry that fits; some chains first cut the text into segments that no later entry may cross.
//!
//! Source: OpenCC 1.4.2 (BYVoid), its `*.json` configurations and its dictionaries.

mod dictionary;

use std::sync::{Arc, LazyLock};

use dictionary::{Dictionary, dictionary};

/// The conversions, by OpenCC's names.
pub const MODES: [&str; 14] = [
    "s2t", "t2s", "s2tw", "tw2s", "s2hk", "hk2s", "s2twp", "tw2sp", "t2tw", "tw2t", "hk2t", "t2hk",
    "t2jp", "jp2t",
];

/// A way of converting.
#[derive(Clone, Debug)]
pub struct Converter {
    segmentation: Option<Group>,
    chain: Vec<Group>,
}

/// Dictionaries of which the first that has an entry decides.
type Group = Vec<Arc<Dictionary>>;

static NORMALIZATION: LazyLock<Group> =
    LazyLock::new(|| vec![dictionary(&["CJK_Compatibility_Ideographs"])]);

impl Converter {
    /// The conversion of that name.
    pub fn new(mode: &str) -> Option<Self> {
        let single = |name: &str| dictionary(&[name]);
        let group = |names: &[&str]| names.iter().map(|name| single(name)).collect::<Group>();
        let st_phrases = || dictionary(&["STPhrases", "STPhrases_GeneratedFromRegionalPhrases"]);
        let to_traditional = || vec![st_phrases(), single("STCharacters")];
        let to_simplified = || group(&["TSPhrases", "TSCharactersExt", "TSCharacters"]);
        let from_taiwan = || group(&["TWVariantsRevPhrases", "TWVariantsRev"]);
        let from_hong_kong = || group(&["HKVariantsRevPhrases", "HKVariantsRev"]);
        let to_taiwan = || group(&["TWVariantsPhrases", "TWVariants"]);
        let to_hong_kong = || group(&["HKVariantsPhrases", "HKVariants"]);
        let by_st = || Some(vec![st_phrases()]);
        let by_ts = || Some(vec![single("TSPhrases")]);
        let (segmentation, chain) = match mode {
            "s2t" => (None, vec![to_traditional()]),
            "t2s" => (None, vec![to_simplified()]),
            "s2tw" => (by_st(), vec![to_traditional(), to_taiwan()]),
            "tw2s" => (by_ts(), vec![from_taiwan(), to_simplified()]),
            "s2hk" => (by_st(), vec![to_traditional(), to_hong_kong()]),
            "hk2s" => (by_ts(), vec![from_hong_kong(), to_simplified()]),
            "s2twp" => {
                let last = group(&["TWPhrases", "TWVariantsPhrases", "TWVariants"]);
                (by_st(), vec![to_traditional(), last])
            }
            "tw2sp" => {
                let first = group(&["TWPhrasesRev", "TWVariantsRevPhrases", "TWVariantsRev"]);
                (by_ts(), vec![first, to_simplified()])
            }
            "t2tw" => (None, vec![to_taiwan()]),
            "tw2t" => (None, vec![from_taiwan()]),
            "hk2t" => (None, vec![from_hong_kong()]),
            "t2hk" => (None, vec![to_hong_kong()]),
            "t2jp" => (None, vec![group(&["JPShinjitaiCharactersRev"])]),
            "jp2t" => (None, vec![group(&["JPShinjitaiPhrases", "JPShinjitaiCharacters"])]),
            _ => return None,
        };
        Some(Self { segmentation, chain })
    }

    /// Writes the converted text; whether it may differ.
    pub fn convert(&self, text: &str, new: &mut String) -> bool {
        if text.is_ascii() {
            return false;
        }
        let mut unified = String::with_capacity(text.len());
        apply(&NORMALIZATION, text, &mut unified);
        let mut buffers = (String::new(), String::new());
        match &self.segmentation {
            None => self.convert_segment(&unified, &mut buffers, new),
            Some(segmentation) => {
                for_each_segment(segmentation, &unified, |segment| {
                    self.convert_segment(segment, &mut buffers, new);
                });
            }
        }
        true
    }

    fn convert_segment(&self, segment: &str, buffers: &mut (String, String), new: &mut String) {
        let (before, after) = buffers;
        segment.clone_into(before);
        for group in &self.chain {
            after.clear();
            apply(group, before, after);
            std::mem::swap(before, after);
        }
        new.push_str(before);
    }
}

/// The longest entry at the start of `text`: its length in bytes and what it becomes.
fn entry<'a>(group: &'a Group, text: &str) -> Option<(usize, &'a str)> {
    group.iter().find_map(|dictionary| dictionary.entry(text))
}

fn apply(group: &Group, text: &str, new: &mut String) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((len, value)) = entry(group, rest) {
            new.push_str(value);
            rest = &rest[len..];
        } else {
            new.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
}

/// Entries are segments, and so is whatever stands between two of them.
fn for_each_segment(group: &Group, text: &str, mut each: impl FnMut(&str)) {
    let (mut start, mut place) = (0, 0);
    while let Some(first) = text[place..].chars().next() {
        match entry(group, &text[place..]) {
            Some((len, _)) => {
                if start < place {
                    each(&text[start..place]);
                }
                each(&text[place..place + len]);
                place += len;
                start = place;
            }
            None => place += first.len_utf8(),
        }
    }
    if start < text.len() {
        each(&text[start..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(mode: &str, text: &str) -> String {
        let mut new = String::new();
        let _may_differ = Converter::new(mode).unwrap().convert(text, &mut new);
        new
    }

    /// The expected texts are those of OpenCC 1.4.2.
    #[test]
    fn phrases_win_over_characters_and_segments_bound_them() {
        for (mode, text, expected) in [
            ("s2t", "松柏园霡枪杆惠鉴", "松柏園霢槍桿惠鑒"),
            ("s2tw", "老台西台人征兵法傢伙", "老臺西臺人徵兵法傢夥"),
            ("t2s", "蒙蒙黑蘚㵾纚", "蒙蒙黑藓𪷍𫄥"),
            ("hk2s", "皱别覆鹿尋蕉后有情人眼里出西施", "皱别覆鹿寻蕉后有情人眼里出西施"),
            ("tw2t", "津梁后来才识梁太祖", "津樑后来纔识梁太祖"),
            ("t2jp", "姬姜外国旅游者狂占鸊", "姫姜外国旅游者狂占鸊"),
        ] {
            assert_eq!(converted(mode, text), expected, "{mode}");
        }
    }

    #[test]
    fn every_mode_is_there_and_no_other() {
        assert!(MODES.iter().all(|mode| Converter::new(mode).is_some()));
        assert!(Converter::new("s2x").is_none());
    }
}
