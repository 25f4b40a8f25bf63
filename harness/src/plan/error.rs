//! What can be wrong with what was asked for.

use tare_adapter_api::ModelFormat;
use tare_models::{BindError, ModelError, ResolveError, TensorError, TorchScriptError};
use tare_scenarios::LimitsError;

/// Why nothing can be measured.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A list is empty.
    #[error("no {0} was asked for: name at least one")]
    Nothing(&'static str),
    /// A number that must be positive is not.
    #[error("{option} 0 measures nothing: use 1 or more")]
    Zero {
        /// The option.
        option: &'static str,
    },
    /// Two sides cannot be measured against each other.
    #[error("the sides do not match: {0}")]
    Unmatched(String),
    /// The adapter is not known.
    #[error("{0}")]
    UnknownAdapter(String),
    /// The adapter cannot run here.
    #[error("adapter '{adapter}' cannot run here: {reason}; {remedy}")]
    Unavailable {
        /// The adapter as written.
        adapter: String,
        /// Why.
        reason: String,
        /// What mends it.
        remedy: String,
    },
    /// A suite leaves out what is not here, and that is everything.
    #[error("no adapter of the suite is here: {0}")]
    NoneHere(String),
    /// The scenario fixes the batch, and another was asked for.
    #[error(transparent)]
    Scenario(#[from] tare_scenarios::SpecError),
    /// The limits of a repeat do not suit the scenario.
    #[error(transparent)]
    Limits(#[from] LimitsError),
    /// The arrivals to replay cannot be read.
    #[error("{0}")]
    Trace(String),
    /// The adapter cannot do what a cell asks.
    #[error("model '{model}': {message}{}", others(able.as_deref()))]
    Refused {
        /// The model.
        model: String,
        /// What the adapter says.
        message: String,
        /// The adapters here that can, where the reason is the model's operators or may be the batches of its requests.
        able: Option<Vec<&'static str>>,
    },
    /// The adapter does not read files of this format.
    #[error(
        "adapter '{adapter}' does not read {format}, which '{model}' is{}",
        others(Some(able))
    )]
    Format {
        /// The adapter.
        adapter: String,
        /// The model.
        model: String,
        /// What it is.
        format: ModelFormat,
        /// The adapters here that do.
        able: Vec<&'static str>,
    },
    /// The file is no TorchScript module.
    #[error(transparent)]
    TorchScript(Box<TorchScriptError>),
    /// Nothing is known of a TorchScript file's inputs.
    #[error(
        "model '{model}': a TorchScript file does not say what its inputs are: give --input for each argument of forward, \
         such as --input 'x=f32[batch,3,224,224]'"
    )]
    NoInputs {
        /// The model.
        model: String,
    },
    /// The model cannot be read.
    #[error("model {model}: {error}")]
    Model {
        /// The file.
        model: String,
        /// What is wrong.
        error: Box<ModelError>,
    },
    /// The zoo makes no model of this name.
    #[error("{0}")]
    Zoo(String),
    /// The shapes do not fit the model.
    #[error("model '{model}': {error}")]
    Bind {
        /// The model.
        model: String,
        /// What is wrong.
        error: Box<BindError>,
    },
    /// The model does not fit itself at these shapes.
    #[error("model '{model}' at {shapes}: {error}")]
    Resolve {
        /// The model.
        model: String,
        /// Its inputs.
        shapes: String,
        /// What is wrong.
        error: Box<ResolveError>,
    },
    /// Requests may have several batches, and the model takes one alone.
    #[error(
        "model '{model}' does not take requests of 1 to {largest} samples: {reason}; ask for a scenario whose requests have \
         one batch, such as fixed-batch"
    )]
    OneBatch {
        /// The model.
        model: String,
        /// The largest batch.
        largest: usize,
        /// What stands against it.
        reason: String,
    },
    /// A model's file is not what the run was planned with.
    #[error("{path} has changed since the run began: start a new run")]
    Changed {
        /// The file.
        path: String,
    },
    /// A stored cell is not understood.
    #[error("the run's plan is not understood: {0}")]
    Unreadable(String),
    /// The inputs do not fit into memory.
    #[error("model '{model}': {error}")]
    Inputs {
        /// The model.
        model: String,
        /// What is wrong.
        error: Box<TensorError>,
    },
    /// A symbol that no model has.
    #[error("no model has a dimension '{symbol}': the free dimensions are {known}")]
    UnknownSymbol {
        /// What was asked for.
        symbol: String,
        /// What there is.
        known: String,
    },
}

fn others(able: Option<&[&'static str]>) -> String {
    match able {
        None => String::new(),
        Some([]) => "; no other adapter that is ready here can either".to_owned(),
        Some(able) => format!("; use --adapter {}", able.join(" or ")),
    }
}
