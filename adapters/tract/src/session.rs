//! One stream of requests: its threads, its copies of the inputs, and the outputs of the last request.

use tare_adapter_api::{AdapterError, Body, RequestProfile, Session, Tensor, check_batch};
use tare_clock::MonotonicClock;
use tract_onnx::prelude::{TValue, TVec, TypedSimpleState};

use crate::executor::Threads;
use crate::input::Slot;
use crate::load::TractModel;
use crate::output;
use crate::profile;

/// The outputs of a request live until the next one starts, which frees them within its own bracket.
pub(crate) struct TractSession<'m> {
    loaded: &'m TractModel,
    threads: Threads,
    state: TypedSimpleState,
    slots: Vec<Slot>,
    outputs: Option<TVec<TValue>>,
    /// Of the requests since the profiler was turned on; `None` while it is off.
    profiles: Option<Vec<RequestProfile>>,
}

impl<'m> TractSession<'m> {
    pub(crate) fn new(loaded: &'m TractModel) -> Result<Self, AdapterError> {
        let state = loaded.plan.spawn();
        let slots = loaded.order.iter();
        Ok(Self {
            loaded,
            threads: Threads::exactly(loaded.threads)?,
            state: state.map_err(|error| AdapterError::Load(format!("{error:#}")))?,
            slots: slots
                .map(|index| Slot::new(*index, &loaded.inputs[*index]))
                .collect::<Result<_, _>>()?,
            outputs: None,
            profiles: None,
        })
    }

    fn execute(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        self.outputs = None;
        let specs = &self.loaded.inputs;
        check_batch(specs, self.loaded.largest_batch, inputs)?;
        let slots = self.slots.iter_mut();
        let values = slots
            .map(|slot| slot.fill(specs, inputs))
            .collect::<Result<TVec<TValue>, AdapterError>>()?;
        let (state, profiles) = (&mut self.state, &mut self.profiles);
        let outputs = self.threads.scope(|| match profiles {
            None => state.run(values),
            Some(profiles) => {
                let (outputs, profile) = profile::run(state, values, &MonotonicClock)?;
                profiles.push(profile);
                Ok(outputs)
            }
        });
        self.outputs = Some(outputs.map_err(|error| self.abandoned(&error))?);
        Ok(())
    }

    /// Forgets what a request that failed half-way has left behind.
    fn abandoned(&mut self, error: &dyn std::fmt::Display) -> AdapterError {
        let reset = self.state.reset_turn();
        AdapterError::Run(match reset {
            Ok(()) => format!("{error:#}"),
            Err(second) => format!("{error:#}; and then: {second:#}"),
        })
    }
}

impl Session for TractSession<'_> {
    fn run(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        self.execute(inputs)
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
        match self.threads.pool() {
            None => body(self),
            Some(pool) => pool.install(|| body(self)),
        }
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
