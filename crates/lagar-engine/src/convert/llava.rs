//! Rows ↔ LLaVA conversations, one object at a time.
//!
//! The rules are those of Data-Juicer's `llava_to_dj` and `dj_to_llava` (1.6.1), so that data sets
//! prepared with either tool mix: a conversation becomes `[[human]]: question\n[[gpt]]: answer` with
//! the end-of-chunk token behind it, and back. Four things are done better. Fields neither side knows
//! are kept; a conversation that cannot be converted costs one row and tells why, not the whole run;
//! LLaVA's `<image>` and the recipe's own picture token are translated into each other; and pictures
//! may be a list, which MGM's data sets use.

use std::collections::HashMap;
use std::path::Path;

use lagar_core::RowKeys;
use lagar_core::row::{ID_KEY, write_string};
use lagar_ops::Tokens;
use sonic_rs::{JsonValueTrait as _, LazyValue};

/// The token that stands for a picture in LLaVA's own texts.
pub const LLAVA_IMAGE: &str = "<image>";
const CONVERSATIONS: &str = "conversations";
const IMAGE: &str = "image";
/// What stands between two sentences.
const SEPARATOR: &str = "\n";

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Turn {
    from: String,
    value: String,
}

/// How conversations become texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LlavaRules {
    /// The special tokens of the texts.
    pub tokens: Tokens,
    /// Whether a round becomes its answer alone, behind the picture token: for pretraining sets,
    /// whose questions are all of one kind.
    pub only_keep_caption: bool,
    /// Whether each round of question and answer is a chunk of its own.
    pub split_chunk: bool,
}

impl LlavaRules {
    /// The rules of a recipe with these tokens: questions are kept, one chunk per conversation.
    pub fn new(tokens: &Tokens) -> Self {
        Self { tokens: tokens.clone(), only_keep_caption: false, split_chunk: false }
    }

    /// Whether a JSON object is a conversation without a text, which these rules are for.
    pub fn applies_to(&self, object: &str, keys: &RowKeys) -> bool {
        let quoted = format!("\"{CONVERSATIONS}\"");
        if memchr::memmem::find(object.as_bytes(), quoted.as_bytes()).is_none() {
            return false;
        }
        let Ok(fields) = fields_of(object) else {
            return false;
        };
        let find = |key: &str| fields.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        find(CONVERSATIONS).is_some() && find(&keys.text).is_none_or(LazyValue::is_null)
    }

    /// The row of a conversation: `id` (as a string), text, pictures, then the other fields as they
    /// stand in `object`.
    ///
    /// # Errors
    /// Why the conversation cannot become a text, in words.
    pub fn row_of(&self, object: &str, keys: &RowKeys) -> Result<Vec<u8>, String> {
        let fields = fields_of(object)?;
        let find = |key: &str| fields.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        let turns = turns_of(find(CONVERSATIONS))?;
        let own_images = find(&keys.images).filter(|images| !images.is_null());
        let images = match own_images {
            Some(images) => images_of(Some(images))?,
            None => images_of(find(IMAGE))?,
        };
        let text = self.text_of(&turns, !images.is_empty())?;
        let mut row = vec![b'{'];
        if let Some(id) = find(ID_KEY).filter(|id| !id.is_null()) {
            open(ID_KEY, &mut row);
            write_string(id.as_str().unwrap_or_else(|| id.as_raw_str()), &mut row);
        }
        open(&keys.text, &mut row);
        write_string(&text, &mut row);
        open(&keys.images, &mut row);
        write_strings(&images, &mut row);
        let known = [ID_KEY, CONVERSATIONS, IMAGE, &keys.text, &keys.images];
        write_others(&fields, &known, &mut row);
        row.push(b'}');
        Ok(row)
    }

