//! The report: charts, Markdown and a page that needs nothing else.

use std::path::Path;
use std::sync::OnceLock;

use lagar_core::fsio;
use lagar_explore::Source;
use lagar_explore::report::{MARKDOWN, PAGE, ReportOptions, write};
use tempfile::TempDir;

use crate::{fixture, options, profile};

/// The report of a data set, in a folder of its own.
fn reported(path: &Path) -> (TempDir, Vec<String>) {
    let options = options(path);
    let data = options.find().unwrap();
    let source = Source { data: &data, keys: &options.keys, tokens: &options.tokens };
    let folder = tempfile::tempdir().unwrap();
    let wanted =
        ReportOptions { recipe: Some("process: []".to_owned()), ..ReportOptions::default() };
    let written = write(&profile(&options), source, folder.path(), &wanted).unwrap();
    (folder, written.files)
}

/// The report of the fixture, made once: drawing takes most of a test's time.
fn of_fixture() -> &'static (TempDir, Vec<String>) {
    static REPORT: OnceLock<(TempDir, Vec<String>)> = OnceLock::new();
    REPORT.get_or_init(|| reported(&fixture("rows.jsonl")))
}

fn text(folder: &TempDir, name: &str) -> String {
    fsio::read_text(&folder.path().join(name)).unwrap()
}

#[test]
fn charts_have_the_names_of_the_original_analysis_as_svg_and_png() {
    let (folder, files) = of_fixture();
    for name in ["text_length_analysis", "word_frequency_analysis", "image_analysis"] {
        for ending in ["svg", "png"] {
            let file = format!("charts/{name}.{ending}");
            assert!(files.contains(&file), "{file} in {files:?}");
        }
        let svg = text(folder, &format!("charts/{name}.svg"));
        assert!(svg.starts_with("<svg ") && !svg.contains("NaN"), "{name}");
        let png = std::fs::read(folder.path().join(format!("charts/{name}.png"))).unwrap();
        let picture = lagar_image::decode(&png).unwrap();
        assert!(picture.width() > 900 && picture.height() > 400, "{name}");
    }
}

#[test]
fn the_page_shows_charts_and_pictures_and_loads_nothing() {
    let (folder, _) = of_fixture();
    let page = text(folder, PAGE);
    assert!(page.matches("<svg ").count() >= 12, "{} charts", page.matches("<svg ").count());
    assert!(page.matches("<img src=\"data:image/jpeg;base64,").count() >= 12);
    for reference in ["http:", "https:", "<script", "<link", "src=\"/", "url(h", "@import"] {
        assert!(!page.contains(reference), "{reference}");
    }
    for section in
        ["At a glance", "Problems", "Texts", "Words", "Pictures", "Integrity", "Some rows"]
    {
        assert!(page.contains(&format!("<h2>{section}</h2>")), "{section}");
    }
    assert!(!page.contains("NaN"));
}

#[test]
fn every_problem_is_on_the_page_and_in_the_markdown_with_its_answer() {
    let options = options(&fixture("rows.jsonl"));
    let profile = profile(&options);
    let (folder, _) = of_fixture();
    let (page, markdown) = (text(folder, PAGE), text(folder, MARKDOWN));
    assert!(!profile.problems.is_empty());
    for problem in &profile.problems {
        let headings = markdown.lines().filter(|line| line.starts_with("### "));
        assert!(headings.count() >= profile.problems.len());
        let plain = problem.title.replace(['<', '&', '"', '\''], "\0");
        let piece = plain.split('\0').next().unwrap();
        assert!(page.contains(piece), "{piece}");
        if let Some(remedy) = &problem.remedy {
            assert!(markdown.contains(&format!("- {}:", remedy.operator)), "{}", remedy.operator);
        }
    }
    assert!(markdown.contains("![Pictures](charts/image_analysis.png)"));
}

#[test]
fn the_same_data_give_the_same_bytes() {
    let one = of_fixture();
    let other = reported(&fixture("rows.jsonl"));
    for name in &one.1 {
        let read = |folder: &TempDir| std::fs::read(folder.path().join(name)).unwrap();
        assert_eq!(read(&one.0), read(&other.0), "{name}");
    }
}

#[test]
fn what_a_text_says_becomes_no_markup() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("evil.jsonl");
    let line = "{\"text\": \"<script>alert('x')</script> | [a](http://b) *c* $d$\"}\n";
    fsio::write(&path, line.repeat(30).as_bytes()).unwrap();
    let (reported, _) = reported(&path);
    assert!(!text(&reported, PAGE).contains("<script"));
    assert!(!text(&reported, MARKDOWN).contains("<script"));
}

#[test]
fn a_data_set_without_pictures_or_words_has_a_report_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bare.jsonl");
    fsio::write(&path, b"{\"text\": \"\"}\n{\"text\": \"...\"}\n").unwrap();
    let (reported, files) = reported(&path);
    assert!(files.contains(&PAGE.to_owned()));
    assert!(text(&reported, PAGE).contains("2 rows"));
}
