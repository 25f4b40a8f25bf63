//! What one thread executes while it is measured: parts that take turns, each with its work an iteration.

/// A loop to be timed.
pub(crate) struct Part {
    /// Operations, bytes or additions of one iteration.
    pub(crate) work: f64,
    /// Does that many iterations.
    pub(crate) run: Box<dyn FnMut(u64)>,
}

impl Part {
    pub(crate) fn new(work: u64, run: impl FnMut(u64) + 'static) -> Self {
        Self {
            work: work as f64,
            run: Box::new(run),
        }
    }
}

/// Makes the parts of one thread, in that thread, so that its memory is near to it.
pub(crate) type Make<'a> = dyn Fn() -> Vec<Part> + Send + Sync + 'a;
