//! The captioner: from encoded pictures to text.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Instant;

use lagar_core::Digest;
use lagar_core::models::{
    Caption, CaptionRequest, CaptionSink, Captioner, GenerationSettings, ModelError, PictureSource,
};
use lagar_image::Orientation;
use lagar_nn::weights::{Source, digest};
use lagar_nn::{Device, Dtype, NnError, Tensor, Threads};
use tokenizers::Tokenizer;

use crate::ModelsError;
use crate::blip2::{Blip2, Blip2Config};
use crate::error::of_model;
use crate::folder::{config_error, text_ids, tokenizer};
use crate::generate::{Decoder as _, Generated, Request, Rules, Scheduler};
use crate::memory::room_within;
use crate::preprocess::{Defaults, Preprocessor};

/// Raised whenever the same folder and request give another caption.
const VERSION: &[u8] = b"blip2 1";

/// How a captioner is set up.
#[derive(Clone, Debug, Default)]
pub struct CaptionerOptions {
    /// The form that the big matrices are kept in.
    pub dtype: Dtype,
    /// Where the model computes.
    pub device: Device,
    /// Threads of the kernels; 0 is one per processor.
    pub threads: usize,
    /// Sequences that are continued at once; by default as many as free memory has room for, up to
    /// 16. Captions do not depend on it.
    pub batch: Option<usize>,
    /// The most memory that weights and what is under way may take, in bytes; `None` goes by what is
    /// free.
    pub memory_bytes: Option<u64>,
}

/// BLIP-2 with its tokenizer and preprocessing.
#[derive(Debug)]
pub struct Blip2Captioner {
    folder: PathBuf,
    config: Blip2Config,
    model: Blip2,
    tokenizer: Tokenizer,
    preprocessor: Preprocessor,
    digest: Digest,
    threads: Threads,
    options: CaptionerOptions,
    weight_bytes: u64,
}

/// The picture that was looked at last: the same one is often asked about again.
type Seen<'a> = Option<(&'a PictureSource, Tensor)>;

impl Blip2Captioner {
    /// Loads a model folder as Hugging Face lays it out.
    ///
    /// # Errors
    /// When a file is missing or unreadable, or weights and configuration do not go together.
    pub fn load(folder: &Path, options: &CaptionerOptions) -> Result<Self, ModelsError> {
        let config = Blip2Config::read(folder)?;
        let preprocessor =
            Preprocessor::read(folder, config.vision_config.image_size, &Defaults::BLIP)?;
        let tokenizer = tokenizer(folder, None)?;
        if config.text_config.eos_token_id.is_empty() {
            let message = "`text_config.eos_token_id`: expected the token that ends a caption";
            return Err(config_error(&folder.join("config.json"), message));
        }
        let threads = Threads::new(options.threads)?;
        let (model, digest, weights) = threads.run(|| {
            let source = Source::open(folder)?;
            let weights = weight_bytes(&source, options.dtype);
            if options.memory_bytes.is_some_and(|most| weights > most) {
                let most = options.memory_bytes.unwrap_or_default();
                return Err(ModelsError::Memory { folder: folder.to_owned(), weights, most });
            }
            let model = Blip2::load(&source, &config, options.dtype, &options.device)?;
            Ok((model, digest(&source)?, weights))
        })?;
        let digest = digest.then(options.dtype.to_string().as_bytes()).then(VERSION);
        let (folder, options) = (folder.to_owned(), options.clone());
        Ok(Self {
            folder,
            config,
            model,
            tokenizer,
            preprocessor,
            digest,
            threads,
            options,
            weight_bytes: weights,
        })
    }

    /// Changes how many sequences are continued at once; `None` goes by free memory.
    pub fn set_batch(&mut self, batch: Option<usize>) {
        self.options.batch = batch;
    }

    /// The model, for looking at it from inside.
    pub fn model(&self) -> &Blip2 {
        &self.model
    }

    /// The configuration.
    pub fn config(&self) -> &Blip2Config {
        &self.config
    }

    /// How pictures become pixel values.
    pub fn preprocessor(&self) -> &Preprocessor {
        &self.preprocessor
    }

    /// The tokens of a prompt, the one that starts a text first; without a prompt only that.
    ///
    /// # Errors
    /// When the tokenizer refuses it.
    pub fn prompt_ids(&self, prompt: Option<&str>) -> Result<Vec<u32>, String> {
        let Some(prompt) = prompt else {
            return Ok(vec![self.config.text_config.bos_token_id.unwrap_or(2)]);
        };
        let ids = text_ids(&self.tokenizer, prompt)?;
        match self.config.image_token_index {
            Some(image) if ids.contains(&image) => {
                Err("the prompt contains the token that stands for the picture".to_owned())
            }
            _ => Ok(ids),
        }
    }

    /// As [`Captioner::caption`], with the errors of this crate.
    ///
    /// # Errors
    /// When the settings contradict each other or the model fails as a whole; a single bad picture
    /// or prompt is an `Err` in its place.
    pub fn captions(
        &self,
        requests: &[CaptionRequest],
        settings: &GenerationSettings,
    ) -> Result<Vec<Result<Vec<Caption>, String>>, ModelsError> {
        let mut results = vec![Err("not reached".to_owned()); requests.len()];
        self.captions_each(requests, settings, &mut |place, captions| results[place] = captions)?;
        Ok(results)
    }

    /// As [`Captioner::caption_each`], with the errors of this crate.
    ///
    /// # Errors
    /// As [`Self::captions`].
    pub fn captions_each(
        &self,
        requests: &[CaptionRequest],
        settings: &GenerationSettings,
        ready: &mut CaptionSink<'_>,
    ) -> Result<(), ModelsError> {
        let rules = Rules::new(settings, &self.config.text_config.eos_token_id)?;
        self.threads.run(|| self.run(requests, &rules, ready))
    }

