//! One stream of requests against the fake.

use std::collections::BTreeSet;

use tare_adapter_api::{
    AdapterError, Body, Interval, LoadRequest, RequestProfile, Session, Tensor, check_batch,
};
use tare_clock::Clock;
use tare_units::Nanoseconds;

use crate::executed::Executed;
use crate::output;
use crate::settings::{Mode, Settings};
use crate::timeline::{Timeline, Todo};

pub(crate) struct FakeSession<'m, C> {
    clock: &'m C,
    settings: &'m Settings,
    executed: &'m Executed,
    request: &'m LoadRequest,
    number: u64,
    /// The batches of earlier requests; none where their first requests take no longer.
    met: BTreeSet<usize>,
    last: Option<Vec<Tensor>>,
    eaten: Vec<u8>,
    profiles: Option<Vec<RequestProfile>>,
    device: Vec<Vec<Interval>>,
}

impl<'m, C: Clock> FakeSession<'m, C> {
    pub(crate) fn new(
        clock: &'m C,
        settings: &'m Settings,
        executed: &'m Executed,
        request: &'m LoadRequest,
    ) -> Self {
        Self {
            clock,
            settings,
            executed,
            request,
            number: 0,
            met: BTreeSet::new(),
            last: None,
            eaten: Vec::new(),
            profiles: None,
            device: Vec::new(),
        }
    }

    /// What the host spends on the request under way beside dispatching operators.
    fn host(&mut self, inputs: &[Tensor]) -> Nanoseconds {
        let costs = &self.settings.costs;
        let first = costs.first_of_batch;
        let is_first = first > Nanoseconds::ZERO && self.met.insert(output::rows(inputs));
        costs.host(self.number) + if is_first { first } else { Nanoseconds::ZERO }
    }

    /// Operations of a request of these inputs: as many for each row as the model has for one of its own.
    fn flops(&self, inputs: &[Tensor]) -> u64 {
        let own = self.request.inputs.first();
        let own = own.and_then(|spec| spec.shape.first()).copied();
        let (rows, own) = (
            output::rows(inputs) as u128,
            own.unwrap_or(1).max(1) as u128,
        );
        (u128::from(self.executed.flops) * rows / own) as u64
    }

    /// What the request under way does with `inputs`, each part as many times as long as noise and profiler make it.
    fn timeline(&mut self, inputs: &[Tensor]) -> Timeline {
        let host = self.host(inputs);
        let costs = &self.settings.costs;
        let profiler = self.settings.profiler.filter(|_| self.profiles.is_some());
        let factor = costs.factor(self.number) * profiler.unwrap_or(1.0);
        let times =
            |time: Nanoseconds| Nanoseconds::from_nanos_f64(time.as_nanos() as f64 * factor);
        let operators = self.executed.operators();
        let dispatched = costs.dispatch.as_nanos().saturating_mul(operators);
        let work = costs.work(output::rows(inputs) as u64, self.flops(inputs));
        match self.settings.mode {
            Mode::Synchronous => Timeline {
                latency: times(host + Nanoseconds::from_nanos(dispatched) + work),
                device: Vec::new(),
            },
            Mode::Asynchronous => Todo {
                host: times(host),
                dispatch: times(costs.dispatch),
                operators,
                work: times(work),
            }
            .timeline(),
        }
    }
}

impl<C: Clock> Session for FakeSession<'_, C> {
    fn run(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        self.last = None;
        check_batch(&self.request.inputs, self.request.largest_batch, inputs)?;
        self.number += 1;
        if let Some(fault) = self.settings.fault_at(self.number) {
            self.eaten = fault
                .strike(self.clock)
                .map_err(|reason| AdapterError::Run(reason.to_owned()))?;
        }
        let started = self.clock.now();
        let timeline = self.timeline(inputs);
        let deadline = started + timeline.latency;
        self.settings.wait_until(self.clock, deadline);
        if let Some(profiles) = &mut self.profiles {
            profiles.push(self.executed.profile(timeline.latency));
            self.device.push(timeline.device);
        }
        self.last = Some(inputs.to_vec());
        Ok(())
    }

    fn outputs(&self) -> Result<Vec<Tensor>, AdapterError> {
        let inputs = self
            .last
            .as_ref()
            .ok_or_else(|| AdapterError::Run("no request has run: run one first".to_owned()))?;
        output::tensors(&self.request.outputs, inputs, self.settings.wrong)
    }

    fn enter(&mut self, body: Body<'_>) {
        body(self);
    }

    fn start_profile(&mut self) -> Result<(), AdapterError> {
        if self.settings.profiler.is_none() {
            return Err(AdapterError::NotOffered("a profile by operator"));
        }
        self.profiles = Some(Vec::new());
        self.device.clear();
        Ok(())
    }

    fn end_profile(&mut self) -> Result<Vec<RequestProfile>, AdapterError> {
        let profiles = self.profiles.take();
        profiles.ok_or(AdapterError::NotOffered("a profile by operator"))
    }

    fn device_intervals(&mut self) -> Result<Vec<Vec<Interval>>, AdapterError> {
        match self.settings.mode {
            Mode::Asynchronous => Ok(std::mem::take(&mut self.device)),
            Mode::Synchronous => Err(AdapterError::NotOffered("the busy intervals of a device")),
        }
    }
}
