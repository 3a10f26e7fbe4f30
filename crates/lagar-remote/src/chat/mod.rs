//! A model behind the `OpenAI` chat API with pictures, as one that answers and one that captions.
//!
//! `POST {base}/chat/completions` with one user message: the pictures as `image_url` parts that carry
//! `data:` URLs, then the prompt. Source: the `OpenAI` API reference, "Create chat completion"; vLLM
//! 0.8 and `SGLang` 0.4 take the same. Captions that are sampled also send `top_k` and `min_tokens` where
//! they are set, which those two know and the `OpenAI` service does not.

mod message;

use std::time::{Duration, Instant};

use lagar_core::Digest;
use lagar_core::models::{
    Answerer, Caption, CaptionRequest, CaptionSink, Captioner, GenerationSettings, ModelError,
    PictureSource,
};
use serde_json::json;

use message::Generation;

use crate::parallel::{each_in_flight, in_flight};
use crate::{ApiKey, RemoteError, Retry, Service};

/// What is asked of a model that is to caption and was given no prompt.
const CAPTION_PROMPT: &str = "Describe the picture in one short sentence.";

/// Which model, where, and how it is to generate.
#[derive(Clone, Debug)]
pub struct ChatSettings {
    /// The address up to and with the version (`http://127.0.0.1:8000/v1`).
    pub base_url: String,
    /// The model's name, as the server knows it.
    pub model: String,
    /// The key, where the server wants one.
    pub api_key: Option<ApiKey>,
    /// 0 for the likeliest token each time.
    pub temperature: f64,
    /// The seed of sampling, where the server knows one.
    pub seed: Option<u64>,
    /// The most tokens of an answer.
    pub max_tokens: usize,
    /// A system message ahead of each question.
    pub system: Option<String>,
    /// How long one answer may take.
    pub timeout: Duration,
    /// Patience with a busy server.
    pub retry: Retry,
    /// Requests at a time.
    pub in_flight: usize,
}

impl ChatSettings {
    /// Greedy answers of up to 128 tokens, eight requests at a time.
    pub fn new(base_url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            model: model.into(),
            api_key: None,
            temperature: 0.0,
            seed: None,
            max_tokens: 128,
            system: None,
            timeout: Duration::from_mins(2),
            retry: Retry::default(),
            in_flight: 8,
        }
    }
}

/// A remote model.
#[derive(Clone, Debug)]
pub struct ChatModel {
    settings: ChatSettings,
    service: Service,
}

impl ChatModel {
    /// A model with these settings; nothing is sent yet.
    pub fn new(settings: ChatSettings) -> Self {
        let ChatSettings { base_url, api_key, timeout, retry, in_flight, .. } = &settings;
        let service = Service::new(base_url, api_key.clone(), *timeout, *retry, *in_flight);
        Self { settings, service }
    }

    /// Asks one question about pictures.
    fn ask(
        &self,
        pictures: &[PictureSource],
        prompt: &str,
        generation: &Generation,
    ) -> Result<Vec<String>, RemoteError> {
        let who = (self.settings.model.as_str(), self.settings.system.as_deref());
        let body = message::request(who, generation, pictures, prompt)?;
        let answer = self.service.post_json(message::PATH, &body)?;
        message::contents(self.service.base_url(), &answer)
    }

    /// Address, name and system message; the key decides no answer.
    fn identity(&self) -> Digest {
        let system = self.settings.system.as_deref().unwrap_or_default();
        let parts = ["openai chat 1", self.service.base_url(), &self.settings.model, system];
        Digest::of_parts(parts.map(str::as_bytes))
    }

    fn all<T: Send>(
        &self,
        count: usize,
        one: impl Fn(usize) -> Result<T, RemoteError> + Sync,
    ) -> Result<Vec<Result<T, String>>, ModelError> {
        let answers = in_flight(count, self.settings.in_flight, one)
            .map_err(|error| self.failed(error.chain()))?;
        Ok(answers.into_iter().map(|answer| answer.map_err(|error| error.chain())).collect())
    }

    fn failed(&self, message: impl Into<String>) -> ModelError {
        ModelError { model: self.settings.model.clone(), message: message.into() }
    }

    /// What the API makes of `generate`'s settings.
    fn translated(&self, settings: &GenerationSettings) -> Result<Generation, ModelError> {
        let GenerationSettings { num_beams, do_sample, num_return_sequences: count, .. } = settings;
        if *num_beams > 1 {
            return Err(self.failed(format!("a chat service has no beams, {num_beams} are asked")));
        }
        if *count > 1 && !do_sample {
            return Err(self.failed(format!("{count} captions of a picture need `do_sample`")));
        }
        let mut more = Vec::new();
        if *do_sample {
            more.push(("top_p", json!(settings.top_p)));
            if settings.top_k > 0 {
                more.push(("top_k", json!(settings.top_k)));
            }
        }
        if settings.min_new_tokens > 0 {
            more.push(("min_tokens", json!(settings.min_new_tokens)));
        }
        if *count > 1 {
            more.push(("n", json!(count)));
        }
        let temperature = if *do_sample { settings.temperature } else { 0.0 };
        Ok(Generation { max_tokens: settings.max_new_tokens, temperature, seed: None, more })
    }
}

impl Answerer for ChatModel {
    fn digest(&self) -> Digest {
        let ChatSettings { temperature, seed, max_tokens, .. } = &self.settings;
        let settings =
            json!({"temperature": temperature, "seed": seed, "max_tokens": max_tokens}).to_string();
        self.identity().then(settings.as_bytes())
    }

    fn answer(
        &self,
        questions: &[(Vec<PictureSource>, String)],
    ) -> Result<Vec<Result<String, String>>, ModelError> {
        let ChatSettings { temperature, seed, max_tokens, .. } = self.settings;
        let generation = Generation { max_tokens, temperature, seed, more: Vec::new() };
        self.all(questions.len(), |place| {
            let (pictures, prompt) = &questions[place];
            let mut texts = self.ask(pictures, prompt, &generation)?;
            Ok(texts.swap_remove(0))
        })
    }
}

impl Captioner for ChatModel {
    fn digest(&self) -> Digest {
        self.identity()
    }

    fn caption(
        &self,
        requests: &[CaptionRequest],
        settings: &GenerationSettings,
    ) -> Result<Vec<Result<Vec<Caption>, String>>, ModelError> {
        let mut answers = vec![Err("not asked".to_owned()); requests.len()];
        self.caption_each(requests, settings, &mut |place, answer| answers[place] = answer)?;
        Ok(answers)
    }

    fn caption_each(
        &self,
        requests: &[CaptionRequest],
        settings: &GenerationSettings,
        ready: &mut CaptionSink<'_>,
    ) -> Result<(), ModelError> {
        let generation = self.translated(settings)?;
        let one = |place: usize| {
            let CaptionRequest { picture, prompt, seed } = &requests[place];
            let prompt = prompt.as_deref().unwrap_or(CAPTION_PROMPT);
            let generation = Generation { seed: Some(*seed), ..generation.clone() };
            let started = Instant::now();
            let texts = self.ask(std::slice::from_ref(picture), prompt, &generation)?;
            let seconds = started.elapsed().as_secs_f64();
            let caption = |text| Caption { text, token_ids: Vec::new(), logprob: None, seconds };
            Ok(texts.into_iter().map(caption).collect())
        };
        each_in_flight(requests.len(), self.settings.in_flight, one, |place, answer| {
            ready(place, answer.map_err(|error| error.chain()));
        })
        .map_err(|error| self.failed(error.chain()))
    }
}
