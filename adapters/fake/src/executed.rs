//! What a request executes: so many operators of some kinds, and so many operations.

use tare_adapter_api::{AdapterError, LoadRequest, OperatorTime, RequestProfile};
use tare_models::{Facts, Model, resolve};
use tare_units::Nanoseconds;

use crate::settings::Settings;

/// Operators by kind, and operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Executed {
    groups: Vec<Group>,
    pub(crate) flops: u64,
}

/// Operators that the profiler tells of together.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    name: Option<&'static str>,
    kind: String,
    count: u64,
    /// Of a request's time, beside the other groups' shares.
    share: u64,
}

impl Executed {
    /// As the options say, else as the model's file says; a product and two sums where neither is asked.
    pub(crate) fn of(settings: &Settings, request: &LoadRequest) -> Result<Self, AdapterError> {
        let facts = match settings.reads_model() {
            true => Some(facts(request)?),
            false => None,
        };
        let held = facts.as_ref().map(|facts| {
            let kinds = facts.by_kind.iter();
            kinds
                .map(|kind| many(&kind.kind, kind.count as u64))
                .collect()
        });
        Ok(Self {
            groups: match settings.operators {
                Some(operators) => halves(operators),
                None => held.unwrap_or_else(three),
            },
            flops: facts.map_or(0, |facts| facts.flops.as_operations()),
        })
    }

    /// All kinds together.
    pub(crate) fn operators(&self) -> u64 {
        self.groups.iter().map(|group| group.count).sum()
    }

    /// `time` over the operators.
    pub(crate) fn profile(&self, time: Nanoseconds) -> RequestProfile {
        let total: u64 = self.groups.iter().map(|group| group.share).sum();
        let part = |share: u64| {
            let part = u128::from(time.as_nanos()) * u128::from(share);
            (part / u128::from(total.max(1))) as u64
        };
        let told = |group: &Group| OperatorTime {
            name: group.name.map(str::to_owned),
            kind: group.kind.clone(),
            count: group.count,
            time_ns: part(group.share),
        };
        let groups = self.groups.iter().filter(|group| group.count > 0);
        groups.map(told).collect()
    }
}

fn facts(request: &LoadRequest) -> Result<Facts, AdapterError> {
    let unread = |reason: &dyn std::fmt::Display| AdapterError::Load(reason.to_string());
    let model = Model::open(&request.model).map_err(|error| unread(&error))?;
    let resolved = resolve(model.graph(), &request.inputs).map_err(|error| unread(&error))?;
    Ok(Facts::of(&resolved))
}

fn many(kind: &str, count: u64) -> Group {
    Group {
        name: None,
        kind: kind.to_owned(),
        count,
        share: count,
    }
}

/// Half of the time in a product, a quarter in each of two sums.
fn three() -> Vec<Group> {
    let one = |name, kind: &str, share| Group {
        name: Some(name),
        share,
        ..many(kind, 1)
    };
    vec![
        one("product", "MatMul", 2),
        one("bias", "Add", 1),
        one("residual", "Add", 1),
    ]
}

fn halves(operators: u64) -> Vec<Group> {
    let products = operators.div_ceil(2);
    vec![many("MatMul", products), many("Add", operators - products)]
}
