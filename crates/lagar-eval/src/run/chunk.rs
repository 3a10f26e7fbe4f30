//! Contiguous chunks of the questions, one per process or device, cut as LLaVA's scripts cut them.
//!
//! `get_chunk` of `llava/eval/model_vqa_loader.py`: chunks of ceil(n / k) questions each; the last ones
//! may be shorter or empty.

use std::ops::Range;

use crate::EvalError;

/// One of several chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Which one, from 0.
    pub index: usize,
    /// How many there are.
    pub count: usize,
}

impl Chunk {
    /// Chunk `index` of `count`.
    ///
    /// # Errors
    /// When there is no such chunk.
    pub fn new(index: usize, count: usize) -> Result<Self, EvalError> {
        if index < count {
            return Ok(Self { index, count });
        }
        Err(EvalError::Setting {
            setting: "chunk-idx",
            value: index.to_string(),
            expected: match count {
                0 => "at least one chunk".to_owned(),
                1 => "0, as there is one chunk".to_owned(),
                _ => format!("0 to {}, as there are {count} chunks", count - 1),
            },
        })
    }

    /// Its questions among `questions`.
    pub fn range(self, questions: usize) -> Range<usize> {
        let size = questions.div_ceil(self.count);
        let start = (self.index * size).min(questions);
        start..(start + size).min(questions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_those_of_llava() {
        let ranges = |questions, count| {
            (0..count).map(|index| Chunk { index, count }.range(questions)).collect::<Vec<_>>()
        };
        assert_eq!(ranges(10, 3), [0..4, 4..8, 8..10]);
        assert_eq!(ranges(5, 4), [0..2, 2..4, 4..5, 5..5]);
        assert_eq!(ranges(0, 2), [0..0, 0..0]);
    }

    #[test]
    fn a_chunk_beyond_the_last_is_refused() {
        let error = Chunk::new(3, 3).unwrap_err().to_string();
        assert_eq!(error, "chunk-idx is `3`: expected 0 to 2, as there are 3 chunks");
        assert!(Chunk::new(0, 0).is_err());
    }
}
