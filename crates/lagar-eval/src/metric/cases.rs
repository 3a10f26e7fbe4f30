//! Every metric on free cases: what `lagar eval metrics` prints.
//!
//! The keys are those of the fixtures, so that another implementation's numbers can be laid beside.
//! What a definition cannot score is left out: LLaVA's accuracy without exactly ten annotators, any
//! accuracy without annotators, options where a case has none.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::ngram::{Segment, Words};
use super::vqa::Compared;
use super::vqa_text::Dialect;
use super::{
    anls, bleu, cider, coco_bleu, evalai, exact_match, mcq_extract, mcq_lmms, mcq_vlmevalkit, mme,
    pope, ptb, python, rouge, squad, tokenizer_13a, vqa, yes_no,
};

/// An answer to score.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Case {
    /// Its name.
    pub id: Value,
    /// What the model said.
    pub prediction: String,
    /// The right answers.
    pub references: Vec<String>,
    /// For a multiple choice: letter → text.
    #[serde(default)]
    pub choices: Option<Map<String, Value>>,
    /// For a multiple choice: the right letter.
    #[serde(default)]
    pub answer: Option<String>,
}

/// The two texts that the caption metrics are computed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tokens {
    /// White space squeezed, nothing else: what VLMEvalKit does.
    Spaces,
    /// The PTB tokenizer without punctuation: what the COCO evaluation does.
    Ptb,
}

/// `{"cases": […], "corpus": {…}}`, every metric of every case and over all of them.
pub fn scored(cases: &[Case]) -> Value {
    let mut each: Vec<Map<String, Value>> = cases.iter().map(of_case).collect();
    let mut corpus = corpus(cases);
    for (name, tokens) in [("coco_ws", Tokens::Spaces), ("coco_ptb", Tokens::Ptb)] {
        let (of_all, of_each) = captions(cases, tokens);
        corpus.insert(name.to_owned(), of_all);
        for (case, scores) in each.iter_mut().zip(of_each) {
            if let Some(scores) = scores {
                case.insert(name.to_owned(), scores);
            }
        }
    }
    json!({"cases": each, "corpus": corpus})
}

fn of_case(case: &Case) -> Map<String, Value> {
    let (answer, references) = (case.prediction.as_str(), case.references.as_slice());
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| {
        out.insert(name.to_owned(), value);
    };
    put("id", case.id.clone());
    put("vqa_official", official(answer, references));
    let processed = |text: &String| evalai::processed(text);
    let mut llava = json!({
        "norm_pred": evalai::processed(answer),
        "norm_refs": references.iter().map(processed).collect::<Vec<String>>(),
    });
    add_score(&mut llava, evalai::llava(answer, references));
    put("evalai", llava);
    if let Some(score) = evalai::lmms_eval(answer, references) {
        put("lmms_textvqa", json!({ "score": score }));
    }
    let compared = Compared::new(answer, references, Dialect::EvalAi);
    let mut lmms = json!({ "norm_pred": compared.answer });
    add_score(&mut lmms, compared.accuracy());
    put("lmms_vqav2", lmms);
    let compared = Compared::new(answer, references, Dialect::VlmEvalKit);
    let mut kit = json!({"norm_pred": compared.answer, "norm_refs": compared.references});
    add_score(&mut kit, compared.accuracy());
    put("vlmevalkit_vqa", kit);
    for (name, score) in means(answer, references) {
        put(name, json!(score));
    }
    put("squad_norm_pred", json!(squad::normalised(answer)));
    put("yn_vlmevalkit", json!(yes_no::vlmevalkit(answer)));
    put("yn_pope_official", json!(pope::official(answer)));
    put("yn_mme", json!(mme::parsed(answer)));
    put("yn_lmms_pope", json!(pope::lmms_eval(answer)));
    if let Some(score) = bleu::sentence(answer, references) {
        put("bleu_sentence", json!(score));
    }
    let tokens = tokenizer_13a::tokenized(python::rstrip(answer));
    put("bleu_tok13a_pred", json!(tokens));
    if let Some(options) = &case.choices {
        out.extend(of_options(answer, options, case.answer.as_deref()));
    }
    out
}

