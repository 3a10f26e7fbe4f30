//! `lagar caption`: captions for pictures, without a recipe.

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
    /// Beams of a beam search; 1 is greedy.
    #[arg(long, default_value_t = 1, value_name = "N")]
    num_beams: usize,
    /// The most tokens of a caption.
    #[arg(long, default_value_t = 20, value_name = "N")]
    max_new_tokens: usize,
    /// The form that the big matrices are kept in.
    #[arg(long, default_value_t, value_name = "f32|bf16")]
    dtype: Dtype,
    /// The address of a service up to and with its version (default: the variable `OPENAI_BASE_URL`).
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Print one JSON object a line and picture on stdout.
    #[arg(long)]
    json: bool,
}

pub(super) fn caption(args: &CaptionArgs, mood: Mood) -> Result<Done, CommandError> {
    let settings = ModelSettings {
        dtype: args.dtype,
        base_url: args.base_url.clone(),
        ..ModelSettings::default()
    };
    let captioner = open_captioner(&args.model, &settings).map_err(usage)?;
    let request = |path: &PathBuf| CaptionRequest {
        picture: PictureSource::File(path.clone()),
        prompt: args.prompt.clone(),
        seed: 0,
    };
    let requests: Vec<CaptionRequest> = args.pictures.iter().map(request).collect();
    let settings = GenerationSettings {
        max_new_tokens: args.max_new_tokens,
        num_beams: args.num_beams,
        ..GenerationSettings::default()
    };
    let answers = captioner.caption(&requests, &settings).map_err(usage)?;
    let mut failed = 0;
    for (path, answer) in args.pictures.iter().zip(&answers) {
        let answer = match answer {
            Ok(captions) => captions.first().ok_or("no caption"),
            Err(message) => Err(message.as_str()),
        };
        failed += usize::from(answer.is_err());
        tell(args, &path.display().to_string(), answer);
    }
    if failed > 0 && !mood.quiet {
        say(&format!("{failed} of {} pictures have no caption", answers.len()));
    }
    Ok(Done(if failed > 0 { FAILED } else { 0 }))
}

fn tell(args: &CaptionArgs, path: &str, answer: Result<&Caption, &str>) {
    match answer {
        Ok(caption) if args.json => print(
            &json!({
                "image": path,
                "caption": caption.text.trim(),
                "token_ids": caption.token_ids,
                "logprob": caption.logprob,
                "seconds": caption.seconds,
            })
            .to_string(),
        ),
        Ok(caption) if args.pictures.len() == 1 => print(caption.text.trim()),
        Ok(caption) => print(&format!("{path}: {}", caption.text.trim())),
        Err(message) => {
            if args.json {
                print(&json!({"image": path, "error": message}).to_string());
            }
            say(&format!("error: {path}: {message}"));
        }
    }
}

/// A model that cannot be used is a mistake on the command line.
fn usage(error: ModelError) -> CommandError {
    let (message, hint) = match error.message.split_once('\n') {
        Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
        None => (error.message, None),
    };
    CommandError::Usage { message: format!("model `{}`: {message}", error.model), hint }
}
