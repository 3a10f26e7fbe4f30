//! Answering: from pictures and questions to words.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use lagar_core::Digest;
use lagar_core::models::{Answerer, GenerationSettings, ModelError, PictureSource};
use lagar_image::{Decoder as ImageDecoder, Orientation};
use lagar_nn::weights::{AdapterMode, LoadOptions, Overlay, digest, load};
use lagar_nn::{Dtype, Tensor, Threads};

use crate::ModelsError;
use crate::error::of_model;
use crate::generate::{Decoder as _, Generated, Request, Rules, Scheduler};
use crate::memory::room;
use crate::mgm::folders::Found;
use crate::mgm::weights::UNUSED;
use crate::mgm::{Exchange, Mgm, MgmConfig, MgmFolders, MgmPixels, Piece, Prompter};

/// Raised whenever the same folder and question give another answer.
const VERSION: &[u8] = b"mgm 1";

/// Pictures whose features are kept for further questions.
const KEPT: usize = 8;

/// How the model is loaded and answers.
#[derive(Clone, Debug, Default)]
pub struct MgmOptions {
    /// The form that the big matrices are kept in.
    pub dtype: Dtype,
    /// Threads of the kernels; 0 is one per processor.
    pub threads: usize,
    /// Sequences that are continued at once; by default as many as free memory has room for, up to
    /// 16. Answers do not depend on it.
    pub batch: Option<usize>,
    /// How answers are generated where nobody says otherwise.
    pub settings: GenerationSettings,
    /// What draws begin with.
    pub seed: u64,
}

/// A conversation that ends with a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The pictures that the first question is about.
    pub pictures: Vec<PictureSource>,
    /// What was said, the open question last.
    pub exchanges: Vec<Exchange>,
}

impl Question {
    /// One question about pictures.
    pub fn new(pictures: Vec<PictureSource>, question: impl Into<String>) -> Self {
        let question = question.into();
        Self { pictures, exchanges: vec![Exchange { question, answer: None }] }
    }
}

/// What the model says.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The words, without white space around.
    pub text: String,
    /// The new tokens, the one that ends the answer included.
    pub token_ids: Vec<u32>,
    /// The prompt with its template, `<image>` standing for a picture.
    pub prompt: String,
    /// How many vectors at the prompt's end were cut off because it is longer than training allowed.
    pub cut: usize,
    /// The sum of the new tokens' natural log-probabilities.
    pub logprob: f64,
    /// Wall time from opening the pictures to the last token, neighbours in the batch included.
    pub seconds: f64,
}

/// MGM with its tokenizer and preprocessing.
#[derive(Debug)]
pub struct MgmAnswerer {
    folder: PathBuf,
    config: MgmConfig,
    model: Mgm,
    prompter: Prompter,
    pixels: MgmPixels,
    digest: Digest,
    threads: Threads,
    options: MgmOptions,
    /// Vectors that stand for a view of a picture.
    patches: usize,
    /// What the language model sees of pictures, by the digests of their bytes, the newest last.
    seen: Mutex<VecDeque<(Digest, Tensor)>>,
}

impl MgmAnswerer {
    /// Loads a model.
    ///
    /// # Errors
    /// When a file is missing or unreadable, or weights, configuration and tokenizer do not go
    /// together.
    pub fn load(folders: &MgmFolders, options: &MgmOptions) -> Result<Self, ModelsError> {
        let found = folders.open()?;
        let Found { config, source, adapter, tower, tower_folder, tokenizer } = found;
        let mode = if folders.is_merged { AdapterMode::Merged } else { AdapterMode::Beside };
        let overlay = adapter.as_ref().map(|adapter| Overlay { adapter, mode });
        let prompter = Prompter::read(&tokenizer, &config)?;
        let pixels = MgmPixels::new(&config, tower_folder.as_deref(), tower.image_size)?;
        let threads = Threads::new(options.threads)?;
        let (model, digest) = threads.run(|| {
            let wanted = LoadOptions {
                dtype: options.dtype,
                unused: &UNUSED,
                overlay,
                ..LoadOptions::default()
            };
            let model = load(&source, &wanted, |scope| Mgm::build(scope, &config, &tower))?;
            let mut all = digest(&source)?;
            if let Some(adapter) = &adapter {
                all = all.then(&adapter.digest()?.0).then(format!("{mode:?}").as_bytes());
            }
            Ok::<_, ModelsError>((model, all))
        })?;
        let parts = format!("{config:?} {tower:?} {pixels:?} {}", options.dtype);
        let digest = digest.then(parts.as_bytes()).then(VERSION);
        let (folder, options) = (folders.model.clone(), options.clone());
        let patches = (tower.image_size / tower.patch_size.max(1)).pow(2);
        let seen = Mutex::default();
        let answerer = Self {
            folder,
            config,
            model,
            prompter,
            pixels,
            digest,
            threads,
            options,
            patches,
            seen,
        };
        Ok(answerer)
    }

