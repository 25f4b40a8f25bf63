//! An adapter that does nothing, so that what remains of a measurement is the harness's own cost.
#![forbid(unsafe_code)]

use std::hint::black_box;

use tare_adapter_api::{
    Adapter, AdapterError, Body, LoadRequest, Loaded, ModelFormat, Options, Readiness,
    RuntimeFacts, Session, Tensor, check_options, check_version,
};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Accepts any model on any device, ignores every input, has no outputs and no options.
#[derive(Debug, Clone, Copy, Default)]
pub struct Null;

impl Adapter for Null {
    fn name(&self) -> &'static str {
        "null"
    }

    fn formats(&self) -> &'static [ModelFormat] {
        &[ModelFormat::Onnx, ModelFormat::TorchScript]
    }

    fn computes(&self) -> bool {
        false
    }

    fn check(&self, version: Option<&str>, options: &Options) -> Readiness {
        let checked = check_options(self.name(), options, &[])
            .and_then(|()| check_version(self.name(), version, VERSION));
        match checked {
            Ok(()) => Readiness::Ready(facts()),
            Err(refusal) => Readiness::Unavailable {
                reason: refusal.to_string(),
                remedy: "leave it out".to_owned(),
            },
        }
    }

    fn accepts(&self, _request: &LoadRequest) -> Result<(), AdapterError> {
        Ok(())
    }

    fn load(&self, request: &LoadRequest) -> Result<Box<dyn Loaded>, AdapterError> {
        check_options(self.name(), &request.options, &[])?;
        Ok(Box::new(Nothing))
    }
}

#[derive(Debug)]
struct Nothing;

impl Loaded for Nothing {
    fn session(&self) -> Result<Box<dyn Session + '_>, AdapterError> {
        Ok(Box::new(Self))
    }

    fn runtime(&self) -> RuntimeFacts {
        facts()
    }
}

impl Session for Nothing {
    #[inline]
    fn run(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        black_box(inputs);
        Ok(())
    }

    fn outputs(&self) -> Result<Vec<Tensor>, AdapterError> {
        Ok(Vec::new())
    }

    fn enter(&mut self, body: Body<'_>) {
        body(self);
    }
}

fn facts() -> RuntimeFacts {
    RuntimeFacts {
        name: "null".to_owned(),
        version: VERSION.to_owned(),
        ..RuntimeFacts::default()
    }
}
