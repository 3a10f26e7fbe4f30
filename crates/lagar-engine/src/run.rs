//! A whole run: passes, global decisions, outputs; and what is left of it for the next one.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use lagar_core::event::{Event, Listener, OperatorCount};
use lagar_core::{CoreError, Digest, fsio};
use serde::{Deserialize, Serialize};

use crate::EngineError;
use crate::assemble::Assembly;
use crate::events::EventLog;
use crate::global;
use crate::monitor::{Entry, Sampler};
use crate::plan::{Plan, RunPaths};
use crate::sink::{Export, ExportPlan, ExportedFile, Exporter};
use crate::source::DataSet;
use crate::store::Store;
use crate::walk::{Finished, Global, Walk};

/// A run that is about to begin.
#[derive(Debug)]
pub struct Run<'a> {
    /// The recipe, understood.
    pub plan: &'a Plan,
    /// The data.
    pub data: &'a DataSet,
    /// Where the files go.
    pub paths: &'a RunPaths,
    /// How the export is written.
    pub export: ExportPlan,
    /// The resolved recipe, kept in the run folder.
    pub recipe: String,
    /// Worker threads.
    pub threads: usize,
    /// Whether to forget earlier work and replace earlier outputs.
    pub fresh: bool,
    /// Whether to sample CPU and memory.
    pub monitor: bool,
    /// Set when the user wants to stop.
    pub stop: &'a AtomicBool,
    /// Who hears of what happens.
    pub listener: &'a dyn Listener,
}

/// What a run did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The version of this format.
    pub version: u32,
    /// `project_name` of the recipe.
    pub project: String,
    /// Rows read, bad ones included.
    pub rows: u64,
    /// Rows exported.
    pub kept: u64,
    /// Rows put aside, by the reader and by operators.
    pub quarantined: u64,
    /// Rows put aside by the reader.
    pub unreadable: u64,
    /// Rows left out by the reader because they have no text.
    pub without_text: u64,
    /// The operators, in order.
    pub operators: Vec<OperatorReport>,
    /// The exported files.
    pub exported: Vec<ExportedFile>,
    /// Chunks whose every operator's result was taken from an earlier run.
    pub reused_chunks: u64,
    /// Chunks there are, counted once per pass.
    pub chunks: u64,
    /// Wall-clock seconds of this process.
    pub secs: f64,
    /// The run folder.
    pub run_folder: PathBuf,
}

/// What one operator did.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct OperatorReport {
    /// Its name.
    pub name: String,
    /// Its kind in one word.
    pub kind: String,
    /// Rows in.
    pub rows: u64,
    /// Rows out.
    pub kept: u64,
    /// Rows it decided against.
    pub dropped: u64,
    /// Rows put aside with an error.
    pub quarantined: u64,
    /// Rows whose text or pictures it changed.
    pub changed: u64,
    /// Seconds of one core, summed over threads; 0 where results were reused.
    pub secs: f64,
}

