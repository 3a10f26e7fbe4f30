//! Bytes that are damaged, cut off or made up: an error or a picture, never a panic.

use std::fs;

use lagar_image::{Decoder, Orientation, decode};
use proptest::prelude::*;

use crate::data;

fn files() -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(data())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.extension().is_some_and(|kind| kind == "py" || kind == "json"))
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn survives(bytes: &[u8]) {
    for accept_truncated in [false, true] {
        let decoder = Decoder { orientation: Orientation::Shown, accept_truncated };
        if let Ok(picture) = decoder.decode(bytes) {
            assert_eq!(
                picture.pixels().len(),
                picture.width() as usize * picture.height() as usize * picture.mode().channels()
            );
        }
    }
}

#[test]
fn every_cut_of_every_fixture_is_an_error_or_a_picture() {
    for bytes in files() {
        let step = (bytes.len() / 60).max(1);
        for len in (0..bytes.len()).step_by(step) {
            survives(&bytes[..len]);
        }
    }
}

#[test]
fn a_cut_is_an_error_unless_it_is_accepted() {
    for file in ["cut.jpg", "cut.png"] {
        let bytes = fs::read(data().join(file)).unwrap();
        let error = decode(&bytes).unwrap_err().to_string();
        assert!(error.starts_with("is cut off"), "{error}");
        let decoder = Decoder { accept_truncated: true, ..Decoder::default() };
        assert!(decoder.decode(&bytes).is_ok(), "{file}");
    }
}

#[test]
fn sizes_beyond_pillows_limit_are_refused_before_memory_is_taken() {
    let mut bytes = fs::read(data().join("444.jpg")).unwrap();
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 9].fill(0xff);
    let error = decode(&bytes).unwrap_err().to_string();
    assert!(error.starts_with("is too large: 65535x65535"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_bytes_do_not_panic(
        which in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let files = files();
        let mut bytes = which.get(&files).clone();
        for (place, value) in damage {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        survives(&bytes);
    }
}
