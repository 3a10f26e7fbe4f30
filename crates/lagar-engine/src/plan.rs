//! A recipe becomes a plan: operators, passes over the data, and what decides the result.
//!
//! Operators that look at one row at a time run together in one pass; one that needs all rows (a
//! deduplicator, a selector) ends its pass, and its decisions begin the next.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lagar_core::diagnostic::Diagnostic;
use lagar_core::{Digest, RowKeys};
use lagar_ops::{Built, Cost, Kind, Operator, Regroup, Tokens};
use lagar_recipe::{ExportImagePaths, OnError, Recipe, TruncatedImages};

use crate::record::TraceWish;

/// One walk over the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// First operator of the pass.
    pub start: usize,
    /// One behind the last row-local operator.
    pub end: usize,
    /// The operator that ends the pass because it needs all rows.
    pub global: Option<usize>,
}

impl Pass {
    /// One behind the last operator of the pass, the global one included.
    pub fn stop(&self) -> usize {
        self.global.map_or(self.end, |global| global + 1)
    }
}

/// What to do with the rows at the end.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ExportWish {
    /// Whether statistics stay in the rows.
    pub keep_stats: bool,
    /// Whether hashes stay in the rows.
    pub keep_hashes: bool,
    /// Whether rows that came as columns are exported as columns.
    pub columns: bool,
    /// Whether relative picture paths become absolute.
    pub resolve_images: bool,
}

/// A recipe, understood.
#[derive(Debug)]
pub struct Plan {
    /// The recipe's name.
    pub project: String,
    /// The operators with their places, in order.
    pub operators: Vec<(usize, Arc<Operator>)>,
    /// Their names, in order.
    pub names: Vec<&'static str>,
    /// The walks over the data.
    pub passes: Vec<Pass>,
    /// Names of the fields.
    pub keys: RowKeys,
    /// Special tokens.
    pub tokens: Tokens,
    /// The run's seed.
    pub seed: u64,
    /// Whether a bad row stops the run.
    pub fail_on_error: bool,
    /// Whether pictures that are cut off in their data are good enough.
    pub accept_truncated: bool,
    /// Which trace lines to write.
    pub trace: TraceWish,
    /// Whether traces are also written under the names of older Data-Juicer versions.
    pub legacy_traces: bool,
    /// What to do with the rows at the end.
    pub export: ExportWish,
}

impl Plan {
    /// Understands a recipe; the warnings are for the user to read.
    ///
    /// # Errors
    /// With a diagnostic for every operator that cannot be made.
    pub fn from_recipe(recipe: &Recipe) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let (mut operators, mut warnings, mut errors) = (Vec::new(), Vec::new(), Vec::new());
        for (index, call) in recipe.process.iter().enumerate() {
            match Operator::from_call(call) {
                Ok((operator, more)) => {
                    warnings.extend(more);
                    operators.push((index, Arc::new(operator)));
                }
                Err(more) => errors.extend(more),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        errors.extend(misplaced_groupers(&operators, recipe));
        if !errors.is_empty() {
            return Err(errors);
        }
        warnings.extend(repeated_statistics(&operators, recipe));
        let plan = Self {
            project: recipe.project_name.clone(),
            names: operators.iter().map(|(_, operator)| operator.name()).collect(),
            passes: passes(&operators),
            operators,
            keys: RowKeys {
                text: recipe.text_keys.first().cloned().unwrap_or_else(|| "text".to_owned()),
                images: recipe.image_key.clone(),
                image_bytes: recipe.image_bytes_key.clone(),
            },
            tokens: Tokens {
                image: recipe.image_special_token.clone(),
                audio: recipe.audio_special_token.clone(),
                video: recipe.video_special_token.clone(),
                end_of_chunk: recipe.eoc_special_token.clone(),
            },
            seed: recipe.seed,
            fail_on_error: recipe.on_error == OnError::Fail,
            accept_truncated: recipe.truncated_images == TruncatedImages::Accept,
            trace: TraceWish {
                open: recipe.open_tracer.unwrap_or(true),
                limit: recipe.trace_num,
                operators: recipe.op_list_to_trace.clone(),
                keys: recipe.trace_keys.clone(),
            },
            legacy_traces: recipe.trace_legacy_names,
            export: ExportWish {
                keep_stats: recipe.keep_stats_in_res_ds,
                keep_hashes: recipe.keep_hashes_in_res_ds,
                columns: false,
                resolve_images: recipe.export_image_paths == ExportImagePaths::Resolve,
            },
        };
        Ok((plan, warnings))
    }

    /// The digest of the settings that every operator's result depends on.
    pub fn settings_digest(&self) -> Digest {
        let settings =
            serde_json::json!([self.keys, self.tokens, self.seed, self.accept_truncated]);
        Digest::of_parts([b"lagar settings 1".as_slice(), settings.to_string().as_bytes()])
    }

    /// The digest of what is written out beside the rows themselves.
    pub fn output_digest(&self) -> Digest {
        let wishes = serde_json::json!([self.export, self.trace]);
        Digest::of_parts([b"lagar output 1".as_slice(), wishes.to_string().as_bytes()])
    }

    /// Whether any operator measures: then statistics are written beside the export.
    pub fn has_filters(&self) -> bool {
        self.operators.iter().any(|(_, operator)| operator.info.kind == Kind::Filter)
    }

    /// How many operators look at the pixels of pictures.
    pub fn pixel_operators(&self) -> usize {
        let looks = |operator: &Operator| operator.info.cost >= Cost::Pixels;
        self.operators.iter().filter(|(_, operator)| looks(operator)).count()
    }

    /// How many operators cut texts into the pieces of a model.
    pub fn pieces_operators(&self) -> usize {
        pieces_operators(&self.operators)
    }

    /// The operators of a pass, the global one included.
    pub fn operators_of(&self, pass: &Pass) -> &[(usize, Arc<Operator>)] {
        &self.operators[pass.start..pass.stop()]
    }
}

fn passes(operators: &[(usize, Arc<Operator>)]) -> Vec<Pass> {
    let mut passes = Vec::new();
    let mut start = 0;
    for (index, operator) in operators {
        if operator.info.kind.is_global() {
            passes.push(Pass { start, end: *index, global: Some(*index) });
            start = index + 1;
        }
    }
    passes.push(Pass { start, end: operators.len(), global: None });
    passes
}

/// A batched row is no row that another operator could work on, and the reader has none to offer.
fn misplaced_groupers(operators: &[(usize, Arc<Operator>)], recipe: &Recipe) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    for (index, operator) in operators {
        let Built::Grouper(grouper) = &operator.built else {
            continue;
        };
        let name = operator.name();
        let place = &recipe.process[*index].name_location;
        if grouper.regroup() == Regroup::Scatter {
            let message = format!("`{name}` works on batched rows, which a data set has none of");
            let error = place.error(message, "not in a recipe");
            errors.push(error.with_hint("`lagar ops serve` runs it on rows it is given"));
        } else if index + 1 < operators.len() {
            let message = format!("`{name}` must be the last operator");
            let error = place.error(message, "its rows are lists");
            errors.push(error.with_hint("put it at the end of `process`"));
        }
    }
    errors
}

