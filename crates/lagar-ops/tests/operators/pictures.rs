//! Sizes, orientations and faults of pictures, on bytes built here.
//!
//! What each case must give was checked against Pillow 13: `open`, `load`, `exif_transpose`.

use std::fs;
use std::io::Write as _;

use lagar_ops::interval::Interval;
use lagar_ops::picture::{Format, Header, PartReference, PictureFault, Pictures};
use lagar_ops::{Built, Stats, find};
use proptest::prelude::*;

use crate::support::{World, batch_of_lines, build, exif, jpeg};

const EXIF: u8 = 0xe1;

fn sides(header: Header) -> (u32, u32) {
    (header.width, header.height)
}

/// The header of a file with these bytes.
fn of_file(bytes: &[u8]) -> Result<Header, PictureFault> {
    let folder = tempfile::tempdir().unwrap();
    fs::File::create(folder.path().join("a")).unwrap().write_all(bytes).unwrap();
    Pictures::new(folder.path()).header("a").map_err(|error| error.fault)
}

fn of_bytes(bytes: &[u8]) -> Result<Header, PictureFault> {
    Pictures::new(".").header_of_bytes(bytes).map_err(|error| error.fault)
}

fn xmp(orientation: u32) -> Vec<u8> {
    let packet = format!("<rdf:Description tiff:Orientation=\"{orientation}\"/>");
    [b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()].concat()
}

fn chunk(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    // No reader of headers looks at checksums.
    [&(content.len() as u32).to_be_bytes(), kind.as_slice(), content, &[0; 4]].concat()
}

fn png(width: u32, height: u32, before: &[Vec<u8>], after: &[Vec<u8>]) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 2, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(chunk(*b"IHDR", &header));
    bytes.extend(before.concat());
    bytes.extend(chunk(*b"IDAT", &[7; 20]));
    bytes.extend(after.concat());
    bytes.extend(chunk(*b"IEND", &[]));
    bytes
}

fn gif(screen: u16, frame: u16) -> Vec<u8> {
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend([screen.to_le_bytes(), screen.to_le_bytes()].concat());
    bytes.extend([0x80, 0, 0, 0, 0, 0, 9, 9, 9]);
    bytes.extend([b'!', 0xf9, 4, 0, 0, 0, 0, 0]);
    bytes.extend([b',', 0, 0, 0, 0]);
    bytes.extend([frame.to_le_bytes(), 5_u16.to_le_bytes()].concat());
    bytes.extend([0, 2, 2, 0x4c, 1, 0, b';']);
    bytes
}

fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (kind, content) in chunks {
        body.extend(*kind);
        body.extend((content.len() as u32).to_le_bytes());
        body.extend(*content);
        body.extend(vec![0; content.len() % 2]);
    }
    [b"RIFF", (body.len() as u32).to_le_bytes().as_slice(), &body].concat()
}

fn bmp(width: u32, height: i32) -> Vec<u8> {
    let mut bytes = b"BM".to_vec();
    for number in [0, 0, 54, 40, width, height.cast_unsigned(), 0x0018_0001, 0, 0, 0, 0, 0, 0] {
        bytes.extend(number.to_le_bytes());
    }
    let row = (width * 3).div_ceil(4) * 4;
    bytes.resize(54 + (row * height.unsigned_abs()) as usize, 0);
    bytes
}

