//! Several sequences' new tokens as one flat run of rows: what every decoder does around its layers.

use lagar_nn::ops::Span;
use lagar_nn::{NnError, Tensor};

use super::{Input, Turn};
use crate::ModelsError;

/// What stands behind the last new token of each turn, `[turns, width]`: the turns' vectors go through
/// `hidden` one after the other, `[tokens, width]` to the same shape; `embed` makes vectors of ids.
///
/// # Errors
/// When `embed` or `hidden` fails, or the vectors of two turns differ in width.
pub(crate) fn last_rows(
    turns: &mut [Turn<'_>],
    embed: impl Fn(&[u32]) -> Result<Tensor, NnError>,
    hidden: impl FnOnce(&Tensor, &mut [Span<'_>]) -> Result<Tensor, ModelsError>,
) -> Result<Tensor, ModelsError> {
    let (mut vectors, mut spans) = (Vec::new(), Vec::new());
    for turn in turns.iter_mut() {
        let new = match &turn.input {
            Input::Tokens(ids) => embed(ids)?,
            Input::Vectors(vectors) => (*vectors).clone(),
        };
        spans.push(Span { cache: turn.cache, tokens: new.size(0)? });
        vectors.push(new);
    }
    let all = Tensor::cat(&vectors.iter().collect::<Vec<_>>(), 0)?;
    let hidden = hidden(&all, &mut spans)?;
    let mut end = 0;
    let mut last = Vec::with_capacity(spans.len());
    for span in &spans {
        end += span.tokens;
        last.push(hidden.narrow(0, end.saturating_sub(1)..end)?);
    }
    Ok(Tensor::cat(&last.iter().collect::<Vec<_>>(), 0)?)
}

/// The places of all new tokens in their sequences, which have at most `places`.
///
/// # Errors
/// When a sequence gets too long.
pub(crate) fn positions(spans: &[Span<'_>], places: usize) -> Result<Vec<usize>, ModelsError> {
    let mut positions = Vec::new();
    for span in spans {
        let seen = span.cache.tokens();
        let tokens = seen + span.tokens;
        if tokens > places {
            return Err(ModelsError::TooLong { tokens, places });
        }
        positions.extend(seen..tokens);
    }
    Ok(positions)
}