fn add_score(object: &mut Value, score: Option<f64>) {
    if let (Some(score), Some(object)) = (score, object.as_object_mut()) {
        object.insert("score".to_owned(), json!(score));
    }
}

fn official(answer: &str, references: &[String]) -> Value {
    let compared = Compared::new(answer, references, Dialect::Official);
    let mut out = Map::new();
    if let Some(score) = vqa::official(answer, references) {
        out.insert("score".to_owned(), json!(score));
        out.insert("score_pct_round2".to_owned(), json!(python::round2(100.0 * score)));
    }
    out.insert("norm_applied".to_owned(), json!(vqa::is_normalised(references)));
    out.insert("norm_pred".to_owned(), json!(compared.answer));
    out.insert("norm_refs".to_owned(), json!(compared.references));
    Value::Object(out)
}

/// The metrics that are plain numbers, of which the corpus has the mean.
fn means(answer: &str, references: &[String]) -> [(&'static str, f64); 8] {
    let disregard = exact_match::Disregard::case_and_punctuation();
    [
        ("em_strict", exact_match::strict(answer, references)),
        ("em_llava_gqa", exact_match::llava_gqa(answer, references)),
        ("em_strip_lower", exact_match::strip_lower(answer, references)),
        ("em_hf_nocase_nopunct", exact_match::hugging_face(answer, references, &disregard)),
        ("em_lmms_gqa", exact_match::lmms_gqa(answer, references)),
        ("squad_em", squad::exact_match(answer, references)),
        ("squad_f1", squad::f1(answer, references)),
        ("anls", anls::anls(answer, references)),
    ]
}

fn of_options(
    answer: &str,
    choices: &Map<String, Value>,
    right: Option<&str>,
) -> Map<String, Value> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let options: Vec<(char, String)> = choices
        .iter()
        .filter_map(|(letter, value)| Some((letter.chars().next()?, text(value))))
        .collect();
    let mut letters: Vec<char> = options.iter().map(|(letter, _)| *letter).collect();
    letters.sort_unstable();
    let exact = mcq_vlmevalkit::exact(answer, &options);
    let fixed = mcq_lmms::fixed(answer, &options);
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| {
        out.insert(name.to_owned(), value);
    };
    put("mcq_vlmevalkit", json!(mcq_vlmevalkit::inferred(answer, &options)));
    put("mcq_vlmevalkit_exact", json!(exact));
    put("mcq_lmms_prefetch", json!(mcq_lmms::prefetched(answer, &options)));
    put("mcq_lmms_static", json!(fixed));
    put("mcq_extract_util", json!(mcq_extract::extract(answer, &letters)));
    if let Some(right) = right {
        let is_right = |letter: Option<char>| {
            u8::from(letter.is_some_and(|letter| right.chars().eq(std::iter::once(letter))))
        };
        put("mcq_hit_vlmevalkit_exact", json!(is_right(Some(exact))));
        put("mcq_hit_lmms_static", json!(is_right(fixed)));
    }
    out
}

