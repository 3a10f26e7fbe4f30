//! The fields of `sentencepiece_model.proto` that cutting texts needs, read from the wire format.

/// What a piece is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Normal,
    Unknown,
    Control,
    UserDefined,
    Unused,
    Byte,
}

/// How texts are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Unigram,
    Bpe,
}

#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) score: f32,
    pub(super) kind: Kind,
}

/// How texts are normalised before they are cut.
#[derive(Clone, Debug)]
pub(super) struct NormalizerSpec {
    pub(super) charsmap: Vec<u8>,
    pub(super) adds_prefix: bool,
    pub(super) removes_extra_spaces: bool,
    pub(super) escapes_spaces: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) pieces: Vec<Piece>,
    pub(super) algorithm: Algorithm,
    pub(super) byte_fallback: bool,
    pub(super) whitespace_as_suffix: bool,
    pub(super) normalizer: NormalizerSpec,
}

const BROKEN: &str = "not a sentencepiece model, or one that is cut off";

/// A value of the wire format.
enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed(u32),
}

/// Walks over the fields of a message.
fn fields<'a>(
    mut bytes: &'a [u8],
    mut take: impl FnMut(u64, Wire<'a>) -> Result<(), String>,
) -> Result<(), String> {
    while !bytes.is_empty() {
        let key = number(&mut bytes)?;
        let value = match key & 7 {
            0 => Wire::Number(number(&mut bytes)?),
            1 => {
                part(&mut bytes, 8)?;
                continue;
            }
            2 => {
                let length = number(&mut bytes)?;
                Wire::Bytes(part(&mut bytes, length as usize)?)
            }
            5 => {
                let raw = part(&mut bytes, 4)?;
                Wire::Fixed(raw.iter().rev().fold(0, |all, byte| all << 8 | u32::from(*byte)))
            }
            _ => return Err(BROKEN.to_owned()),
        };
        take(key >> 3, value)?;
    }
    Ok(())
}

fn number(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0;
    for place in 0..10 {
        let byte = part(bytes, 1)?[0];
        value |= u64::from(byte & 0x7f) << (7 * place).min(63);
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(BROKEN.to_owned())
}

fn part<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], String> {
    let (head, rest) = bytes.split_at_checked(length).ok_or(BROKEN)?;
    *bytes = rest;
    Ok(head)
}

impl Model {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut model = Self {
            pieces: Vec::new(),
            algorithm: Algorithm::Unigram,
            byte_fallback: false,
            whitespace_as_suffix: false,
            normalizer: NormalizerSpec {
                charsmap: Vec::new(),
                adds_prefix: true,
                removes_extra_spaces: true,
                escapes_spaces: true,
            },
        };
        fields(bytes, |field, value| {
            match (field, value) {
                (1, Wire::Bytes(piece)) => model.pieces.push(read_piece(piece)?),
                (2, Wire::Bytes(spec)) => model.read_trainer(spec)?,
                (3, Wire::Bytes(spec)) => model.normalizer.read(spec)?,
                _ => {}
            }
            Ok(())
        })?;
        if model.pieces.is_empty() {
            return Err(BROKEN.to_owned());
        }
        Ok(model)
    }

    fn read_trainer(&mut self, bytes: &[u8]) -> Result<(), String> {
        fields(bytes, |field, value| {
            match (field, value) {
                (3, Wire::Number(1)) => self.algorithm = Algorithm::Unigram,
                (3, Wire::Number(2)) => self.algorithm = Algorithm::Bpe,
                (3, Wire::Number(_)) => {
                    return Err("a word or character model; unigram and BPE are read".to_owned());
                }
                (24, Wire::Number(flag)) => self.whitespace_as_suffix = flag != 0,
                (35, Wire::Number(flag)) => self.byte_fallback = flag != 0,
                _ => {}
            }
            Ok(())
        })
    }
}

impl NormalizerSpec {
    fn read(&mut self, bytes: &[u8]) -> Result<(), String> {
        fields(bytes, |field, value| {
            match (field, value) {
                (2, Wire::Bytes(charsmap)) => self.charsmap = charsmap.to_vec(),
                (3, Wire::Number(flag)) => self.adds_prefix = flag != 0,
                (4, Wire::Number(flag)) => self.removes_extra_spaces = flag != 0,
                (5, Wire::Number(flag)) => self.escapes_spaces = flag != 0,
                _ => {}
            }
            Ok(())
        })
    }
}

fn read_piece(bytes: &[u8]) -> Result<Piece, String> {
    let mut piece = Piece { text: String::new(), score: 0.0, kind: Kind::Normal };
    fields(bytes, |field, value| {
        match (field, value) {
            (1, Wire::Bytes(text)) => {
                str::from_utf8(text).map_err(|_error| BROKEN)?.clone_into(&mut piece.text);
            }
            (2, Wire::Fixed(bits)) => piece.score = f32::from_bits(bits),
            (3, Wire::Number(kind)) => {
                piece.kind = match kind {
                    1 => Kind::Normal,
                    2 => Kind::Unknown,
                    3 => Kind::Control,
                    4 => Kind::UserDefined,
                    5 => Kind::Unused,
                    6 => Kind::Byte,
                    _ => return Err(BROKEN.to_owned()),
                };
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(piece)
}
