//! The bands of MinHash signatures, made small: eight bytes each.
//!
//! A band is some ten 64-bit numbers, and a row has some 25 bands: 2,000 bytes that are compared for
//! equality and nothing else. A digest of 64 bits does the same: among a million rows, two bands that
//! differ have one digest with a chance of about one in a million.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, FixedSizeBinaryBuilder};

/// The size of a band's digest.
pub(crate) const DIGEST_BYTES: usize = 8;

/// The digest of one band.
pub(crate) fn digest(band: &[u8]) -> [u8; DIGEST_BYTES] {
    let mut short = [0; DIGEST_BYTES];
    short.copy_from_slice(&blake3::hash(band).as_bytes()[..DIGEST_BYTES]);
    short
}

/// Lists of bands as one byte string per row: the digests of its bands, one after the other.
pub(crate) fn digests(values: &ArrayRef) -> ArrayRef {
    let lists = values.as_list::<i32>();
    let rows = || (0..lists.len()).map(|row| lists.is_valid(row).then(|| lists.value(row)));
    let bands = rows().flatten().map(|bands| bands.len()).max().unwrap_or_default();
    let mut builder =
        FixedSizeBinaryBuilder::with_capacity(lists.len(), (bands * DIGEST_BYTES) as i32);
    let mut row_digests = Vec::with_capacity(bands * DIGEST_BYTES);
    for row in rows() {
        let Some(row) = row else {
            builder.append_null();
            continue;
        };
        row_digests.clear();
        for band in row.as_binary::<i32>().iter().flatten() {
            row_digests.extend_from_slice(&digest(band));
        }
        if builder.append_value(&row_digests).is_err() {
            // All rows have as many bands; one that had not would be alone in its group.
            builder.append_null();
        }
    }
    Arc::new(builder.finish())
}
