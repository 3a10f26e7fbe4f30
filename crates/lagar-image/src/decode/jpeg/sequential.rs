//! Baseline and extended scans: a block is whole at once. Source: T.81, annex F.

use super::bits::Bits;
use super::component::Component;
use super::frame::Frame;
use super::huffman::Huffman;
use super::idct;
use super::scan::{Block, Scan, walk};
use super::segments::Segments;
use crate::ImageError;
use crate::jpeg_tables::ZIGZAG;

/// Reads a scan; its blocks become samples at once if it is the only one.
pub(super) fn read(
    bits: &mut Bits<'_>,
    frame: &mut Frame,
    scan: &Scan,
    segments: &Segments<'_>,
    is_only: bool,
) -> Result<(), ImageError> {
    let tables = scan
        .parts
        .iter()
        .map(|part| Ok((segments.table(0, part.dc)?, segments.table(1, part.ac)?)))
        .collect::<Result<Vec<(Huffman, Huffman)>, ImageError>>()?;
    if !is_only {
        frame.keep_coefficients();
    }
    // The walk needs the layout while blocks are written.
    let mut components = std::mem::take(&mut frame.components);
    frame.components = components.iter().map(Component::layout).collect();
    let mut predictions = vec![0_i32; scan.parts.len()];
    let read = walk(
        (bits, &mut predictions),
        frame,
        scan,
        segments.restart_interval,
        |predictions| predictions.fill(0),
        |bits, predictions, blocks| {
            let is_grey = bits.is_exhausted;
            for Block { part, column, row } in blocks.iter().copied() {
                let component = &mut components[scan.parts[part].component];
                let mut coefficients = [0; 64];
                let last = if is_grey {
                    0
                } else {
                    let prediction = &mut predictions[part];
                    block(bits, &tables[part], prediction, &mut coefficients)
                };
                if is_only {
                    let place = component.place(column, row);
                    let stride = component.stride * 8;
                    let table = component.quantization.as_ref().unwrap_or(&[1; 64]);
                    let samples = &mut component.samples[place..];
                    if last == 0 {
                        idct::flat(coefficients[0], table[0], samples, stride);
                    } else {
                        idct::block(&coefficients, table, samples, stride);
                    }
                } else {
                    component.coefficients[row * component.stride + column] = coefficients;
                }
            }
            Ok(())
        },
    );
    frame.components = components;
    read
}

/// Reads a block; returns the place of the last coefficient that is not zero.
#[inline]
fn block(
    bits: &mut Bits<'_>,
    (dc, ac): &(Huffman, Huffman),
    prediction: &mut i32,
    coefficients: &mut [i16; 64],
) -> usize {
    let (_, difference) = dc.symbol_and_number(bits);
    *prediction = prediction.wrapping_add(difference);
    coefficients[0] = *prediction as i16;
    let (mut place, mut last) = (1, 0);
    while place < 64 {
        let (symbol, number) = ac.symbol_and_number(bits);
        let (run, category) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if category == 0 {
            if run != 15 {
                break;
            }
            place += 16;
            continue;
        }
        place += run;
        coefficients[usize::from(ZIGZAG[place])] = number as i16;
        last = place;
        place += 1;
    }
    last
}
