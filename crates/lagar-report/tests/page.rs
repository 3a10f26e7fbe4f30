//! The page as a browser gets it: everything in one file, everything escaped.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use lagar_core::models::PictureSource;
use lagar_report::chart::{Bar, Bars};
use lagar_report::{
    Card, CardPicture, Cards, Changes, Code, Facts, Figure, Figures, Fold, Notice, Page, Section,
    Table, Thumbnail, Tone,
};

/// A PNG of one pixel.
const PIXEL: [u8; 67] = [
    137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0,
    0, 0, 58, 126, 155, 85, 0, 0, 0, 10, 73, 68, 65, 84, 120, 156, 99, 104, 0, 0, 0, 130, 0, 129,
    119, 205, 114, 182, 0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
];

const EVIL: &str = "</style><script src=\"https://evil.example/x.js\"></script>\"'&";

fn page_of(text: &str) -> String {
    let bars = Bars {
        title: text.to_owned(),
        value_label: text.to_owned(),
        series: vec![text.to_owned(), text.to_owned()],
        groups: vec![(text.to_owned(), vec![Bar::new(1.0, Some((0.5, 1.5))), Bar::new(2.0, None)])],
    };
    let picture = Thumbnail::of(&PictureSource::Bytes(PIXEL.to_vec()), text, 64).unwrap();
    let card = Card::new(text)
        .subtitle(text)
        .badge(text, Tone::Bad)
        .field(text, text, Tone::Good)
        .changes(Changes::between(text, &text.replace('e', "<script>")))
        .picture(CardPicture::Shown(picture))
        .picture(CardPicture::Missing(text.to_owned()));
    let section = Section::new(text)
        .with(text)
        .with(Notice::note(text))
        .with(Facts::default().with(text, text))
        .with(Table::new([text, text]).caption(text).row([text, text]))
        .with(Figure::new(&bars, text))
        .with(Figures::new([Figure::new(&bars, text), Figure::new(&bars, text)]))
        .with(Code::new(text))
        .with(Fold::new(text).opened().with(text))
        .with(Cards::new([card]));
    Page::new(text)
        .lead(text)
        .footer(text)
        .notice(Notice::warning(text))
        .section(section.clone())
        .section(section.clone())
        .section(section)
        .render()
}

#[test]
fn nothing_that_a_data_set_says_becomes_markup() {
    let html = page_of(EVIL);
    assert!(!html.contains("<script"), "a script got through");
    assert_eq!(html.matches("</style>").count(), 1);
    assert!(html.contains("evil.example"), "the text itself is there to be read");
    for attribute in ["aria-label=\"", "alt=\""] {
        for rest in html.split(attribute).skip(1) {
            let value = rest.split('"').next().unwrap();
            assert!(value.contains("script"), "an attribute ended early: {value}");
        }
    }
}

#[test]
fn the_page_loads_nothing() {
    let html = page_of("plain words");
    for reference in
        ["http:", "https:", "src=\"/", "url(h", "url(/", "url('", "@import", "<link", "<script"]
    {
        assert!(!html.contains(reference), "{reference}");
    }
    let sources: Vec<&str> = html.split("src=\"").skip(1).collect();
    assert_eq!(sources.len(), 3);
    assert!(sources.iter().all(|source| source.starts_with("data:image/")));
    assert!(html.contains("default-src 'none'; img-src data:"));
}

#[test]
fn every_piece_is_shown_in_its_place() {
    let html = page_of("plain words");
    let place = |what: &str| html.find(what).unwrap_or_else(|| unreachable!("no {what}"));
    assert!(place("class=\"notice warning\"") < place("<section"));
    assert!(place("<section") < place("<table>") && place("<table>") < place("<svg "));
    assert!(place("<details open>") < place("class=\"card\""));
    assert!(place("<nav>") < place("<main>"));
}

#[test]
fn what_is_no_picture_is_an_error_that_names_it() {
    let source = PictureSource::Bytes(b"not a picture".to_vec());
    let error = Thumbnail::of(&source, "row 7", 64).unwrap_err();
    assert!(error.to_string().starts_with("picture row 7: "), "{error}");
}
