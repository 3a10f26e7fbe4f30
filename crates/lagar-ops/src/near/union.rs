//! Disjoint sets of row places: who is connected with whom, through whomever.

/// Disjoint sets whose representative is the smallest member.
#[derive(Debug)]
pub struct Union {
    parent: Vec<u32>,
}

impl Union {
    /// As many sets of one member each.
    pub fn new(members: usize) -> Self {
        Self { parent: (0..members as u32).collect() }
    }

    /// The smallest member of the set that `member` is in.
    pub fn root(&mut self, member: u32) -> u32 {
        let mut root = member;
        while self.parent[root as usize] != root {
            root = self.parent[root as usize];
        }
        let mut place = member;
        while self.parent[place as usize] != root {
            place = std::mem::replace(&mut self.parent[place as usize], root);
        }
        root
    }

    /// Makes one set of two.
    pub fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.root(one), self.root(other));
        self.parent[one.max(other) as usize] = one.min(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_member_stands_for_its_set() {
        let mut union = Union::new(6);
        union.join(4, 5);
        union.join(2, 4);
        union.join(1, 3);
        let roots: Vec<u32> = (0..6).map(|member| union.root(member)).collect();
        assert_eq!(roots, [0, 1, 2, 1, 2, 2]);
    }
}
