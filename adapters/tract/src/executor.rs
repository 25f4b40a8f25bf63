//! Where operators execute: on the caller's thread, or in a pool of exactly the threads asked for.

use std::num::NonZeroUsize;
use std::sync::Arc;

use rayon::{ThreadPool, ThreadPoolBuilder};
use tare_adapter_api::AdapterError;
use tract_linalg::multithread::{Executor, multithread_tract_scope};

/// The threads of one session.
pub(crate) struct Threads {
    pool: Option<Arc<ThreadPool>>,
}

impl Threads {
    pub(crate) fn exactly(count: NonZeroUsize) -> Result<Self, AdapterError> {
        if count.get() == 1 {
            return Ok(Self { pool: None });
        }
        let pool = ThreadPoolBuilder::new()
            .num_threads(count.get())
            .thread_name(|index| format!("tract-{index}"))
            .build()
            .map_err(|error| {
                AdapterError::Load(format!(
                    "cannot start {count} threads: {error}: ask for fewer threads or raise the limit on processes"
                ))
            })?;
        Ok(Self {
            pool: Some(Arc::new(pool)),
        })
    }

    /// The pool; `None` where the only thread is the caller's.
    pub(crate) fn pool(&self) -> Option<Arc<ThreadPool>> {
        self.pool.clone()
    }

    /// Runs `body` so that tract splits its operators over these threads and no others.
    pub(crate) fn scope<R>(&self, body: impl FnOnce() -> R) -> R {
        let executor = match &self.pool {
            None => Executor::SingleThread,
            Some(pool) => Executor::MultiThread(Arc::clone(pool)),
        };
        multithread_tract_scope(executor, body)
    }
}

#[cfg(test)]
mod tests {
    use tract_linalg::multithread::current_tract_executor;

    use super::*;

    fn threads(count: usize) -> Threads {
        Threads::exactly(NonZeroUsize::new(count).expect("not zero")).expect("started")
    }

    #[test]
    fn one_thread_is_the_callers() {
        let one = threads(1);
        assert!(one.pool().is_none());
        assert!(matches!(
            one.scope(current_tract_executor),
            Executor::SingleThread
        ));
    }

    #[test]
    fn more_threads_are_a_pool_that_tract_sees_within_the_scope_only() {
        let three = threads(3);
        let pool = three.pool().expect("a pool");
        assert_eq!(pool.current_num_threads(), 3);
        match three.scope(current_tract_executor) {
            Executor::MultiThread(seen) => assert!(Arc::ptr_eq(&seen, &pool)),
            other => panic!("{other:?}"),
        }
        assert!(matches!(current_tract_executor(), Executor::SingleThread));
    }
}
