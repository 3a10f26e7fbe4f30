//! Charts and self-contained HTML: what lagar found out, to look at, to keep and to mail.
//!
//! A [`Page`] is one file that loads nothing: style, charts (SVG) and pictures (small JPEGs) are in it,
//! and its content security policy forbids the browser to fetch anything. It needs no script; what can
//! be folded is a `details` element. It follows the reader's choice of light or dark.
//!
//! Who writes a report says *what* is shown ([`Block`]s in [`Section`]s); how it looks is decided here
//! alone. Every text is escaped, whatever a data set put into it.
//!
//! ```
//! use lagar_report::{Block, Notice, Page, Section, Table};
//! let mut section = Section::new("Answers");
//! section.push(Table::new(["answer", "times"]).row(["<b>yes</b>", "12"]));
//! let page = Page::new("Two models").notice(Notice::warning("five answers only")).section(section);
//! let html = page.render();
//! assert!(html.contains("&#60;b&#62;yes"));
//! # let _: Block = Table::default().into();
//! ```

pub mod chart;

mod block;
mod card;
mod changes;
mod error;
mod notice;
mod page;
mod table;
mod thumbnail;
pub mod words;

pub use block::{Block, Code, Facts, Figure, Figures, Fold};
pub use card::{Card, CardPicture, Cards, Field};
pub use changes::Changes;
pub use error::ReportError;
pub use notice::{Notice, Tone};
pub use page::{Page, Section};
pub use table::{Align, Cell, Table};
pub use thumbnail::Thumbnail;
