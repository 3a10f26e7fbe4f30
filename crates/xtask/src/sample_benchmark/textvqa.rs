//! TextVQA's files: `TextVQA_0.5.1_val.json`, LLaVA's question file with OCR tokens, and the pictures.

use anyhow::Context as _;
use serde_json::{Value, json};

use super::facts::{Fact, legible_title, legible_words};
use super::{Files, json_bytes};
use crate::picture::scene::Scene;
use crate::sample_data::Shown;

/// Pictures that are asked about.
const PICTURES: usize = 36;

/// Adds the files.
///
/// # Errors
/// When a picture's size cannot be read.
pub(super) fn write(pictures: &[Shown], files: &mut Files) -> anyhow::Result<()> {
    let (mut data, mut lines) = (Vec::new(), String::new());
    let mut asked = 0;
    for shown in pictures {
        let (width, height) = size(&shown.jpeg)?;
        let facts = facts(&shown.scene, width.cast_signed());
        if facts.is_empty() || asked == PICTURES {
            continue;
        }
        asked += 1;
        let image_id = format!("{:09}", shown.row);
        for (words, fact) in facts {
            data.push(json!({
                "question": fact.question,
                "image_id": image_id,
                "image_classes": [class(&shown.scene)],
                "image_width": width,
                "image_height": height,
                "question_id": 30_000 + data.len(),
                "answers": fact.ten_answers(),
                "set_name": "val",
            }));
            let tokens = words.split(' ').collect::<Vec<_>>().join(", ");
            let line = json!({
                "question_id": image_id,
                "image": format!("{image_id}.jpg"),
                "text": format!(
                    "{}\nReference OCR token: {tokens}\n\
                     Answer the question using a single word or phrase.",
                    fact.question
                ),
                "category": "default",
            });
            lines.push_str(&(line.to_string() + "\n"));
        }
        files.insert(format!("textvqa/train_images/{image_id}.jpg"), shown.jpeg.clone());
    }
    let whole = json!({
        "dataset_type": "val",
        "dataset_name": "textvqa",
        "dataset_version": "0.5.1",
        "data": Value::Array(data),
    });
    files.insert("textvqa/TextVQA_0.5.1_val.json".to_owned(), json_bytes(&whole)?);
    files.insert("textvqa/llava_textvqa_val_v051_ocr.jsonl".to_owned(), lines.into_bytes());
    Ok(())
}

/// Questions about words, each with all words of the picture. LLaVA's answers are found again by
/// picture and question, so no question comes twice.
fn facts(scene: &Scene, width: i32) -> Vec<(&'static str, Fact)> {
    if let Some(words) = legible_words(scene, width) {
        let mut said = Fact::new("what is written on the sign?", words.to_lowercase());
        said.variant = Some(words.to_owned());
        let mut facts = vec![(words, said)];
        if let Some(number) = words.strip_prefix("BUS ") {
            facts.push((words, Fact::new("what is the number of the bus?", number)));
        }
        return facts;
    }
    let Some(title) = legible_title(scene, width) else {
        return Vec::new();
    };
    let mut said = Fact::new("what is the title of the chart?", title.to_lowercase());
    said.variant = Some(title.to_owned());
    vec![(title, said)]
}

fn class(scene: &Scene) -> &'static str {
    if matches!(scene, Scene::Sign { .. }) { "Sign" } else { "Chart" }
}

/// Width and height in pixels.
fn size(jpeg: &[u8]) -> anyhow::Result<(u32, u32)> {
    let reader =
        image::ImageReader::with_format(std::io::Cursor::new(jpeg), image::ImageFormat::Jpeg);
    reader.into_dimensions().context("read the size of a picture of the sample")
}
