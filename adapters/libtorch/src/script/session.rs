//! One stream of requests through a module.

use std::sync::PoisonError;

use tare_adapter_api::{
    AdapterError, Body, OutputSpec, RequestProfile, Session, Tensor as HostTensor, check_inputs,
};
use tch::Tensor;

use super::feed::{Entry, execute};
use super::model::ScriptModel;
use crate::eager::{Feed, host_tensor};
use crate::kind;
use crate::profiler::Profiler;
use crate::runtime::{self, WithoutGradients};

/// The outputs of a request live until the next one starts, which frees them within its own bracket.
pub(super) struct ScriptSession<'m> {
    model: &'m ScriptModel,
    entries: Vec<Entry>,
    outputs: Option<Vec<Tensor>>,
    profiler: Profiler,
}

impl<'m> ScriptSession<'m> {
    pub(super) fn new(model: &'m ScriptModel) -> Result<Self, AdapterError> {
        runtime::prepare(model.settings, model.threads)?;
        let entries = model.inputs.iter().zip(&model.copies);
        let entries = entries.map(|(spec, copies)| {
            Ok(Entry {
                feed: Feed::new(spec, model.target)?,
                copies: *copies,
            })
        });
        Ok(Self {
            entries: entries.collect::<Result<_, AdapterError>>()?,
            model,
            outputs: None,
            profiler: Profiler::default(),
        })
    }
}

impl Session for ScriptSession<'_> {
    fn run(&mut self, inputs: &[HostTensor]) -> Result<(), AdapterError> {
        let _guard = WithoutGradients::enter(self.model.settings);
        self.outputs = None;
        check_inputs(&self.model.inputs, inputs)?;
        let turn = self.model.turn.as_ref();
        let _turn = turn.map(|turn| turn.lock().unwrap_or_else(PoisonError::into_inner));
        let (module, entries) = (&self.model.module, &mut self.entries);
        let outputs = self.profiler.around(|_| execute(module, entries, inputs))?;
        self.outputs = Some(outputs);
        Ok(())
    }

    fn outputs(&self) -> Result<Vec<HostTensor>, AdapterError> {
        let tensors = self.outputs.as_ref();
        let tensors = tensors
            .ok_or_else(|| AdapterError::Run("no request has run yet: run one first".to_owned()))?;
        match &self.model.outputs {
            Some(specs) => {
                let both = specs.iter().zip(tensors);
                both.map(|(spec, tensor)| host_tensor(spec, Some(tensor)))
                    .collect()
            }
            None => tensors.iter().enumerate().map(as_it_comes).collect(),
        }
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

/// An output that nothing declares.
fn as_it_comes((index, tensor): (usize, &Tensor)) -> Result<HostTensor, AdapterError> {
    let name = format!("output {index}");
    let found = tensor.f_kind().ok().and_then(kind::data_type);
    let dtype = found.ok_or_else(|| {
        AdapterError::Run(format!(
            "{name} has an element type that ONNX has no name for"
        ))
    })?;
    host_tensor(&OutputSpec { name, dtype }, Some(tensor))
}