/// Data-Juicer does not measure a statistic twice; where that makes an operator judge by another
/// operator's numbers, the user should know.
fn repeated_statistics(operators: &[(usize, Arc<Operator>)], recipe: &Recipe) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    for (index, operator) in operators {
        if !matches!(operator.info.kind, Kind::Filter | Kind::Deduplicator) {
            continue;
        }
        let earlier = operators[..*index].iter().find(|(_, other)| {
            other.info.kind == operator.info.kind && other.info.writes == operator.info.writes
        });
        let Some((place, earlier)) = earlier else {
            continue;
        };
        let mapped = operators[*place..*index].iter().any(|(_, o)| o.info.kind == Kind::Mapper);
        if mapped || earlier.measure_digest() != operator.measure_digest() {
            let message = format!(
                "`{}` judges by the statistic that operator {} measured: Data-Juicer does not \
                 measure `{}` twice",
                operator.name(),
                place + 1,
                operator.info.writes.join("`, `"),
            );
            let call = &recipe.process[*index];
            warnings.push(call.name_location.warning(message, "not measured again"));
        }
    }
    warnings
}

/// Where the files of a run go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunPaths {
    /// The run folder: ledger, traces, events, intermediate results.
    pub folder: PathBuf,
    /// The exported data set.
    pub export: PathBuf,
}

impl RunPaths {
    /// The paths a recipe asks for.
    ///
    /// The run folder is `work_dir/job_id` where the recipe names a job, else `NAME.run` in
    /// `work_dir` or beside the export, so that a second run of the same recipe finds the first.
    pub fn of(recipe: &Recipe) -> Self {
        let export = PathBuf::from(&recipe.export_path);
        let beside = || export.parent().unwrap_or(Path::new("")).to_owned();
        let base = recipe.work_dir.as_ref().map_or_else(beside, PathBuf::from);
        let stem = stem_of(&export);
        let name = recipe.job_id.clone().unwrap_or_else(|| format!("{stem}.run"));
        let folder = if base.ends_with(&name) { base } else { base.join(name) };
        Self { folder, export }
    }

    /// The statistics of the exported rows, beside the export (`NAME_stats.jsonl`).
    pub fn stats(&self) -> PathBuf {
        self.export.with_file_name(format!("{}_stats.jsonl", stem_of(&self.export)))
    }

    /// The ledger.
    pub fn ledger(&self) -> PathBuf {
        self.folder.join("ledger.parquet")
    }
}

/// A file's name up to its first ending that means a format (`kept` of `kept.jsonl.zst`).
pub fn stem_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = name.trim_end_matches(".zst").trim_end_matches(".gz").to_owned();
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem.to_owned(),
        _ => name,
    }
}
/// How many of the operators have a sentencepiece model.
pub(crate) fn pieces_operators(operators: &[(usize, Arc<Operator>)]) -> usize {
    let cuts = |operator: &Operator| {
        operator.built.files().iter().any(|wish| wish.parameter == "tokenizer_model")
    };
    operators.iter().filter(|(_, operator)| cuts(operator)).count()
}
