//! `str.splitlines`: lines that end at any of Python's ten line boundaries.

/// The lines of `text`, without their ends; none for an empty text.
///
/// ```
/// use lagar_ops::text::lines;
/// assert_eq!(lines("a\r\nb\u{2028}\u{b}c\n").collect::<Vec<_>>(), ["a", "b", "", "c"]);
/// ```
pub fn lines(text: &str) -> Lines<'_> {
    Lines { rest: text }
}

/// See [`lines`].
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        let Some((end, len)) = first_end(self.rest) else {
            return Some(std::mem::take(&mut self.rest));
        };
        let line = &self.rest[..end];
        self.rest = &self.rest[end + len..];
        Some(line)
    }
}

/// Where the first line ends, and how long its end is, in bytes.
#[inline]
fn first_end(text: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    for (place, byte) in bytes.iter().enumerate() {
        let rest = &bytes[place..];
        match byte {
            b'\r' if rest.get(1) == Some(&b'\n') => return Some((place, 2)),
            b'\n' | b'\r' | 0x0b | 0x0c | 0x1c..=0x1e => return Some((place, 1)),
            0xc2 if rest.get(1) == Some(&0x85) => return Some((place, 2)),
            0xe2 if matches!(rest, [_, 0x80, 0xa8 | 0xa9, ..]) => return Some((place, 3)),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ten_boundaries_of_python_end_a_line() {
        let text = "0\n1\r2\r\n3\u{b}4\u{c}5\u{1c}6\u{1d}7\u{1e}8\u{85}9\u{2028}a\u{2029}b";
        assert_eq!(lines(text).collect::<String>(), "0123456789ab");
        assert_eq!(lines(text).count(), 12);
    }

    #[test]
    fn an_end_at_the_end_opens_no_new_line() {
        assert_eq!(lines("").count(), 0);
        assert_eq!(lines("\n").collect::<Vec<_>>(), [""]);
        assert_eq!(lines("a\n\n").collect::<Vec<_>>(), ["a", ""]);
        assert_eq!(lines("\u{1f}a\u{a0}").count(), 1);
    }
}
