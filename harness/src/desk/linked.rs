//! The desk of adapters that are linked into this very process, for measurements that start no worker.

use tare_adapter_api::{Adapter, AdapterSpec, LoadRequest};

use super::{Absent, Consideration, Description, Desk};
use crate::supervise::WorkerProgram;

/// Answers in this process; has no reference and no worker program.
pub struct LinkedDesk<'a> {
    adapters: &'a [&'static dyn Adapter],
}

impl<'a> LinkedDesk<'a> {
    /// Over these adapters.
    pub fn new(adapters: &'a [&'static dyn Adapter]) -> Self {
        Self { adapters }
    }

    fn find(&self, name: &str) -> Result<&'static dyn Adapter, String> {
        let found = self.adapters.iter().find(|adapter| adapter.name() == name);
        found.copied().ok_or_else(|| {
            let known = self.names().join(", ");
            format!("no adapter '{name}' is linked here: there is {known}")
        })
    }
}

impl Desk for LinkedDesk<'_> {
    fn names(&self) -> Vec<&'static str> {
        self.adapters.iter().map(|adapter| adapter.name()).collect()
    }

    fn references(&self) -> Vec<AdapterSpec> {
        Vec::new()
    }

    fn program(&self, adapter: &str) -> Result<WorkerProgram, Absent> {
        self.find(adapter)
            .map(|_| WorkerProgram::default())
            .map_err(Absent::Unknown)
    }

    fn describe(&self, spec: &AdapterSpec) -> Result<Description, String> {
        let adapter = self.find(&spec.name)?;
        Ok(Description::of(
            adapter,
            spec.version.as_deref(),
            &spec.options,
        ))
    }

    fn consider(&self, spec: &AdapterSpec, requests: &[LoadRequest]) -> Vec<Consideration> {
        let answer = |request| match self.find(&spec.name) {
            Ok(adapter) => Consideration::of(adapter, request),
            Err(_) => Consideration::default(),
        };
        requests.iter().map(answer).collect()
    }
}
