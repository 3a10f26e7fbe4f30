//! `lagar vqa`: answers to questions about pictures.

use std::path::{Path, PathBuf};

use lagar_core::models::{GenerationSettings, PictureSource};
use lagar_models::mgm::{Answer, Question};
use serde_json::{Value, json};

use super::answering::{AnsweringArgs, generation};
use super::{Done, Mood, print, say};
use crate::exit::{CommandError, FAILED};

/// Which questions, about what, to whom.
#[derive(Debug, clap::Args)]
pub(crate) struct VqaArgs {
    /// The model: a folder with an MGM, or its name on the hub; with `--adapter` or `--projector` the
    /// folder of their base.
    #[arg(long, value_name = "MODEL")]
    model: String,
    #[command(flatten)]
    answering: AnsweringArgs,
    /// A picture; as many as questions, in their order, or one for all. None asks with words alone.
    #[arg(long = "image", value_name = "FILE")]
    images: Vec<PathBuf>,
    /// A question; as many as pictures, in their order, or one for all.
    #[arg(long = "question", required = true, value_name = "TEXT")]
    questions: Vec<String>,
    /// The most tokens of an answer.
    #[arg(long, default_value_t = 128, value_name = "N")]
    max_new_tokens: usize,
    /// Tokens before which an answer may not end.
    #[arg(long, default_value_t = 0, value_name = "N")]
    min_new_tokens: usize,
    /// Beams of a beam search; 1 is greedy.
    #[arg(long, default_value_t = 1, value_name = "N")]
    num_beams: usize,
    /// Exponent of the length by which a beam's log-probability is divided.
    #[arg(long, default_value_t = 1.0, value_name = "X", allow_negative_numbers = true)]
    length_penalty: f64,
    /// Draw tokens at random; so does a temperature above 0, and without one it is 1.
    #[arg(long)]
    do_sample: bool,
    /// 0 takes the likeliest token each time; above it, tokens are drawn.
    #[arg(long, default_value_t = 0.0, value_name = "T")]
    temperature: f64,
    /// Draw from so many likeliest tokens only; 0 is all.
    #[arg(long, default_value_t = 50, value_name = "N")]
    top_k: usize,
    /// Draw from the likeliest tokens only that together reach this share.
    #[arg(long, default_value_t = 1.0, value_name = "SHARE")]
    top_p: f64,
    /// What draws begin with.
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// Questions answered at once (default: by free memory, up to 16). Answers do not depend on it.
    #[arg(long, value_name = "N")]
    batch: Option<usize>,
    /// Print one JSON object a line and question on stdout.
    #[arg(long)]
    json: bool,
}

pub(super) fn vqa(args: &VqaArgs, mood: Mood) -> Result<Done, CommandError> {
    let pairs = pairs(args)?;
    let has_temperature = args.temperature > 0.0;
    let temperature = if args.do_sample && !has_temperature { 1.0 } else { args.temperature };
    let settings = GenerationSettings {
        min_new_tokens: args.min_new_tokens,
        num_beams: args.num_beams,
        length_penalty: args.length_penalty,
        top_k: args.top_k,
        top_p: args.top_p,
        ..generation(args.max_new_tokens, temperature)
    };
    let model = args.answering.open(&args.model, settings.clone(), (args.seed, args.batch))?;
    let question = |(image, text): &(Option<&Path>, &str)| {
        let pictures = image.iter().map(|path| PictureSource::File(path.to_path_buf())).collect();
        Question::new(pictures, *text)
    };
    let questions: Vec<Question> = pairs.iter().map(question).collect();
    let answers = model.answers(&questions, &settings).map_err(|error| CommandError::Usage {
        message: error.to_string(),
        hint: error.hint().map(str::to_owned),
    })?;
    let mut failed = 0;
    for (pair, answer) in pairs.iter().zip(&answers) {
        if let Some(cut) = answer.as_ref().ok().map(|answer| answer.cut).filter(|cut| *cut > 0) {
            say(&format!(
                "warning: the last {cut} vectors of the prompt were cut off, as in training"
            ));
        }
        failed += usize::from(answer.is_err());
        tell(args, *pair, answer, pairs.len());
    }
    if failed > 0 && !mood.quiet {
        say(&format!("{failed} of {} questions have no answer", answers.len()));
    }
    Ok(Done(if failed > 0 { FAILED } else { 0 }))
}

/// Which question goes with which picture.
fn pairs(args: &VqaArgs) -> Result<Vec<(Option<&Path>, &str)>, CommandError> {
    let (images, questions) = (&args.images, &args.questions);
    let image = |place: usize| images.get(place).or(images.first()).map(PathBuf::as_path);
    let text = |place: usize| questions.get(place).or(questions.first()).map(String::as_str);
    let (some, many) = (images.len().min(questions.len()), images.len().max(questions.len()));
    if some > 1 && some != many {
        let (images, questions) = (images.len(), questions.len());
        return Err(CommandError::Usage {
            message: format!("{images} pictures and {questions} questions do not pair up"),
            hint: Some("give as many of one as of the other, or one for all".to_owned()),
        });
    }
    Ok((0..many).map(|place| (image(place), text(place).unwrap_or_default())).collect())
}

fn tell(
    args: &VqaArgs,
    (image, question): (Option<&Path>, &str),
    answer: &Result<Answer, String>,
    count: usize,
) {
    let path = image.map(|path| path.display().to_string());
    let about = || path.as_ref().map_or(String::new(), |path| format!("{path}: "));
    match answer {
        Ok(answer) if args.json => {
            let mut line = json!({"image": path, "question": question});
            let told = json!({
                "text": answer.text,
                "token_ids": answer.token_ids,
                "prompt": answer.prompt,
                "logprob": answer.logprob,
                "seconds": answer.seconds,
            });
            if answer.cut > 0 {
                line["cut"] = json!(answer.cut);
            }
            if let (Value::Object(line), Value::Object(told)) = (&mut line, told) {
                line.extend(told);
            }
            print(&line.to_string());
        }
        Ok(answer) if count == 1 => print(&answer.text),
        Ok(answer) => print(&format!("{}{question} {}", about(), answer.text)),
        Err(message) => {
            if args.json {
                let line = json!({"image": path, "question": question, "error": message});
                print(&line.to_string());
            }
            say(&format!("error: {}{message}", about()));
        }
    }
}
