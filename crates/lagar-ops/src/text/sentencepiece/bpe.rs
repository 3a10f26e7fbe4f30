//! BPE models: neighbours are joined, the pair with the highest score first, the left one of equals.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;

use super::proto::Kind;
use super::{Cut, SentencePieces};

/// A run of text that is one symbol so far; empty once it has joined its left neighbour.
struct Symbol {
    range: Range<usize>,
    before: Option<usize>,
    after: Option<usize>,
    /// A piece of the user, which joins nobody.
    is_frozen: bool,
}

#[derive(PartialEq)]
struct Pair {
    score: f32,
    left: usize,
    right: usize,
    length: usize,
}

impl Eq for Pair {}

impl Ord for Pair {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.left.cmp(&self.left))
    }
}

impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

struct Joining<'m, 'a> {
    model: &'m SentencePieces,
    text: &'a str,
    symbols: Vec<Symbol>,
    agenda: BinaryHeap<Pair>,
    /// Of pieces that must not remain: where they were joined from two.
    seams: HashMap<&'a str, usize>,
}

impl SentencePieces {
    pub(super) fn cut_bpe<'a>(&self, text: &'a str) -> Vec<Cut<'a>> {
        let (symbols, agenda, seams) = (self.symbols(text), BinaryHeap::new(), HashMap::new());
        let mut joining = Joining { model: self, text, symbols, agenda, seams };
        for right in 1..joining.symbols.len() {
            joining.propose(Some(right - 1), Some(right));
        }
        joining.run();
        let mut cuts = Vec::new();
        let mut next = (!joining.symbols.is_empty()).then_some(0);
        while let Some(place) = next {
            let symbol = &joining.symbols[place];
            joining.emit(&text[symbol.range.clone()], &mut cuts);
            next = symbol.after;
        }
        cuts
    }

    fn symbols(&self, text: &str) -> Vec<Symbol> {
        let mut symbols = Vec::new();
        let mut start = 0;
        while start < text.len() {
            let own = self.normalizer.own_length(&text[start..]);
            let width = text[start..].chars().next().map_or(1, char::len_utf8);
            let end = start + if own > 0 { own } else { width };
            let place = symbols.len();
            symbols.push(Symbol {
                range: start..end,
                before: place.checked_sub(1),
                after: (end < text.len()).then_some(place + 1),
                is_frozen: own > 0,
            });
            start = end;
        }
        symbols
    }
}

impl<'a> Joining<'_, 'a> {
    /// Puts a pair on the agenda, if the two make a piece.
    fn propose(&mut self, left: Option<usize>, right: Option<usize>) {
        let (Some(left), Some(right)) = (left, right) else {
            return;
        };
        let (one, other) = (&self.symbols[left], &self.symbols[right]);
        if one.is_frozen || other.is_frozen {
            return;
        }
        let joined = &self.text[one.range.start..other.range.end];
        let Some(id) = self.model.ids.get(joined) else {
            return;
        };
        if self.model.kind(*id) == Kind::Unused {
            self.seams.insert(joined, one.range.len());
        }
        let score = self.model.score(*id);
        self.agenda.push(Pair { score, left, right, length: joined.len() });
    }

    fn run(&mut self) {
        while let Some(Pair { left, right, length, .. }) = self.agenda.pop() {
            let lengths = [left, right].map(|place| self.symbols[place].range.len());
            if lengths.contains(&0) || lengths[0] + lengths[1] != length {
                continue;
            }
            let after = self.symbols[right].after;
            self.symbols[left].range.end = self.symbols[right].range.end;
            self.symbols[left].after = after;
            if let Some(after) = after {
                self.symbols[after].before = Some(left);
            }
            let end = self.symbols[right].range.end;
            self.symbols[right].range = end..end;
            self.propose(self.symbols[left].before, Some(left));
            self.propose(Some(left), after);
        }
    }

    fn emit(&self, piece: &'a str, cuts: &mut Vec<Cut<'a>>) {
        let id = self.model.ids.get(piece);
        let is_unused = id.is_some_and(|id| self.model.kind(*id) == Kind::Unused);
        match self.seams.get(piece).filter(|_| is_unused) {
            Some(seam) => {
                self.emit(&piece[..*seam], cuts);
                self.emit(&piece[*seam..], cuts);
            }
            None => cuts.push(Cut { piece, is_unknown: id.is_none() }),
        }
    }
}
