//! The traits between a framework and the harness: an adapter loads a model, what is loaded gives sessions, a session runs.
#![forbid(unsafe_code)]

mod batches;
mod check;
mod error;
mod operators;
mod options;
mod profile;
mod readiness;
mod request;

use std::num::NonZeroUsize;

pub use batches::{check_batch, refuse_batches};
pub use check::{check_inputs, check_options, check_version, choice, flag};
pub use error::{AdapterError, LackedOperator};
pub use operators::refuse_lacked;
pub use options::{AdapterSpec, AdapterSpecError, Options};
pub use profile::{Interval, OperatorTime, RequestProfile};
pub use readiness::{Readiness, RuntimeFacts};
pub use request::{Device, LoadRequest, ModelFormat, OutputSpec, Precision};
pub use tare_models::{DataType, Element, Tensor, TensorSpec};

/// A framework that can execute models.
pub trait Adapter: Send + Sync {
    /// The name on the command line, such as `rten`.
    fn name(&self) -> &'static str;

    /// Whether it can run here in this version (`None`: any will do) with these options, or the reason why not and what
    /// mends it. Loads no model.
    fn check(&self, version: Option<&str>, options: &Options) -> Readiness;

    /// Reads the model and prepares it for the shapes asked for.
    ///
    /// # Errors
    /// Where an option is unknown, the model cannot be read, or it needs what this framework cannot do.
    fn load(&self, request: &LoadRequest) -> Result<Box<dyn Loaded>, AdapterError>;

    /// The formats of model files that it reads.
    fn formats(&self) -> &'static [ModelFormat] {
        &[ModelFormat::Onnx]
    }

    /// Whether its outputs are a function of the model, and so can be compared with another framework's.
    fn computes(&self) -> bool {
        true
    }

    /// Whether what a cell asks (device, precision, threads, batches, element types, the model's operators) can be done at
    /// all. May read the model's file, keeps nothing of it, and is asked in a process that measures nothing.
    ///
    /// # Errors
    /// `Unsupported`, naming what was asked for and what would do; `Lacks`, naming the operators; by default only requests
    /// of several batches are refused. A file that cannot be read is left to [`Adapter::load`] to tell.
    fn accepts(&self, request: &LoadRequest) -> Result<(), AdapterError> {
        refuse_batches(self.name(), request)
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

    /// Turns the framework's own profiler on: every request from here to [`Session::end_profile`] is profiled. May take as
    /// long as loading, as some libraries profile only sessions that were made for it.
    ///
    /// # Errors
    /// `NotOffered` unless the adapter has a profiler.
    fn start_profile(&mut self) -> Result<(), AdapterError> {
        Err(AdapterError::NotOffered("a profile by operator"))
    }

    /// When the device was at work, by its own clock, in each request of the profile that [`Session::end_profile`] returned
    /// last, in the same order; kernels and copies may overlap.
    ///
    /// On an NVIDIA GPU that is the time between CUDA events: kernels themselves the harness traces, for every adapter alike,
    /// and takes what is told here where it cannot.
    ///
    /// # Errors
    /// `NotOffered` unless a device runs behind the host and tells.
    fn device_intervals(&mut self) -> Result<Vec<Vec<Interval>>, AdapterError> {
        Err(AdapterError::NotOffered("the busy intervals of a device"))
    }

    /// Turns the profiler off and returns what each request since [`Session::start_profile`] spent on each operator, in the
    /// order of the requests.
    ///
    /// # Errors
    /// `NotOffered` unless the adapter has a profiler, `Run` where its report cannot be read.
    fn end_profile(&mut self) -> Result<Vec<RequestProfile>, AdapterError> {
        Err(AdapterError::NotOffered("a profile by operator"))
    }
}
