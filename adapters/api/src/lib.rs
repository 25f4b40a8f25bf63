//! The traits between a framework and the harness: an adapter loads a model, what is loaded gives sessions, a session runs.
#![forbid(unsafe_code)]

mod check;
mod error;
mod options;
mod readiness;
mod request;

use std::num::NonZeroUsize;

pub use check::{check_inputs, check_options, flag};
pub use error::AdapterError;
pub use options::{AdapterSpec, AdapterSpecError, Options};
pub use readiness::{Readiness, RuntimeFacts};
pub use request::{Device, LoadRequest, OutputSpec, Precision};
pub use tare_models::{DataType, Element, Tensor, TensorSpec};

/// A framework that can execute models.
pub trait Adapter: Send + Sync {
    /// The name on the command line, such as `rten`.
    fn name(&self) -> &'static str;

    /// Whether it can run here with these options, or the reason why not and what mends it. Loads no model.
    fn check(&self, options: &Options) -> Readiness;

    /// Reads the model and prepares it for the shapes asked for.
    ///
    /// # Errors
    /// Where an option is unknown, the model cannot be read, or it needs what this framework cannot do.
    fn load(&self, request: &LoadRequest) -> Result<Box<dyn Loaded>, AdapterError>;

    /// Whether `name@version` may be written; by default the version must be the one that [`Adapter::check`] reports.
    ///
    /// # Errors
    /// `Unsupported`, naming the version that is here.
    fn accepts_version(&self, version: &str) -> Result<(), AdapterError> {
        check::version(self.name(), &self.check(&Options::new()), version)
    }

    /// Whether what a cell asks (device, precision, threads, element types) can be done at all, before any model is loaded.
    ///
    /// # Errors
    /// `Unsupported`, naming what was asked for and what would do; by default nothing is refused.
    fn accepts(&self, _request: &LoadRequest) -> Result<(), AdapterError> {
        Ok(())
    }

    /// Environment variables that the worker's process must start with, for libraries that read them only there.
    fn environment(&self, _threads: NonZeroUsize) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// A model in memory: owns the weights, which its sessions share.
pub trait Loaded: Send + Sync {
    /// A session of its own for one stream of requests.
    ///
    /// # Errors
    /// Where the framework cannot give another session.
    fn session(&self) -> Result<Box<dyn Session + '_>, AdapterError>;

    /// The library that really runs, with the options as it understood them.
    fn runtime(&self) -> RuntimeFacts;
}

/// What [`Session::enter`] runs on the thread that executes.
pub type Body<'a> = &'a mut (dyn FnMut(&mut dyn Session) + Send);

/// One stream of requests.
pub trait Session: Send {
    /// Executes one request: host tensors in, returns when the outputs are ready on the host.
    ///
    /// # Errors
    /// Where the inputs do not fit or the framework fails.
    fn run(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError>;

    /// The outputs of the last request in the model's order; never called within a timed bracket.
    ///
    /// # Errors
    /// Where no request has run or an output cannot be represented.
    fn outputs(&self) -> Result<Vec<Tensor>, AdapterError>;

    /// Runs `body` once on the thread that executes requests, with this session; a panic in it comes out unchanged.
    ///
    /// Where the library executes on the caller's thread this is `body(self)`.
    fn enter(&mut self, body: Body<'_>);

    /// Executes one request with the framework's own profiler on and returns the time of each operator kind.
    ///
    /// # Errors
    /// `NotOffered` unless the adapter has a profiler.
    fn profile(&mut self, _inputs: &[Tensor]) -> Result<Vec<OperatorTime>, AdapterError> {
        Err(AdapterError::NotOffered("a profile by operator"))
    }
}

/// The time one kind of operator took in a profiled request.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OperatorTime {
    /// The framework's own name of the operator.
    pub kind: String,
    /// How many were executed.
    pub count: u64,
    /// Their time together, in nanoseconds.
    pub time_ns: u64,
}
