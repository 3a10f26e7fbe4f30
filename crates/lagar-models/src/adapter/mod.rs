//! LoRA adapters as `peft` writes them: read, checked against a base, laid over a model, merged.
//!
//! [`AdapterFolder`] reads a folder of any version of `peft`, and the run folders of LLaVA and MGM,
//! which have `non_lora_trainables.bin` besides. [`AdapterFolder::over`] is what a model is loaded
//! with; [`check`] says everything that does not fit; [`merge`] writes a checkpoint without an
//! adapter. Nothing here ever goes on with an adapter of which not a single matrix has a place in its
//! base: that a model silently runs unadapted is the commonest complaint about adapters.
//!
//! Sources: `peft` 0.4 to 0.21 (`config.py`, `utils/save_and_load.py`, `tuners/tuners_utils.py`,
//! `tuners/lora`), LLaVA's `model/builder.py`.

mod check;
mod config;
mod copying;
mod fit;
mod folder;
mod merge;
mod names;
mod summary;
mod target;

pub use check::{Check, Finding, check};
pub use config::{AdapterConfig, Targets};
pub use folder::{AdapterFolder, Module};
pub use merge::{Merge, MergeOptions, MergedModule, merge};
pub use summary::{Group, Summary, summary};
