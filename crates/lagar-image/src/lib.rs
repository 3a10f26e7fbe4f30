//! Pictures as pixels: decoding, conversion and resizing as Pillow does them.