/// A TIFF of one strip with 4 bytes behind its directory.
fn tiff(big_endian: bool, orientation: u16) -> Vec<u8> {
    let short = |number: u16| {
        if big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
    };
    let long = |number: u32| {
        if big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
    };
    let mut bytes = if big_endian { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
    bytes.extend(long(8));
    let entries = [(0x100, 30), (0x101, 20), (0x111, 74), (0x112, orientation), (0x117, 4)];
    bytes.extend(short(entries.len() as u16));
    for (tag, value) in entries {
        bytes.extend(short(tag));
        bytes.extend(short(3));
        bytes.extend(long(1));
        bytes.extend(short(value));
        bytes.extend([0, 0]);
    }
    bytes.extend([0; 4]);
    bytes.extend([1; 4]);
    bytes
}

#[test]
fn exif_orientations_five_to_eight_swap_the_sides_of_a_file_and_not_of_carried_bytes() {
    for orientation in 0..10 {
        let block = exif(orientation);
        let turned = (5..=8).contains(&orientation);
        let expected = if turned { (40, 60) } else { (60, 40) };
        let bytes = jpeg(60, 40, &[(0xe0, b"JFIF\0"), (EXIF, &block)]);
        assert_eq!(sides(of_file(&bytes).unwrap()), expected, "{orientation}");
        assert_eq!(sides(of_bytes(&bytes).unwrap()), (60, 40), "{orientation}");
        let bytes = png(60, 40, &[chunk(*b"eXIf", &block[6..])], &[]);
        assert_eq!(sides(of_file(&bytes).unwrap()), expected, "{orientation}");
        let canvas = [8, 0, 0, 0, 59, 0, 0, 39, 0, 0];
        let bytes = riff(&[(b"VP8X", &canvas), (b"VP8 ", &[0; 11]), (b"EXIF", &block)]);
        assert_eq!(sides(of_file(&bytes).unwrap()), expected, "{orientation}");
    }
}

#[test]
fn xmp_is_asked_only_where_exif_has_no_orientation() {
    let with = |segments: &[(u8, &[u8])]| sides(of_file(&jpeg(60, 40, segments)).unwrap());
    assert_eq!(with(&[(EXIF, &xmp(6))]), (40, 60));
    assert_eq!(with(&[(EXIF, &xmp(6)), (EXIF, &exif(1))]), (60, 40));
    assert_eq!(with(&[(EXIF, &exif(0)), (EXIF, &xmp(6))]), (60, 40));
    let without_the_tag = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0";
    assert_eq!(with(&[(EXIF, without_the_tag), (EXIF, &xmp(8))]), (40, 60));
    assert_eq!(with(&[(EXIF, b"Exif\0\0nonsense")]), (60, 40));
}

#[test]
fn metadata_of_a_png_is_found_in_text_chunks_and_behind_the_pixels() {
    let turned = |before: &[Vec<u8>], after: &[Vec<u8>]| {
        sides(of_file(&png(60, 40, before, after)).unwrap()) == (40, 60)
    };
    let block = exif(6);
    let digits = block.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let profile = format!("Raw profile type exif\0\nexif\n  {}\n{digits}\n", block.len());
    let packet = [b"XML:com.adobe.xmp\0\0\0\0\0", xmp(6).as_slice()].concat();
    assert!(turned(&[chunk(*b"tEXt", profile.as_bytes())], &[]));
    assert!(turned(&[chunk(*b"iTXt", &packet)], &[]));
    assert!(turned(&[], &[chunk(*b"eXIf", &block[6..])]));
    let upright = chunk(*b"eXIf", &exif(1)[6..]);
    assert!(!turned(&[chunk(*b"tEXt", profile.as_bytes()), upright], &[]));
}

#[test]
fn a_frame_header_behind_large_segments_is_found() {
    let large = vec![0xd9; 60_000];
    let mut thumbnail = exif(6);
    thumbnail.extend(&large);
    let bytes = jpeg(60, 40, &[(0xe2, &large), (EXIF, &thumbnail), (0xed, &large)]);
    let header = of_file(&bytes).unwrap();
    assert_eq!((sides(header), header.bytes), ((40, 60), bytes.len() as u64));
}

#[test]
fn every_format_is_known_by_its_bytes_and_not_by_its_name() {
    let lossless = [0x2f, 59, 0xc0, 9, 0];
    let lossy = [0, 0, 0, 0x9d, 0x01, 0x2a, 60, 0, 40, 0];
    let cases = [
        (png(60, 40, &[], &[]), Format::Png),
        (riff(&[(b"VP8L", &lossless)]), Format::WebP),
        (riff(&[(b"VP8 ", &lossy)]), Format::WebP),
        (bmp(60, 40), Format::Bmp),
        (bmp(60, -40), Format::Bmp),
        ([b"P6\n# made by hand\n60 40\n255\n".to_vec(), vec![0; 7_200]].concat(), Format::Pnm),
        ([b"qoif".as_slice(), &[0, 0, 0, 60, 0, 0, 0, 40, 3, 0]].concat(), Format::Qoi),
    ];
    for (bytes, format) in cases {
        let header = of_file(&bytes).unwrap();
        assert_eq!((header.format, sides(header)), (format, (60, 40)));
        assert_eq!(of_bytes(&bytes).unwrap(), header);
    }
    assert_eq!(sides(of_file(&gif(60, 60)).unwrap()), (60, 60));
    assert_eq!(sides(of_file(&gif(10, 60)).unwrap()), (60, 10));
    for big_endian in [false, true] {
        let header = of_file(&tiff(big_endian, 1)).unwrap();
        assert_eq!((header.format, sides(header)), (Format::Tiff, (30, 20)));
        // Pillow turns a TIFF while opening it, wherever it comes from.
        assert_eq!(sides(of_bytes(&tiff(big_endian, 6)).unwrap()), (20, 30));
    }
}

#[test]
fn a_picture_without_its_end_is_refused_unless_the_recipe_accepts_it() {
    let lossy = [0, 0, 0, 0x9d, 0x01, 0x2a, 60, 0, 40, 0, 1, 1];
    let cases = [
        (jpeg(60, 40, &[]), 2, "JPEG data without an end marker"),
        (png(60, 40, &[], &[]), 12, "PNG data without an IEND chunk"),
        (gif(60, 60), 2, "GIF data without a trailer"),
        (riff(&[(b"VP8 ", &lossy)]), 1, "WebP data without the length its RIFF header states"),
        (bmp(60, 40), 1, "BMP data without its last rows"),
        (tiff(false, 1), 1, "TIFF data without its last strip"),
    ];
    for (mut bytes, cut, message) in cases {
        assert!(of_bytes(&bytes).is_ok(), "{message}");
        bytes.truncate(bytes.len() - cut);
        let fault = of_file(&bytes).unwrap_err();
        assert_eq!(fault.to_string(), format!("is cut off: {message}"));
        let lenient = Pictures::new(".").with_accept_truncated(true);
        assert!(lenient.header_of_bytes(&bytes).is_ok(), "{message}");
    }
}

#[test]
fn bytes_behind_the_end_marker_do_no_harm() {
    for trailing in [vec![0; 10], vec![7; 5_000], vec![1; 300_000]] {
        let bytes = [jpeg(60, 40, &[]), trailing.clone()].concat();
        assert_eq!(sides(of_file(&bytes).unwrap()), (60, 40), "{}", trailing.len());
        let bytes = [png(60, 40, &[], &[]), trailing].concat();
        assert_eq!(sides(of_file(&bytes).unwrap()), (60, 40));
    }
    // An end marker inside a thumbnail is not the picture's own.
    let mut bytes = jpeg(60, 40, &[(EXIF, &[0xff, 0xd9, 0xff, 0xd9])]);
    bytes.truncate(bytes.len() - 2);
    assert!(matches!(of_file(&bytes), Err(PictureFault::Truncated { .. })));
}

#[test]
fn what_is_wrong_with_a_picture_is_said_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = Pictures::new(folder.path());
    let said = |name: &str, bytes: &[u8]| {
        fs::File::create(folder.path().join(name)).unwrap().write_all(bytes).unwrap();
        pictures.header(name).unwrap_err().to_string()
    };
    assert_eq!(said("empty.jpg", &[]), "picture `empty.jpg` is empty (0 bytes)");
    assert_eq!(
        said("page.jpg", b"<html>not found</html>"),
        "picture `page.jpg` is not a picture of a known format (first bytes 3c 68 74 6d 6c 3e 6e 6f)"
    );
    let whole = jpeg(60, 40, &[(EXIF, &exif(1))]);
    assert_eq!(
        said("cut.jpg", &whole[..30]),
        "picture `cut.jpg` is cut off within its JPEG header"
    );
    assert_eq!(said("flat.jpg", &jpeg(60, 0, &[])), "picture `flat.jpg` has no area (60x0 pixels)");
    assert!(said("odd.jpg", b"\xff\xd8\xff\xe0\0\x01").contains("has a damaged JPEG header"));
    let missing = pictures.header("gone.jpg").unwrap_err();
    assert!(matches!(missing.fault, PictureFault::Missing { .. }));
    assert!(missing.to_string().starts_with("picture `gone.jpg` is missing: there is no file "));
    fs::create_dir(folder.path().join("folder")).unwrap();
    let error = pictures.header("folder").unwrap_err();
    assert_eq!(error.to_string(), "picture `folder` cannot be read: it is not a file");
}