impl Run<'_> {
    /// Runs to the end, or to the first error; finished chunks stay for the next run.
    ///
    /// # Errors
    /// When reading, working or writing fails as a whole, or the user stops the run.
    pub fn execute(self) -> Result<Report, EngineError> {
        let started = Instant::now();
        let store = Store::new(&self.paths.folder);
        fsio::make_folder(store.folder())?;
        let _lock = lock(store.folder())?;
        let owned = Ownership::new(&store, &self.export.path);
        self.prepare(&store, &owned)?;
        let log = EventLog::open(&self.paths.folder, self.listener)?;
        log.hear(&Event::RunStarted {
            project: self.plan.project.clone(),
            operators: self.plan.names.iter().map(|name| (*name).to_owned()).collect(),
            input_bytes: self.data.bytes(),
            threads: self.threads,
        });
        let counter = ReuseCounter::new(&log);
        let (passes, globals, monitor) = self.walk(&store, &counter)?;
        owned.claim()?;
        let (export, refused) = self.assemble(&store, &passes, &globals)?;
        for message in export.warnings {
            log.hear(&Event::Warning { message });
        }
        if refused > 0 {
            let message =
                format!("{refused} rows do not fit the export's format and were put aside");
            log.hear(&Event::Warning { message });
        }
        owned.done(&export.files)?;
        if self.monitor {
            let json = serde_json::to_vec(&monitor).unwrap_or_default();
            fsio::write(self.paths.folder.join("monitor/monitor.json"), &json)?;
        }
        forget_outputs(&store, &passes)?;
        let mut report = self.report(&passes, export.files, counter.reused());
        report.quarantined += refused;
        report.secs = started.elapsed().as_secs_f64();
        log.hear(&Event::RunFinished {
            rows: report.rows,
            kept: report.kept,
            quarantined: report.quarantined,
            secs: report.secs,
        });
        let json = serde_json::to_vec_pretty(&report).unwrap_or_default();
        fsio::write(self.paths.folder.join("report.json"), &json)?;
        Ok(report)
    }

    /// Makes the run folder ready: nothing left over, nobody else's export in the way.
    fn prepare(&self, store: &Store, owned: &Ownership) -> Result<(), EngineError> {
        fsio::remove_all_leftovers(&self.paths.folder)?;
        if self.fresh {
            for part in ["chunks", "global", "spill"] {
                fsio::remove_folder(&store.folder().join(part))?;
            }
        } else {
            owned.check(&self.export, &self.paths.stats())?;
        }
        let recipe = self.paths.folder.join("recipe.yaml");
        Ok(fsio::write(recipe, self.recipe.as_bytes())?)
    }

    /// Puts the outputs in place; returns the export and how many rows its format cannot hold.
    fn assemble(
        &self,
        store: &Store,
        passes: &[Vec<Finished>],
        globals: &[Global],
    ) -> Result<(Export, u64), EngineError> {
        fsio::remove_leftovers(&self.export.path)?;
        fsio::remove_leftovers(&self.paths.stats())?;
        let repeats = globals.iter().find_map(|global| global.repeats);
        let groups = globals.iter().find_map(|global| global.groups.as_ref());
        let groups = groups.map(|groups| groups.as_slice());
        let (plan, paths) = (self.plan, self.paths);
        let assembly = Assembly { plan, paths, store, passes, repeats, groups };
        assembly.run(Exporter::create(self.export.clone())?)
    }

    #[expect(clippy::type_complexity, reason = "three lists that only meet here")]
    fn walk(
        &self,
        store: &Store,
        listener: &dyn Listener,
    ) -> Result<(Vec<Vec<Finished>>, Vec<Global>, Vec<Entry>), EngineError> {
        let (mut passes, mut globals, mut entries) = (Vec::new(), Vec::<Global>::new(), Vec::new());
        let count = self.plan.passes.len();
        for pass in 0..count {
            listener.hear(&Event::PassStarted { pass, passes: count });
            let sampler = self.monitor.then(Sampler::start);
            let walk = Walk {
                plan: self.plan,
                data: self.data,
                store,
                threads: self.threads,
                stop: self.stop,
                listener,
                globals: &globals,
            };
            let finished = walk.run(pass)?;
            let decided = global::decide(&walk, pass, &finished)?;
            if globals.iter().any(|global| global.repeats.is_some()) && decided.is_some() {
                return Err(EngineError::Export {
                    path: self.export.path.clone(),
                    message:
                        "a selector that repeats rows must be the last operator that looks at \
                              all rows"
                            .to_owned(),
                });
            }
            globals.extend(decided);
            passes.push(finished);
            let operators = self.plan.operators_of(&self.plan.passes[pass]);
            let names = operators.iter().map(|(_, operator)| operator.name().to_owned()).collect();
            let secs = operators.iter().map(|(index, _)| secs_of(*index, passes.last())).collect();
            entries.extend(sampler.map(|sampler| sampler.finish(names, secs)));
        }
        Ok((passes, globals, entries))
    }

    fn report(
        &self,
        passes: &[Vec<Finished>],
        exported: Vec<ExportedFile>,
        reused_chunks: u64,
    ) -> Report {
        let mut operators: Vec<OperatorReport> = self
            .plan
            .operators
            .iter()
            .map(|(_, operator)| OperatorReport {
                name: operator.name().to_owned(),
                kind: operator.info.kind.name().to_owned(),
                ..OperatorReport::default()
            })
            .collect();
        let summaries = || passes.iter().flatten().map(|chunk| &chunk.summary);
        for OperatorCount { index, rows, kept, quarantined, changed, secs } in
            summaries().flat_map(|summary| &summary.counts)
        {
            let report = &mut operators[*index];
            report.rows += rows;
            report.kept += kept;
            report.quarantined += quarantined;
            report.changed += changed;
            report.secs += secs;
        }
        for report in &mut operators {
            report.dropped = report.rows.saturating_sub(report.kept + report.quarantined);
        }
        let first = || passes.first().into_iter().flatten().map(|chunk| &chunk.summary);
        let unreadable: u64 = first().map(|summary| summary.unreadable).sum();
        Report {
            version: 1,
            project: self.plan.project.clone(),
            rows: first().map(|summary| summary.rows).sum(),
            kept: exported.iter().map(|file| file.rows).sum(),
            quarantined: unreadable
                + operators.iter().map(|report| report.quarantined).sum::<u64>(),
            unreadable,
            without_text: first().map(|summary| summary.without_text).sum(),
            operators,
            exported,
            reused_chunks,
            chunks: passes.iter().map(|pass| pass.len() as u64).sum(),
            secs: 0.0,
            run_folder: self.paths.folder.clone(),
        }
    }
}