    fn text_of(&self, turns: &[Turn], has_images: bool) -> Result<String, String> {
        let token = self.tokens.image.as_str();
        let own = |value: &str| value.replace(LLAVA_IMAGE, token);
        let mut rounds = Vec::with_capacity(turns.len() / 2);
        for (round, pair) in turns.chunks_exact(2).enumerate() {
            let (question, answer) = (&pair[0], &pair[1]);
            let (asked, answered) = (own(&question.value), own(&answer.value));
            if round == 0 && has_images && !asked.contains(token) {
                return Err(format!("the first question has no `{LLAVA_IMAGE}` for its picture"));
            }
            rounds.push(if !self.only_keep_caption {
                let (human, robot) = (&question.from, &answer.from);
                format!("[[{human}]]: {asked}{SEPARATOR}[[{robot}]]: {answered}")
            } else if has_images {
                format!("{token}{SEPARATOR}{answered}")
            } else {
                answered
            });
        }
        let end = &self.tokens.end_of_chunk;
        let between =
            if self.split_chunk { format!(" {end}{SEPARATOR}") } else { SEPARATOR.to_owned() };
        Ok(format!("{} {end}", rounds.join(&between)))
    }
}

/// Appends the separator and the name of a field.
fn open(key: &str, row: &mut Vec<u8>) {
    if row.len() > 1 {
        row.extend_from_slice(b", ");
    }
    write_string(key, row);
    row.extend_from_slice(b": ");
}

fn write_strings(values: &[String], out: &mut Vec<u8>) {
    out.push(b'[');
    for (place, value) in values.iter().enumerate() {
        if place > 0 {
            out.extend_from_slice(b", ");
        }
        write_string(value, out);
    }
    out.push(b']');
}

fn write_others(fields: &[(String, LazyValue<'_>)], known: &[&str], out: &mut Vec<u8>) {
    for (name, value) in fields.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
        open(name, out);
        out.extend_from_slice(value.as_raw_str().as_bytes());
    }
}

fn fields_of(object: &str) -> Result<Vec<(String, LazyValue<'_>)>, String> {
    let object = object.trim();
    if !object.starts_with('{') {
        return Err("not a JSON object".to_owned());
    }
    sonic_rs::to_object_iter(object)
        .map(|field| match field {
            Ok((key, value)) => Ok((key.to_string(), value)),
            Err(error) => Err(error.to_string().lines().next().unwrap_or_default().to_owned()),
        })
        .collect()
}

fn turns_of(conversations: Option<&LazyValue<'_>>) -> Result<Vec<Turn>, String> {
    let list = conversations
        .and_then(|list| list.clone().into_array_iter())
        .ok_or_else(|| format!("no list `{CONVERSATIONS}`"))?;
    let mut turns = Vec::new();
    for (place, turn) in list.enumerate() {
        let text = |key: &str| -> Result<String, String> {
            let value = turn.as_ref().ok().and_then(|turn| turn.get(key));
            let value = value.as_ref().and_then(|value| value.as_str().map(str::to_owned));
            value.ok_or_else(|| format!("turn {place} of the conversation has no string `{key}`"))
        };
        turns.push(Turn { from: text("from")?, value: text("value")? });
    }
    match turns.len() {
        0 => Err("the conversation has no turns".to_owned()),
        odd if odd % 2 == 1 => {
            Err(format!("the conversation has {odd} turns, not pairs of question and answer"))
        }
        _ => Ok(turns),
    }
}

/// The pictures of an object: a path, or a list of them.
fn images_of(value: Option<&LazyValue<'_>>) -> Result<Vec<String>, String> {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return Ok(Vec::new());
    };
    if let Some(path) = value.as_str() {
        return Ok(if path.is_empty() { Vec::new() } else { vec![path.to_owned()] });
    }
    let wrong = || "pictures are neither a path nor a list of paths".to_owned();
    value
        .clone()
        .into_array_iter()
        .ok_or_else(wrong)?
        .map(|path| {
            path.ok().as_ref().and_then(|path| path.as_str()).map(str::to_owned).ok_or_else(wrong)
        })
        .collect()
}

/// The questions of a LLaVA data set by id, for captions that lost theirs on the way.
#[derive(Clone, Debug, Default)]
pub struct Questions {
    by_id: HashMap<String, Question>,
}

#[derive(Clone, Debug)]
struct Question {
    /// The id as the original has it, a number maybe.
    id: String,
    /// The first turn as the original has it.
    asked: String,
    /// Who answers.
    robot: String,
}

