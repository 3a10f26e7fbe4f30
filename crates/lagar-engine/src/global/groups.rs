//! Decisions of a deduplicator whose duplicates are near and not equal: MinHash bands, `SimHash`.
//!
//! In memory are a few numbers per row: its name, its place in its group, and one band at a time. The
//! bands themselves go through files, one per band, which are read once each.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, BooleanArray, RecordBatch, UInt32Array, UInt64Array,
};
use arrow::datatypes::{DataType, Int64Type, UInt32Type, UInt64Type};
use lagar_core::CoreError;
use lagar_ops::near::{Union, join_near};
use lagar_ops::{Caution, Deduplicator, Grouping};

use super::{Arrivals, column, positions};
use crate::EngineError;
use crate::bands::{DIGEST_BYTES, digest};
use crate::decision::{DecisionWriter, Notes};
use crate::delta::{PRIORITY, SIGNATURE};

/// The memory that sorting one band may take, in bytes.
const MEMORY_BYTES: usize = 128 << 20;

/// Groups the rows that arrived and writes the decisions.
///
/// # Errors
/// When the run folder cannot be read or written, or the disk is full.
pub(super) fn write(
    arrivals: &Arrivals<'_>,
    deduplicator: &dyn Deduplicator,
    grouping: Grouping,
    file: &Path,
) -> Result<(), EngineError> {
    let mut rows = Rows::default();
    let mut caution = CautionCount { caution: deduplicator.caution(), rows: 0 };
    let mut union = match grouping {
        Grouping::Hamming { distance } => join_hashes(arrivals, distance, &mut rows, &mut caution)?,
        _ => join_bands(arrivals, &mut rows, &mut caution)?,
    };
    let leaders = rows.leaders(&mut union);
    drop(union);
    let notes = Notes { warning: caution.warning(), ..Notes::default() };
    rows.write(arrivals, &leaders, DecisionWriter::create(file, &notes)?)
}

/// The rows that arrived, in the order of the chunks.
#[derive(Default)]
struct Rows {
    row: Vec<u64>,
    part: Vec<u32>,
    /// What decides who stays, smallest first; empty where it is the order of the chunks.
    priority: Vec<i64>,
}

impl Rows {
    fn push(&mut self, columns: &RecordBatch) -> Result<(), EngineError> {
        self.row.extend_from_slice(column(columns, "row")?.as_primitive::<UInt64Type>().values());
        self.part.extend_from_slice(column(columns, "part")?.as_primitive::<UInt32Type>().values());
        if let Some(given) = columns.column_by_name(PRIORITY) {
            self.priority.extend_from_slice(given.as_primitive::<Int64Type>().values());
        } else if let Some(rank) = positions(columns, "rank") {
            self.priority.extend(rank.values().iter().map(|rank| *rank as i64));
        }
        Ok(())
    }

    /// For each row the one of its group that stays.
    fn leaders(&self, union: &mut Union) -> Vec<u32> {
        let roots: Vec<u32> = (0..self.row.len() as u32).map(|row| union.root(row)).collect();
        if self.priority.is_empty() {
            return roots;
        }
        let mut best: Vec<u32> = (0..self.row.len() as u32).collect();
        for (row, root) in roots.iter().enumerate() {
            let so_far = best[*root as usize] as usize;
            if (self.priority[row], row) < (self.priority[so_far], so_far) {
                best[*root as usize] = row as u32;
            }
        }
        roots.into_iter().map(|root| best[root as usize]).collect()
    }

    fn write(
        &self,
        arrivals: &Arrivals<'_>,
        leaders: &[u32],
        mut writer: DecisionWriter,
    ) -> Result<(), EngineError> {
        let follows = |row: usize| leaders[row] as usize != row;
        let mut leads = vec![false; leaders.len()];
        for row in (0..leaders.len()).filter(|row| follows(*row)) {
            leads[leaders[row] as usize] = true;
        }
        let mut ranked = arrivals.are_ranked().then(|| arrivals.columns());
        let mut start = 0;
        for size in arrivals.sizes() {
            let rows = start..start + size;
            start += size;
            let leader = |row: usize| follows(row).then_some(leaders[row] as usize);
            let keep: BooleanArray = rows.clone().map(|row| Some(!follows(row))).collect();
            let of_row: UInt64Array =
                rows.clone().map(|row| leader(row).map(|leader| self.row[leader])).collect();
            let of_part: UInt32Array =
                rows.clone().map(|row| leader(row).map(|leader| self.part[leader])).collect();
            let columns = ranked.as_mut().and_then(Iterator::next).transpose()?;
            let rank = columns.and_then(|columns| positions(&columns, "rank"));
            let rank = rank.unwrap_or_else(|| UInt64Array::new_null(size));
            let columns: Vec<ArrayRef> = vec![
                Arc::new(keep),
                Arc::new(of_row),
                Arc::new(of_part),
                Arc::new(BooleanArray::from(leads[rows].to_vec())),
                Arc::new(rank),
            ];
            writer.push(columns)?;
        }
        writer.finish()
    }
}

/// Counts the rows that there is nothing to compare of.
struct CautionCount {
    caution: Option<Caution>,
    rows: u64,
}

impl CautionCount {
    fn is(&self, signature: &[u8]) -> bool {
        self.caution.as_ref().is_some_and(|caution| caution.signature == signature)
    }

