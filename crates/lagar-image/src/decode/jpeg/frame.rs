//! The frame: size and components.

use super::component::Component;
use super::scan::Scan;
use super::segments::{Segments, short};
use super::{damaged, idct, unsupported};
use crate::ImageError;

/// The frame of a picture.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) is_progressive: bool,
    pub(super) components: Vec<Component>,
    /// The largest sampling factors.
    pub(super) horizontal: usize,
    pub(super) vertical: usize,
}

impl Frame {
    pub(super) fn parse(content: &[u8], is_progressive: bool) -> Result<Self, ImageError> {
        let &[precision, h1, h0, w1, w0, count, ref rest @ ..] = content else {
            return Err(short());
        };
        if precision != 8 {
            return Err(unsupported(format!("{precision} bits a sample")));
        }
        let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
        if width == 0 || height == 0 {
            return Err(ImageError::NoArea { width: width.into(), height: height.into() });
        }
        crate::decode::check_size(width.into(), height.into())?;
        if !matches!(count, 1 | 3 | 4) {
            return Err(unsupported(format!("{count} components")));
        }
        let specifications = rest.get(..usize::from(count) * 3).ok_or_else(short)?;
        let mut frame = Self {
            width: width.into(),
            height: height.into(),
            is_progressive,
            components: Vec::new(),
            horizontal: 1,
            vertical: 1,
        };
        for [id, factors, table] in specifications.as_chunks().0 {
            let (horizontal, vertical) = (usize::from(factors >> 4), usize::from(factors & 15));
            if !(1..=4).contains(&horizontal) || !(1..=4).contains(&vertical) {
                return Err(damaged(format!("sampling factors {factors:#04x}")));
            }
            frame.horizontal = frame.horizontal.max(horizontal);
            frame.vertical = frame.vertical.max(vertical);
            frame.components.push(Component {
                id: *id,
                horizontal,
                vertical,
                table: usize::from(*table),
                quantization: None,
                width: 0,
                height: 0,
                columns: 0,
                rows: 0,
                stride: 0,
                coefficients: Vec::new(),
                samples: Vec::new(),
            });
        }
        frame.measure();
        Ok(frame)
    }

    /// How many groups of blocks there are: columns and rows.
    pub(super) fn groups(&self) -> (usize, usize) {
        let (width, height) = (self.width as usize, self.height as usize);
        (width.div_ceil(8 * self.horizontal), height.div_ceil(8 * self.vertical))
    }

    fn measure(&mut self) {
        let (groups, group_rows) = self.groups();
        let (width, height) = (self.width as usize, self.height as usize);
        let (most_horizontal, most_vertical) = (self.horizontal, self.vertical);
        for component in &mut self.components {
            component.width = (width * component.horizontal).div_ceil(most_horizontal);
            component.height = (height * component.vertical).div_ceil(most_vertical);
            component.columns = component.width.div_ceil(8);
            component.rows = component.height.div_ceil(8);
            component.stride = groups * component.horizontal;
            let blocks = component.stride * group_rows * component.vertical;
            component.samples = vec![0; blocks * 64];
        }
    }

    /// Makes room for the coefficients of a picture that comes in several scans.
    pub(super) fn keep_coefficients(&mut self) {
        for component in &mut self.components {
            if component.coefficients.is_empty() {
                component.coefficients = vec![[0; 64]; component.samples.len() / 64];
            }
        }
    }

    /// Remembers the quantization tables that the components of `scan` start with.
    pub(super) fn latch_quantization(
        &mut self,
        segments: &Segments<'_>,
        scan: &Scan,
    ) -> Result<(), ImageError> {
        for part in &scan.parts {
            let component = &mut self.components[part.component];
            if component.quantization.is_some() {
                continue;
            }
            let table = segments.quantization.get(component.table).copied().flatten();
            let number = component.table;
            let missing = || damaged(format!("no quantization table {number}"));
            component.quantization = Some(table.ok_or_else(missing)?);
        }
        Ok(())
    }

    /// From kept coefficients to samples.
    ///
    /// A component that no scan had is the grey of zeros, with whatever table it has.
    pub(super) fn finish(&mut self, segments: &Segments<'_>) {
        for component in &mut self.components {
            let latched = component.quantization;
            let known = segments.quantization.get(component.table).copied().flatten();
            let table = latched.or(known).unwrap_or([1; 64]);
            let stride = component.stride * 8;
            for (index, block) in component.coefficients.iter().enumerate() {
                let (column, row) = (index % component.stride, index / component.stride);
                let place = (row * stride + column) * 8;
                idct::block(block, &table, &mut component.samples[place..], stride);
            }
            component.coefficients = Vec::new();
        }
    }
}
