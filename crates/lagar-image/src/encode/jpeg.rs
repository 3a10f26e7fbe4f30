//! JPEG as Pillow writes it with default settings: baseline, chroma of half the size both ways, the
//! standard Huffman tables. The bytes are libjpeg-turbo's.
//!
//! Source: ITU-T T.81; libjpeg-turbo 3 (`jccolor.c`, `jcsample.c`, `jcprepct.c`, `jccoefct.c`,
//! `jchuff.c`).

use super::fdct;
use crate::jpeg_tables::{AC_COUNTS, AC_SYMBOLS, DC_COUNTS, DC_SYMBOLS, QUANTIZATION, ZIGZAG};
use crate::wide::widely;
use crate::{Mode, Picture};

/// A plane of samples whose edges are repeated up to whole blocks.
#[derive(Debug)]
struct Plane {
    samples: Vec<u8>,
    stride: usize,
    /// Size in blocks, without those that only fill a group.
    columns: usize,
    rows: usize,
    /// Blocks of a group, along both sides.
    factor: usize,
    /// Which tables: 0 for luma and grey, 1 for chroma.
    table: usize,
}

/// Encodes a picture of mode `L` or `RGB`, sides of at most 65,535 pixels.
pub(super) fn encode(picture: &Picture, quality: u8) -> Vec<u8> {
    let tables = QUANTIZATION.map(|table| scaled(&table, quality));
    let planes = planes(picture);
    let mut out = header(picture, &tables, planes.len());
    let mut bits = Bits { out: &mut out, buffer: 0, count: 0 };
    let codes = [0, 1].map(|table| {
        (codes(&DC_COUNTS[table], &DC_SYMBOLS), codes(&AC_COUNTS[table], &AC_SYMBOLS[table]))
    });
    let mut last = vec![0; planes.len()];
    let group = planes[0].factor * 8;
    for row in 0..(picture.height() as usize).div_ceil(group) {
        for column in 0..(picture.width() as usize).div_ceil(group) {
            for (plane, last) in planes.iter().zip(&mut last) {
                let (dc, ac) = &codes[plane.table];
                for number in 0..plane.factor * plane.factor {
                    let place = plane.place((column, row), number);
                    let block = plane.coefficients(place, &tables[plane.table], *last);
                    write_block(&mut bits, &block, last, (dc, ac));
                }
            }
        }
    }
    bits.finish();
    out.extend([0xff, 0xd9]);
    out
}

/// A quantization table of this quality: libjpeg's rule.
fn scaled(table: &[u8; 64], quality: u8) -> [u8; 64] {
    let quality = u32::from(quality);
    let scale = if quality < 50 { 5_000 / quality } else { 200 - quality * 2 };
    table.map(|step| ((u32::from(step) * scale + 50) / 100).clamp(1, 255) as u8)
}

fn header(picture: &Picture, tables: &[[u8; 64]; 2], components: usize) -> Vec<u8> {
    let mut out = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
    let kinds = components.min(2);
    for (number, table) in tables.iter().take(kinds).enumerate() {
        out.extend([0xff, 0xdb, 0, 67, number as u8]);
        out.extend(ZIGZAG[..64].iter().map(|place| table[usize::from(*place)]));
    }
    out.extend([0xff, 0xc0, 0, 8 + 3 * components as u8, 8]);
    out.extend((picture.height() as u16).to_be_bytes());
    out.extend((picture.width() as u16).to_be_bytes());
    out.push(components as u8);
    for number in 0..components as u8 {
        let factors = if number == 0 && components == 3 { 0x22 } else { 0x11 };
        out.extend([number + 1, factors, u8::from(number > 0)]);
    }
    for number in 0..kinds {
        let ac = (&AC_COUNTS[number], AC_SYMBOLS[number].as_slice());
        let tables = [(0, (&DC_COUNTS[number], DC_SYMBOLS.as_slice())), (1, ac)];
        for (class, (counts, symbols)) in tables {
            out.extend([0xff, 0xc4, 0, 19 + symbols.len() as u8, class << 4 | number as u8]);
            out.extend(counts);
            out.extend(symbols);
        }
    }
    out.extend([0xff, 0xda, 0, 6 + 2 * components as u8, components as u8]);
    for number in 0..components as u8 {
        out.extend([number + 1, if number == 0 { 0 } else { 0x11 }]);
    }
    out.extend([0, 63, 0]);
    out
}

