//! The bits of a scan, up to the next marker and with zeros behind it.

/// Reads bits; the next one is the highest of `buffer`.
#[derive(Debug)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    place: usize,
    buffer: u64,
    count: u32,
    /// The marker that ended the bits, and where its `0xff` stands.
    marker: Option<(u8, usize)>,
    /// Whether more bits were asked for than there were since the last restart.
    pub(super) is_exhausted: bool,
}

const END_OF_IMAGE: u8 = 0xd9;

/// The number that the bits `value` of a category, 1 to 15, stand for: T.81, figure F.12.
#[inline]
pub(super) fn signed(value: i32, category: u32) -> i32 {
    if value >= 1 << (category - 1) { value } else { value - (1 << category) + 1 }
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, place: 0, buffer: 0, count: 0, marker: None, is_exhausted: false }
    }

    /// Where the marker behind the bits read so far stands, or the data ends.
    pub(super) fn marker_place(&mut self) -> usize {
        if self.marker.is_none() {
            self.find_marker();
        }
        self.marker.map_or(self.data.len(), |(_, place)| place)
    }

    /// The next 16 bits, zeros where there are none.
    #[inline]
    pub(super) fn peek(&mut self) -> u32 {
        if self.count < 16 {
            self.fill();
        }
        (self.buffer >> 48) as u32
    }

    /// Goes `len` bits on, at most 32 and no more than were looked at.
    #[inline]
    pub(super) fn consume(&mut self, len: u32) {
        if len > self.count {
            // Zeros without end, as long as the caller asks.
            self.is_exhausted = true;
            self.count = 64;
        }
        self.buffer <<= len;
        self.count -= len;
    }

    /// The next `len` bits as a number; `len` is at most 16.
    #[inline]
    pub(super) fn take(&mut self, len: u32) -> u32 {
        if len == 0 {
            return 0;
        }
        let value = self.peek() >> (16 - len);
        self.consume(len);
        value
    }

    /// The number that a category's bits stand for: T.81, figure F.12.
    #[inline]
    pub(super) fn signed(&mut self, category: u32) -> i32 {
        let value = self.take(category) as i32;
        if category == 0 { value } else { signed(value, category) }
    }

    /// The next 32 bits, if the data has so many.
    #[inline]
    pub(super) fn ahead(&mut self) -> Option<u32> {
        if self.count < 32 {
            self.fill();
        }
        (self.count >= 32).then_some((self.buffer >> 32) as u32)
    }

    fn fill(&mut self) {
        let next = self.data.get(self.place..).and_then(<[u8]>::first_chunk::<8>);
        if let Some(next) = next {
            let word = u64::from_be_bytes(*next);
            // Turned over, a byte of ones is the only one from which 1 cannot be taken.
            let borrows = (!word).wrapping_sub(0x0101_0101_0101_0101) & word;
            let has_marker = self.marker.is_some() || borrows & 0x8080_8080_8080_8080 != 0;
            if !has_marker {
                let bytes = (64 - self.count) / 8;
                self.buffer |= word >> self.count;
                // Bits that do not make a whole byte are read again.
                let kept = self.count + bytes * 8;
                self.buffer &= u64::MAX.checked_shl(64 - kept).unwrap_or(0);
                self.count = kept;
                self.place += bytes as usize;
                return;
            }
        }
        while self.count <= 56 && self.marker.is_none() {
            let Some(byte) = self.byte() else { return };
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next byte, stuffing taken out; `None` at a marker or the end.
    fn byte(&mut self) -> Option<u8> {
        let Some(&byte) = self.data.get(self.place) else {
            self.marker = Some((END_OF_IMAGE, self.data.len()));
            return None;
        };
        if byte != 0xff {
            self.place += 1;
            return Some(byte);
        }
        let mut next = self.place + 1;
        while self.data.get(next) == Some(&0xff) {
            next += 1;
        }
        match self.data.get(next) {
            Some(0) => {
                self.place = next + 1;
                Some(0xff)
            }
            Some(&marker) => {
                self.marker = Some((marker, next - 1));
                self.place = next + 1;
                None
            }
            None => {
                self.marker = Some((END_OF_IMAGE, self.data.len()));
                self.place = self.data.len();
                None
            }
        }
    }

    /// Skips to the next marker.
    fn find_marker(&mut self) {
        while self.marker.is_none() {
            let rest = self.data.get(self.place..).unwrap_or_default();
            self.place += memchr::memchr(0xff, rest).unwrap_or(rest.len());
            self.byte();
        }
    }

    /// Goes past restart marker `number` (0 to 7), as libjpeg resynchronises.
    pub(super) fn restart(&mut self, number: u8) {
        (self.buffer, self.count) = (0, 0);
        loop {
            self.find_marker();
            let Some((marker, _)) = self.marker else { return };
            let ahead = marker.wrapping_sub(0xd0).wrapping_sub(number) & 7;
            match marker {
                // One of the next two: this restart is lost, its blocks stay grey.
                0xd0..=0xd7 if matches!(ahead, 1 | 2) => return,
                // One of the last two, or no marker at all: look further.
                0xd0..=0xd7 if matches!(ahead, 6 | 7) => self.marker = None,
                ..0xc0 => self.marker = None,
                0xd0..=0xd7 => break,
                _ => return,
            }
        }
        self.marker = None;
        self.is_exhausted = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffed_bytes_are_data_and_markers_end_it() {
        let mut bits = Bits::new(&[0xff, 0x00, 0b1010_0000, 0xff, 0xff, 0xd9, 7]);
        assert_eq!((bits.take(8), bits.take(3)), (255, 5));
        assert!(!bits.is_exhausted);
        assert_eq!(bits.take(16), 0);
        assert!(bits.is_exhausted);
        assert_eq!(bits.marker_place(), 4);
    }

    #[test]
    fn long_runs_are_read_in_words() {
        let data: Vec<u8> = (0..40).collect();
        let mut bits = Bits::new(&data);
        assert_eq!(bits.take(3), 0);
        for byte in 0..39_u32 {
            let expected = ((byte << 8 | (byte + 1)) >> 5) & 255;
            assert_eq!(bits.take(8), expected, "{byte}");
        }
    }

    #[test]
    fn categories_are_signed() {
        let mut bits = Bits::new(&[0b0110_0101, 0]);
        assert_eq!((bits.signed(2), bits.signed(3), bits.signed(0)), (-2, 4, 0));
    }
}
