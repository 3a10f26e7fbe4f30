//! `image_captioning_mapper`: writes captions for pictures.

use std::num::NonZeroUsize;

use arrow::array::StringViewBuilder;
use lagar_core::Batch;
use lagar_core::models::GenerationSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::caption::{Candidates, Keep, Plan};
use crate::memory::Memory;
use crate::model::{Model, ModelKind, ModelSlot, ModelWish};
use crate::{Context, Mapped, Mapper, OperatorError, Parity, register};

/// Replaces texts by captions that a model writes for the pictures.
///
/// Captions from the web name a product or a place and seldom say what can be seen; captions that a
/// model writes from the pixels do, and a model trained on them looks closer. The captioner is a
/// folder with a BLIP-2 model as transformers saves it (`config.json`, `model.safetensors`,
/// `tokenizer.json`), the name of such a model on the Hugging Face hub, or `openai:NAME` for a
/// service that speaks the chat API of `OpenAI` (`lagar run --help` says where its address is
/// taken from).
///
/// The text is cut at the token that ends chunks; in each chunk all words go, its special tokens
/// stay, and the caption of the first picture stands behind the first token of a picture with a blank
/// on both sides: `<__dj__image>\na mug <|__dj__eoc|>` becomes
/// `<__dj__image> a red mug on a table\n <|__dj__eoc|>`. The caption is what the model wrote, not
/// stripped: BLIP-2 ends with a line feed. Every chunk ends with its token, even where there was
/// none. With several pictures in a chunk, all captions stand behind its first token, the last one in
/// front, as in Data-Juicer. A row without pictures gives no new row, and is left only with
/// `keep_original_sample`. A row with a picture that cannot be read is put aside, and so is one whose
/// text speaks of more pictures than it has.
///
/// Where Data-Juicer always draws tokens at random, without a seed, this operator is greedy: the same
/// picture has the same caption. It draws if `do_sample` says so, or if `caption_num` asks for more
/// captions than `num_beams` can give; then the seed of the recipe, the path of the picture and the
/// number of the caption decide what is drawn, so that a run can be repeated. A picture that occurs
/// several times is captioned once, and captions are kept between runs (recipe key `cache_dir`).
/// Pictures that the row carries as bytes are used, which Data-Juicer ignores here.
///
/// Source: Data-Juicer 1.6.1, `image_captioning_mapper.py`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImageCaptioningMapper {
    /// The captioner: a model folder, a name on the hub, or `openai:NAME`.
    pub hf_img2seq: String,
    /// As written in a recipe of Data-Juicer; lagar never runs code that comes with a model.
    pub trust_remote_code: bool,
    /// Captions that are written for each picture.
    pub caption_num: NonZeroUsize,
    /// Which of several captions become a row: one drawn by lot (`random_any`), the one nearest to
    /// the old text by `SimHash` (`similar_one_simhash`), or each a row of its own (`all`).
    pub keep_candidate_mode: Keep,
    /// Whether the old row stays, in front of the new ones.
    pub keep_original_sample: bool,
    /// What the caption of every picture continues, or answers.
    pub prompt: Option<String>,
    /// The field of the row that holds its own prompt; where it is a string, it wins over `prompt`.
    pub prompt_key: Option<String>,
    /// Captions that the model has under way at once, at most; `null` means: as many as
    /// `mem_required` and free memory have room for, up to 16. Captions do not depend on it.
    pub gpu_batch_size: Option<NonZeroUsize>,
    /// Whether tokens are drawn at random; `null` means: only if `caption_num` is above `num_beams`.
    pub do_sample: Option<bool>,
    /// With drawing: above 1 the unlikely becomes likelier, below 1 less likely.
    pub temperature: f64,
    /// With drawing: only so many of the likeliest tokens are drawn from; 0 means all.
    pub top_k: usize,
    /// With drawing: only the likeliest tokens that together reach this share are drawn from.
    pub top_p: f64,
    /// Beams of a beam search; 1 is greedy.
    pub num_beams: NonZeroUsize,
    /// The most tokens a caption may have.
    pub max_new_tokens: NonZeroUsize,
    /// The most memory the model may take: gigabytes, or with a unit (`16GB`); 0 sets no limit.
    pub mem_required: Memory,
    #[serde(skip)]
    model: ModelSlot,
}

const ONE: NonZeroUsize = NonZeroUsize::MIN;

