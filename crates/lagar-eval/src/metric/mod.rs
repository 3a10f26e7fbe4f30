//! Metrics, one file each, equal to the code of those who published them: their oddities included,
//! since numbers are only worth something beside other people's numbers.
//!
//! Where communities disagree there is one function each, named after them. All text handling goes
//! through [`python`], because the originals are Python: its idea of white space, digits, words and
//! lower case is part of the definition.

pub mod anls;
pub mod bleu;
pub mod cases;
pub mod cider;
pub mod coco_bleu;
pub mod contractions;
pub mod evalai;
pub mod exact_match;
pub mod gqa;
pub mod mcq_extract;
pub mod mcq_lmms;
pub mod mcq_vlmevalkit;
pub mod mme;
pub mod ngram;
pub mod pope;
pub mod ptb;
mod ptb_rules;
pub mod python;
pub mod rouge;
pub mod squad;
pub mod tokenizer_13a;
pub mod vqa;
pub mod vqa_text;
pub mod yes_no;
