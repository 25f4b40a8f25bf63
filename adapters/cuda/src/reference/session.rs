//! One stream of requests over a plan.

use tare_adapter_api::{AdapterError, Body, Session, Tensor, check_inputs};

use super::execute::execute;
use super::load::LoadedPlan;
use super::memory::Memory;
use crate::plan::Plan;

pub(super) struct PlanSession<'m> {
    loaded: &'m LoadedPlan,
    memory: Memory<'m>,
    has_run: bool,
}

impl<'m> PlanSession<'m> {
    pub(super) fn new(loaded: &'m LoadedPlan) -> Self {
        Self {
            loaded,
            memory: Memory::new(&loaded.planned.plan, &loaded.planned.weights),
            has_run: false,
        }
    }
}

impl Session for PlanSession<'_> {
    fn run(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        self.has_run = false;
        check_inputs(&self.loaded.inputs, inputs)?;
        let fed = self
            .loaded
            .planned
            .feeds
            .iter()
            .map(|number| inputs[*number].clone());
        request(&mut self.memory, &self.loaded.planned.plan, fed.collect())?;
        self.has_run = true;
        Ok(())
    }

    fn outputs(&self) -> Result<Vec<Tensor>, AdapterError> {
        if !self.has_run {
            return Err(AdapterError::Run(
                "no request has run: run one first".to_owned(),
            ));
        }
        self.loaded
            .planned
            .given
            .iter()
            .map(|number| self.memory.output(*number))
            .collect()
    }

    fn enter(&mut self, body: Body<'_>) {
        body(self);
    }
}

/// Executes all steps over the inputs in the plan's order.
pub(super) fn request(
    memory: &mut Memory,
    plan: &Plan,
    inputs: Vec<Tensor>,
) -> Result<(), AdapterError> {
    memory.begin(inputs);
    for (number, planned) in plan.steps.iter().enumerate() {
        execute(memory, &planned.step).map_err(|reason| {
            let sources = planned.step.sources.iter();
            let names: Vec<&str> = sources.map(|source| source.name.as_str()).collect();
            AdapterError::Run(format!("step {number} ({}): {reason}", names.join(", ")))
        })?;
    }
    Ok(())
}