impl Questions {
    /// Adds one object of the original data set.
    ///
    /// # Errors
    /// Why it has no question to restore, in words.
    pub fn add(&mut self, object: &str) -> Result<(), String> {
        let fields = fields_of(object)?;
        let find = |key: &str| fields.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        let id = find(ID_KEY).ok_or_else(|| format!("no field `{ID_KEY}`"))?;
        let conversations = find(CONVERSATIONS);
        let turns = turns_of(conversations)?;
        let asked = conversations
            .and_then(|list| list.clone().into_array_iter()?.next())
            .and_then(Result::ok)
            .map(|turn| turn.as_raw_str().to_owned())
            .ok_or_else(|| format!("no list `{CONVERSATIONS}`"))?;
        let question =
            Question { id: id.as_raw_str().to_owned(), asked, robot: turns[1].from.clone() };
        self.by_id.insert(name_of(id), question);
        Ok(())
    }

    /// How many questions there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

/// An id as a string, whatever it is.
fn name_of(id: &LazyValue<'_>) -> String {
    id.as_str().map_or_else(|| id.as_raw_str().to_owned(), str::to_owned)
}

/// Rows → LLaVA conversations.
#[derive(Clone, Copy, Debug)]
pub struct ConversationRules<'a> {
    /// Special tokens of the texts.
    pub tokens: &'a Tokens,
    /// Names of the fields.
    pub keys: &'a RowKeys,
    /// The questions to put back before the captions, if the texts are captions.
    pub questions: Option<&'a Questions>,
}

impl ConversationRules<'_> {
    /// The LLaVA object of a row: `id`, `image`, `conversations`, then the other fields of the row.
    ///
    /// # Errors
    /// Why the row cannot become a conversation, in words.
    pub fn object_of(&self, row: &str) -> Result<Vec<u8>, String> {
        let fields = fields_of(row)?;
        let find = |key: &str| fields.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        let steps: Vec<&str> = self.keys.text.split('.').collect();
        let nested = sonic_rs::get(row, steps.iter()).ok();
        let text = find(&self.keys.text).or(nested.as_ref());
        let text = text.and_then(|text| text.as_str().map(str::to_owned));
        let text = text.ok_or_else(|| format!("no string in field `{}`", self.keys.text))?;
        let mut images = images_of(find(&self.keys.images))?;
        images.sort();
        images.dedup();
        if images.len() > 1 {
            return Err(format!("{} distinct pictures, LLaVA takes one", images.len()));
        }
        let id = find(ID_KEY);
        let (id, conversation) = match self.questions {
            Some(questions) => self.restored(questions, id, &text)?,
            None => (id.map(|id| id.as_raw_str().to_owned()), self.conversation(&text)?),
        };
        let mut object = vec![b'{'];
        if let Some(id) = id {
            open(ID_KEY, &mut object);
            object.extend_from_slice(id.as_bytes());
        }
        if let Some(image) = images.first() {
            open(IMAGE, &mut object);
            write_string(image, &mut object);
        }
        open(CONVERSATIONS, &mut object);
        object.extend_from_slice(&conversation);
        let known = [ID_KEY, IMAGE, CONVERSATIONS, &self.keys.text, &self.keys.images];
        write_others(&fields, &known, &mut object);
        object.push(b'}');
        Ok(object)
    }

    fn restored(
        &self,
        questions: &Questions,
        id: Option<&LazyValue<'_>>,
        text: &str,
    ) -> Result<(Option<String>, Vec<u8>), String> {
        let id = id.ok_or_else(|| format!("no field `{ID_KEY}` to find its question by"))?;
        let name = name_of(id);
        let question = questions
            .by_id
            .get(&name)
            .ok_or_else(|| format!("id `{name}` is not in the original data set"))?;
        let mut turns = format!("[{}, ", question.asked).into_bytes();
        let answer = self.sentence(text, 1);
        write_turn(&Turn { from: question.robot.clone(), value: answer }, &mut turns);
        turns.push(b']');
        Ok((Some(question.id.clone()), turns))
    }

    fn conversation(&self, text: &str) -> Result<Vec<u8>, String> {
        let (before, turns) = split_roles(text);
        if !before.is_empty() || turns.is_empty() {
            return Err(
                "no conversation in the text (it does not begin with `[[human]]: `)".to_owned()
            );
        }
        if turns.len() % 2 == 1 {
            let odd = turns.len();
            return Err(format!("{odd} turns in the text, not pairs of question and answer"));
        }
        let mut out = vec![b'['];
        for (place, (role, sentence)) in turns.into_iter().enumerate() {
            if place > 0 {
                out.extend_from_slice(b", ");
            }
            let turn = Turn { from: role.to_owned(), value: self.sentence(sentence, place) };
            write_turn(&turn, &mut out);
        }
        out.push(b']');
        Ok(out)
    }

    /// A sentence without what only texts have: the end-of-chunk token, and picture tokens behind
    /// the first sentence.
    fn sentence(&self, sentence: &str, place: usize) -> String {
        let image = self.tokens.image.as_str();
        let mut left = strip(sentence);
        if let Some(rest) = left.strip_suffix(self.tokens.end_of_chunk.as_str()) {
            left = strip(rest);
        }
        if place > 0 {
            for token in [image, LLAVA_IMAGE] {
                left = left.strip_prefix(token).map_or(left, strip);
                left = left.strip_suffix(token).map_or(left, strip);
            }
        }
        if image.is_empty() { left.to_owned() } else { left.replace(image, LLAVA_IMAGE) }
    }
}