    fn warning(self) -> Option<String> {
        let Self { caution, rows } = self;
        caution.filter(|_| rows > 1).map(|caution| format!("{rows} rows {}", caution.message))
    }
}

fn join_hashes(
    arrivals: &Arrivals<'_>,
    distance: u32,
    rows: &mut Rows,
    caution: &mut CautionCount,
) -> Result<Union, EngineError> {
    let mut hashes: Vec<Option<u64>> = Vec::new();
    for columns in arrivals.columns() {
        let columns = columns?;
        rows.push(&columns)?;
        let texts = column(&columns, SIGNATURE)?.as_string::<i32>();
        for text in texts {
            caution.rows += u64::from(text.is_some_and(|text| caution.is(text.as_bytes())));
            hashes.push(text.and_then(|text| text.parse().ok()));
        }
    }
    let mut distinct: Vec<u64> = hashes.iter().flatten().copied().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let mut near = Union::new(distinct.len());
    join_near(&distinct, distance, &mut near);
    let mut union = Union::new(hashes.len());
    let mut first = vec![u32::MAX; distinct.len()];
    for (row, hash) in hashes.iter().enumerate() {
        let Some(place) = hash.and_then(|hash| distinct.binary_search(&hash).ok()) else {
            continue;
        };
        let root = near.root(place as u32) as usize;
        if first[root] == u32::MAX {
            first[root] = row as u32;
        }
        union.join(first[root], row as u32);
    }
    Ok(union)
}

fn join_bands(
    arrivals: &Arrivals<'_>,
    rows: &mut Rows,
    caution: &mut CautionCount,
) -> Result<Union, EngineError> {
    let spill = arrivals.spill()?;
    let mut files: Vec<BandFile> = Vec::new();
    let empty = caution.caution.as_ref().map(|caution| digest(&caution.signature));
    for columns in arrivals.columns() {
        let columns = columns?;
        let start = rows.row.len() as u32;
        rows.push(&columns)?;
        let signatures = column(&columns, SIGNATURE)?;
        let DataType::FixedSizeBinary(width) = signatures.data_type() else {
            continue;
        };
        let bands = *width as usize / DIGEST_BYTES;
        while files.len() < bands {
            files.push(BandFile::create(&spill, files.len())?);
        }
        for (row, bands) in (start..).zip(signatures.as_fixed_size_binary().iter()) {
            let Some(bands) = bands else {
                continue;
            };
            let (bands, _) = bands.as_chunks::<DIGEST_BYTES>();
            caution.rows += u64::from(bands.first().is_some_and(|band| Some(*band) == empty));
            for (file, band) in files.iter_mut().zip(bands) {
                file.push(*band, row)?;
            }
        }
    }
    let mut union = Union::new(rows.row.len());
    for file in files {
        file.join(rows.row.len(), &mut union)?;
    }
    lagar_core::fsio::remove_folder(&spill)?;
    Ok(union)
}

/// One band of all rows on disk: its digest and the row's place, 12 bytes each.
struct BandFile {
    path: PathBuf,
    writer: BufWriter<File>,
}

const ENTRY_BYTES: usize = DIGEST_BYTES + 4;

impl BandFile {
    fn create(spill: &Path, band: usize) -> Result<Self, EngineError> {
        let path = spill.join(format!("band-{band}"));
        let file = File::create(&path).map_err(CoreError::file("create", &path))?;
        Ok(Self { path, writer: BufWriter::with_capacity(1 << 16, file) })
    }

    fn push(&mut self, band: [u8; DIGEST_BYTES], row: u32) -> Result<(), EngineError> {
        let mut entry = [0; ENTRY_BYTES];
        entry[..DIGEST_BYTES].copy_from_slice(&band);
        entry[DIGEST_BYTES..].copy_from_slice(&row.to_le_bytes());
        Ok(self.writer.write_all(&entry).map_err(CoreError::file("write", &self.path))?)
    }

    /// Joins the rows that have the band in common; a band too large for memory is taken in parts.
    fn join(mut self, rows: usize, union: &mut Union) -> Result<(), EngineError> {
        self.writer.flush().map_err(CoreError::file("write", &self.path))?;
        drop(self.writer);
        let parts = (rows * size_of::<(u64, u32)>()).div_ceil(MEMORY_BYTES).max(1) as u64;
        for part in 0..parts {
            let mut entries = read_part(&self.path, part, parts)?;
            entries.sort_unstable();
            for run in entries.chunk_by(|one, other| one.0 == other.0) {
                run[1..].iter().for_each(|(_, row)| union.join(run[0].1, *row));
            }
        }
        std::fs::remove_file(&self.path).map_err(CoreError::file("remove", &self.path))?;
        Ok(())
    }
}

fn read_part(path: &Path, part: u64, parts: u64) -> Result<Vec<(u64, u32)>, EngineError> {
    let mut reader = BufReader::with_capacity(1 << 18, lagar_core::fsio::open(path)?);
    let mut entries = Vec::new();
    let mut entry = [0; ENTRY_BYTES];
    loop {
        match reader.read_exact(&mut entry) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(entries),
            Err(error) => return Err(CoreError::file("read", path)(error).into()),
        }
        let (band, row) = entry.split_at(DIGEST_BYTES);
        let band = band.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let row = row.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte));
        if (u128::from(band) * u128::from(parts)) >> 64 == u128::from(part) {
            entries.push((band, row));
        }
    }
}