impl Default for ImageCaptioningMapper {
    fn default() -> Self {
        let number = |value| NonZeroUsize::new(value).unwrap_or(ONE);
        Self {
            hf_img2seq: "Salesforce/blip2-opt-2.7b".to_owned(),
            trust_remote_code: false,
            caption_num: ONE,
            keep_candidate_mode: Keep::default(),
            keep_original_sample: true,
            prompt: None,
            prompt_key: None,
            gpu_batch_size: None,
            do_sample: None,
            temperature: 1.0,
            top_k: 50,
            top_p: 1.0,
            num_beams: ONE,
            max_new_tokens: number(128),
            mem_required: Memory::default(),
            model: ModelSlot::default(),
        }
    }
}

impl ImageCaptioningMapper {
    /// How the captions of one picture come about.
    fn candidates(&self) -> Result<Candidates, OperatorError> {
        let (wanted, beams) = (self.caption_num.get(), self.num_beams.get());
        let draws = self.do_sample.unwrap_or(wanted > beams);
        if !draws && wanted > beams {
            return Err(unusable(
                "caption_num",
                format!(
                    "without drawing, {beams} beam(s) give {beams} caption(s), not {wanted}: leave \
                     `do_sample` out or raise `num_beams`"
                ),
            ));
        }
        let wrong = |name, value: f64| unusable(name, format!("{value} cannot be used"));
        if !(self.temperature.is_finite() && self.temperature > 0.0) {
            return Err(wrong("temperature", self.temperature));
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return Err(wrong("top_p", self.top_p));
        }
        Ok(Candidates {
            number: wanted,
            draws,
            settings: GenerationSettings {
                max_new_tokens: self.max_new_tokens.get(),
                num_beams: beams,
                do_sample: draws,
                temperature: self.temperature,
                top_k: self.top_k,
                top_p: self.top_p,
                num_return_sequences: if draws { 1 } else { wanted },
                ..GenerationSettings::default()
            },
        })
    }
}

fn unusable(parameter: &str, message: String) -> OperatorError {
    OperatorError::Parameter {
        operator: "image_captioning_mapper".to_owned(),
        parameter: parameter.to_owned(),
        message,
    }
}

impl Mapper for ImageCaptioningMapper {
    fn map(&self, batch: &Batch, context: &Context<'_>) -> Result<Mapped, OperatorError> {
        let candidates = self.candidates()?;
        let prompts = (self.prompt.as_deref(), self.prompt_key.as_deref());
        let plan = Plan::new(batch, context, prompts)?;
        let captioner = self.model.captioner(&self.hf_img2seq)?;
        let captions = plan.captions(captioner, &candidates, context.seed)?;
        let new_rows = match self.keep_candidate_mode {
            Keep::All => self.caption_num.get(),
            _ => 1,
        };
        let (mut parents, mut texts) = (Vec::new(), StringViewBuilder::new());
        let mut faults = plan.faults();
        for index in 0..batch.len() {
            let new = match plan.new_texts(index, &captions, (self.keep_candidate_mode, new_rows)) {
                Ok(new) => new,
                Err(fault) => {
                    faults.extend(fault);
                    continue;
                }
            };
            if self.keep_original_sample {
                parents.push(index as u32);
                texts.append_value(batch.text.value(index));
            }
            for text in new {
                parents.push(index as u32);
                texts.append_value(text);
            }
        }
        faults.sort_by_key(|fault| fault.index);
        let text = texts.finish();
        Ok(Mapped { parents: Some(parents), text: Some(text), faults, ..Mapped::default() })
    }

    fn wish(&self) -> Result<Option<ModelWish>, OperatorError> {
        self.candidates()?;
        Ok(Some(ModelWish {
            kind: ModelKind::Captioner,
            parameter: "hf_img2seq",
            name: self.hf_img2seq.clone(),
            memory_bytes: self.mem_required.bytes(),
            batch: self.gpu_batch_size.map(NonZeroUsize::get),
        }))
    }

    fn attach(&mut self, model: Model) {
        self.model.fill(model);
    }
}

register! {
    ImageCaptioningMapper, Mapper,
    name: "image_captioning_mapper",
    version: 1,
    cost: Model,
    reads: &["text", "images", "image_bytes"],
    writes: &["text"],
    thresholds: &[],
    parity: Parity::Differs("captions are drawn from the seed; the original draws without one"),
    examples: &[],
}
