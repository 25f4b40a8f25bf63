//! One stream of requests through a program.

use std::sync::Arc;

use tare_adapter_api::{AdapterError, Body, RequestProfile, Session, Tensor, check_batch};

use super::ffi::{Feed, execute};
use super::model::EagerModel;
use super::output;
use super::program::{Frame, Program};
use crate::profiler::Profiler;
use crate::runtime::{self, WithoutGradients};

/// The outputs of a request live until the next one starts, which frees them within its own bracket.
pub(super) struct EagerSession<'m> {
    model: &'m EagerModel,
    /// By batch; where requests have one, the first.
    streams: Vec<Option<Stream>>,
    /// The place of the last request's.
    current: usize,
    ran: bool,
    profiler: Profiler,
}

/// Requests of one batch.
struct Stream {
    program: Arc<Program>,
    frame: Frame,
    feeds: Vec<Feed>,
}

impl Stream {
    fn new(model: &EagerModel, program: Arc<Program>, rows: usize) -> Result<Self, AdapterError> {
        let feeds = model.inputs.iter().map(|spec| {
            let mut spec = spec.clone();
            if let Some(first) = spec.shape.first_mut().filter(|_| model.several.is_some()) {
                *first = rows;
            }
            Feed::new(&spec, model.target)
        });
        Ok(Self {
            feeds: feeds.collect::<Result<_, _>>()?,
            frame: program.frame(),
            program,
        })
    }
}

impl<'m> EagerSession<'m> {
    pub(super) fn new(model: &'m EagerModel) -> Result<Self, AdapterError> {
        runtime::prepare(model.settings, model.threads)?;
        let own = model.inputs.first().and_then(|spec| spec.shape.first());
        let own = own.copied().filter(|_| model.several.is_some());
        let own = own.unwrap_or(0);
        let mut streams: Vec<Option<Stream>> = (0..own).map(|_| None).collect();
        streams.push(Some(Stream::new(model, Arc::clone(&model.program), own)?));
        Ok(Self {
            model,
            streams,
            current: own,
            ran: false,
            profiler: Profiler::default(),
        })
    }

    /// Makes the stream of requests like these, which fit, the current one; the first of a batch makes it.
    fn turn_to(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        let rows = inputs.first().and_then(|input| input.shape().first());
        let Some((several, rows)) = self.model.several.as_ref().zip(rows) else {
            return Ok(());
        };
        if *rows >= self.streams.len() {
            self.streams.resize_with(*rows + 1, || None);
        }
        if self.streams[*rows].is_none() {
            let program = several.program(*rows)?;
            self.streams[*rows] = Some(Stream::new(self.model, program, *rows)?);
        }
        self.current = *rows;
        Ok(())
    }

    fn last(&self) -> Option<&Stream> {
        self.streams.get(self.current)?.as_ref()
    }
}

impl Session for EagerSession<'_> {
    fn run(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        let model = self.model;
        let _guard = WithoutGradients::enter(model.settings);
        self.ran = false;
        if let Some(Some(last)) = self.streams.get_mut(self.current) {
            last.program.clear(&mut last.frame);
        }
        let largest = model.several.as_ref().map(|several| several.largest);
        check_batch(&model.inputs, largest, inputs)?;
        self.turn_to(inputs)?;
        let Some(Some(stream)) = self.streams.get_mut(self.current) else {
            return Err(AdapterError::Run("the batch has no program".to_owned()));
        };
        let (frame, feeds) = (&mut stream.frame, &mut stream.feeds);
        let program = &stream.program;
        self.profiler.around(|marks| {
            let done = |operator: &str| {
                if let Some(marks) = marks {
                    marks.done(operator);
                }
            };
            execute(program, frame, (feeds, inputs), done)
        })?;
        model.sample.get_or_init(|| inputs.to_vec());
        self.ran = true;
        Ok(())
    }

    fn outputs(&self) -> Result<Vec<Tensor>, AdapterError> {
        let Some(last) = self.last().filter(|_| self.ran) else {
            return Err(AdapterError::Run("no request has run yet".to_owned()));
        };
        let specs = self.model.outputs.iter().enumerate();
        specs
            .map(|(index, spec)| {
                let tensor = last.program.output(&last.frame, index);
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
