//! The adapter passes the suite that every adapter passes, on a GPU that is made up.

mod emulated;

use std::num::NonZeroUsize;
use std::path::Path;

use emulated::process::alone;
use tare_adapter_api::{Adapter, AdapterError, Device, LoadRequest, Loaded, Options, Readiness};
use tare_adapter_conformance::{
    IgnoreList, Kind, NODE_TESTS, contract, node_cases, refused_as_listed, threads,
};
use tare_adapter_cuda::Cuda;

/// Of ONNX 1.19.1, as of the plans' reference.
const COUNTS: &str = "node cases: 383 of 1550 tensor cases passed (24.7%), 1167 refused (640 for operators), 0 ignored, 0 failed, 0 stale; 65 other";
const REFUSED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance.refused");

/// The adapter on the first GPU where the suite asks for the processor; the way of a product is the library's first.
struct OnGpu;

impl OnGpu {
    fn asked(request: &LoadRequest) -> LoadRequest {
        let device = match request.device {
            Device::Cpu => Device::Cuda(0),
            other => other,
        };
        LoadRequest {
            device,
            options: Self::options(&request.options),
            ..request.clone()
        }
    }

    fn options(asked: &Options) -> Options {
        let mut options = asked.clone();
        let search = options.entry("search".to_owned());
        search.or_insert_with(|| "false".to_owned());
        options
    }
}

impl Adapter for OnGpu {
    fn name(&self) -> &'static str {
        Cuda.name()
    }

    fn check(&self, version: Option<&str>, options: &Options) -> Readiness {
        Cuda.check(version, &Self::options(options))
    }

    fn load(&self, request: &LoadRequest) -> Result<Box<dyn Loaded>, AdapterError> {
        Cuda.load(&Self::asked(request))
    }

    fn accepts(&self, request: &LoadRequest) -> Result<(), AdapterError> {
        Cuda.accepts(&Self::asked(request))
    }
}

#[test]
fn the_contract_is_kept() {
    alone("the_contract_is_kept", || {
        assert_eq!(contract(&OnGpu, Kind::Framework), [""; 0]);
    });
}

#[test]
fn one_thread_executes() {
    alone("one_thread_executes", || {
        assert_eq!(threads(&OnGpu, NonZeroUsize::MIN), Ok(()));
    });
}

#[test]
fn onnx_node_cases_pass_or_are_refused_as_those_of_plans_are() {
    alone(
        "onnx_node_cases_pass_or_are_refused_as_those_of_plans_are",
        || {
            let folder = std::env::var_os(NODE_TESTS);
            let report = node_cases(&OnGpu, folder.as_deref(), &IgnoreList::default());
            let Some(report) = report.expect("the folder can be read") else {
                println!("node cases: not run: {NODE_TESTS} is not set");
                return;
            };
            println!("{report}");
            refused_as_listed(Path::new(REFUSED), &report, false)
                .unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(report.to_string(), COUNTS);
        },
    );
}
