//! One stream of requests against the fake.

use tare_adapter_api::{AdapterError, Body, LoadRequest, Session, Tensor, check_inputs};
use tare_clock::Clock;

use crate::output;
use crate::settings::Settings;

pub(crate) struct FakeSession<'m, C> {
    clock: &'m C,
    settings: &'m Settings,
    request: &'m LoadRequest,
    number: u64,
    last: Option<Vec<Tensor>>,
    eaten: Vec<u8>,
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
        self.settings.wait(self.clock, cost);
        self.last = Some(inputs.to_vec());
        Ok(())
    }

    fn outputs(&self) -> Result<Vec<Tensor>, AdapterError> {
        let inputs = self
            .last
            .as_ref()
            .ok_or_else(|| AdapterError::Run("no request has run: run one first".to_owned()))?;
        self.request
            .outputs
            .iter()
            .map(|spec| output::tensor(spec, inputs, self.settings.nan))
            .collect()
    }

    fn enter(&mut self, body: Body<'_>) {
        body(self);
    }
}
