//! Numbers of a model file, low byte first.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};

pub(super) struct Reader(BufReader<File>);

fn cut_off(_error: std::io::Error) -> String {
    "the file is cut off".to_owned()
}

impl Reader {
    pub(super) fn new(file: BufReader<File>) -> Self {
        Self(file)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<Vec<u8>, String> {
        // Read in pieces, so that a damaged length does not ask for all memory there is.
        let mut bytes = Vec::new();
        let read = self.0.by_ref().take(count as u64).read_to_end(&mut bytes).map_err(cut_off)?;
        if read == count { Ok(bytes) } else { Err("the file is cut off".to_owned()) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut bytes = [0; N];
        self.0.read_exact(&mut bytes).map_err(cut_off)?;
        Ok(bytes)
    }

    pub(super) fn int(&mut self) -> Result<i32, String> {
        self.array().map(i32::from_le_bytes)
    }

    pub(super) fn long(&mut self) -> Result<i64, String> {
        self.array().map(i64::from_le_bytes)
    }

    /// A length that must not be negative.
    pub(super) fn size(&mut self) -> Result<usize, String> {
        usize::try_from(self.long()?).map_err(|_error| "a negative length".to_owned())
    }

    pub(super) fn byte(&mut self) -> Result<u8, String> {
        self.array::<1>().map(|byte| byte[0])
    }

    pub(super) fn flag(&mut self) -> Result<bool, String> {
        Ok(self.byte()? != 0)
    }

    pub(super) fn floats(&mut self, count: usize) -> Result<Vec<f32>, String> {
        let mut floats = Vec::new();
        for _ in 0..count {
            floats.push(self.array().map(f32::from_le_bytes)?);
        }
        Ok(floats)
    }

    /// A string that ends in a zero byte.
    pub(super) fn string(&mut self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        self.0.read_until(0, &mut bytes).map_err(cut_off)?;
        if bytes.pop() == Some(0) { Ok(bytes) } else { Err("the file is cut off".to_owned()) }
    }
}