fn write_turn(turn: &Turn, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"from\": ");
    write_string(&turn.from, out);
    out.extend_from_slice(b", \"value\": ");
    write_string(&turn.value, out);
    out.push(b'}');
}

/// Python's `str.strip`, which takes four control characters for white space that Unicode does not.
fn strip(text: &str) -> &str {
    text.trim_matches(|letter: char| letter.is_whitespace() || ('\x1c'..='\x1f').contains(&letter))
}

/// Cuts a text at its roles (`[[human]]: `): what stands before the first, and the turns.
fn split_roles(text: &str) -> (&str, Vec<(&str, &str)>) {
    const CLOSE: &str = "]]: ";
    let mut marks = Vec::new();
    let mut from = 0;
    while let Some(found) = text[from..].find("[[") {
        let open = from + found;
        let rest = &text[open + 2..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        if rest[letters..].starts_with(CLOSE) {
            from = open + 2 + letters + CLOSE.len();
            marks.push((open, &rest[..letters], from));
        } else {
            from = open + 1;
        }
    }
    let before = &text[..marks.first().map_or(text.len(), |(open, ..)| *open)];
    let ends = marks.iter().skip(1).map(|(open, ..)| *open).chain([text.len()]);
    let turns = marks.iter().zip(ends).map(|((_, role, start), end)| (*role, &text[*start..end]));
    (before, turns.collect())
}

/// Reads the questions of a LLaVA data set; objects without one are counted, not kept.
///
/// # Errors
/// When the file cannot be read.
pub fn read_questions(path: &Path) -> Result<(Questions, u64), crate::EngineError> {
    let mut questions = Questions::default();
    let mut without = 0;
    crate::source::each_json_row(path, |row| {
        let added = std::str::from_utf8(row).map_err(|error| error.to_string());
        without += u64::from(added.and_then(|row| questions.add(row)).is_err());
    })?;
    Ok((questions, without))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUS: &str = r#"{"id": 7, "image": "coco/1.jpg", "source": {"n": 1.50}, "conversations": [{"from": "human", "value": "<image>\nWhat colour?"}, {"from": "gpt", "value": "White."}, {"from": "human", "value": "And?"}, {"from": "gpt", "value": "Red."}]}"#;

    fn row(rules: &LlavaRules, object: &str) -> String {
        String::from_utf8(rules.row_of(object, &RowKeys::default()).unwrap()).unwrap()
    }

    fn back(row: &str, tokens: &Tokens, questions: Option<&Questions>) -> Result<String, String> {
        let rules = ConversationRules { tokens, keys: &RowKeys::default(), questions };
        rules.object_of(row).map(|object| String::from_utf8(object).unwrap())
    }

    #[test]
    fn a_conversation_becomes_a_text_and_comes_back() {
        let tokens = Tokens::default();
        let text = row(&LlavaRules::new(&tokens), BUS);
        assert_eq!(
            text,
            r#"{"id": "7", "text": "[[human]]: <__dj__image>\nWhat colour?\n[[gpt]]: White.\n[[human]]: And?\n[[gpt]]: Red. <|__dj__eoc|>", "images": ["coco/1.jpg"], "source": {"n": 1.50}}"#
        );
        assert_eq!(
            back(&text, &tokens, None).unwrap(),
            r#"{"id": "7", "image": "coco/1.jpg", "conversations": [{"from": "human", "value": "<image>\nWhat colour?"}, {"from": "gpt", "value": "White."}, {"from": "human", "value": "And?"}, {"from": "gpt", "value": "Red."}], "source": {"n": 1.50}}"#
        );
    }

    #[test]
    fn rounds_can_be_chunks_or_captions() {
        let mut rules = LlavaRules::new(&Tokens::default());
        rules.split_chunk = true;
        assert!(
            row(&rules, BUS)
                .contains(r"White. <|__dj__eoc|>\n[[human]]: And?\n[[gpt]]: Red. <|__dj__eoc|>")
        );
        let tokens = rules.tokens.clone();
        assert!(back(&row(&rules, BUS), &tokens, None).unwrap().contains(r#""value": "White."}"#));
        rules = LlavaRules { only_keep_caption: true, ..LlavaRules::new(&Tokens::default()) };
        let one = r#"{"id": "a", "image": "x.jpg", "conversations": [{"from": "human", "value": "Describe it.\n<image>"}, {"from": "gpt", "value": "a dog"}]}"#;
        assert_eq!(
            row(&rules, one),
            r#"{"id": "a", "text": "<__dj__image>\na dog <|__dj__eoc|>", "images": ["x.jpg"]}"#
        );
    }

    #[test]
    fn a_caption_gets_its_question_back_by_id() {
        let mut questions = Questions::default();
        questions.add(BUS).unwrap();
        let tokens = Tokens::default();
        let row = r#"{"id": "7", "text": "<__dj__image>\n a bus \n <|__dj__eoc|>", "images": ["coco/1.jpg"]}"#;
        assert_eq!(
            back(row, &tokens, Some(&questions)).unwrap(),
            r#"{"id": 7, "image": "coco/1.jpg", "conversations": [{"from": "human", "value": "<image>\nWhat colour?"}, {"from": "gpt", "value": "a bus"}]}"#
        );
        let stranger = back(r#"{"id": "8", "text": "x"}"#, &tokens, Some(&questions));
        assert_eq!(stranger.unwrap_err(), "id `8` is not in the original data set");
    }

    #[test]
    fn what_cannot_be_converted_says_why() {
        let rules = LlavaRules::new(&Tokens::default());
        let refuse = |object: &str| rules.row_of(object, &RowKeys::default()).unwrap_err();
        assert_eq!(refuse(r#"{"conversations": []}"#), "the conversation has no turns");
        assert!(
            refuse(r#"{"conversations": [{"from": "human", "value": "x"}]}"#).contains("1 turns")
        );
        assert!(refuse(r#"{"conversations": [{"from": 1}, {}]}"#).contains("no string `from`"));
        let blind = r#"{"image": "x", "conversations": [{"from": "human", "value": "x"}, {"from": "gpt", "value": "y"}]}"#;
        assert!(refuse(blind).contains("no `<image>`"));
        let tokens = Tokens::default();
        let refuse = |row: &str| back(row, &tokens, None).unwrap_err();
        assert!(refuse(r#"{"text": "just a caption"}"#).starts_with("no conversation"));
        assert!(refuse(r#"{"text": "[[human]]: a"}"#).starts_with("1 turns"));
        let two = r#"{"text": "[[human]]: a\n[[gpt]]: b", "images": ["x", "y", "x"]}"#;
        assert_eq!(refuse(two), "2 distinct pictures, LLaVA takes one");
    }

    #[test]
    fn brackets_in_a_sentence_are_not_roles() {
        let (before, turns) = split_roles("[[human]]: [[1]]: [[[gpt]]: x [[gpt]]:y");
        assert_eq!(before, "");
        assert_eq!(turns, [("human", "[[1]]: ["), ("gpt", "x [[gpt]]:y")]);
    }
}
