//! One stream of requests whose batches may differ: bindings of each batch, of which only the last one's outputs are there.

use std::sync::Arc;

use ort::session::Session;
use tare_adapter_api::{AdapterError, Tensor, TensorSpec, check_batch};

use super::Stream;
use crate::plan::Plan;

/// The bindings of every batch that was met; of one alone where all requests have it.
pub(crate) struct Streams<'m> {
    plan: &'m Plan,
    session: Arc<Session>,
    /// By the rows of a request; where all have the same, that one.
    by_batch: Vec<Option<Stream<'m>>>,
    /// Where the last request was.
    current: usize,
}

impl<'m> Streams<'m> {
    /// With nothing bound.
    pub(crate) fn new(plan: &'m Plan, session: &Arc<Session>) -> Result<Self, AdapterError> {
        let (batches, current, specs) = match plan.largest_batch {
            None => (1, 0, plan.specs.clone()),
            Some(largest) => {
                let rows = rows_of(plan).min(largest.get());
                (largest.get() + 1, rows, of_rows(&plan.specs, rows))
            }
        };
        let mut by_batch: Vec<_> = (0..batches).map(|_| None).collect();
        by_batch[current] = Some(Stream::new(plan, session, specs)?);
        Ok(Self {
            plan,
            session: Arc::clone(session),
            by_batch,
            current,
        })
    }

    /// How often the session has run: once a request that reached it, and once more where an output changed its shape.
    pub(crate) fn runs(&self) -> usize {
        self.by_batch.iter().flatten().map(Stream::runs).sum()
    }

    /// Runs one request.
    pub(crate) fn run(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        if self.plan.largest_batch.is_some() {
            self.turn_to(inputs)?;
        }
        self.stream()?.run(inputs)
    }

    /// The outputs of the last request.
    pub(crate) fn outputs(&self) -> Result<Vec<Tensor>, AdapterError> {
        let stream = self.by_batch[self.current].as_ref();
        stream.ok_or_else(unbound)?.outputs()
    }

    /// Makes the batch of `inputs` the current one; the outputs of another one are freed.
    fn turn_to(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        let checked = check_batch(&self.plan.specs, self.plan.largest_batch, inputs);
        let first = inputs.first().and_then(|input| input.shape().first());
        let rows = first.copied().unwrap_or(0);
        if checked.is_err() || rows != self.current {
            self.stream()?.forget()?;
        }
        checked?;
        self.current = rows;
        if self.by_batch[rows].is_none() {
            let specs = of_rows(&self.plan.specs, rows);
            self.by_batch[rows] = Some(Stream::new(self.plan, &self.session, specs)?);
        }
        Ok(())
    }

    fn stream(&mut self) -> Result<&mut Stream<'m>, AdapterError> {
        self.by_batch[self.current].as_mut().ok_or_else(unbound)
    }
}

fn rows_of(plan: &Plan) -> usize {
    let first = plan.specs.first().and_then(|spec| spec.shape.first());
    first.copied().unwrap_or(0)
}

fn of_rows(specs: &[TensorSpec], rows: usize) -> Vec<TensorSpec> {
    let mut specs = specs.to_vec();
    for first in specs.iter_mut().filter_map(|spec| spec.shape.first_mut()) {
        *first = rows;
    }
    specs
}

fn unbound() -> AdapterError {
    AdapterError::Run("no request has run: run one first".to_owned())
}
