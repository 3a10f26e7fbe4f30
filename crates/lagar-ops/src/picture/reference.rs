//! References to a picture inside a container file: `shard.tar#offset=512,len=1024,name=000.jpg`.
//!
//! A row of a tar shard names its pictures this way, so that they are read where they lie, and a
//! ledger or a message still says which member of which shard was meant.

use std::fmt;
use std::path::Path;

use lagar_core::models::PictureSource;

/// A part of a container file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartReference {
    /// The path of the container.
    pub container: String,
    /// Where the picture starts, in bytes.
    pub offset: u64,
    /// How long it is, in bytes.
    pub len: u64,
    /// The member's name; only for people.
    pub name: Option<String>,
}

impl PartReference {
    /// The reference that `path` is; `None` when it is a plain path.
    ///
    /// ```
    /// use lagar_ops::picture::PartReference;
    /// let part = PartReference::parse("a#b.tar#offset=512,len=7,name=x,y.jpg").unwrap();
    /// assert_eq!((part.container.as_str(), part.offset, part.len), ("a#b.tar", 512, 7));
    /// assert_eq!(part.name.as_deref(), Some("x,y.jpg"));
    /// assert_eq!(part.to_string(), "a#b.tar#offset=512,len=7,name=x,y.jpg");
    /// assert_eq!(PartReference::parse("a#offset=b.jpg"), None);
    /// ```
    pub fn parse(path: &str) -> Option<Self> {
        let (container, place) = path.split_once("#offset=")?;
        let (offset, rest) = place.split_once(",len=")?;
        let (len, name) = match rest.split_once(",name=") {
            Some((len, name)) => (len, Some(name.to_owned())),
            None => (rest, None),
        };
        let (offset, len) = (number(offset)?, number(len)?);
        (!container.is_empty()).then(|| Self { container: container.to_owned(), offset, len, name })
    }

    /// Where the picture at `path` is, seen from the folder `base`.
    pub(super) fn locate(path: &str, base: &Path) -> PictureSource {
        match Self::parse(path) {
            Some(part) => PictureSource::Part {
                file: base.join(part.container),
                offset: part.offset,
                len: part.len,
            },
            None => PictureSource::File(base.join(path)),
        }
    }
}

/// Plain digits, so that every reference has one spelling.
fn number(digits: &str) -> Option<u64> {
    digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok())?
}

impl fmt::Display for PartReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}#offset={},len={}", self.container, self.offset, self.len)?;
        match &self.name {
            Some(name) => write!(formatter, ",name={name}"),
            None => Ok(()),
        }
    }
}
