//! A tree of byte strings, for finding all that a text begins with.

/// Byte strings with a number each.
#[derive(Clone, Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    value: Option<u32>,
    /// Sorted by byte.
    children: Vec<(u8, u32)>,
}

impl Trie {
    pub(super) fn new() -> Self {
        Self { nodes: vec![Node::default()] }
    }

    pub(super) fn insert(&mut self, key: &[u8], value: u32) {
        let mut node = 0;
        for byte in key {
            let place = self.nodes[node].children.binary_search_by_key(byte, |(byte, _)| *byte);
            node = match place {
                Ok(place) => self.nodes[node].children[place].1 as usize,
                Err(place) => {
                    let next = self.nodes.len();
                    self.nodes.push(Node::default());
                    self.nodes[node].children.insert(place, (*byte, next as u32));
                    next
                }
            };
        }
        self.nodes[node].value = Some(value);
    }

    /// Calls `take` with the length and the number of each string that `text` begins with, shortest
    /// first.
    pub(super) fn prefixes(&self, text: &[u8], mut take: impl FnMut(usize, u32)) {
        let mut node = &self.nodes[0];
        for (place, byte) in text.iter().enumerate() {
            let children = &node.children;
            let Ok(found) = children.binary_search_by_key(byte, |(byte, _)| *byte) else {
                return;
            };
            node = &self.nodes[children[found].1 as usize];
            if let Some(value) = node.value {
                take(place + 1, value);
            }
        }
    }

    /// The length of the longest string that `text` begins with; 0 if there is none.
    pub(super) fn longest(&self, text: &[u8]) -> usize {
        let mut longest = 0;
        self.prefixes(text, |length, _| longest = length);
        longest
    }
}