    /// The model, for looking at it from inside.
    pub fn model(&self) -> &Mgm {
        &self.model
    }

    /// The configuration.
    pub fn config(&self) -> &MgmConfig {
        &self.config
    }

    /// What puts conversations into tokens.
    pub fn prompter(&self) -> &Prompter {
        &self.prompter
    }

    /// How pictures become pixels.
    pub fn pixels(&self) -> &MgmPixels {
        &self.pixels
    }

    /// Answers questions, those about one picture together; `Err` in a place says why that question
    /// has no answer.
    ///
    /// # Errors
    /// When the settings contradict each other or the model fails as a whole.
    pub fn answers(
        &self,
        questions: &[Question],
        settings: &GenerationSettings,
    ) -> Result<Vec<Result<Answer, String>>, ModelsError> {
        let rules = Rules::new(settings, &self.config.eos_token_id)?;
        let mut answers = vec![Err("not reached".to_owned()); questions.len()];
        self.threads.run(|| self.run(questions, &rules, &mut answers))?;
        Ok(answers)
    }

    fn run(
        &self,
        questions: &[Question],
        rules: &Rules,
        answers: &mut [Result<Answer, String>],
    ) -> Result<(), ModelsError> {
        // what was fed to the scheduler: which question, its prompt, and when it began
        let begun: RefCell<Vec<(usize, Prompt, Instant)>> = RefCell::default();
        let answers = RefCell::new(answers);
        let mut waiting = by_picture(questions).into_iter();
        let scheduler = Scheduler::new(&self.model.language, rules, self.slots(rules));
        scheduler.run(
            || {
                for index in waiting.by_ref() {
                    let start = Instant::now();
                    match self.prefix(&questions[index], rules)? {
                        Ok((prompt, request)) => {
                            begun.borrow_mut().push((index, prompt, start));
                            return Ok(Some(request));
                        }
                        Err(message) => answers.borrow_mut()[index] = Err(message),
                    }
                }
                Ok(None)
            },
            |number, texts| {
                let (index, prompt, start) = begun.borrow()[number].clone();
                let answer = self.answer_of(texts, prompt, start);
                answers.borrow_mut()[index] = answer;
            },
        )
    }

    fn answer_of(
        &self,
        texts: Vec<Generated>,
        prompt: Prompt,
        start: Instant,
    ) -> Result<Answer, String> {
        let Generated { token_ids, logprob, .. } = texts.into_iter().next().ok_or("no answer")?;
        let text = self.prompter.text(&token_ids).map_err(|error| error.to_string())?;
        let seconds = start.elapsed().as_secs_f64();
        let Prompt { words: prompt, cut } = prompt;
        Ok(Answer { text, token_ids, prompt, cut, logprob, seconds })
    }

    /// What the language model reads for a question, or what is wrong with the question.
    fn prefix(
        &self,
        question: &Question,
        rules: &Rules,
    ) -> Result<Result<(Prompt, Request), String>, ModelsError> {
        let words = self.prompter.words(&question.exchanges, question.pictures.len());
        let mut pictures = Vec::with_capacity(question.pictures.len());
        for picture in &question.pictures {
            match self.look(picture)? {
                Ok(seen) => pictures.push(seen),
                Err(message) => return Ok(Err(message)),
            }
        }
        let mut seed = Digest::of(&self.options.seed.to_le_bytes()).then(words.as_bytes());
        for (digest, _) in &pictures {
            seed = seed.then(&digest.0);
        }
        let tokens: Vec<&Tensor> = pictures.iter().map(|(_, tokens)| tokens).collect();
        let whole = self.vectors(&words, &tokens)?;
        let most = self.config.tokenizer_model_max_length.unwrap_or(usize::MAX);
        let kept = whole.size(0)?.min(most);
        let (prefix, cut) = (whole.narrow(0, 0..kept)?, whole.size(0)? - kept);
        let tokens = kept + rules.settings().max_new_tokens;
        let places = self.model.language.places();
        // the last new token is never read
        if tokens > places + 1 {
            return Ok(Err(ModelsError::TooLong { tokens, places }.to_string()));
        }
        let seed = u64::from_le_bytes(*seed.0.first_chunk().unwrap_or(&[0; 8]));
        Ok(Ok((Prompt { words, cut }, Request { prefix, seed })))
    }

