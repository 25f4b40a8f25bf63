//! TorchScript traced from ONNX files passes the suite that every adapter passes.

use std::num::NonZeroUsize;

use tare_adapter_api::{
    Adapter, AdapterError, LoadRequest, Loaded, ModelFormat, Options, Readiness,
};
use tare_adapter_conformance::{Kind, contract, zoo};
use tare_adapter_libtorch::Libtorch;

/// libtorch with `mode=script`, and more options, unless others are asked for.
struct Script(&'static [(&'static str, &'static str)]);

impl Script {
    fn with(&self, options: &Options) -> Options {
        let own = [("mode", "script")].iter().chain(self.0);
        let own = own.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        own.chain(options.clone()).collect()
    }

    fn request(&self, request: &LoadRequest) -> LoadRequest {
        LoadRequest {
            options: self.with(&request.options),
            ..request.clone()
        }
    }
}

impl Adapter for Script {
    fn name(&self) -> &'static str {
        Libtorch.name()
    }

    fn check(&self, version: Option<&str>, options: &Options) -> Readiness {
        Libtorch.check(version, &self.with(options))
    }

    fn load(&self, request: &LoadRequest) -> Result<Box<dyn Loaded>, AdapterError> {
        Libtorch.load(&self.request(request))
    }

    fn formats(&self) -> &'static [ModelFormat] {
        Libtorch.formats()
    }

    fn accepts(&self, request: &LoadRequest) -> Result<(), AdapterError> {
        Libtorch.accepts(&self.request(request))
    }

    fn environment(&self, threads: NonZeroUsize) -> Vec<(&'static str, String)> {
        Libtorch.environment(threads)
    }
}

const SMALL: [&str; 2] = ["mlp:width=64,depth=2", "bert-tiny"];

#[test]
fn the_contract_is_kept() {
    assert_eq!(contract(&Script(&[]), Kind::Framework), [""; 0]);
}

#[test]
fn the_zoo_runs_optimised() {
    assert_eq!(zoo(&Script(&[]), &SMALL), [""; 0]);
}

#[test]
fn the_zoo_runs_frozen_only() {
    assert_eq!(zoo(&Script(&[("optimize", "false")]), &SMALL), [""; 0]);
}

#[test]
fn the_zoo_runs_as_it_was_traced() {
    assert_eq!(zoo(&Script(&[("freeze", "false")]), &SMALL), [""; 0]);
}
