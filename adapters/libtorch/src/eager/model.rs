//! A model lowered to a program, whose sessions share its weights.

use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};

use tare_adapter_api::{
    AdapterError, LoadRequest, Loaded, OutputSpec, RuntimeFacts, Session, Tensor as HostTensor,
    TensorSpec,
};
use tare_models::Resolved;

use super::lower::program;
use super::open::{self, Opened, open};
use super::program::Program;
use super::session::EagerSession;
use super::several::{Several, with_rows};
use crate::lower::{Scope, Target, Weights};
use crate::rewrite::rewrite;
use crate::runtime;
use crate::settings::Settings;
use crate::shim::Recorder;

/// A model in libtorch's memory.
pub(crate) struct EagerModel {
    pub(crate) program: Arc<Program>,
    /// Programs for other batches; `None` where requests have one.
    pub(super) several: Option<Several>,
    pub(crate) inputs: Vec<TensorSpec>,
    pub(crate) outputs: Vec<OutputSpec>,
    pub(crate) target: Target,
    /// The first value whose shape only a request decides.
    pub(crate) open_shape: Option<String>,
    pub(super) threads: NonZeroUsize,
    pub(super) settings: Settings,
    /// Inputs that a request ran with.
    pub(super) sample: OnceLock<Vec<HostTensor>>,
    /// What the profiler counted for them.
    seen: OnceLock<Option<u64>>,
}

/// Reads and lowers the file; nothing of it is kept but libtorch's own copy of the weights.
pub(crate) fn load(request: &LoadRequest, settings: Settings) -> Result<EagerModel, AdapterError> {
    let several = Several::of(request);
    let weights = several.as_ref().map(|several| &several.weights);
    let lowered = lowered(request, weights)?;
    Ok(EagerModel {
        program: lowered.program,
        several,
        inputs: request.inputs.clone(),
        outputs: lowered.outputs,
        target: lowered.target,
        open_shape: lowered.open_shape,
        threads: request.threads,
        settings,
        sample: OnceLock::new(),
        seen: OnceLock::new(),
    })
}

/// A file's program for the request's shapes, and what else is known of it.
pub(super) struct Lowered {
    pub(super) program: Arc<Program>,
    outputs: Vec<OutputSpec>,
    target: Target,
    open_shape: Option<String>,
}

/// Reads and lowers the file for the request's shapes, with `weights` that other programs of it have.
///
/// # Errors
/// Those of [`load`].
pub(super) fn lowered(
    request: &LoadRequest,
    weights: Option<&Weights>,
) -> Result<Lowered, AdapterError> {
    let Opened {
        mut resolved,
        target,
    } = open(request)?;
    let open_shape = open_shape(&resolved);
    rewrite(&mut resolved);
    let scope = Scope::new(&resolved.graph, &resolved, target).sharing(weights);
    Ok(Lowered {
        program: Arc::new(program(&scope)?),
        outputs: open::outputs(&resolved.graph),
        target,
        open_shape,
    })
}

/// Whether every operator of the file can be executed with its attributes; a file that cannot be read is left to
/// loading to tell.
///
/// # Errors
/// Those of [`load`] but `Load`.
pub(crate) fn accepts(request: &LoadRequest) -> Result<(), AdapterError> {
    let largest = request.largest_batch.map(NonZeroUsize::get);
    let largest = largest.map(|rows| with_rows(request, rows));
    let requests = std::iter::once(request).chain(&largest);
    let mut lowered = requests.map(|request| lowered(request, None));
    let refusal = lowered.find_map(|lowered| match lowered {
        Err(AdapterError::Load(_)) | Ok(_) => None,
        Err(refusal) => Some(refusal),
    });
    refusal.map_or(Ok(()), Err)
}

impl EagerModel {
    /// How many calls libtorch's profiler sees in a request with these inputs; `None` where it cannot count them.
    fn seen_calls(&self, inputs: &[HostTensor]) -> Option<u64> {
        let mut session = EagerSession::new(self).ok()?;
        let recorder = Recorder::begin().ok()?;
        session.run(inputs).ok()?;
        recorder.end().ok().map(|calls| calls.len() as u64)
    }
}

impl Loaded for EagerModel {
    fn session(&self) -> Result<Box<dyn Session + '_>, AdapterError> {
        Ok(Box::new(EagerSession::new(self)?))
    }

    /// The calls are counted in one request more, the first time that this is asked after a request.
    fn runtime(&self) -> RuntimeFacts {
        let sample = self.sample.get();
        let calls = sample.and_then(|inputs| *self.seen.get_or_init(|| self.seen_calls(inputs)));
        runtime::facts(self.settings, calls)
    }
}

fn open_shape(resolved: &Resolved) -> Option<String> {
    let nodes = resolved.graph.nodes.iter();
    let mut values = nodes.flat_map(|node| node.outputs.iter().flatten());
    let open = values.find(|value| !resolved.types.contains_key(value))?;
    Some(resolved.graph.name_of(*open).to_owned())
}

#[cfg(test)]
mod tests {
    use tare_adapter_api::DataType;
    use tare_models::Dim;
    use tare_models::build::{Attr, Builder, Weights, write};
    use tempfile::TempDir;

    use super::*;

    /// A file that pads three numbers with three in this mode, and a request for it.
    fn padded(mode: &'static str) -> (TempDir, LoadRequest) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.onnx");
        let mut graph = Builder::new("pad", Weights::Absent);
        let x = graph.input("x", DataType::F32, &[Dim::Fixed(3)]);
        let pads = graph.ints(&[1, 2]);
        let y = graph.op_with("Pad", &[&x, &pads], &[("mode", Attr::Text(mode))]);
        graph.output("y", &y, &[Dim::Fixed(6)]);
        write(&graph.finish(), &path).expect("written");
        let x = TensorSpec {
            name: "x".to_owned(),
            dtype: DataType::F32,
            shape: vec![3],
        };
        (folder, LoadRequest::new(path, vec![x], vec![]))
    }

    #[test]
    fn an_attribute_that_cannot_be_executed_is_refused_before_loading() {
        let (_folder, request) = padded("edge");
        assert_eq!(accepts(&request), Ok(()));
        let (_folder, request) = padded("mirror");
        let refusal = accepts(&request).expect_err("no such mode").to_string();
        assert!(refusal.contains("operator Pad '"), "{refusal}");
        assert!(refusal.ends_with("in the mode 'mirror'"), "{refusal}");
    }

    #[test]
    fn calls_are_counted_once_a_request_has_run() {
        let (_folder, request) = padded("edge");
        let settings = Settings::of(&request).expect("known");
        let model = load(&request, settings).expect("loads");
        assert_eq!(model.runtime().dispatched_calls, None);
        assert_eq!(model.seen.get(), None);
        let x = HostTensor::from_values(vec![3], vec![1.0f32, 2.0, 3.0]).expect("fits");
        let mut session = model.session().expect("a session");
        session.run(&[x]).expect("runs");
        let counted = model.runtime().dispatched_calls;
        assert!(counted.is_some_and(|calls| calls > 0));
        assert_eq!(model.seen.get(), Some(&counted));
    }
}
