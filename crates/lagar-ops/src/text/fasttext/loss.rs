//! From hidden values to the best label: softmax, one-versus-all, or a Huffman tree of labels.

use super::matrix::Matrix;

/// Steps of the sigmoid's table, and where it ends.
const STEPS: f32 = 512.0;
const EDGE: f32 = 8.0;

#[derive(Debug)]
pub(super) enum Loss {
    Softmax {
        labels: usize,
    },
    /// One sigmoid per label (`ova`, and `ns` when it predicts).
    Sigmoid {
        labels: usize,
    },
    Tree(Vec<Node>),
}

/// A node of the Huffman tree; leaves are labels.
#[derive(Clone, Debug)]
pub(super) struct Node {
    count: i64,
    children: Option<(usize, usize)>,
}

/// The library's logarithm, which never meets zero.
fn log(value: f32) -> f32 {
    (f64::from(value) + 1e-5).ln() as f32
}

fn sigmoid(value: f32) -> f32 {
    if value < -EDGE {
        return 0.0;
    }
    if value > EDGE {
        return 1.0;
    }
    let step = ((value + EDGE) * STEPS / EDGE / 2.0) as i64;
    let at = (step as f32 * 2.0 * EDGE) / STEPS - EDGE;
    (1.0 / (1.0 + f64::from((-at).exp()))) as f32
}

impl Loss {
    /// The loss by its number in model files.
    pub(super) fn new(number: i32, counts: &[i64]) -> Result<Self, String> {
        let labels = counts.len();
        match number {
            1 if labels > 0 => Ok(Self::Tree(huffman(counts))),
            2 | 4 => Ok(Self::Sigmoid { labels }),
            3 => Ok(Self::Softmax { labels }),
            _ => Err(format!("a loss of unknown kind {number}, or no labels")),
        }
    }

    /// The best label and its score.
    pub(super) fn best(&self, output: &Matrix, hidden: &[f32]) -> Option<(usize, f32)> {
        let (label, score) = match self {
            Self::Tree(nodes) => Walk { nodes, output, hidden, best: None }.run()?,
            Self::Sigmoid { labels } => {
                best_of((0..*labels).map(|label| sigmoid(output.dot_row(label, hidden))))?
            }
            Self::Softmax { labels } => {
                let values: Vec<f32> =
                    (0..*labels).map(|label| output.dot_row(label, hidden)).collect();
                let most = values.iter().copied().fold(f32::MIN, f32::max);
                let shares: Vec<f32> = values.iter().map(|value| (value - most).exp()).collect();
                let sum = shares.iter().fold(0.0, |sum, share| sum + share);
                best_of(shares.into_iter().map(|share| share / sum))?
            }
        };
        Some((label, score.exp()))
    }
}

/// The label with the highest logarithm; of equal ones the last, as the library's heap leaves it.
fn best_of(scores: impl Iterator<Item = f32>) -> Option<(usize, f32)> {
    let mut best: Option<(usize, f32)> = None;
    for (label, score) in scores.map(log).enumerate() {
        if best.is_none_or(|(_, so_far)| score >= so_far) {
            best = Some((label, score));
        }
    }
    best
}

/// The tree of labels by how often they occur; `counts` descend.
fn huffman(counts: &[i64]) -> Vec<Node> {
    let leaves = counts.len();
    let mut nodes: Vec<Node> =
        counts.iter().map(|count| Node { count: *count, children: None }).collect();
    nodes.resize(2 * leaves - 1, Node { count: 1_000_000_000_000_000, children: None });
    let (mut leaf, mut inner) = (leaves, leaves);
    for place in leaves..2 * leaves - 1 {
        let mut least = || {
            if leaf > 0 && nodes[leaf - 1].count < nodes[inner].count {
                leaf -= 1;
                leaf
            } else {
                inner += 1;
                inner - 1
            }
        };
        let (left, right) = (least(), least());
        nodes[place].count = nodes[left].count + nodes[right].count;
        nodes[place].children = Some((left, right));
    }
    nodes
}

/// A search of the tree that leaves out what cannot be better.
struct Walk<'a> {
    nodes: &'a [Node],
    output: &'a Matrix,
    hidden: &'a [f32],
    best: Option<(usize, f32)>,
}

impl Walk<'_> {
    fn run(mut self) -> Option<(usize, f32)> {
        let labels = self.nodes.len().div_ceil(2);
        // The left branch first: it is the last to be put on the stack.
        let mut open = vec![(self.nodes.len() - 1, 0.0_f32)];
        while let Some((node, score)) = open.pop() {
            if score < log(0.0) || self.best.is_some_and(|(_, so_far)| score < so_far) {
                continue;
            }
            let Some((left, right)) = self.nodes[node].children else {
                self.best = Some((node, score));
                continue;
            };
            let value = self.output.dot_row(node - labels, self.hidden);
            let share = (1.0 / (1.0 + f64::from((-value).exp()))) as f32;
            open.push((right, score + log(share)));
            open.push((left, score + log((1.0 - f64::from(share)) as f32)));
        }
        self.best
    }
}
