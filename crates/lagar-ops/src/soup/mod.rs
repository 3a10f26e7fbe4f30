//! HTML as `BeautifulSoup` reads it with Python's `html.parser`: a tree that closes nothing by itself.
//!
//! Browsers know that a cell ends where the next begins; this parser does not, and tables that leave
//! closing tags out nest. `scan` tells tags, references and comments apart by the rules of Python
//! 3.11, `tree` builds and writes the tree.
//!
//! Source: `BeautifulSoup` 4.15.0 (`bs4/__init__.py`, `_htmlparser.py`), `html/parser.py` of 3.11.

mod scan;
mod tree;

pub use tree::Soup;
