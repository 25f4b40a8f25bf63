//! A program for each batch of a model whose requests have several, made when the first such request comes.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use tare_adapter_api::{AdapterError, LoadRequest};

use super::model::lowered;
use super::program::Program;
use crate::lower::Weights;

/// The programs of one model, which share its weights.
pub(super) struct Several {
    request: LoadRequest,
    pub(super) largest: NonZeroUsize,
    pub(super) weights: Weights,
    made: Mutex<BTreeMap<usize, Arc<Program>>>,
}

impl Several {
    /// None yet; `None` where requests have one batch.
    pub(super) fn of(request: &LoadRequest) -> Option<Self> {
        Some(Self {
            request: request.clone(),
            largest: request.largest_batch?,
            weights: Weights::default(),
            made: Mutex::default(),
        })
    }

    /// The program for requests of so many rows. Making it reads the file again, as the operators' shapes are other ones.
    ///
    /// # Errors
    /// `Run`, with what hinders it.
    pub(super) fn program(&self, rows: usize) -> Result<Arc<Program>, AdapterError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(program) = made.get(&rows) {
            return Ok(Arc::clone(program));
        }
        let lowered = lowered(&with_rows(&self.request, rows), Some(&self.weights));
        let lowered =
            lowered.map_err(|error| AdapterError::Run(format!("a batch of {rows}: {error}")))?;
        made.insert(rows, Arc::clone(&lowered.program));
        Ok(lowered.program)
    }
}

/// `request` for inputs of so many rows.
pub(super) fn with_rows(request: &LoadRequest, rows: usize) -> LoadRequest {
    let mut request = request.clone();
    let shapes = request.inputs.iter_mut().map(|spec| &mut spec.shape);
    shapes
        .filter_map(|shape| shape.first_mut())
        .for_each(|first| *first = rows);
    request
}
