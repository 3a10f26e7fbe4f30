//! Pictures from outside: against what Pillow makes of them, and with bytes that mean harm.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "image/hostile.rs"]
mod hostile;
#[path = "image/pillow.rs"]
mod pillow;

/// The folder of the fixtures.
fn data() -> &'static std::path::Path {
    std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data"))
}
