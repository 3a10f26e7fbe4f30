//! The captions of a batch: which pictures need which, asked for at once, put into texts.
//!
//! All pictures of a batch go to the captioner as one request, each picture once, so that a model
//! that works on many at a time has many. What a row asks for is worked out before anything is
//! captioned, and a row that cannot be captioned is known by then.

use std::collections::HashMap;

use lagar_core::models::{Caption, CaptionRequest, Captioner, GenerationSettings, PictureSource};
use lagar_core::row::json_lines;
use lagar_core::{Batch, Digest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::picture::sources_of_row;
use crate::picture_scores::named;
use crate::text::{TextChunk, chunks_of, insert_after_tokens, simhash_of_words, without_tokens};
use crate::{Context, Fault, OperatorError, Tokens};

/// Which of several captions of a picture are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Keep {
    /// One, drawn by lot.
    #[default]
    RandomAny,
    /// The one whose `SimHash` differs least from the old text's.
    SimilarOneSimhash,
    /// All.
    All,
}

/// How the captions of one picture come about.
#[derive(Clone, Debug)]
pub(crate) struct Candidates {
    /// How many there are.
    pub(crate) number: usize,
    /// Whether each is a draw of its own.
    pub(crate) draws: bool,
    /// What the captioner is told.
    pub(crate) settings: GenerationSettings,
}

/// What the rows of a batch want.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    batch: &'a Batch,
    tokens: &'a Tokens,
    seed: u64,
    rows: Vec<Result<Vec<Wanted<'a>>, String>>,
    pictures: Vec<Asked<'a>>,
}

/// A chunk of a row, and the pictures whose captions it gets.
#[derive(Debug)]
struct Wanted<'a> {
    chunk: TextChunk<'a>,
    pictures: Vec<usize>,
}

/// One picture under one prompt.
#[derive(Debug)]
struct Asked<'a> {
    path: &'a str,
    source: PictureSource,
    prompt: Option<String>,
}

/// Per picture its captions, or why it has none.
pub(crate) type Captions = Vec<Result<Vec<String>, String>>;

impl<'a> Plan<'a> {
    /// Works out what each row wants; `prompts` are the prompt of all rows and the field of their own.
    pub(crate) fn new(
        batch: &'a Batch,
        context: &Context<'a>,
        (prompt, prompt_key): (Option<&str>, Option<&str>),
    ) -> Result<Self, OperatorError> {
        let own = match prompt_key {
            Some(key) => prompts_of(batch, key)?,
            None => Vec::new(),
        };
        let (tokens, seed) = (context.tokens, context.seed);
        let mut plan = Self { batch, tokens, seed, rows: Vec::new(), pictures: Vec::new() };
        let mut places: HashMap<(&str, Option<String>), usize> = HashMap::new();
        for index in 0..batch.len() {
            let own = own.get(index).cloned().flatten();
            // As in Python, an empty prompt is none.
            let prompt = own.or_else(|| prompt.filter(|text| !text.is_empty()).map(str::to_owned));
            let sources = sources_of_row(batch, context.pictures, index);
            let chunks = match sources.as_slice() {
                [] => Vec::new(),
                _ => chunks_of(batch.text.value(index), tokens),
            };
            let named = chunks.last().map_or(0, |chunk| chunk.first + chunk.pictures);
            if named > sources.len() {
                let has = sources.len();
                plan.rows.push(Err(format!("the text has {named} pictures, the row {has}")));
                continue;
            }
            let mut ask = |(path, source): &(&'a str, PictureSource)| {
                let mut add = || {
                    let (source, prompt) = (source.clone(), prompt.clone());
                    plan.pictures.push(Asked { path, source, prompt });
                    plan.pictures.len() - 1
                };
                match source {
                    // The same path may stand for other bytes in another row.
                    PictureSource::Bytes(_) => add(),
                    _ => *places.entry((path, prompt.clone())).or_insert_with(add),
                }
            };
            let wanted = chunks.into_iter().map(|chunk| {
                let own = &sources[chunk.first..chunk.first + chunk.pictures];
                Wanted { chunk, pictures: own.iter().map(&mut ask).collect() }
            });
            let wanted = wanted.collect();
            plan.rows.push(Ok(wanted));
        }
        Ok(plan)
    }

