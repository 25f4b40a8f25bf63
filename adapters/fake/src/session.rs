//! One stream of requests against the fake.

use tare_adapter_api::{
    AdapterError, Body, LoadRequest, OperatorTime, RequestProfile, Session, Tensor, check_inputs,
};
use tare_clock::Clock;
use tare_units::Nanoseconds;

use crate::output;
use crate::settings::Settings;

pub(crate) struct FakeSession<'m, C> {
    clock: &'m C,
    settings: &'m Settings,
    request: &'m LoadRequest,
    number: u64,
    last: Option<Vec<Tensor>>,
    eaten: Vec<u8>,
    profiles: Option<Vec<RequestProfile>>,
}

impl<'m, C: Clock> FakeSession<'m, C> {
    pub(crate) fn new(clock: &'m C, settings: &'m Settings, request: &'m LoadRequest) -> Self {
        Self {
            clock,
            settings,
            request,
            number: 0,
            last: None,
            eaten: Vec::new(),
            profiles: None,
        }
    }
}

impl<C: Clock> Session for FakeSession<'_, C> {
    fn run(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        self.last = None;
        check_inputs(&self.request.inputs, inputs)?;
        self.number += 1;
        if let Some(fault) = self.settings.fault_at(self.number) {
            self.eaten = fault
                .strike(self.clock)
                .map_err(|reason| AdapterError::Run(reason.to_owned()))?;
        }
        let cost = self
            .settings
            .costs
            .request(self.number, output::rows(inputs) as u64);
        let factor = self.settings.profiler.filter(|_| self.profiles.is_some());
        let cost = Nanoseconds::from_nanos_f64(cost.as_nanos() as f64 * factor.unwrap_or(1.0));
        self.settings.wait(self.clock, cost);
        if let Some(profiles) = &mut self.profiles {
            profiles.push(profile(cost));
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
        Ok(())
    }

    fn end_profile(&mut self) -> Result<Vec<RequestProfile>, AdapterError> {
        let profiles = self.profiles.take();
        profiles.ok_or(AdapterError::NotOffered("a profile by operator"))
    }
}

/// Half of the time in a product, a quarter in each of two sums.
fn profile(cost: Nanoseconds) -> RequestProfile {
    let operator = |name: &str, kind: &str, part| OperatorTime {
        name: Some(name.to_owned()),
        kind: kind.to_owned(),
        count: 1,
        time_ns: cost.as_nanos() / part,
    };
    vec![
        operator("product", "MatMul", 2),
        operator("bias", "Add", 4),
        operator("residual", "Add", 4),
    ]
}