#[test]
fn a_reference_reads_its_part_of_the_container_only() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (jpeg(60, 40, &[(EXIF, &exif(6))]), png(7, 9, &[], &[]));
    let tar = [vec![0; 512], first.clone(), vec![0; 99], second.clone()].concat();
    fs::File::create(folder.path().join("s.tar")).unwrap().write_all(&tar).unwrap();
    let pictures = Pictures::new(folder.path());
    let reference = |offset: usize, len: usize| {
        let name = Some("000.jpg".to_owned());
        PartReference {
            container: "s.tar".to_owned(),
            offset: offset as u64,
            len: len as u64,
            name,
        }
        .to_string()
    };
    let header = pictures.header(&reference(512, first.len())).unwrap();
    assert_eq!((sides(header), header.bytes), ((40, 60), first.len() as u64));
    let start = 512 + first.len() + 99;
    assert_eq!(sides(pictures.header(&reference(start, second.len())).unwrap()), (7, 9));
    // The end of another member is not the end of this one.
    let cut = pictures.header(&reference(512, first.len() - 1)).unwrap_err();
    assert!(matches!(cut.fault, PictureFault::Truncated { .. }));
    let outside = pictures.header(&reference(start, second.len() + 1)).unwrap_err();
    assert!(matches!(outside.fault, PictureFault::OutsideContainer { .. }));
    assert!(outside.to_string().contains("s.tar#offset="));
}