    fn run(
        &self,
        requests: &[CaptionRequest],
        rules: &Rules,
        ready: &mut CaptionSink<'_>,
    ) -> Result<(), ModelsError> {
        // what was fed to the scheduler: which request, and when it began
        let begun: RefCell<Vec<(usize, Instant)>> = RefCell::default();
        let ready = RefCell::new(ready);
        let mut waiting = requests.iter().enumerate();
        let mut seen: Seen<'_> = None;
        let scheduler = Scheduler::new(&self.model.language, rules, self.batch(rules.settings()));
        scheduler.run(
            || {
                for (index, request) in waiting.by_ref() {
                    let start = Instant::now();
                    match self.prefix(request, rules, &mut seen)? {
                        Ok(prefix) => {
                            begun.borrow_mut().push((index, start));
                            return Ok(Some(Request { prefix, seed: request.seed }));
                        }
                        Err(message) => (ready.borrow_mut())(index, Err(message)),
                    }
                }
                Ok(None)
            },
            |number, texts| {
                let (index, start) = begun.borrow()[number];
                let seconds = start.elapsed().as_secs_f64();
                let texts = texts.into_iter().map(|text| self.caption_of(text, seconds));
                (ready.borrow_mut())(index, texts.collect());
            },
        )?;
        Ok(())
    }

    fn told(&self, error: &ModelsError) -> ModelError {
        of_model(&self.folder, error)
    }

    fn caption_of(&self, text: Generated, seconds: f64) -> Result<Caption, String> {
        let decoded = self.tokenizer.decode(&text.token_ids, true);
        Ok(Caption {
            text: decoded.map_err(|error| format!("decode the caption: {error}"))?,
            token_ids: text.token_ids,
            logprob: Some(text.logprob),
            seconds,
        })
    }

    /// What the language model reads for a request, or what is wrong with the request.
    fn prefix<'a>(
        &self,
        request: &'a CaptionRequest,
        rules: &Rules,
        seen: &mut Seen<'a>,
    ) -> Result<Result<Tensor, String>, ModelsError> {
        let prompt = match self.prompt_ids(request.prompt.as_deref()) {
            Ok(ids) => ids,
            Err(message) => return Ok(Err(message)),
        };
        let tokens = self.config.num_query_tokens + prompt.len() + rules.settings().max_new_tokens;
        // the last new token is never read
        if tokens > self.model.language.places() + 1 {
            let places = self.model.language.places();
            return Ok(Err(format!("{}", ModelsError::TooLong { tokens, places })));
        }
        let vectors = match seen {
            Some((picture, vectors)) if **picture == request.picture => vectors.clone(),
            _ => match self.pixels(&request.picture) {
                Ok(values) => {
                    let vectors = self.look(values)?;
                    *seen = Some((&request.picture, vectors.clone()));
                    vectors
                }
                Err(message) => return Ok(Err(message)),
            },
        };
        Ok(Ok(self.model.prefix(&vectors, &prompt)?))
    }

    fn pixels(&self, picture: &PictureSource) -> Result<Vec<f32>, String> {
        let orientation = match picture {
            PictureSource::File(_) => Orientation::Shown,
            _ => Orientation::Stored,
        };
        let picture = lagar_image::load(picture, orientation).map_err(|error| error.to_string())?;
        self.preprocessor.pixel_values(&picture).map_err(|error| error.to_string())
    }

    /// Pixel values to the vectors that stand for the picture, `[queries, width]`.
    fn look(&self, values: Vec<f32>) -> Result<Tensor, NnError> {
        let size = self.config.vision_config.image_size;
        let pixels = Tensor::from_vec(values, &[1, 3, size, size], &self.options.device)?;
        let vectors = self.model.look(&pixels)?;
        let [_, queries, width] = vectors.sizes()?;
        vectors.reshape(&[queries, width])
    }

    /// Sequences that are continued at once under these settings.
    pub fn batch(&self, settings: &GenerationSettings) -> usize {
        if let Some(batch) = self.options.batch {
            return batch;
        }
        let text = &self.config.text_config;
        let tokens = self.config.num_query_tokens + 64 + settings.max_new_tokens;
        let cache = 2 * text.num_hidden_layers * text.hidden_size * tokens;
        let allowed = self.options.memory_bytes.map(|most| most.saturating_sub(self.weight_bytes));
        room_within(cache + 4 * text.vocab_size, allowed)
    }
}

/// Bytes of a checkpoint's numbers once they are loaded.
fn weight_bytes(source: &Source, dtype: Dtype) -> u64 {
    let size = |name| source.shape(name).unwrap_or_default().iter().product::<usize>();
    source.names().map(|name| (size(name) * dtype.bytes()) as u64).sum()
}

impl Captioner for Blip2Captioner {
    fn digest(&self) -> Digest {
        self.digest
    }

    fn caption(
        &self,
        requests: &[CaptionRequest],
        settings: &GenerationSettings,
    ) -> Result<Vec<Result<Vec<Caption>, String>>, ModelError> {
        self.captions(requests, settings).map_err(|error| self.told(&error))
    }

    fn caption_each(
        &self,
        requests: &[CaptionRequest],
        settings: &GenerationSettings,
        ready: &mut CaptionSink<'_>,
    ) -> Result<(), ModelError> {
        self.captions_each(requests, settings, ready).map_err(|error| self.told(&error))
    }
}
