//! One stream of requests: its own thread pool, its buffers, and the outputs of the last request.

use std::num::NonZeroUsize;
use std::sync::Arc;

use rten::{NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use tare_adapter_api::{AdapterError, Body, RequestProfile, Session, Tensor, check_batch};

use crate::capture::capture_stdout;
use crate::input::{Buffer, Slot};
use crate::load::RtenModel;
use crate::output;
use crate::pool;
use crate::profile;

/// The outputs of a request live until the next one starts, which frees them within its own bracket.
pub(crate) struct RtenSession<'m> {
    loaded: &'m RtenModel,
    pool: Arc<ThreadPool>,
    slots: Vec<Slot>,
    outputs: Option<Vec<Value>>,
    /// Of the requests since the profiler was turned on; `None` while it is off.
    profiles: Option<Vec<RequestProfile>>,
}

impl<'m> RtenSession<'m> {
    pub(crate) fn new(loaded: &'m RtenModel, threads: NonZeroUsize) -> Result<Self, AdapterError> {
        let slots = loaded
            .inputs
            .iter()
            .zip(&loaded.input_nodes)
            .filter_map(|(spec, node)| {
                Some(Slot {
                    node: *node,
                    buffer: Buffer::for_type(spec.dtype)?,
                })
            })
            .collect();
        Ok(Self {
            loaded,
            pool: pool::exactly(threads)?,
            slots,
            outputs: None,
            profiles: None,
        })
    }

    fn execute(&mut self, inputs: &[Tensor], options: RunOptions) -> Result<(), AdapterError> {
        self.outputs = None;
        let loaded = self.loaded;
        check_batch(&loaded.inputs, loaded.largest_batch, inputs)?;
        for ((slot, spec), input) in self.slots.iter_mut().zip(&loaded.inputs).zip(inputs) {
            slot.buffer.fill(&spec.name, input)?;
        }
        let views = self
            .slots
            .iter()
            .zip(inputs)
            .map(|(slot, input)| Ok((slot.node, slot.buffer.view(input)?)))
            .collect::<Result<Vec<(NodeId, ValueOrView)>, AdapterError>>()?;
        let outputs = loaded
            .model
            .run(views, &loaded.output_nodes, Some(options))
            .map_err(|error| AdapterError::Run(error.to_string()))?;
        self.outputs = Some(outputs);
        Ok(())
    }

    fn execute_profiled(&mut self, inputs: &[Tensor]) -> Result<RequestProfile, AdapterError> {
        let mut options = self.options().with_timing(true).with_timing_by_shape(true);
        options.timing_sort = rten::TimingSort::ByName;
        let (text, result) =
            capture_stdout(|| self.execute(inputs, options)).map_err(|error| unreadable(&error))?;
        result?;
        profile::parse(&text).map_err(|error| unreadable(&error))
    }

    fn options(&self) -> RunOptions {
        RunOptions::default().with_thread_pool(Some(Arc::clone(&self.pool)))
    }
}

impl Session for RtenSession<'_> {
    fn run(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        if self.profiles.is_some() {
            let profile = self.execute_profiled(inputs)?;
            self.profiles.get_or_insert_default().push(profile);
            return Ok(());
        }
        let options = self.options();
        self.execute(inputs, options)
    }

    fn outputs(&self) -> Result<Vec<Tensor>, AdapterError> {
        let values = self
            .outputs
            .as_ref()
            .ok_or_else(|| AdapterError::Run("no request has run: run one first".to_owned()))?;
        self.loaded
            .outputs
            .iter()
            .zip(values)
            .map(|(spec, value)| output::tensor(spec, value))
            .collect()
    }

    fn enter(&mut self, body: Body<'_>) {
        let pool = Arc::clone(&self.pool);
        pool.run(|| body(self));
    }

    fn start_profile(&mut self) -> Result<(), AdapterError> {
        self.profiles = Some(Vec::new());
        Ok(())
    }

    fn end_profile(&mut self) -> Result<Vec<RequestProfile>, AdapterError> {
        self.profiles
            .take()
            .ok_or_else(|| AdapterError::Run("no profile was started: start one first".to_owned()))
    }
}

fn unreadable(error: &dyn std::fmt::Display) -> AdapterError {
    AdapterError::Run(format!("cannot read rten's profile: {error}"))
}
