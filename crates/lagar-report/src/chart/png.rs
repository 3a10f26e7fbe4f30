//! Charts as PNG, from the very SVG that is the other file: resvg draws it.
//!
//! Letters of European languages come from a font inside the program, so that they look the same on
//! every machine, one without fonts included. What that font lacks (Chinese, Japanese, Arabic …) is
//! taken from the machine's fonts, Noto's sans-serif first; what no font has is reported, and the SVG
//! beside shows it wherever there is such a font.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, FaceInfo, Source, Style, Weight};
use resvg::usvg::{FontResolver, Options, Tree};

use crate::ReportError;

/// A picture of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Png {
    /// The file.
    pub bytes: Vec<u8>,
    /// Letters for which neither the program nor the machine has a font.
    pub missing: Vec<char>,
}

const FONT: &[u8] = include_bytes!("../../fonts/LagarSans.ttf");

/// The pixels of `svg` (of [`super::Look::File`]), `scale` pixels for each of its units.
///
/// # Errors
/// When it is no SVG, or too large to be drawn.
pub fn png(svg: &str, scale: f32) -> Result<Png, ReportError> {
    let wrong = |message: String| ReportError::Drawing { message };
    let missing: Mutex<BTreeSet<char>> = Mutex::default();
    let tree = {
        let mut options = Options { fontdb: Arc::new(house_font()), ..Options::default() };
        options.font_resolver = resolver(&missing);
        Tree::from_str(svg, &options).map_err(|error| wrong(error.to_string()))?
    };
    let size = tree.size().to_int_size().scale_by(scale);
    let size = size.ok_or_else(|| wrong(format!("a scale of {scale}")))?;
    let mut pixels = Pixmap::new(size.width(), size.height())
        .ok_or_else(|| wrong(format!("{} × {} pixels", size.width(), size.height())))?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    let bytes = pixels.encode_png().map_err(|error| wrong(error.to_string()))?;
    let missing = missing.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Png { bytes, missing: missing.into_iter().collect() })
}

fn house_font() -> Database {
    let mut fonts = Database::new();
    fonts.load_font_source(Source::Binary(Arc::new(FONT)));
    fonts
}

/// Takes the house font for everything, and for what it lacks the machine's fonts in a fixed order.
fn resolver(missing: &Mutex<BTreeSet<char>>) -> FontResolver<'_> {
    let search = FontResolver::default_fallback_selector();
    FontResolver {
        select_font: Box::new(|_, fonts| fonts.faces().next().map(|face| face.id)),
        select_fallback: Box::new(move |letter, used, fonts| {
            if fonts.len() == 1 {
                for face in machine_fonts() {
                    Arc::make_mut(fonts).push_face_info(face);
                }
            }
            let found = search(letter, used, fonts);
            if found.is_none() && !letter.is_control() {
                missing.lock().unwrap_or_else(PoisonError::into_inner).insert(letter);
            }
            found
        }),
    }
}

/// The upright, regular fonts of the machine: Chinese sans-serifs first, then by name and file.
fn machine_fonts() -> Vec<FaceInfo> {
    let mut fonts = Database::new();
    fonts.load_system_fonts();
    let mut faces: Vec<FaceInfo> = fonts
        .faces()
        .filter(|face| face.style == Style::Normal && face.weight == Weight::NORMAL)
        .cloned()
        .collect();
    faces.sort_by_cached_key(|face| {
        let name = face.families.first().map_or("", |family| family.0.as_str());
        let is_chinese = ["CJK SC", "WenQuanYi", "PingFang", "YaHei", "Source Han Sans"]
            .iter()
            .any(|known| name.contains(known));
        let place = match &face.source {
            Source::File(path) | Source::SharedFile(path, _) => path.clone(),
            Source::Binary(_) => std::path::PathBuf::new(),
        };
        (!is_chinese, !name.contains("Sans"), name.to_owned(), place, face.index)
    });
    faces
}
