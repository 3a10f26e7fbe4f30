//! The threads that kernels run on.

use rayon::ThreadPool;

use crate::NnError;

/// A set of threads of its own, so that two models, or a model and the rest of the program, share a
/// machine as their owner wants. Results do not depend on how many there are.
#[derive(Debug)]
pub struct Threads(ThreadPool);

impl Threads {
    /// `count` threads; 0 is one per processor.
    ///
    /// # Errors
    /// When the system gives no more threads.
    pub fn new(count: usize) -> Result<Self, NnError> {
        let name = |index| format!("kernel-{index}");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).thread_name(name).build();
        pool.map(Self).map_err(|source| NnError::Threads { count, message: source.to_string() })
    }

    /// Runs `work` so that every kernel it calls uses these threads.
    pub fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.0.install(work)
    }

    /// How many threads.
    pub fn count(&self) -> usize {
        self.0.current_num_threads()
    }
}
