//! One stream of requests through a program.

use tare_adapter_api::{AdapterError, Body, RequestProfile, Session, Tensor, check_inputs};

use super::ffi::{Feed, execute};
use super::model::EagerModel;
use super::output;
use super::program::Frame;
use crate::profiler::Profiler;
use crate::runtime::{self, WithoutGradients};

/// The outputs of a request live until the next one starts, which frees them within its own bracket.
pub(super) struct EagerSession<'m> {
    model: &'m EagerModel,
    frame: Frame,
    feeds: Vec<Feed>,
    ran: bool,
    profiler: Profiler,
}

impl<'m> EagerSession<'m> {
    pub(super) fn new(model: &'m EagerModel) -> Result<Self, AdapterError> {
        runtime::prepare(model.settings, model.threads)?;
        let feeds = model
            .inputs
            .iter()
            .map(|spec| Feed::new(spec, model.target));
        Ok(Self {
            feeds: feeds.collect::<Result<_, _>>()?,
            frame: model.program.frame(),
            model,
            ran: false,
            profiler: Profiler::default(),
        })
    }
}

impl Session for EagerSession<'_> {
    fn run(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        let _guard = WithoutGradients::enter(self.model.settings);
        self.ran = false;
        self.model.program.clear(&mut self.frame);
        check_inputs(&self.model.inputs, inputs)?;
        let (frame, feeds) = (&mut self.frame, &mut self.feeds);
        let program = &self.model.program;
        self.profiler.around(|marks| {
            let done = |operator: &str| {
                if let Some(marks) = marks {
                    marks.done(operator);
                }
            };
            execute(program, frame, (feeds, inputs), done)
        })?;
        self.model.sample.get_or_init(|| inputs.to_vec());
        self.ran = true;
        Ok(())
    }

    fn outputs(&self) -> Result<Vec<Tensor>, AdapterError> {
        if !self.ran {
            return Err(AdapterError::Run("no request has run yet".to_owned()));
        }
        let specs = self.model.outputs.iter().enumerate();
        specs
            .map(|(index, spec)| {
                let tensor = self.model.program.output(&self.frame, index);
                output::tensor(spec, tensor)
            })
            .collect()
    }

    fn enter(&mut self, body: Body<'_>) {
        let _guard = WithoutGradients::enter(self.model.settings);
        body(self);
    }

    fn start_profile(&mut self) -> Result<(), AdapterError> {
        self.profiler.start(self.model.target.device)
    }

    fn end_profile(&mut self) -> Result<Vec<RequestProfile>, AdapterError> {
        self.profiler.end()
    }
}
