//! The adapter with options of its own, for suites that ask for none.

use std::num::NonZeroUsize;

use tare_adapter_api::{
    Adapter, AdapterError, LoadRequest, Loaded, ModelFormat, Options, Readiness,
};
use tare_adapter_libtorch::Libtorch;

/// libtorch with these options, unless others are asked for.
pub struct With(pub &'static [(&'static str, &'static str)]);

impl With {
    fn with(&self, options: &Options) -> Options {
        let own = self
            .0
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        own.chain(options.clone()).collect()
    }

    fn request(&self, request: &LoadRequest) -> LoadRequest {
        LoadRequest {
            options: self.with(&request.options),
            ..request.clone()
        }
    }
}

impl Adapter for With {
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
