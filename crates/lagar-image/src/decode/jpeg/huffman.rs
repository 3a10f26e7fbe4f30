//! Huffman tables. Source: T.81, annexes C and F; the standard ones are those of annex K.3.

use super::bits::{Bits, signed};
use super::damaged;
use crate::ImageError;

/// How many bits the table looks at first.
const LOOK: u32 = 9;

/// A table of codes.
#[derive(Clone, Debug)]
pub(super) struct Huffman {
    /// Length (high byte) and symbol for the codes of up to `LOOK` bits; 0 for longer ones.
    look: Box<[u16; 1 << LOOK]>,
    /// Per length, one behind the last code and what to add to a code to get its symbol's place.
    ends: [(u32, i32); 17],
    symbols: Vec<u8>,
}

impl Huffman {
    /// The table with `counts` codes of 1 to 16 bits for `symbols`, in order.
    pub(super) fn new(counts: &[u8], symbols: &[u8]) -> Result<Self, ImageError> {
        let mut table =
            Self { look: Box::new([0; 1 << LOOK]), ends: [(0, 0); 17], symbols: symbols.to_vec() };
        let (mut code, mut place) = (0_u32, 0_usize);
        for (len, count) in (1_u32..=16).zip(counts) {
            table.ends[len as usize].1 = place as i32 - code as i32;
            for _ in 0..*count {
                if code >= 1 << len || place >= symbols.len() {
                    return Err(damaged("a Huffman table with too many codes"));
                }
                if len <= LOOK {
                    let first = (code << (LOOK - len)) as usize;
                    let entry = (len as u16) << 8 | u16::from(symbols[place]);
                    table.look[first..first + (1 << (LOOK - len))].fill(entry);
                }
                code += 1;
                place += 1;
            }
            table.ends[len as usize].0 = code;
            code <<= 1;
        }
        Ok(table)
    }

    /// Whether every symbol is the category of a DC difference.
    pub(super) fn is_for_dc(&self) -> bool {
        self.symbols.iter().all(|symbol| *symbol <= 15)
    }

    /// The next symbol; 0 for bits that are no code.
    #[inline]
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> u8 {
        let next = bits.peek();
        let entry = self.look[(next >> (16 - LOOK)) as usize];
        if entry != 0 {
            bits.consume(u32::from(entry >> 8));
            return entry as u8;
        }
        self.long_symbol(bits, next)
    }

    /// The next symbol and the number that its low four bits announce.
    #[inline]
    pub(super) fn symbol_and_number(&self, bits: &mut Bits<'_>) -> (u8, i32) {
        if let Some(word) = bits.ahead() {
            let entry = self.look[(word >> (32 - LOOK)) as usize];
            let len = u32::from(entry >> 8);
            let symbol = entry as u8;
            let category = u32::from(symbol & 15);
            if entry != 0 && category == 0 {
                bits.consume(len);
                return (symbol, 0);
            }
            if entry != 0 {
                let value = ((word << len) >> (32 - category)) as i32;
                bits.consume(len + category);
                return (symbol, signed(value, category));
            }
        }
        let symbol = self.symbol(bits);
        (symbol, bits.signed(u32::from(symbol & 15)))
    }

    #[cold]
    fn long_symbol(&self, bits: &mut Bits<'_>, next: u32) -> u8 {
        for len in LOOK + 1..=16 {
            let code = next >> (16 - len);
            let (end, offset) = self.ends[len as usize];
            if code < end {
                bits.consume(len);
                let place = usize::try_from(code as i32 + offset).ok();
                return place.and_then(|place| self.symbols.get(place)).copied().unwrap_or(0);
            }
        }
        bits.consume(16);
        bits.take(1);
        0
    }

    /// The table that a file without tables means (class 0 for DC, 1 for AC), by its number.
    pub(super) fn standard(class: usize, number: usize) -> Option<Self> {
        let (counts, symbols): (&[u8; 16], &[u8]) = match (class, number) {
            (0, 0) => (&crate::jpeg_tables::DC_COUNTS[0], &crate::jpeg_tables::DC_SYMBOLS),
            (0, 1) => (&crate::jpeg_tables::DC_COUNTS[1], &crate::jpeg_tables::DC_SYMBOLS),
            (1, 0) => (&crate::jpeg_tables::AC_COUNTS[0], &crate::jpeg_tables::AC_SYMBOLS[0]),
            (1, 1) => (&crate::jpeg_tables::AC_COUNTS[1], &crate::jpeg_tables::AC_SYMBOLS[1]),
            _ => return None,
        };
        Self::new(counts, symbols).ok()
    }
}
