//! ONNX Runtime, loaded from a library file at run time; this program is built without it.
//!
//! **Which library.** The option `library=/path/lib.so`, else the installed one of the version asked for, else the newest
//! installed. A process holds one version: the first that is asked for stays, another one is refused. Version 1.17 is the oldest
//! whose interface fits. The version in the facts is what the library says of itself.
//!
//! **Threads.** Each session has pools of its own, none is shared in the process: one of the cell's threads within an operator
//! (the thread that issues the request counts as one of them), and `inter` threads across operators with `mode=parallel`. As in
//! ONNX Runtime itself, threads of a pool spin for a while when they run out of work (`spin=true`), which spares them a wake-up
//! and costs processor time; with one thread there is no pool and nothing spins. Denormal numbers are computed as such.
//!
//! **Memory.** Inputs are read where they lie, without a copy. Up to sixteen sets of inputs stay bound, and hold their memory,
//! so that a request with one of them binds nothing. Once the first request has shown the shapes of the outputs, they are
//! written into memory that is kept for them. A request in which an output changes its shape runs twice, and from then on that
//! output is allocated by each run.
//!
//! **Batches.** Where requests have several batches, sixteen sets of inputs stay bound for each batch that was met, and outputs
//! are allocated by each run, as memory kept for those of every batch would have no bound.
//!
//! **Devices.** `ep=cuda` and `ep=tensorrt` (with CUDA for what TensorRT leaves) go with a device `cuda:N`. Operators that would
//! be placed on the processor are an error, not a silent fall-back, unless `fallback=true`. ONNX Runtime itself refuses many of
//! them at load. Where the nodes really ran tells a profiled request of zeros to a second session, before a session's first
//! request and outside of what is timed, for which the device needs room for the model twice; where it cannot be told, that is an
//! error as well. Their number is `nodes_on_cpu` among the options in force. Inputs are copied to the device within each request,
//! and outputs back. Products of 32-bit floats use TensorFloat-32 only where the precision asked for is `tf32`.
//!
//! What goes wrong comes back as an error; ONNX Runtime's log, which would say it again, goes to standard error for what is fatal
//! only, and telemetry is off.
#![deny(unsafe_code)]

mod binding;
mod element;
mod library;
mod load;
mod placement;
mod plan;
mod profile;
mod provider;
mod refusal;
mod session;
mod settings;

use tare_adapter_api::{Adapter, AdapterError, LoadRequest, Loaded, Options, Readiness};

use crate::library::Unavailable;
use crate::load::OnnxModel;
use crate::settings::Settings;

const NAME: &str = "onnxruntime";

/// ONNX Runtime on the host's processor or, with a library that was built for it, on an NVIDIA GPU.
///
/// Options, each with ONNX Runtime's own default: `opt=none|basic|extended|all` (how far the graph is rewritten; all),
/// `mode=sequential|parallel` (sequential), `inter=N` (threads across operators with `mode=parallel`; 1),
/// `memory_pattern=true|false` (memory planned from the first request; true), `arena=true|false` (true), `spin=true|false` (true),
/// `ep=cpu|cuda|tensorrt` (cpu), `fallback=true|false` (false, which is stricter than ONNX Runtime), `library=PATH`.
#[derive(Debug, Clone, Copy, Default)]
pub struct OnnxRuntime;

impl Adapter for OnnxRuntime {
    fn name(&self) -> &'static str {
        NAME
    }

    /// Loads the library into this process for good, as it says its version only there.
    fn check(&self, version: Option<&str>, options: &Options) -> Readiness {
        let settings = Settings::read(options).map_err(settings::unavailable);
        let library = settings.and_then(|settings| {
            let library = load::open_verified(version, &settings)?;
            Ok(load::facts(library, &settings))
        });
        match library {
            Ok(facts) => Readiness::Ready(facts),
            Err(Unavailable { reason, remedy }) => Readiness::Unavailable { reason, remedy },
        }
    }

    fn load(&self, request: &LoadRequest) -> Result<Box<dyn Loaded>, AdapterError> {
        Ok(Box::new(OnnxModel::load(request)?))
    }

    fn accepts(&self, request: &LoadRequest) -> Result<(), AdapterError> {
        load::accepts(request)
    }
}
