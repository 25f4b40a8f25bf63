//! A thread pool that is known to have the threads asked for.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;

use rten::ThreadPool;
use tare_adapter_api::AdapterError;

/// A pool of exactly `threads` threads.
///
/// rten answers a failure to start threads with a pool that executes on the caller's thread; that is refused here.
pub(crate) fn exactly(threads: NonZeroUsize) -> Result<Arc<ThreadPool>, AdapterError> {
    let pool = ThreadPool::with_num_threads(threads.get());
    let started = started(&pool);
    if started == threads.get() {
        Ok(Arc::new(pool))
    } else {
        Err(AdapterError::Load(format!(
            "asked for {threads} threads but {started} could be started: ask for fewer threads or raise the limit on processes"
        )))
    }
}

/// How many threads execute what is given to `pool`; zero where it executes on the caller's.
fn started(pool: &ThreadPool) -> usize {
    let caller = thread::current().id();
    pool.run(|| {
        if thread::current().id() == caller || rayon::current_thread_index().is_none() {
            return 0;
        }
        rayon::broadcast(|_| thread::current().id())
            .into_iter()
            .map(|id| format!("{id:?}"))
            .collect::<BTreeSet<_>>()
            .len()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_threads_start_as_were_asked_for() {
        for threads in [1, 2, 5] {
            let pool = exactly(NonZeroUsize::new(threads).expect("not zero")).expect("started");
            assert_eq!(started(&pool), threads);
        }
    }

    #[test]
    fn what_executes_on_the_callers_thread_counts_as_no_thread() {
        let pool = ThreadPool::with_num_threads(1);
        assert_eq!(pool.run(|| started(&pool)), 0);
    }
}
