//! The ordered list of adapters: what `--adapter` can name, in the order in which it is listed.
#![forbid(unsafe_code)]

mod find;

pub use find::{UnknownAdapter, find};

use tare_adapter_api::Adapter;
use tare_adapter_cuda::Cuda;
use tare_adapter_fake::{Fake, MonotonicClock};
use tare_adapter_null::Null;
use tare_adapter_onnxruntime::OnnxRuntime;
use tare_adapter_rten::Rten;
#[cfg(feature = "tract")]
use tare_adapter_tract::Tract;

/// One adapter of the list.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The name on the command line.
    pub name: &'static str,
    /// One line for the list.
    pub summary: &'static str,
    /// Whether lists leave it out, because it serves tests only; it can still be named.
    pub hidden: bool,
    /// Where it is.
    pub home: Home,
}

/// Where an adapter is.
#[derive(Clone, Copy)]
pub enum Home {
    /// Linked into this program.
    Linked(&'static dyn Adapter),
    /// Linked into a worker program, which lies beside this one.
    Worker {
        /// Its file name.
        program: &'static str,
        /// What mends its absence.
        remedy: &'static str,
    },
    /// Nowhere, because this program was built without it; what mends that.
    NotBuilt(&'static str),
}

static FAKE: Fake<MonotonicClock> = Fake::real();

#[cfg(feature = "tract")]
const TRACT: Home = Home::Linked(&Tract);
#[cfg(not(feature = "tract"))]
const TRACT: Home = Home::NotBuilt("build with: cargo build --release --features tract");

/// The adapters whose outputs the others' are compared with, the best first.
pub static REFERENCES: &[&str] = &["onnxruntime", "tract", "rten"];

/// Every adapter; the first is the default.
pub static ADAPTERS: &[Entry] = &[
    Entry {
        name: "rten",
        summary: "pure Rust, compiled in",
        hidden: false,
        home: Home::Linked(&Rten),
    },
    Entry {
        name: "tract",
        summary: "pure Rust, compiled in on request",
        hidden: false,
        home: TRACT,
    },
    Entry {
        name: "onnxruntime",
        summary: "Microsoft's runtime, fetched by tare runtime, one version a cell",
        hidden: false,
        home: Home::Linked(&OnnxRuntime),
    },
    Entry {
        name: "libtorch",
        summary: "PyTorch's library: operator by operator, or TorchScript",
        hidden: false,
        home: Home::Worker {
            program: "tare-worker-libtorch",
            remedy: "run cargo xtask libtorch, which fetches the library and builds it",
        },
    },
    Entry {
        name: "cuda",
        summary: "a static plan of fused kernels and one CUDA graph a request: a GPU with almost no framework",
        hidden: false,
        home: Home::Linked(&Cuda),
    },
    Entry {
        name: "null",
        summary: "does nothing: what remains is the cost of measuring",
        hidden: false,
        home: Home::Linked(&Null),
    },
    Entry {
        name: "fake",
        summary: "known costs and known faults, for tests",
        hidden: true,
        home: Home::Linked(&FAKE),
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_those_the_adapters_give_themselves() {
        let names: BTreeSet<_> = ADAPTERS.iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), ADAPTERS.len());
        for entry in ADAPTERS {
            if let Home::Linked(adapter) = entry.home {
                assert_eq!(adapter.name(), entry.name);
            }
        }
    }

    #[test]
    fn references_are_adapters_of_the_list() {
        for name in REFERENCES {
            assert_eq!(find(name).map(|entry| entry.hidden), Ok(false));
        }
    }

    #[test]
    fn the_default_is_shown_and_linked() {
        let default = ADAPTERS.first().expect("at least one adapter");
        assert!(!default.hidden);
        assert!(matches!(default.home, Home::Linked(_)));
    }

    #[test]
    fn names_can_be_written_on_the_command_line() {
        for entry in ADAPTERS {
            let spec: tare_adapter_api::AdapterSpec = entry.name.parse().expect("a plain name");
            assert_eq!(spec.name, entry.name);
            assert!(!entry.summary.is_empty());
        }
    }
}
