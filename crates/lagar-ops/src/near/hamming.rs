//! All pairs of 64-bit numbers that differ in few bits, without comparing all pairs.
//!
//! The bits are cut into blocks, a few more than may differ. Numbers that differ in at most `distance`
//! bits agree in all blocks but `distance` at most, so they meet when the numbers are sorted by some
//! choice of the blocks that agree. Every choice is tried, and those that meet are compared.
//!
//! Source: Manku, Jain, Sarma, "Detecting Near-Duplicates for Web Crawling", WWW 2007, section 3.

use super::union::Union;

/// Above as many numbers one more block is worth its sorts: fewer of them meet by chance.
const MANY: usize = 1 << 20;

/// Joins the places of numbers that differ in at most `distance` bits; `numbers` are distinct.
pub fn join_near(numbers: &[u64], distance: u32, union: &mut Union) {
    let spare = if numbers.len() > MANY { 3 } else { 2 };
    let blocks = (distance + spare).min(64);
    if distance >= 64 {
        (1..numbers.len() as u32).for_each(|place| union.join(0, place));
        return;
    }
    let masks: Vec<u64> = (0..blocks)
        .map(|block| {
            let (start, end) = (block * 64 / blocks, (block + 1) * 64 / blocks);
            (start..end).fold(0, |mask, bit| mask | 1 << bit)
        })
        .collect();
    let mut sorted: Vec<(u64, u32)> = Vec::with_capacity(numbers.len());
    for chosen in choices(blocks, blocks - distance) {
        let mask = masks
            .iter()
            .enumerate()
            .filter(|(block, _)| chosen >> block & 1 == 1)
            .fold(0, |all, (_, mask)| all | mask);
        sorted.clear();
        sorted.extend(numbers.iter().enumerate().map(|(place, n)| (n & mask, place as u32)));
        sorted.sort_unstable();
        for run in sorted.chunk_by(|one, other| one.0 == other.0) {
            join_run(run, numbers, distance, union);
        }
    }
}

fn join_run(run: &[(u64, u32)], numbers: &[u64], distance: u32, union: &mut Union) {
    for (index, (_, one)) in run.iter().enumerate() {
        for (_, other) in &run[index + 1..] {
            let differing = (numbers[*one as usize] ^ numbers[*other as usize]).count_ones();
            if differing <= distance {
                union.join(*one, *other);
            }
        }
    }
}

/// All ways to choose `count` of `blocks` blocks, as bits.
fn choices(blocks: u32, count: u32) -> Vec<u64> {
    let mut found = Vec::new();
    let mut open = vec![(0_u64, 0_u32, count)];
    while let Some((chosen, block, left)) = open.pop() {
        if left == 0 {
            found.push(chosen);
        } else if blocks - block >= left {
            open.push((chosen, block + 1, left));
            open.push((chosen | 1 << block, block + 1, left - 1));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_choices_as_there_should_be() {
        assert_eq!(choices(6, 2).len(), 15);
        assert!(choices(6, 2).iter().all(|chosen| chosen.count_ones() == 2));
    }

    #[test]
    fn near_numbers_are_found_as_by_comparing_all() {
        let mut state = 7_u64;
        let mut draw = || {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            state ^ state >> 29
        };
        let mut numbers: Vec<u64> = (0..40).map(|_| draw()).collect();
        for place in 0..600 {
            let base = numbers[(draw() % 40) as usize];
            let flips = (0..place % 9).fold(0, |bits, _| bits | 1_u64 << (draw() % 64));
            numbers.push(base ^ flips);
        }
        numbers.sort_unstable();
        numbers.dedup();
        for distance in [0, 1, 3, 4, 7] {
            let (mut quick, mut slow) = (Union::new(numbers.len()), Union::new(numbers.len()));
            join_near(&numbers, distance, &mut quick);
            for one in 0..numbers.len() {
                let near =
                    |other: &usize| (numbers[one] ^ numbers[*other]).count_ones() <= distance;
                for other in (one + 1..numbers.len()).filter(near) {
                    slow.join(one as u32, other as u32);
                }
            }
            let places = 0..numbers.len() as u32;
            assert!(places.into_iter().all(|place| quick.root(place) == slow.root(place)));
        }
    }
}
