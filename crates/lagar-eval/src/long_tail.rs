//! Accuracy by how often an answer occurs: whether a model knows more than the common answers.
//!
//! Questions are grouped by the frequency of their right answer, either among the right answers of the
//! benchmark itself or in a training file. A model that was tuned towards frequent answers gains at
//! the head and loses at the tail, which the mean over all questions hides.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{EvalError, MetricValue, Question, Scores, files};

/// The groups by frequency: at least, at most.
const GROUPS: [(usize, usize); 7] =
    [(0, 0), (1, 1), (2, 3), (4, 10), (11, 30), (31, 100), (101, usize::MAX)];

/// Questions whose answers are about as frequent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frequency {
    /// How often the answers occur: `4-10`, `101+`.
    pub frequency: String,
    /// How many different right answers are in the group.
    pub answers: usize,
    /// The benchmark's first metric over the group.
    pub metric: MetricValue,
}

/// How often each answer occurs, by its normal form.
#[derive(Clone, Debug, Default)]
pub struct AnswerCounts(HashMap<String, usize>);

impl AnswerCounts {
    /// Counts one more answer.
    pub fn add(&mut self, answer: &str) {
        *self.0.entry(normal(answer)).or_default() += 1;
    }

    /// The right answers of a benchmark's questions, once per question.
    pub fn of_questions(questions: &[Question]) -> Self {
        let mut counts = Self::default();
        questions.iter().filter_map(right_answer).for_each(|answer| counts.add(&answer));
        counts
    }

    /// The answers of a training file: what the assistant says in LLaVA's conversations, or a field
    /// `answer` or `answers`, of each object of a JSON list or of JSON lines.
    ///
    /// # Errors
    /// When the file cannot be read, is of another form, or holds no answer.
    pub fn of_training(path: &Path) -> Result<Self, EvalError> {
        let name = files::plain_name(path);
        let rows = match Path::new(&name).extension() {
            Some(ending) if ending == "json" => match files::read_json(path)? {
                Value::Array(rows) => rows,
                _ => return Err(EvalError::form(path, "the whole", "expected a list of objects")),
            },
            _ => files::read_json_lines(path)?.into_iter().map(|(_, row)| row).collect(),
        };
        let mut counts = Self::default();
        for row in &rows {
            let turns = row["conversations"].as_array().into_iter().flatten();
            let spoken = turns.filter(|turn| turn["from"] == "gpt").map(|turn| &turn["value"]);
            let listed = row["answers"].as_array().into_iter().flatten();
            let said = spoken.chain(listed).chain([&row["answer"]]);
            said.filter_map(Value::as_str).for_each(|answer| counts.add(answer));
        }
        if counts.0.is_empty() {
            let message = "expected `conversations`, `answer` or `answers` in its objects";
            return Err(EvalError::form(path, "the whole", message));
        }
        Ok(counts)
    }

    /// These counts; the benchmark's own where nothing was counted.
    #[must_use]
    pub(crate) fn or_own(&self, questions: &[Question]) -> Self {
        if self.0.is_empty() { Self::of_questions(questions) } else { self.clone() }
    }

    fn of(&self, answer: &str) -> usize {
        self.0.get(&normal(answer)).copied().unwrap_or(0)
    }
}

/// Small letters, single blanks, no full stop at the end.
fn normal(answer: &str) -> String {
    let words: Vec<String> = answer.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ").trim_end_matches('.').to_owned()
}

/// The answer most people gave, the first of those that are equally frequent; of a multiple choice the
/// text of the right option, because letters have no frequency of their own.
fn right_answer(question: &Question) -> Option<String> {
    let references = question.references.iter().map(|reference| normal(reference));
    let mut counted: Vec<(String, usize)> = Vec::new();
    for reference in references {
        match counted.iter_mut().find(|(known, _)| *known == reference) {
            Some((_, count)) => *count += 1,
            None => counted.push((reference, 1)),
        }
    }
    let most = counted.iter().map(|(_, count)| *count).max()?;
    let (answer, _) = counted.into_iter().find(|(_, count)| *count == most)?;
    let is_letter = |letter: char| answer.eq_ignore_ascii_case(&letter.to_string());
    let option = question.options.iter().find(|(letter, _)| is_letter(*letter));
    Some(option.map_or(answer, |(_, text)| text.clone()))
}

