//! One stream of requests, refused on the wrong processor, and a second session of the same model while a profile is taken.

use std::collections::BTreeMap;
use std::sync::Arc;

use ort::session::Session as OrtSession;
use tare_adapter_api::{AdapterError, Body, RequestProfile, Session, Tensor};
use tempfile::TempDir;

use crate::binding::Streams;
use crate::load::OnnxModel;
use crate::profile;

/// Executes on the caller's thread and, with more threads than one, on the session's own.
pub(crate) struct OnnxSession<'m> {
    loaded: &'m OnnxModel,
    stream: Streams<'m>,
    state: State<'m>,
}

/// What becomes of a request.
enum State<'m> {
    Plain,
    Profiled(Profiled<'m>),
    /// Every request is refused.
    Refused(AdapterError),
}

/// A session that writes its profile into a folder, which goes with it.
struct Profiled<'m> {
    stream: Streams<'m>,
    session: Arc<OrtSession>,
    /// Which runs of the session were requests that succeeded.
    requests: Vec<usize>,
    folder: TempDir,
}

impl<'m> OnnxSession<'m> {
    pub(crate) fn new(loaded: &'m OnnxModel) -> Result<Self, AdapterError> {
        Ok(Self {
            stream: Streams::new(&loaded.plan, &loaded.session)?,
            loaded,
            state: State::Plain,
        })
    }
}

impl Session for OnnxSession<'_> {
    fn run(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        match &mut self.state {
            State::Plain => self.stream.run(inputs),
            State::Profiled(profiled) => {
                profiled.stream.run(inputs)?;
                profiled.requests.push(profiled.stream.runs() - 1);
                Ok(())
            }
            State::Refused(refusal) => Err(refusal.clone()),
        }
    }

    fn outputs(&self) -> Result<Vec<Tensor>, AdapterError> {
        match &self.state {
            State::Plain => self.stream.outputs(),
            State::Profiled(profiled) => profiled.stream.outputs(),
            State::Refused(refusal) => Err(refusal.clone()),
        }
    }

    fn enter(&mut self, body: Body<'_>) {
        if let Err(refusal) = self.loaded.refuse_placement() {
            self.state = State::Refused(refusal);
        }
        body(self);
    }

    fn start_profile(&mut self) -> Result<(), AdapterError> {
        if let State::Refused(refusal) = &self.state {
            return Err(refusal.clone());
        }
        self.state = State::Profiled(Profiled::start(self.loaded)?);
        Ok(())
    }

    fn end_profile(&mut self) -> Result<Vec<RequestProfile>, AdapterError> {
        match std::mem::replace(&mut self.state, State::Plain) {
            State::Profiled(profiled) => profiled.end(),
            State::Plain => Err(AdapterError::Run(
                "no profile was started: start one first".to_owned(),
            )),
            State::Refused(refusal) => {
                self.state = State::Refused(refusal.clone());
                Err(refusal)
            }
        }
    }
}

impl<'m> Profiled<'m> {
    fn start(loaded: &'m OnnxModel) -> Result<Self, AdapterError> {
        let folder = tempfile::tempdir().map_err(|error| unreadable(&error))?;
        let session = Arc::new(loaded.profiled(&folder.path().join("profile"))?);
        Ok(Self {
            stream: Streams::new(&loaded.plan, &session)?,
            session,
            requests: Vec::new(),
            folder,
        })
    }

    fn end(self) -> Result<Vec<RequestProfile>, AdapterError> {
        let runs = self.stream.runs();
        let requests = self.requests.clone();
        let (path, _folder) = self.close()?;
        let mut profiles =
            profile::read(path.as_ref(), runs).map_err(|error| unreadable(&error))?;
        Ok(requests
            .iter()
            .map(|run| std::mem::take(&mut profiles[*run]))
            .collect())
    }

    /// The finished file, and the folder that goes with what is returned.
    fn close(self) -> Result<(String, TempDir), AdapterError> {
        drop(self.stream);
        let mut session = Arc::into_inner(self.session)
            .ok_or_else(|| unreadable(&"its session is still in use"))?;
        let path = session
            .end_profiling()
            .map_err(|error| unreadable(&error.message()))?;
        Ok((path, self.folder))
    }
}

/// How many nodes each execution provider ran in one request with these inputs, by a session of its own.
pub(crate) fn placement(
    loaded: &OnnxModel,
    inputs: &[Tensor],
) -> Result<BTreeMap<String, usize>, AdapterError> {
    let mut profiled = Profiled::start(loaded)?;
    profiled.stream.run(inputs)?;
    let (path, _folder) = profiled.close()?;
    profile::nodes_by_provider(path.as_ref()).map_err(|error| unreadable(&error))
}

fn unreadable(error: &dyn std::fmt::Display) -> AdapterError {
    AdapterError::Run(format!("cannot read onnxruntime's profile: {error}"))
}
