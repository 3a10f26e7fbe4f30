//! The segments between the scans: tables, the frame, and what tells the colours.

use super::frame::Frame;
use super::huffman::Huffman;
use super::scan::Scan;
use super::{damaged, unsupported};
use crate::ImageError;
use crate::jpeg_tables::ZIGZAG;

/// What the walk over the segments comes to.
#[derive(Debug)]
pub(super) enum Event {
    /// A frame header.
    Frame(Frame),
    /// A scan header; its bits are `Segments::rest`.
    Scan(Scan),
    /// The end of the image, or of the data.
    End,
}

/// The walk, and the tables it has met.
#[derive(Debug)]
pub(super) struct Segments<'a> {
    data: &'a [u8],
    place: usize,
    pub(super) quantization: [Option<[u16; 64]>; 4],
    pub(super) dc: [Option<Huffman>; 4],
    pub(super) ac: [Option<Huffman>; 4],
    /// Blocks (or groups of them) between restart markers; 0 for none.
    pub(super) restart_interval: u32,
    pub(super) has_jfif: bool,
    /// The colour transform that an Adobe segment states.
    pub(super) adobe: Option<u8>,
}

impl<'a> Segments<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            place: 2,
            quantization: [None; 4],
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            restart_interval: 0,
            has_jfif: false,
            adobe: None,
        }
    }

    /// What comes behind the last header.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.data.get(self.place..).unwrap_or_default()
    }

    /// Goes on at `offset` of what `rest` gave.
    pub(super) fn resume_at(&mut self, offset: usize) {
        self.place += offset;
    }

    /// Reads segments up to the next frame, scan or end.
    pub(super) fn next(&mut self, frame: Option<&Frame>) -> Result<Event, ImageError> {
        while let Some(marker) = self.marker() {
            match marker {
                0xd9 => break,
                // Restart markers out of place, and one without meaning.
                0x01 | 0xd0..=0xd8 => continue,
                _ => {}
            }
            let Some(content) = self.content() else { break };
            match marker {
                0xc0..=0xc2 => return Frame::parse(content, marker == 0xc2).map(Event::Frame),
                0xc4 => self.huffman(content)?,
                0xc3 | 0xc5..=0xcf => {
                    return Err(unsupported(format!("coding {marker:#04x}")));
                }
                0xda => {
                    let frame = frame.ok_or_else(|| damaged("a scan without a frame"))?;
                    return Scan::parse(content, frame).map(Event::Scan);
                }
                0xdb => self.quantization(content)?,
                0xdd => {
                    let interval = content.first_chunk().ok_or_else(short)?;
                    self.restart_interval = u32::from(u16::from_be_bytes(*interval));
                }
                0xe0 => self.has_jfif |= content.len() >= 14 && content.starts_with(b"JFIF\0"),
                0xee if content.len() >= 12 && content.starts_with(b"Adobe") => {
                    self.adobe = Some(content[11]);
                }
                _ => {}
            }
        }
        Ok(Event::End)
    }

    /// The next marker, whatever lies before it skipped.
    fn marker(&mut self) -> Option<u8> {
        loop {
            self.place += memchr::memchr(0xff, self.rest())?;
            while self.data.get(self.place) == Some(&0xff) {
                self.place += 1;
            }
            let marker = *self.data.get(self.place)?;
            self.place += 1;
            if marker != 0 {
                return Some(marker);
            }
        }
    }

    /// The content of a segment; `None` if the data ends within it.
    fn content(&mut self) -> Option<&'a [u8]> {
        let len = usize::from(u16::from_be_bytes(*self.rest().first_chunk()?));
        let content = self.rest().get(2..len)?;
        self.place += len;
        Some(content)
    }

    fn huffman(&mut self, mut content: &[u8]) -> Result<(), ImageError> {
        while let Some((&selector, rest)) = content.split_first() {
            let (counts, rest) = rest.split_at_checked(16).ok_or_else(short)?;
            let count: usize = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(count).ok_or_else(short)?;
            let table = Huffman::new(counts, symbols)?;
            let (class, number) = (selector >> 4, usize::from(selector & 15));
            let tables = match class {
                0 if !table.is_for_dc() => return Err(damaged("a DC table with AC symbols")),
                0 => &mut self.dc,
                _ => &mut self.ac,
            };
            let place = tables.get_mut(number).filter(|_| class < 2);
            *place.ok_or_else(|| damaged(format!("Huffman table {selector:#04x}")))? = Some(table);
            content = rest;
        }
        Ok(())
    }

    fn quantization(&mut self, mut content: &[u8]) -> Result<(), ImageError> {
        while let Some((&selector, rest)) = content.split_first() {
            let width = if selector >> 4 == 0 { 1 } else { 2 };
            let (values, rest) = rest.split_at_checked(64 * width).ok_or_else(short)?;
            let mut table = [0; 64];
            for (value, place) in values.chunks_exact(width).zip(ZIGZAG) {
                table[usize::from(place)] =
                    value.iter().fold(0, |value, byte| value << 8 | u16::from(*byte));
            }
            let number = selector & 15;
            let place = self.quantization.get_mut(usize::from(number));
            *place.ok_or_else(|| damaged(format!("quantization table {number}")))? = Some(table);
            content = rest;
        }
        Ok(())
    }

    /// Table `number` for DC (class 0) or AC coefficients: the file's, else the standard one.
    pub(super) fn table(&self, class: usize, number: usize) -> Result<Huffman, ImageError> {
        let tables = if class == 0 { &self.dc } else { &self.ac };
        let own = tables.get(number).and_then(Option::clone);
        own.or_else(|| Huffman::standard(class, number))
            .ok_or_else(|| damaged(format!("no Huffman table {number}")))
    }
}

/// The fault of a segment that ends too early.
pub(super) fn short() -> ImageError {
    damaged("a segment that is too short")
}
