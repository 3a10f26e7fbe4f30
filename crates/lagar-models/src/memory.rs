//! How much can be computed at a time in the memory that is there.

/// Sequences continued at once, at most: beyond it a batch costs more memory than it saves time.
const MOST: usize = 16;

/// How many sequences of so many numbers half of the free memory has room for, up to 16.
pub(crate) fn room(numbers: usize) -> usize {
    room_within(numbers, None)
}

/// The same where no more than so many bytes are allowed; at least 1.
pub(crate) fn room_within(numbers: usize, allowed: Option<u64>) -> usize {
    let free = free_memory().unwrap_or(0) / 2;
    let free = allowed.map_or(free, |allowed| free.min(allowed as usize));
    (free / (numbers * size_of::<f32>()).max(1)).clamp(1, MOST)
}

/// Memory that can be had without pushing other programs out, in bytes.
fn free_memory() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: usize = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_bounds_the_batch_and_one_is_always_worked_on() {
        assert_eq!(room_within(1024, Some(5 * 4096)), 5);
        assert_eq!(room_within(1024, Some(0)), 1);
        assert_eq!(room(1), MOST);
    }
}