    /// Words and what is seen of pictures as the language model reads them, `[tokens, width]`.
    ///
    /// # Errors
    /// When there are more places of pictures in the words than pictures.
    pub fn vectors(&self, words: &str, pictures: &[&Tensor]) -> Result<Tensor, ModelsError> {
        let mut pictures = pictures.iter();
        let mut parts = Vec::new();
        for piece in self.prompter.pieces(words)? {
            match piece {
                Piece::Tokens(ids) if ids.is_empty() => {}
                Piece::Tokens(ids) => parts.push(self.model.language.embed(&ids)?),
                Piece::Picture => {
                    let picture = pictures.next().ok_or_else(|| ModelsError::Setting {
                        setting: "prompt",
                        message: "more places of pictures than pictures".to_owned(),
                    })?;
                    parts.push((*picture).clone());
                }
            }
        }
        Ok(Tensor::cat(&parts.iter().collect::<Vec<_>>(), 0)?)
    }

    /// What the language model sees of a picture, and the digest of the picture's bytes. Its EXIF
    /// orientation is not applied, as MGM opens pictures with Pillow alone.
    fn look(
        &self,
        picture: &PictureSource,
    ) -> Result<Result<(Digest, Tensor), String>, ModelsError> {
        let bytes = match lagar_image::read_source(picture) {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Err(lagar_core::error::chain(&error))),
        };
        let digest = Digest::of(&bytes);
        let kept = || self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, tokens)) = kept().iter().find(|(known, _)| *known == digest) {
            return Ok(Ok((digest, tokens.clone())));
        }
        let decoder = ImageDecoder { orientation: Orientation::Stored, ..ImageDecoder::default() };
        let picture = match decoder.decode(&bytes) {
            Ok(picture) => picture,
            Err(error) => return Ok(Err(lagar_core::error::chain(&error))),
        };
        let tokens = self.model.look(&self.pixels.of(&picture)?)?.tokens;
        let mut kept = kept();
        kept.push_back((digest, tokens.clone()));
        if kept.len() > KEPT {
            kept.pop_front();
        }
        Ok(Ok((digest, tokens)))
    }

    fn slots(&self, rules: &Rules) -> usize {
        let config = &self.config;
        let tokens = config.tokenizer_model_max_length.unwrap_or(2048).min(self.prompt_length());
        let row = 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim;
        let cache = row * (tokens + rules.settings().max_new_tokens);
        // a prompt's inside of a perceptron: gate, what it lets through, and their product
        let inner = 3 * tokens * config.intermediate_size;
        self.options.batch.unwrap_or_else(|| room(cache + inner + 4 * config.vocab_size))
    }

    /// Vectors of a prompt with a picture, about.
    fn prompt_length(&self) -> usize {
        self.config.views() * self.patches + 128
    }
}

/// A prompt in words, and what was cut off.
#[derive(Clone)]
struct Prompt {
    words: String,
    cut: usize,
}

/// The places of questions, those about the same pictures one after the other.
fn by_picture(questions: &[Question]) -> Vec<usize> {
    let mut groups: Vec<(&[PictureSource], Vec<usize>)> = Vec::new();
    for (index, question) in questions.iter().enumerate() {
        match groups.iter_mut().find(|(pictures, _)| *pictures == question.pictures) {
            Some((_, group)) => group.push(index),
            None => groups.push((&question.pictures, vec![index])),
        }
    }
    groups.into_iter().flat_map(|(_, group)| group).collect()
}

impl Answerer for MgmAnswerer {
    fn digest(&self) -> Digest {
        let MgmOptions { settings, seed, .. } = &self.options;
        let seed = if settings.do_sample { *seed } else { 0 };
        self.digest.then(format!("{settings:?} {seed}").as_bytes())
    }

    fn answer(
        &self,
        questions: &[(Vec<PictureSource>, String)],
    ) -> Result<Vec<Result<String, String>>, ModelError> {
        let asked: Vec<Question> = questions
            .iter()
            .map(|(pictures, question)| Question::new(pictures.clone(), question))
            .collect();
        let answers = self.answers(&asked, &self.options.settings);
        let answers = answers.map_err(|error| of_model(&self.folder, &error))?;
        Ok(answers.into_iter().map(|answer| answer.map(|answer| answer.text)).collect())
    }
}
