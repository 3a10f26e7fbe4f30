//! Progressive scans: a band of coefficients, or one more bit of them. Source: T.81, annex G.

use super::bits::Bits;
use super::component::Component;
use super::frame::Frame;
use super::huffman::Huffman;
use super::scan::{Block, Scan, walk};
use super::segments::Segments;
use crate::ImageError;
use crate::jpeg_tables::ZIGZAG;

/// What is carried from block to block.
#[derive(Debug, Default)]
struct State {
    predictions: [i32; 4],
    /// How many more blocks have nothing (new) in this band.
    end_of_band: u32,
}

/// Reads a scan into the coefficients.
pub(super) fn read(
    bits: &mut Bits<'_>,
    frame: &mut Frame,
    scan: &Scan,
    segments: &Segments<'_>,
) -> Result<(), ImageError> {
    frame.keep_coefficients();
    let is_dc = scan.start == 0;
    let needs_table = !(is_dc && scan.high > 0);
    let tables = scan
        .parts
        .iter()
        .filter(|_| needs_table)
        .map(|part| if is_dc { segments.table(0, part.dc) } else { segments.table(1, part.ac) })
        .collect::<Result<Vec<Huffman>, ImageError>>()?;
    let mut components = std::mem::take(&mut frame.components);
    frame.components = components.iter().map(Component::layout).collect();
    let read = walk(
        (bits, &mut State::default()),
        frame,
        scan,
        segments.restart_interval,
        |state| *state = State::default(),
        |bits, state, blocks| {
            if bits.is_exhausted && !(is_dc && scan.high > 0) {
                return Ok(());
            }
            for Block { part, column, row } in blocks.iter().copied() {
                let component = &mut components[scan.parts[part].component];
                let coefficients = &mut component.coefficients[row * component.stride + column];
                match (is_dc, scan.high) {
                    (true, 0) => {
                        let category = u32::from(tables[part].symbol(bits));
                        let prediction = &mut state.predictions[part];
                        *prediction = prediction.wrapping_add(bits.signed(category));
                        coefficients[0] = (*prediction << scan.low) as i16;
                    }
                    (true, _) => coefficients[0] |= (bits.take(1) << scan.low) as i16,
                    (false, 0) => band(bits, &tables[part], scan, state, coefficients),
                    (false, _) => refine(bits, &tables[part], scan, state, coefficients),
                }
            }
            Ok(())
        },
    );
    frame.components = components;
    read
}

/// The first bits of a band.
fn band(
    bits: &mut Bits<'_>,
    table: &Huffman,
    scan: &Scan,
    state: &mut State,
    coefficients: &mut [i16; 64],
) {
    if state.end_of_band > 0 {
        state.end_of_band -= 1;
        return;
    }
    let mut place = scan.start;
    while place <= scan.end {
        let symbol = table.symbol(bits);
        let (run, category) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        if category > 0 {
            place += run as usize;
            let value = bits.signed(category) << scan.low;
            coefficients[usize::from(ZIGZAG[place])] = value as i16;
            place += 1;
        } else if run == 15 {
            place += 16;
        } else {
            state.end_of_band = (1 << run) + bits.take(run) - 1;
            return;
        }
    }
}

/// One more bit of a band, among it coefficients that were zero so far.
fn refine(
    bits: &mut Bits<'_>,
    table: &Huffman,
    scan: &Scan,
    state: &mut State,
    coefficients: &mut [i16; 64],
) {
    let bit = 1_i16 << scan.low;
    let mut place = scan.start;
    while state.end_of_band == 0 && place <= scan.end {
        let symbol = table.symbol(bits);
        let (run, category) = (u32::from(symbol >> 4), symbol & 15);
        let mut new = 0;
        if category > 0 {
            new = if bits.take(1) == 1 { bit } else { -bit };
        } else if run < 15 {
            state.end_of_band = (1 << run) + bits.take(run);
            break;
        }
        place = skip(bits, coefficients, (place, scan.end), run, bit);
        if new != 0 {
            coefficients[usize::from(ZIGZAG[place])] = new;
        }
        place += 1;
    }
    if state.end_of_band > 0 {
        skip(bits, coefficients, (place, scan.end), u32::MAX, bit);
        state.end_of_band -= 1;
    }
}

/// Goes over `zeros` coefficients that are zero, and gives one more bit to those that are not;
/// returns the place of the zero behind them, or one behind the band.
fn skip(
    bits: &mut Bits<'_>,
    coefficients: &mut [i16; 64],
    (start, end): (usize, usize),
    mut zeros: u32,
    bit: i16,
) -> usize {
    for place in start..=end {
        let coefficient = &mut coefficients[usize::from(ZIGZAG[place])];
        if *coefficient == 0 {
            if zeros == 0 {
                return place;
            }
            zeros -= 1;
        } else if bits.take(1) == 1 && *coefficient & bit == 0 {
            *coefficient += if *coefficient > 0 { bit } else { -bit };
        }
    }
    end + 1
}
