//! What a request executes: so many operators of some kinds, and so many operations.

use tare_adapter_api::{AdapterError, LoadRequest, OperatorTime, RequestProfile};
use tare_models::{Facts, Model, resolve};
use tare_units::Nanoseconds;

use crate::settings::Settings;

/// Operators by kind, and operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Executed {
    kinds: Vec<(String, u64)>,
    pub(crate) flops: u64,
}

impl Executed {
    /// As the options say, else as the model's file says; a product and two sums where neither is asked.
    pub(crate) fn of(settings: &Settings, request: &LoadRequest) -> Result<Self, AdapterError> {
        let told = settings.operators.map_or_else(three, halves);
        if !settings.reads_model() {
            return Ok(Self {
                kinds: told,
                flops: 0,
            });
        }
        let unread = |reason: &dyn std::fmt::Display| AdapterError::Load(reason.to_string());
        let model = Model::open(&request.model).map_err(|error| unread(&error))?;
        let resolved = resolve(model.graph(), &request.inputs).map_err(|error| unread(&error))?;
        let facts = Facts::of(&resolved);
        let held = facts.by_kind.iter();
        let held = held.map(|kind| (kind.kind.clone(), kind.count as u64));
        Ok(Self {
            kinds: match settings.operators {
                Some(_) => told,
                None => held.collect(),
            },
            flops: facts.flops.as_operations(),
        })
    }

    /// All kinds together.
    pub(crate) fn operators(&self) -> u64 {
        self.kinds.iter().map(|(_, count)| count).sum()
    }

    /// `time` over the operators, evenly; no operator of a kind is named where there are more than one.
    pub(crate) fn profile(&self, time: Nanoseconds) -> RequestProfile {
        let total = self.operators().max(1);
        let kinds = self.kinds.iter().filter(|(_, count)| *count > 0);
        let share = |(kind, count): &(String, u64)| OperatorTime {
            name: None,
            kind: kind.clone(),
            count: *count,
            time_ns: (u128::from(time.as_nanos()) * u128::from(*count) / u128::from(total)) as u64,
        };
        kinds.map(share).collect()
    }
}

fn three() -> Vec<(String, u64)> {
    vec![("MatMul".to_owned(), 1), ("Add".to_owned(), 2)]
}

fn halves(operators: u64) -> Vec<(String, u64)> {
    let products = operators.div_ceil(2);
    let sums = operators - products;
    vec![("MatMul".to_owned(), products), ("Add".to_owned(), sums)]
}