    /// The rows that cannot be captioned whatever the model says.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let rows = self.rows.iter().enumerate();
        let fault = |(index, row): (usize, &Result<_, String>)| {
            row.as_ref().err().map(|message| Fault { index, message: message.clone() })
        };
        rows.filter_map(fault).collect()
    }

    /// Asks for the captions of all pictures.
    pub(crate) fn captions(
        &self,
        captioner: &dyn Captioner,
        candidates: &Candidates,
        seed: u64,
    ) -> Result<Captions, OperatorError> {
        let draws = if candidates.draws { candidates.number } else { 1 };
        let request = |asked: &Asked<'_>, draw: usize| CaptionRequest {
            picture: asked.source.clone(),
            prompt: asked.prompt.clone(),
            seed: if candidates.draws { seed_of(asked, draw, seed) } else { 0 },
        };
        let requests: Vec<CaptionRequest> = self
            .pictures
            .iter()
            .flat_map(|asked| (0..draws).map(move |draw| request(asked, draw)))
            .collect();
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let answers = captioner.caption(&requests, &candidates.settings)?;
        let texts = |answers: &[Result<Vec<Caption>, String>]| {
            let mut texts = Vec::new();
            for answer in answers {
                let answer = answer.as_ref().map_err(Clone::clone)?;
                texts.extend(answer.iter().map(|caption| caption.text.clone()));
            }
            if texts.len() == candidates.number {
                return Ok(texts);
            }
            Err(format!("{} captions instead of {}", texts.len(), candidates.number))
        };
        Ok(answers.chunks(draws).map(texts).collect())
    }

    /// The new texts of a row: none where it has no pictures.
    ///
    /// The error is a fault, or nothing where [`Plan::faults`] has told it already.
    pub(crate) fn new_texts(
        &self,
        index: usize,
        captions: &Captions,
        (keep, number): (Keep, usize),
    ) -> Result<Vec<String>, Option<Fault>> {
        let chunks = self.rows[index].as_ref().map_err(|_told| None)?;
        if self.batch.images_of(index).len() == 0 {
            return Ok(Vec::new());
        }
        let mut texts = vec![String::new(); number];
        for Wanted { chunk, pictures } in chunks {
            let bare = chunk.bare_tokens(self.tokens);
            let mut kept: Vec<Vec<&str>> = Vec::new();
            for (place, picture) in pictures.iter().enumerate() {
                let candidates = captions[*picture].as_ref().map_err(|message| {
                    let message = named(self.pictures[*picture].path, message);
                    Some(Fault { index, message })
                })?;
                let lot = (index, chunk.first + place);
                kept.push(self.reduced(candidates, chunk, (keep, lot)));
            }
            for (number, text) in texts.iter_mut().enumerate() {
                let inserts: Vec<&str> = kept.iter().map(|kept| kept[number]).collect();
                text.push_str(&insert_after_tokens(&bare, &self.tokens.image, &inserts));
                text.push_str(&self.tokens.end_of_chunk);
            }
        }
        Ok(texts)
    }

    fn reduced<'c>(
        &self,
        candidates: &'c [String],
        chunk: &TextChunk<'_>,
        (keep, (index, place)): (Keep, (usize, usize)),
    ) -> Vec<&'c str> {
        let all = || candidates.iter().map(String::as_str);
        let one = match keep {
            Keep::All => return all().collect(),
            Keep::RandomAny => {
                let row = self.batch.row.value(index);
                let lot = [self.seed, row, u64::from(self.batch.part.value(index)), place as u64];
                let lot: Vec<u8> = lot.iter().flat_map(|number| number.to_le_bytes()).collect();
                number_of(Digest::of(&lot)) as usize % candidates.len()
            }
            Keep::SimilarOneSimhash => {
                let old = simhash_of_words(&without_tokens(chunk.text, self.tokens), 2);
                let distance = |text: &str| (simhash_of_words(text, 2) ^ old).count_ones();
                all().enumerate().min_by_key(|(_, text)| distance(text)).map_or(0, |(at, _)| at)
            }
        };
        vec![&candidates[one]]
    }
}

/// The seed of one draw: it depends on the picture's name and not on the row, so that a picture that
/// occurs twice is captioned once.
fn seed_of(asked: &Asked<'_>, draw: usize, seed: u64) -> u64 {
    let prompt = asked.prompt.as_deref().unwrap_or_default();
    number_of(Digest::of_parts([
        seed.to_le_bytes().as_slice(),
        asked.path.as_bytes(),
        prompt.as_bytes(),
        &(draw as u64).to_le_bytes(),
    ]))
}

fn number_of(digest: Digest) -> u64 {
    digest.0.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The prompts that rows carry in a field; `None` where it is not a string.
fn prompts_of(batch: &Batch, key: &str) -> Result<Vec<Option<String>>, OperatorError> {
    let prompt = |line: Option<&str>| {
        let row: Value = serde_json::from_str(line?).ok()?;
        row.get(key)?.as_str().map(str::to_owned)
    };
    Ok(json_lines(batch)?.iter().map(prompt).collect())
}
