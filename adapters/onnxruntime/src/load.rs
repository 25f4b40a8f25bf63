//! From a file to a session: ONNX Runtime reads the file itself, by its path, once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use ort::ep;
use ort::logging::LogLevel;
use ort::session::Session as OrtSession;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use tare_adapter_api::{
    AdapterError, DataType, LoadRequest, Loaded, ModelFormat, RuntimeFacts, Session, refuse_batches,
};

use crate::NAME;
use crate::element;
use crate::library::{self, Library, Unavailable};
use crate::placement;
use crate::plan::Plan;
use crate::provider;
use crate::refusal::refusal;
use crate::session::OnnxSession;
use crate::settings::{Provider, Settings};

/// A model in ONNX Runtime's memory.
pub(crate) struct OnnxModel {
    request: LoadRequest,
    settings: Settings,
    library: &'static Library,
    pub(crate) session: Arc<OrtSession>,
    pub(crate) plan: Plan,
    /// How many nodes each provider runs, once that was looked for.
    placement: OnceLock<Result<BTreeMap<String, usize>, AdapterError>>,
}

impl OnnxModel {
    pub(crate) fn load(request: &LoadRequest) -> Result<Self, AdapterError> {
        let (settings, library) = ready(request)?;
        let level = settings.optimization.level();
        let session = create(request, &settings, library, level, None)?;
        let plan = Plan::new(&session, request, settings.provider != Provider::Cpu)?;
        Ok(Self {
            request: request.clone(),
            settings,
            library,
            session: Arc::new(session),
            plan,
            placement: OnceLock::new(),
        })
    }

    /// Refuses nodes on the processor where they are forbidden, and a placement that cannot be told; the processor alone needs no
    /// telling.
    pub(crate) fn refuse_placement(&self) -> Result<(), AdapterError> {
        if !self.settings.forbids_cpu_nodes() {
            return Ok(());
        }
        placement::refuse_fallback(self.settings.provider, self.placement())
    }

    /// How many nodes each provider runs; the first time a second session of the model tells.
    fn placement(&self) -> Result<&BTreeMap<String, usize>, &AdapterError> {
        let found = || placement::by_provider(self);
        self.placement.get_or_init(found).as_ref()
    }

    /// A second session of the same model, which writes its profile to a file whose path begins with `prefix`.
    pub(crate) fn profiled(&self, prefix: &Path) -> Result<OrtSession, AdapterError> {
        let level = self.settings.optimization.level();
        create(
            &self.request,
            &self.settings,
            self.library,
            level,
            Some(prefix),
        )
    }
}

impl Loaded for OnnxModel {
    fn session(&self) -> Result<Box<dyn Session + '_>, AdapterError> {
        Ok(Box::new(OnnxSession::new(self)?))
    }

    fn runtime(&self) -> RuntimeFacts {
        let mut facts = RuntimeFacts {
            library_sha256: self.library.sha256(),
            ..facts(self.library, &self.settings)
        };
        if self.settings.provider != Provider::Cpu {
            let nodes = placement::told(self.placement());
            facts.options.insert("nodes_on_cpu".to_owned(), nodes);
        }
        facts
    }
}

/// The library and the options in force; the file is not read for it.
pub(crate) fn facts(library: &Library, settings: &Settings) -> RuntimeFacts {
    RuntimeFacts {
        name: NAME.to_owned(),
        version: library.version.clone(),
        options: settings.in_force(),
        ..RuntimeFacts::default()
    }
}

/// Whether the cell can run at all: its options, its library, its place, and the operators of its model. A model that cannot be
/// loaded is left for its cell to tell.
///
/// On the processor the model is not optimised for it. On a GPU it is, as what an optimisation computes before is placed nowhere.
pub(crate) fn accepts(request: &LoadRequest) -> Result<(), AdapterError> {
    let (settings, library) = ready(request)?;
    let accepted = match settings.provider {
        Provider::Cpu => {
            let level = GraphOptimizationLevel::Disable;
            let session = create(request, &settings, library, level, None);
            session.and_then(|session| Plan::new(&session, request, false).map(drop))
        }
        Provider::Cuda | Provider::TensorRt => {
            OnnxModel::load(request).and_then(|loaded| loaded.refuse_placement())
        }
    };
    match accepted {
        Err(AdapterError::Load(_)) => Ok(()),
        accepted => accepted,
    }
}

