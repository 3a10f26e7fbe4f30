//! Digests as hexadecimal digits.

/// The digits of an MD5 sum.
pub(crate) fn hex(sum: [u8; 16]) -> HexDigits {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; 32];
    for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(sum) {
        *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    }
    HexDigits(digits)
}

/// 32 digits that live on the stack: there is one sum per row.
pub(crate) struct HexDigits([u8; 32]);

impl HexDigits {
    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}
