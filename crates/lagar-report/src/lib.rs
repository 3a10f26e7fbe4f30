//! Charts and self-contained HTML.