/// The seconds that an operator took in a pass.
fn secs_of(operator: usize, pass: Option<&Vec<Finished>>) -> f64 {
    let counts = pass.into_iter().flatten().flat_map(|chunk| &chunk.summary.counts);
    counts.filter(|count| count.index == operator).map(|count| count.secs).sum()
}

/// The chunks' shares are in the outputs now; what operators measured stays for the next run.
fn forget_outputs(store: &Store, passes: &[Vec<Finished>]) -> Result<(), EngineError> {
    fsio::remove_folder(&store.spill())?;
    for (pass, chunks) in passes.iter().enumerate() {
        for chunk in chunks {
            let path = store.output(pass, chunk.chunk);
            std::fs::remove_file(&path).map_err(CoreError::file("remove", path))?;
        }
    }
    Ok(())
}

/// Two processes in one run folder would spoil each other's work.
fn lock(folder: &Path) -> Result<std::fs::File, EngineError> {
    let path = folder.join("lock");
    let file = std::fs::File::create(&path).map_err(CoreError::file("create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_held) => Err(EngineError::RunFolder {
            path,
            message: "another lagar is working in this run folder".to_owned(),
        }),
    }
}

/// Whether the export that is there is this run's own to replace.
struct Ownership {
    file: PathBuf,
    export: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Owned {
    export: PathBuf,
    /// Empty while the export is being written.
    files: Vec<ExportedFile>,
}

impl Ownership {
    fn new(store: &Store, export: &Path) -> Self {
        Self { file: store.folder().join("export.json"), export: export.to_owned() }
    }

    /// Refuses to go on where somebody else's file would be replaced.
    fn check(&self, plan: &ExportPlan, stats: &Path) -> Result<(), EngineError> {
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        let owned: Option<Owned> = serde_json::from_str(&text).ok();
        let owned = owned.filter(|owned| owned.export == self.export);
        let strange = |path: PathBuf| EngineError::Export {
            path,
            message: "the file is there and was not written by this run, or was changed since"
                .to_owned(),
        };
        // The statistics have one name for all exports of a stem, so any export of ours will do.
        if text.is_empty() && stats.exists() {
            return Err(strange(stats.to_owned()));
        }
        for file in plan.in_the_way()? {
            let mine = owned.as_ref().is_some_and(|owned| {
                // While an export is being put in place, whatever has its names is ours.
                let known =
                    owned.files.iter().find(|known| known.path.file_name() == file.file_name());
                owned.files.is_empty()
                    || known.is_some_and(|known| file_digest(&file) == Some(known.digest))
            });
            if !mine {
                return Err(strange(file));
            }
        }
        Ok(())
    }

    fn claim(&self) -> Result<(), EngineError> {
        self.write(Vec::new())
    }

    fn done(&self, files: &[ExportedFile]) -> Result<(), EngineError> {
        self.write(files.to_vec())
    }

    fn write(&self, files: Vec<ExportedFile>) -> Result<(), EngineError> {
        let owned = Owned { export: self.export.clone(), files };
        let json = serde_json::to_vec(&owned).unwrap_or_default();
        Ok(fsio::write(&self.file, &json)?)
    }
}

/// The digest of a file's bytes, as the exporter takes it.
fn file_digest(path: &Path) -> Option<Digest> {
    let mut hasher = blake3::Hasher::new();
    let mut file = fsio::open(path).ok()?;
    std::io::copy(&mut file, &mut hasher).ok()?;
    Some(Digest::of_hasher(&hasher))
}

/// Counts chunks that needed no work, from the events on their way to the log.
#[derive(Debug)]
struct ReuseCounter<'a> {
    next: &'a dyn Listener,
    reused: std::sync::atomic::AtomicU64,
}

impl<'a> ReuseCounter<'a> {
    fn new(next: &'a dyn Listener) -> Self {
        Self { next, reused: std::sync::atomic::AtomicU64::new(0) }
    }

    fn reused(&self) -> u64 {
        self.reused.load(std::sync::atomic::Ordering::Relaxed)
    }
}

impl Listener for ReuseCounter<'_> {
    fn hear(&self, event: &Event) {
        if let Event::ChunkFinished { reused, operators, .. } = event
            && *reused > 0
            && *reused >= operators.len()
        {
            self.reused.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        self.next.hear(event);
    }
}