/// The library with what the settings need of it, once its files were found to be what they were when installed.
pub(crate) fn open_verified(
    version: Option<&str>,
    settings: &Settings,
) -> Result<&'static Library, Unavailable> {
    let packages = settings.provider.packages();
    library::verify(version, settings.library.as_deref(), packages)?;
    open(version, settings)
}

/// The library with what the settings need of it.
pub(crate) fn open(
    version: Option<&str>,
    settings: &Settings,
) -> Result<&'static Library, Unavailable> {
    let packages = settings.provider.packages();
    let library = library::open(version, settings.library.as_deref(), packages)?;
    provider::refuse_absent(settings.provider, library, version)?;
    Ok(library)
}

fn ready(request: &LoadRequest) -> Result<(Settings, &'static Library), AdapterError> {
    let settings = Settings::read(&request.options)?;
    if request.format != ModelFormat::Onnx {
        return Err(AdapterError::Unsupported(format!(
            "{NAME} reads ONNX, not {}",
            request.format
        )));
    }
    provider::refuse_place(request, &settings)?;
    if settings.provider == Provider::TensorRt {
        refuse_batches(&format!("{NAME} with ep=tensorrt"), request)?;
    }
    refuse_types(request)?;
    let library = open(request.version.as_deref(), &settings)?;
    Ok((settings, library))
}

fn refuse_types(request: &LoadRequest) -> Result<(), AdapterError> {
    let inputs = request.inputs.iter();
    let inputs = inputs.map(|spec| ("input", &spec.name, spec.dtype));
    let outputs = request.outputs.iter();
    let outputs = outputs.map(|spec| ("output", &spec.name, spec.dtype));
    let lacks = |dtype: DataType| element::element(dtype).is_none();
    match inputs.chain(outputs).find(|(_, _, dtype)| lacks(*dtype)) {
        None => Ok(()),
        Some((kind, name, dtype)) => Err(AdapterError::Unsupported(format!(
            "{kind} '{name}' is {dtype}: only tensors of numbers and booleans are fed and fetched"
        ))),
    }
}

fn create(
    request: &LoadRequest,
    settings: &Settings,
    library: &Library,
    level: GraphOptimizationLevel,
    profile: Option<&Path>,
) -> Result<OrtSession, AdapterError> {
    let refused = |error: ort::Error| refusal(&library.version, &request.model, error.message());
    let builder = builder(request, settings, library, level, profile);
    let session = builder.and_then(|mut builder| builder.commit_from_file(&request.model));
    session.map_err(refused)
}

fn builder(
    request: &LoadRequest,
    settings: &Settings,
    library: &Library,
    level: GraphOptimizationLevel,
    profile: Option<&Path>,
) -> Result<SessionBuilder, ort::Error> {
    let arena = ep::CPU::default().with_arena_allocator(settings.arena);
    let mut providers = vec![arena.build()];
    providers.extend(provider::dispatches(request, settings.provider));
    // What goes wrong comes back as an error; the log would only say it again.
    let mut builder = OrtSession::builder(&library.environment)?
        .with_log_level(LogLevel::Fatal)?
        .with_optimization_level(level)?
        .with_intra_threads(request.threads.get())?
        .with_inter_threads(settings.inter.get())?
        .with_parallel_execution(settings.parallel)?
        .with_memory_pattern(settings.memory_pattern)?
        .with_intra_op_spinning(settings.spin)?
        .with_inter_op_spinning(settings.spin)?
        .with_execution_providers(providers)?;
    if settings.provider != Provider::Cpu && !settings.fallback {
        builder = builder.with_disable_cpu_fallback()?;
    }
    if let Some(prefix) = profile {
        builder = builder.with_profiling(prefix)?;
    }
    Ok(builder)
}

#[cfg(test)]
mod tests;
