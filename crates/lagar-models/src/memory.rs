//! How much can be computed at a time in the memory that is there.

/// Sequences continued at once, at most: beyond it a batch costs more memory than it saves time.
const MOST: usize = 16;

/// How many sequences of so many numbers half of the free memory has room for, up to 16.
pub(crate) fn room(numbers: usize) -> usize {
    let free = free_memory().unwrap_or(0) / 2;
    (free / (numbers * size_of::<f32>()).max(1)).clamp(1, MOST)
}

/// Memory that can be had without pushing other programs out, in bytes.
fn free_memory() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: usize = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}
