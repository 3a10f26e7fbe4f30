//! `lagar caption`: captions for pictures, without a recipe.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use lagar_core::models::{Caption, CaptionRequest, GenerationSettings, ModelError, PictureSource};
use lagar_nn::Dtype;
use serde_json::json;

use super::{Done, Mood, print, say};
use crate::exit::{CommandError, FAILED};
use crate::models::{ModelSettings, open_captioner};

/// Which pictures, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct CaptionArgs {
    /// The captioner: a model folder, a name on the hub, or `openai:NAME` for a service that speaks
    /// the `OpenAI` chat API.
    #[arg(long, value_name = "MODEL")]
    model: String,
    /// The pictures.
    #[arg(required = true, value_name = "IMAGE")]
    pictures: Vec<PathBuf>,
    /// What the captions continue, or answer.
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
    #[command(flatten)]
    generation: GenerationArgs,
    /// Captions under way at once (default: by free memory, up to 16). Captions do not depend on it.
    #[arg(long, value_name = "N")]
    batch: Option<NonZeroUsize>,
    /// Threads; 0 is one per processor.
    #[arg(long, default_value_t = 0, value_name = "N")]
    threads: usize,
    /// The form that the big matrices are kept in.
    #[arg(long, default_value_t, value_name = "f32|bf16|int8")]
    dtype: Dtype,
    /// The address of a service up to and with its version (default: the variable `OPENAI_BASE_URL`).
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Print one JSON object a line and picture on stdout.
    #[arg(long)]
    json: bool,
}

/// How texts are generated; `generation_config.json` is not read, as transformers does not read it for
/// BLIP-2, whose language model goes by `text_config` alone.
#[derive(Debug, clap::Args)]
struct GenerationArgs {
    /// Beams of a beam search; 1 is greedy.
    #[arg(long, default_value_t = 1, value_name = "N")]
    num_beams: usize,
    /// The most tokens of a caption.
    #[arg(long, default_value_t = 20, value_name = "N")]
    max_new_tokens: usize,
    /// Tokens before which a caption may not end.
    #[arg(long, default_value_t = 0, value_name = "N")]
    min_new_tokens: usize,
    /// Exponent of the length by which a beam's log-probability is divided.
    #[arg(long, default_value_t = 1.0, value_name = "X", allow_negative_numbers = true)]
    length_penalty: f64,
    /// Draw tokens at random instead of taking the likeliest.
    #[arg(long)]
    do_sample: bool,
    /// Sampling: what logits are divided by.
    #[arg(long, default_value_t = 1.0, value_name = "X")]
    temperature: f64,
    /// Sampling: only so many likeliest tokens are drawn from; 0 is all.
    #[arg(long, default_value_t = 50, value_name = "N")]
    top_k: usize,
    /// Sampling: only the likeliest tokens that together reach this share are drawn from.
    #[arg(long, default_value_t = 1.0, value_name = "X")]
    top_p: f64,
    /// Captions per picture: the best beams, or as many draws.
    #[arg(long, default_value_t = 1, value_name = "N")]
    num_return_sequences: usize,
    /// Sampling: where draws start; each picture's depend on nothing else.
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
}

impl GenerationArgs {
    fn settings(&self) -> GenerationSettings {
        GenerationSettings {
            max_new_tokens: self.max_new_tokens,
            min_new_tokens: self.min_new_tokens,
            num_beams: self.num_beams,
            length_penalty: self.length_penalty,
            do_sample: self.do_sample,
            temperature: self.temperature,
            top_k: self.top_k,
            top_p: self.top_p,
            num_return_sequences: self.num_return_sequences,
        }
    }
}

pub(super) fn caption(args: &CaptionArgs, mood: Mood) -> Result<Done, CommandError> {
    let settings = ModelSettings {
        dtype: args.dtype,
        threads: args.threads,
        base_url: args.base_url.clone(),
        quiet: mood.quiet,
    };
    let batch = args.batch.map(NonZeroUsize::get);
    let captioner = open_captioner(&args.model, &settings, batch).map_err(usage)?;
    let request = |path: &PathBuf| CaptionRequest {
        picture: PictureSource::File(path.clone()),
        prompt: args.prompt.clone(),
        seed: args.generation.seed,
    };
    let requests: Vec<CaptionRequest> = args.pictures.iter().map(request).collect();
    let answers = captioner.caption(&requests, &args.generation.settings()).map_err(usage)?;
    let mut failed = 0;
    for (path, answer) in args.pictures.iter().zip(&answers) {
        let path = path.display().to_string();
        match answer {
            Ok(captions) => captions.iter().for_each(|caption| tell(args, &path, caption)),
            Err(message) => tell_failure(args, &path, message),
        }
        failed += usize::from(answer.is_err());
    }
    if failed > 0 && !mood.quiet {
        say(&format!("{failed} of {} pictures have no caption", answers.len()));
    }
    Ok(Done(if failed > 0 { FAILED } else { 0 }))
}

/// One line per caption; several of one picture, best first where they are ranked.
fn tell(args: &CaptionArgs, path: &str, caption: &Caption) {
    let text = caption.text.trim();
    if args.json {
        print(
            &json!({
                "image": path,
                "caption": text,
                "token_ids": caption.token_ids,
                "logprob": caption.logprob,
                "seconds": caption.seconds,
            })
            .to_string(),
        );
    } else if args.pictures.len() == 1 {
        print(text);
    } else {
        print(&format!("{path}: {text}"));
    }
}

fn tell_failure(args: &CaptionArgs, path: &str, message: &str) {
    if args.json {
        print(&json!({"image": path, "error": message}).to_string());
    }
    say(&format!("error: {path}: {message}"));
}

/// A model that cannot be used is a mistake on the command line.
fn usage(error: ModelError) -> CommandError {
    let (message, hint) = match error.message.split_once('\n') {
        Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
        None => (error.message, None),
    };
    CommandError::Usage { message: format!("model `{}`: {message}", error.model), hint }
}