/// The first metric by the frequency of the right answer, rarest first; groups without questions are
/// left out.
pub fn long_tail(questions: &[Question], scores: &Scores, counts: &AnswerCounts) -> Vec<Frequency> {
    let Some(metric) = scores.metrics.first().map(|metric| metric.name.as_str()) else {
        return Vec::new();
    };
    let score: HashMap<&str, f64> = scores
        .samples
        .iter()
        .filter_map(|sample| Some((sample.id.as_str(), *sample.scores.get(metric)?)))
        .collect();
    let mut groups: Vec<(Vec<f64>, Vec<String>)> = vec![Default::default(); GROUPS.len()];
    for question in questions {
        let (Some(score), Some(answer)) = (score.get(question.id.as_str()), right_answer(question))
        else {
            continue;
        };
        let count = counts.of(&answer);
        let group = GROUPS.iter().position(|(least, most)| (least..=most).contains(&&count));
        if let Some((scores, answers)) = group.map(|group| &mut groups[group]) {
            scores.push(*score);
            answers.push(normal(&answer));
        }
    }
    let frequency =
        |((least, most), (scores, mut answers)): ((usize, usize), (Vec<f64>, Vec<_>))| {
            answers.sort_unstable();
            answers.dedup();
            let frequency = match (least, most) {
                (least, usize::MAX) => format!("{least}+"),
                (least, most) if least == most => least.to_string(),
                (least, most) => format!("{least}-{most}"),
            };
            let metric = MetricValue::mean(metric, &scores);
            Frequency { frequency, answers: answers.len(), metric }
        };
    let filled = GROUPS.into_iter().zip(groups).filter(|(_, (scores, _))| !scores.is_empty());
    filled.map(frequency).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SampleScore;

    fn question(id: usize, answer: &str) -> Question {
        Question {
            id: id.to_string(),
            references: vec!["odd".to_owned(), answer.to_owned(), answer.to_uppercase()],
            ..Question::default()
        }
    }

    #[test]
    fn rare_answers_are_told_apart_from_frequent_ones() {
        let answers = ["yes", "yes", "yes", "yes", "no", "no", "zebra"];
        let questions: Vec<Question> =
            answers.iter().enumerate().map(|(id, answer)| question(id, answer)).collect();
        let sample = |(id, answer): (usize, &&str)| SampleScore {
            id: id.to_string(),
            scores: [("m".to_owned(), f64::from(**answer == *"yes"))].into(),
            ..SampleScore::default()
        };
        let samples: Vec<SampleScore> = answers.iter().enumerate().map(sample).collect();
        let scores = Scores::means(samples, &["m"], &[]);
        let seen = |counts: &AnswerCounts| {
            let groups = long_tail(&questions, &scores, counts);
            let group = |group: Frequency| (group.frequency, group.answers, group.metric.value);
            groups.into_iter().map(group).collect::<Vec<_>>()
        };
        let own = seen(&AnswerCounts::of_questions(&questions));
        let expected = [("1", 1, 0.0), ("2-3", 1, 0.0), ("4-10", 1, 1.0)];
        assert_eq!(own, expected.map(|(name, n, value)| (name.to_owned(), n, value)));

        let mut training = AnswerCounts::default();
        (0..200).for_each(|_| training.add("Yes."));
        let expected = [("0", 2, 0.0), ("101+", 1, 1.0)];
        assert_eq!(seen(&training), expected.map(|(name, n, value)| (name.to_owned(), n, value)));
    }

    #[test]
    fn the_answers_of_training_data_are_what_the_assistant_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train.json");
        let llava = r#"[{"conversations": [{"from": "human", "value": "is it?"},
            {"from": "gpt", "value": "Yes"}, {"from": "gpt", "value": "no"}]}, {"answer": "yes"}]"#;
        lagar_core::fsio::write(&path, llava.as_bytes()).unwrap();
        let counts = AnswerCounts::of_training(&path).unwrap();
        assert_eq!((counts.of("yes"), counts.of("no"), counts.of("is it?")), (2, 1, 0));
        lagar_core::fsio::write(&path, b"[{\"text\": \"a\"}]").unwrap();
        let error = AnswerCounts::of_training(&path).unwrap_err().to_string();
        assert!(error.contains("expected `conversations`"), "{error}");
    }

    #[test]
    fn a_multiple_choice_counts_by_the_text_of_its_option() {
        let question = Question {
            references: vec!["B".to_owned()],
            options: vec![('A', "red".to_owned()), ('B', "Blue".to_owned())],
            ..Question::default()
        };
        assert_eq!(right_answer(&question).as_deref(), Some("Blue"));
    }
}
