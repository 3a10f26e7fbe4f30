//! The header of a scan, and the walk over its blocks.

use super::bits::Bits;
use super::frame::Frame;
use super::segments::short;
use super::{damaged, unsupported};
use crate::ImageError;

/// One component of a scan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// Its place in the frame.
    pub(super) component: usize,
    /// Its DC table.
    pub(super) dc: usize,
    /// Its AC table.
    pub(super) ac: usize,
}

/// A scan: which components, which coefficients, which bits of them.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    pub(super) parts: Vec<Part>,
    /// The first and the last coefficient.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The bit position of the scan before, 0 for the first.
    pub(super) high: u32,
    /// The bit position of this scan.
    pub(super) low: u32,
}

impl Scan {
    pub(super) fn parse(content: &[u8], frame: &Frame) -> Result<Self, ImageError> {
        let (&count, rest) = content.split_first().ok_or_else(short)?;
        let (parts, rest) = rest.split_at_checked(usize::from(count) * 2).ok_or_else(short)?;
        let &[start, end, bits, ..] = rest else { return Err(short()) };
        if !(1..=4).contains(&count) {
            return Err(damaged(format!("a scan of {count} components")));
        }
        let parts: Vec<Part> = parts
            .as_chunks()
            .0
            .iter()
            .map(|[id, tables]| {
                let component = frame.components.iter().position(|known| known.id == *id);
                let component =
                    component.ok_or_else(|| damaged(format!("a scan of component {id}")))?;
                Ok(Part { component, dc: usize::from(tables >> 4), ac: usize::from(tables & 15) })
            })
            .collect::<Result<_, ImageError>>()?;
        let mut seen: Vec<usize> = parts.iter().map(|part| part.component).collect();
        seen.sort_unstable();
        seen.dedup();
        if seen.len() != parts.len() {
            return Err(damaged("a scan with a component twice"));
        }
        let scan = Self {
            parts,
            start: usize::from(start),
            end: usize::from(end),
            high: u32::from(bits >> 4),
            low: u32::from(bits & 15),
        };
        scan.checked(frame)
    }

    fn checked(self, frame: &Frame) -> Result<Self, ImageError> {
        let blocks: usize =
            self.parts.iter().map(|part| frame.components[part.component].blocks()).sum();
        if self.parts.len() > 1 && blocks > 10 {
            return Err(unsupported(format!("{blocks} blocks in a group")));
        }
        if !frame.is_progressive {
            return Ok(self);
        }
        let band = if self.start == 0 {
            self.end == 0
        } else {
            self.start <= self.end && self.end < 64 && self.parts.len() == 1
        };
        let refines = self.high == 0 || self.low + 1 == self.high;
        if band && refines && self.low <= 13 {
            return Ok(self);
        }
        let Self { start, end, high, low, .. } = self;
        Err(damaged(format!("a progressive scan of {start}..{end}, bits {high} to {low}")))
    }
}

/// Where a block is: the part of the scan it belongs to, and its column and row in its component.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) part: usize,
    pub(super) column: usize,
    pub(super) row: usize,
}

/// Calls `group` with the blocks of each group of the scan in the order of the file; `restart` is
/// called before the groups that a restart marker stands before.
pub(super) fn walk<State>(
    (bits, state): (&mut Bits<'_>, &mut State),
    frame: &Frame,
    scan: &Scan,
    interval: u32,
    restart: impl Fn(&mut State),
    mut group: impl FnMut(&mut Bits<'_>, &mut State, &[Block]) -> Result<(), ImageError>,
) -> Result<(), ImageError> {
    let is_single = scan.parts.len() == 1;
    let first = &frame.components[scan.parts[0].component];
    let (columns, rows) = if is_single { (first.columns, first.rows) } else { frame.groups() };
    let mut blocks = Vec::new();
    let (mut left, mut number) = (interval, 0);
    for row in 0..rows {
        for column in 0..columns {
            if interval > 0 && left == 0 {
                bits.restart(number);
                restart(state);
                number = (number + 1) & 7;
                left = interval;
            }
            left = left.saturating_sub(1);
            blocks.clear();
            if is_single {
                blocks.push(Block { part: 0, column, row });
            } else {
                gather(&mut blocks, frame, scan, (column, row));
            }
            group(bits, state, &blocks)?;
        }
    }
    Ok(())
}

fn gather(blocks: &mut Vec<Block>, frame: &Frame, scan: &Scan, (column, row): (usize, usize)) {
    for (part, of) in scan.parts.iter().enumerate() {
        let component = &frame.components[of.component];
        for y in 0..component.vertical {
            for x in 0..component.horizontal {
                let column = column * component.horizontal + x;
                blocks.push(Block { part, column, row: row * component.vertical + y });
            }
        }
    }
}
