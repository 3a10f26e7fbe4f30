//! JPEG as Pillow writes it with default settings: baseline, chroma of half the size both ways, the
//! standard Huffman tables. The bytes are libjpeg-turbo's.
//!
//! Source: ITU-T T.81; libjpeg-turbo 3 (`jccolor.c`, `jcsample.c`, `jcprepct.c`, `jccoefct.c`,
//! `jchuff.c`).

use super::fdct;
use crate::jpeg_tables::{AC_COUNTS, AC_SYMBOLS, DC_COUNTS, DC_SYMBOLS, QUANTIZATION, ZIGZAG};
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
                for block in plane.group(column, row, &tables[plane.table], *last) {
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
        return vec![Plane::new((width, height), 1, 0, |x, y| picture.pixels()[y * width + x])];
    }
    let pixels = picture.pixels().as_chunks::<3>().0;
    let luma = Plane::new((width, height), 2, 0, |x, y| {
        mix(pixels[y * width + x], [19_595, 38_470, 7_471], 1 << 15)
    });
    let half = (width.div_ceil(2), height.div_ceil(2));
    let offset = (128 << 16) + (1 << 15) - 1;
    let chroma = |weights: [i32; 3]| {
        let level = |x: usize, y: usize| {
            let place = y.min(height - 1) * width + x.min(width - 1);
            u32::from(mix(pixels[place], weights, offset))
        };
        Plane::new_padded((width, half), 1, |x, y| {
            let sum = level(2 * x, 2 * y) + level(2 * x + 1, 2 * y);
            let sum = sum + level(2 * x, 2 * y + 1) + level(2 * x + 1, 2 * y + 1);
            ((sum + 1 + (x as u32 & 1)) >> 2) as u8
        })
    };
    vec![luma, chroma([-11_059, -21_709, 32_768]), chroma([32_768, -27_439, -5_329])]
}

fn mix(pixel: [u8; 3], weights: [i32; 3], offset: i32) -> u8 {
    let terms = pixel.into_iter().zip(weights).map(|(level, weight)| i32::from(level) * weight);
    ((terms.sum::<i32>() + offset) >> 16) as u8
}

impl Plane {
    /// A plane of `width` by `height` samples.
    fn new(
        (width, height): (usize, usize),
        factor: usize,
        table: usize,
        sample: impl Fn(usize, usize) -> u8,
    ) -> Self {
        let (columns, rows) = (width.div_ceil(8), height.div_ceil(8));
        let samples = (0..rows * 8)
            .flat_map(|y| (0..columns * 8).map(move |x| (x, y)))
            .map(|(x, y)| sample(x.min(width - 1), y.min(height - 1)))
            .collect();
        Self { samples, stride: columns * 8, columns, rows, factor, table }
    }

    /// Chroma: columns behind the edge are made of repeated pixels, rows are repeated themselves.
    fn new_padded(
        (width, (_, height)): (usize, (usize, usize)),
        table: usize,
        sample: impl Fn(usize, usize) -> u8,
    ) -> Self {
        let columns = width.div_ceil(16);
        let all = (columns * 8, height);
        Self::new(all, 1, table, sample)
    }

    /// The blocks of a group; those behind the edge have the DC of the block before and no more.
    fn group(
        &self,
        column: usize,
        row: usize,
        quantization: &[u8; 64],
        last: i32,
    ) -> Vec<[i32; 64]> {
        let mut blocks: Vec<[i32; 64]> = Vec::with_capacity(self.factor * self.factor);
        for y in 0..self.factor {
            for x in 0..self.factor {
                let (column, row) = (column * self.factor + x, row * self.factor + y);
                let mut block = [0; 64];
                if column < self.columns && row < self.rows {
                    block = fdct::block(self.block(column, row), quantization);
                } else {
                    block[0] = blocks.last().map_or(last, |before| before[0]);
                }
                blocks.push(block);
            }
        }
        blocks
    }

    fn block(&self, column: usize, row: usize) -> [u8; 64] {
        let mut block = [0; 64];
        let rows = self.samples.chunks_exact(self.stride).skip(row * 8);
        for (out, samples) in block.as_chunks_mut::<8>().0.iter_mut().zip(rows) {
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
    let mut run = 0;
    for place in &ZIGZAG[1..64] {
        let value = block[usize::from(*place)];
        if value == 0 {
            run += 1;
            continue;
        }
        while run > 15 {
            bits.code(ac[0xf0]);
            run -= 16;
        }
        bits.code(ac[run << 4 | category(value) as usize]);
        bits.number(value);
        run = 0;
    }
    if run > 0 {
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
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.buffer >> self.count) as u8;
            self.out.push(byte);
            if byte == 0xff {
                self.out.push(0);
            }
        }
    }

    fn finish(&mut self) {
        let missing = (8 - self.count) % 8;
        self.put((1 << missing) - 1, missing);
    }
}
