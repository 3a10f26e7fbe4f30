//! One component of a frame: its sampling, its coefficients while they come, its samples.

/// A component: luma, chroma or an ink.
#[derive(Clone, Debug)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Sampling factors.
    pub(super) horizontal: usize,
    pub(super) vertical: usize,
    /// The number of its quantization table, and the table as of its first scan.
    pub(super) table: usize,
    pub(super) quantization: Option<[u16; 64]>,
    /// Size in samples.
    pub(super) width: usize,
    pub(super) height: usize,
    /// Size in blocks.
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// Blocks in a row of `samples` and `coefficients`: whole groups.
    pub(super) stride: usize,
    /// Coefficients of all blocks, row by row within a block; empty if blocks are decoded at once.
    pub(super) coefficients: Vec<[i16; 64]>,
    /// Samples, `stride * 8` in a row.
    pub(super) samples: Vec<u8>,
}

impl Component {
    /// How many blocks it has in a group.
    pub(super) fn blocks(&self) -> usize {
        self.horizontal * self.vertical
    }

    /// The same without coefficients and samples: its place in the frame.
    pub(super) fn layout(&self) -> Self {
        let Self { id, horizontal, vertical, table, quantization, .. } = *self;
        let Self { width, height, columns, rows, stride, .. } = *self;
        Self {
            id,
            horizontal,
            vertical,
            table,
            quantization,
            width,
            height,
            columns,
            rows,
            stride,
            coefficients: Vec::new(),
            samples: Vec::new(),
        }
    }

    /// A row of samples, its padding left out; the last one for rows behind it.
    pub(super) fn row(&self, row: usize) -> &[u8] {
        &self.samples[row.min(self.height - 1) * self.stride * 8..][..self.width]
    }

    /// The 8 by 8 samples of a block, to be written from `place` on, rows `stride * 8` apart.
    pub(super) fn place(&self, column: usize, row: usize) -> usize {
        row * 8 * self.stride * 8 + column * 8
    }
}