fn planes(picture: &Picture) -> Vec<Plane> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    if picture.mode() == Mode::L {
        let mut grey = Plane::empty((width, height), 1, 0);
        grey.fill(height, |y, out| repeat_last(&picture.pixels()[y * width..][..width], out));
        return vec![grey];
    }
    let pixels = picture.pixels().as_chunks::<3>().0;
    let mut luma = Plane::empty((width, height), 2, 0);
    luma.fill(height, |y, out| {
        mixed(&pixels[y * width..][..width], [19_595, 38_470, 7_471], 1 << 15, out);
    });
    let half = height.div_ceil(2);
    let offset = (128 << 16) + (1 << 15) - 1;
    let chroma = |weights: [i32; 3]| {
        // Columns behind the edge are made of repeated pixels, rows are repeated themselves.
        let mut plane = Plane::empty((width.div_ceil(2), half), 1, 1);
        let mut lines = [vec![0; plane.stride * 2], vec![0; plane.stride * 2]];
        plane.fill(half, |y, out| {
            for (down, line) in lines.iter_mut().enumerate() {
                let row = (2 * y + down).min(height - 1);
                mixed(&pixels[row * width..][..width], weights, offset, line);
            }
            halved(&lines, out);
        });
        plane
    };
    vec![luma, chroma([-11_059, -21_709, 32_768]), chroma([32_768, -27_439, -5_329])]
}

/// Mixes the channels of a row of pixels; `out` may be longer, the last sample goes on.
fn mixed(pixels: &[[u8; 3]], weights: [i32; 3], offset: i32, out: &mut [u8]) {
    let [red, green, blue] = weights;
    widely(
        #[inline(always)]
        || {
            for (out, pixel) in out.iter_mut().zip(pixels) {
                let [r, g, b] = pixel.map(i32::from);
                *out = ((r * red + g * green + b * blue + offset) >> 16) as u8;
            }
        },
    );
    let last = out[pixels.len() - 1];
    out[pixels.len()..].fill(last);
}

/// The means of squares of two, rounded up and down in turn.
fn halved(lines: &[Vec<u8>; 2], out: &mut [u8]) {
    let [upper, lower] = lines.each_ref().map(|line| line.as_chunks::<2>().0);
    widely(
        #[inline(always)]
        || {
            for (place, ((upper, lower), out)) in upper.iter().zip(lower).zip(out).enumerate() {
                let [a, b, c, d] = [upper[0], upper[1], lower[0], lower[1]].map(u16::from);
                *out = ((a + b + c + d + 1 + (place as u16 & 1)) >> 2) as u8;
            }
        },
    );
}

fn repeat_last(samples: &[u8], out: &mut [u8]) {
    out[..samples.len()].copy_from_slice(samples);
    out[samples.len()..].fill(samples[samples.len() - 1]);
}

impl Plane {
    /// A plane of `width` by `height` samples, still to be filled.
    fn empty((width, height): (usize, usize), factor: usize, table: usize) -> Self {
        let (columns, rows) = (width.div_ceil(8), height.div_ceil(8));
        let samples = vec![0; columns * rows * 64];
        Self { samples, stride: columns * 8, columns, rows, factor, table }
    }

    /// Fills the first `height` rows; the last of them goes on.
    fn fill(&mut self, height: usize, mut row: impl FnMut(usize, &mut [u8])) {
        for (y, out) in self.samples.chunks_exact_mut(self.stride).take(height).enumerate() {
            row(y, out);
        }
        let last = (height - 1) * self.stride;
        for y in height..self.rows * 8 {
            self.samples.copy_within(last..last + self.stride, y * self.stride);
        }
    }

