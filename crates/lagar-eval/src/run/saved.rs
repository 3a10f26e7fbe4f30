//! Answers that a file has already, as a model that knows nothing else.
//!
//! So that an answer file of another tool can be scored, disturbance reports aside, with everything a
//! run writes: samples, long tail, results.

use std::collections::HashMap;

use lagar_core::Digest;
use lagar_core::models::{Answerer, ModelError, PictureSource};

use crate::{Answered, Question};

/// Answers by what was asked.
#[derive(Clone, Debug)]
pub struct SavedAnswers {
    digest: Digest,
    answers: HashMap<Digest, String>,
}

impl SavedAnswers {
    /// No answers yet; `digest` is that of the file they come from.
    pub fn new(digest: Digest) -> Self {
        Self { digest, answers: HashMap::new() }
    }

    /// Adds the answers to `questions`.
    pub fn add(&mut self, questions: &[Question], answers: &[Answered]) {
        let by_id: HashMap<&str, &Answered> =
            answers.iter().map(|answer| (answer.id.as_str(), answer)).collect();
        for question in questions {
            let answer = by_id.get(question.id.as_str()).filter(|answer| !answer.is_missing);
            if let Some(answer) = answer {
                let key = key(&question.pictures, &question.prompt);
                self.answers.insert(key, answer.text.clone());
            }
        }
    }
}

impl Answerer for SavedAnswers {
    fn digest(&self) -> Digest {
        self.digest
    }

    fn answer(
        &self,
        questions: &[(Vec<PictureSource>, String)],
    ) -> Result<Vec<Result<String, String>>, ModelError> {
        let find = |(pictures, prompt): &(Vec<PictureSource>, String)| {
            let found = self.answers.get(&key(pictures, prompt)).cloned();
            found.ok_or_else(|| "the answer file has none".to_owned())
        };
        Ok(questions.iter().map(find).collect())
    }
}

/// Where the pictures are, or what they are where they have no place.
fn key(pictures: &[PictureSource], prompt: &str) -> Digest {
    pictures.iter().fold(Digest::of(prompt.as_bytes()), |key, source| match source {
        PictureSource::File(path) => key.then(path.as_os_str().as_encoded_bytes()),
        PictureSource::Part { file, offset, len } => {
            let place = [offset.to_le_bytes(), len.to_le_bytes()].concat();
            key.then(file.as_os_str().as_encoded_bytes()).then(&place)
        }
        PictureSource::Bytes(bytes) => key.then(bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_found_by_picture_and_prompt() {
        let question = |id: &str, picture: &str| Question {
            id: id.to_owned(),
            prompt: "what?".to_owned(),
            pictures: vec![PictureSource::File(picture.into())],
            ..Question::default()
        };
        let mut saved = SavedAnswers::new(Digest::of(b"file"));
        let questions = [question("1", "a.jpg"), question("2", "b.jpg"), question("3", "c.jpg")];
        saved.add(&questions, &[Answered::new("2", "cat"), Answered::missing("3")]);
        let ask = |question: &Question| (question.pictures.clone(), question.prompt.clone());
        let answers = saved.answer(&questions.each_ref().map(ask)).unwrap();
        let none = Err("the answer file has none".to_owned());
        assert_eq!(answers, [none.clone(), Ok("cat".to_owned()), none]);
    }
}