fn mean(scores: impl Iterator<Item = f64>) -> Option<f64> {
    let scores: Vec<f64> = scores.collect();
    (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
}

fn corpus(cases: &[Case]) -> Map<String, Value> {
    let over = |metric: fn(&str, &[String]) -> Option<f64>| {
        mean(cases.iter().filter_map(|case| metric(&case.prediction, &case.references)))
    };
    let mut out = Map::new();
    out.insert("n".to_owned(), json!(cases.len()));
    let official = over(vqa::official);
    let percent = official.map(|mean| python::round2(100.0 * mean));
    out.insert("vqa_official_overall_pct".to_owned(), json!(percent));
    out.insert("vqa_official_mean".to_owned(), json!(official));
    out.insert("lmms_textvqa_mean".to_owned(), json!(over(evalai::lmms_eval)));
    out.insert("evalai_mean_10ref".to_owned(), json!(over(evalai::llava)));
    out.insert("lmms_vqav2_mean".to_owned(), json!(over(vqa::lmms_eval)));
    out.insert("vlmevalkit_vqa_mean".to_owned(), json!(over(vqa::vlmevalkit)));
    let each: Vec<[(&str, f64); 8]> =
        with_references(cases).map(|case| means(&case.prediction, &case.references)).collect();
    for place in 0..8 {
        let Some((name, _)) = each.first().map(|scores| scores[place]) else { break };
        let mean = mean(each.iter().map(|scores| scores[place].1));
        out.insert(format!("{name}_mean"), json!(mean));
    }
    out.insert("sacrebleu".to_owned(), corpus_bleu(cases));
    out
}

fn with_references(cases: &[Case]) -> impl Iterator<Item = &Case> {
    cases.iter().filter(|case| !case.references.is_empty())
}

fn corpus_bleu(cases: &[Case]) -> Value {
    let mut counts: Vec<usize> = with_references(cases).map(|case| case.references.len()).collect();
    counts.dedup();
    let all = with_references(cases)
        .map(|case| bleu::Statistics::of(&case.prediction, &case.references))
        .fold(bleu::Statistics::default(), |sum, one| sum.and(&one));
    let same = if let [one] = counts.as_slice() { Some(*one) } else { None };
    json!({
        "score": all.score(false),
        "counts": all.correct,
        "totals": all.total,
        "bp": all.brevity_penalty(),
        "sys_len": all.answer_length,
        "ref_len": all.reference_length,
        "signature": bleu::signature(same, false),
    })
}

/// The caption metrics over all cases, and those of each; cases without references have none.
fn captions(cases: &[Case], tokens: Tokens) -> (Value, Vec<Option<Value>>) {
    let texts: Vec<&str> = with_references(cases).map(|case| case.prediction.as_str()).collect();
    let references: Vec<&str> =
        with_references(cases).flat_map(|case| &case.references).map(String::as_str).collect();
    let tokenized = |texts: &[&str]| match tokens {
        Tokens::Spaces => texts.iter().map(|text| python::squeeze(text)).collect(),
        Tokens::Ptb => ptb::captions(texts),
    };
    let mut texts: std::vec::IntoIter<String> = tokenized(&texts).into_iter();
    let mut references = tokenized(&references).into_iter();
    let mut words = Words::default();
    let (mut segments, mut rouge, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    for case in with_references(cases) {
        let answer = texts.next().unwrap_or_default();
        let references: Vec<String> = references.by_ref().take(case.references.len()).collect();
        rouge.push(rouge::score(&answer, &references));
        segments.push(Segment {
            answer: words.split(&answer),
            references: references.iter().map(|text| words.split(text)).collect(),
        });
        answers.push(answer);
    }
    let (bleu, each_bleu) = coco_bleu::scores(&segments);
    let (cider, each_cider) = cider::scores(&segments);
    let object = |bleu: &[f64; 4], rouge: f64, cider: f64| {
        json!({
            "Bleu_1": bleu[0], "Bleu_2": bleu[1], "Bleu_3": bleu[2], "Bleu_4": bleu[3],
            "ROUGE_L": rouge, "CIDEr": cider,
        })
    };
    let mut scored = answers.into_iter().enumerate().map(|(place, answer)| {
        let mut scores = object(&each_bleu[place], rouge[place], each_cider[place]);
        scores["tok_pred"] = Value::String(answer);
        scores
    });
    let each =
        cases.iter().map(|case| if case.references.is_empty() { None } else { scored.next() });
    let each = each.collect();
    (object(&bleu, mean(rouge.iter().copied()).unwrap_or(0.0), cider), each)
}