    /// Column and row of block `number` of a group.
    fn place(&self, (column, row): (usize, usize), number: usize) -> (usize, usize) {
        let factor = self.factor;
        (column * factor + number % factor, row * factor + number / factor)
    }

    /// A block; one behind the edge has the DC of the block before and no more.
    fn coefficients(
        &self,
        (column, row): (usize, usize),
        quantization: &[u8; 64],
        last: i32,
    ) -> [i32; 64] {
        if column < self.columns && row < self.rows {
            return fdct::block(&self.block(column, row), quantization);
        }
        let mut block = [0; 64];
        block[0] = last;
        block
    }

    fn block(&self, column: usize, row: usize) -> [[u8; 8]; 8] {
        let mut block = [[0; 8]; 8];
        let rows = self.samples[row * 8 * self.stride..].chunks_exact(self.stride);
        for (out, samples) in block.iter_mut().zip(rows) {
            out.copy_from_slice(&samples[column * 8..][..8]);
        }
        block
    }
}

/// Code and length of each symbol.
type Codes = [(u32, u32); 256];

fn codes(counts: &[u8; 16], symbols: &[u8]) -> Codes {
    let mut codes = [(0, 0); 256];
    let mut symbols = symbols.iter();
    let mut code = 0;
    for (len, count) in (1..=16).zip(counts) {
        for symbol in symbols.by_ref().take(usize::from(*count)) {
            codes[usize::from(*symbol)] = (code, len);
            code += 1;
        }
        code <<= 1;
    }
    codes
}

fn write_block(bits: &mut Bits<'_>, block: &[i32; 64], last: &mut i32, (dc, ac): (&Codes, &Codes)) {
    let difference = block[0] - *last;
    *last = block[0];
    bits.code(dc[category(difference) as usize]);
    bits.number(difference);
    let mut ordered = [0; 64];
    let mut places = 0_u64;
    for (number, (out, place)) in ordered.iter_mut().zip(&ZIGZAG[..64]).enumerate().skip(1) {
        *out = block[usize::from(*place)];
        places |= u64::from(*out != 0) << number;
    }
    let mut done = 1;
    while places != 0 {
        let place = places.trailing_zeros() as usize;
        places &= places - 1;
        let mut run = place - done;
        while run > 15 {
            bits.code(ac[0xf0]);
            run -= 16;
        }
        let value = ordered[place];
        bits.code(ac[run << 4 | category(value) as usize]);
        bits.number(value);
        done = place + 1;
    }
    if done < 64 {
        bits.code(ac[0]);
    }
}

/// How many bits a number takes.
fn category(value: i32) -> u32 {
    32 - value.unsigned_abs().leading_zeros()
}

/// Bits on their way out.
#[derive(Debug)]
struct Bits<'a> {
    out: &'a mut Vec<u8>,
    buffer: u64,
    count: u32,
}

impl Bits<'_> {
    fn code(&mut self, (code, len): (u32, u32)) {
        self.put(code, len);
    }

    /// The bits behind a category's code.
    fn number(&mut self, value: i32) {
        let len = category(value);
        let value = if value < 0 { value - 1 } else { value };
        self.put(value as u32 & ((1 << len) - 1), len);
    }

    fn put(&mut self, value: u32, len: u32) {
        self.buffer = self.buffer << len | u64::from(value);
        self.count += len;
        if self.count >= 32 {
            self.count -= 32;
            let bytes = ((self.buffer >> self.count) as u32).to_be_bytes();
            if bytes.contains(&0xff) {
                for byte in bytes {
                    self.byte(byte);
                }
            } else {
                self.out.extend_from_slice(&bytes);
            }
        }
    }

    fn byte(&mut self, byte: u8) {
        self.out.push(byte);
        if byte == 0xff {
            self.out.push(0);
        }
    }

    fn finish(&mut self) {
        let missing = (8 - self.count % 8) % 8;
        self.put((1 << missing) - 1, missing);
        while self.count >= 8 {
            self.count -= 8;
            self.byte((self.buffer >> self.count) as u8);
        }
    }
}
