//! Figures of LaTeX documents: captions, labels, pictures, and the paragraphs that cite them.
//!
//! Source: Data-Juicer 1.6.1, `latex_figure_context_extractor_mapper.py`.

mod figures;

pub use figures::{Figure, figures_of, paragraphs_of};
