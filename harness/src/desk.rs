//! What the parent asks about adapters before anything is measured, each question answered by a fresh worker: a library
//! that crashes when it is looked at takes that worker only.

mod linked;
mod workers;

use serde::{Deserialize, Serialize};
use tare_adapter_api::{
    Adapter, AdapterError, AdapterSpec, LackedOperator, LoadRequest, ModelFormat, Options,
    Readiness,
};

use crate::supervise::WorkerProgram;

pub use linked::LinkedDesk;
pub use workers::WorkerDesk;

/// What an adapter says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// Ready, or the reason why not.
    pub readiness: Readiness,
    /// The formats of model files that it reads.
    pub formats: Vec<ModelFormat>,
    /// Whether its outputs can be compared with another framework's.
    pub computes: bool,
    /// Whether the worker died instead of answering: its cells then fail, and the others go on.
    #[serde(default)]
    pub died: bool,
}

/// What an adapter says of one cell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consideration {
    /// Why it cannot be done; `None` where nothing is known against it.
    pub refusal: Option<Refusal>,
    /// Environment variables that its workers must start with.
    pub environment: Vec<(String, String)>,
}

/// Why an adapter cannot do a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What, and what would do.
    pub message: String,
    /// Operators of the model that it lacks.
    pub lacks: Vec<LackedOperator>,
}

/// Why no worker can be asked about an adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absent {
    /// There is none of this name; the text lists those that there are.
    Unknown(String),
    /// It is known but not here.
    Unavailable {
        /// Why.
        reason: String,
        /// What mends it.
        remedy: String,
    },
}

/// Who answers for the adapters.
pub trait Desk {
    /// Names of the adapters to choose from, in their order.
    fn names(&self) -> Vec<&'static str>;

    /// Adapters whose outputs are the measure of the others', the best first.
    fn references(&self) -> Vec<AdapterSpec>;

    /// The program whose workers run the adapter of this name.
    ///
    /// # Errors
    /// Where there is no such adapter, or its program is not here.
    fn program(&self, adapter: &str) -> Result<WorkerProgram, Absent>;

    /// What an adapter says of itself; a worker that fails is a reason why it is not ready.
    ///
    /// # Errors
    /// Where there is no such adapter, with those that there are.
    fn describe(&self, spec: &AdapterSpec) -> Result<Description, String>;

    /// What an adapter says of each of `requests`; of a worker that fails, nothing: its cells will tell.
    fn consider(&self, spec: &AdapterSpec, requests: &[LoadRequest]) -> Vec<Consideration>;
}

impl Description {
    /// In the adapter's own process.
    pub fn of(adapter: &dyn Adapter, version: Option<&str>, options: &Options) -> Self {
        Self {
            readiness: adapter.check(version, options),
            formats: adapter.formats().to_vec(),
            computes: adapter.computes(),
            died: false,
        }
    }

    /// Of an adapter that cannot be asked.
    pub fn unavailable(reason: String, remedy: String) -> Self {
        Self {
            readiness: Readiness::Unavailable { reason, remedy },
            formats: Vec::new(),
            computes: false,
            died: false,
        }
    }

    /// Whether it can run here.
    pub fn is_ready(&self) -> bool {
        matches!(self.readiness, Readiness::Ready(_))
    }
}

impl Consideration {
    /// In the adapter's own process.
    pub fn of(adapter: &dyn Adapter, request: &LoadRequest) -> Self {
        let environment = adapter.environment(request.threads).into_iter();
        Self {
            refusal: adapter.accepts(request).err().and_then(Refusal::of),
            environment: environment
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        }
    }
}

impl Refusal {
    /// `None` where the error is not about what the adapter can do, but about the file or the moment.
    fn of(error: AdapterError) -> Option<Self> {
        let message = error.to_string();
        match error {
            AdapterError::Lacks { operators, .. } => Some(Self {
                message,
                lacks: operators,
            }),
            AdapterError::Unsupported(_) | AdapterError::Option { .. } => Some(Self {
                message,
                lacks: Vec::new(),
            }),
            AdapterError::Load(_) | AdapterError::Run(_) | AdapterError::NotOffered(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_adapter_cannot_do_is_a_refusal() {
        let lacked = LackedOperator {
            op_type: "FFT".to_owned(),
            domain: String::new(),
            opset: Some(17),
        };
        let lacks = AdapterError::Lacks {
            adapter: "rten",
            operators: vec![lacked.clone()],
        };
        assert_eq!(
            Refusal::of(lacks).map(|refusal| refusal.lacks),
            Some(vec![lacked])
        );
        let unsupported = AdapterError::Unsupported("no fp16".to_owned());
        assert_eq!(
            Refusal::of(unsupported).map(|refusal| refusal.message),
            Some("no fp16".to_owned())
        );
        assert_eq!(Refusal::of(AdapterError::Load("torn".to_owned())), None);
    }
}