#[test]
fn the_shape_filter_measures_every_picture_and_sets_bad_rows_aside() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("a", jpeg(60, 40, &[])), ("b", jpeg(300, 200, &[]))] {
        fs::File::create(folder.path().join(name)).unwrap().write_all(&bytes).unwrap();
    }
    let batch = batch_of_lines(concat!(
        "{\"text\":\"\",\"images\":[\"a\",\"b\",\"a\"]}\n",
        "{\"text\":\"\",\"images\":[\"b\",\"gone\"]}\n",
        "{\"text\":\"\",\"images\":[]}\n",
        "{\"text\":\"\"}\n",
    ));
    let world = World::new(folder.path());
    let filter = |parameters: &str| match build(find("image_shape_filter").unwrap(), parameters) {
        Built::Filter(filter) => filter,
        other => panic!("{other:?}"),
    };
    let any = filter("{min_width: 100}");
    let computed = any.stats(&batch, &world.context()).unwrap();
    let stats = Stats::new(&computed.stats, 4);
    assert_eq!(stats.numbers("image_width", 0), [60.0, 300.0, 60.0]);
    assert_eq!(stats.numbers("image_height", 0), [40.0, 200.0, 40.0]);
    assert_eq!(computed.faults.len(), 1);
    assert_eq!(computed.faults[0].index, 1);
    assert!(computed.faults[0].message.contains("`gone` is missing"));
    assert_eq!(any.keep(&stats, Interval::default()).keep, [true; 4]);
    let all = filter("{min_width: 100, any_or_all: all}").keep(&stats, Interval::default());
    assert_eq!(all.keep, [false, true, true, true]);
    let (row, reason) = &all.reasons[0];
    assert_eq!((*row, reason.statistic.as_str()), (0, "image_width"));
    assert_eq!((reason.value.as_str(), reason.threshold.as_str()), ("[60,300,60]", ">= 100"));
    let low = filter("{max_height: 30}").keep(&stats, Interval::default());
    assert_eq!(low.reasons[0].1.statistic, "image_height");
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(
        start in prop::sample::select(vec![
            jpeg(60, 40, &[(EXIF, &exif(6)), (EXIF, &xmp(3))]),
            png(60, 40, &[chunk(*b"eXIf", &exif(6)[6..])], &[]),
            gif(60, 60),
            riff(&[(b"VP8X", &[12, 0, 0, 0, 59, 0, 0, 39, 0, 0]), (b"EXIF", &exif(6))]),
            bmp(6, 4),
            tiff(true, 6),
            b"\0\0\0\x18ftypavif\0\0\0\0avifmif1\0\0\0\x10meta\0\0\0\0\0\0\0\0".to_vec(),
            b"P5 60 40 255".to_vec(),
        ]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = start;
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let (file, memory) = (of_file(&bytes), of_bytes(&bytes));
        if let (Ok(file), Ok(memory)) = (&file, &memory) {
            prop_assert_eq!(file.bytes, memory.bytes);
        }
    }
}
