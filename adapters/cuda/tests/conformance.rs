//! Plans pass the suite that every adapter passes, executed on the host, fused and not.

use std::num::NonZeroUsize;
use std::path::Path;

use tare_adapter_api::{Adapter, AdapterError, LoadRequest, Loaded, Options, Readiness};
use tare_adapter_conformance::{
    Batching, IgnoreList, Kind, NODE_TESTS, WRITE, batches, contract, node_cases,
    refused_as_listed, threads, zoo,
};
use tare_adapter_cuda::reference::CudaPlan;

/// Of ONNX 1.19.1; another count is a change of what plans can hold, to be looked at and written here.
const COUNTS: &str = "node cases: 383 of 1550 tensor cases passed (24.7%), 1167 refused (640 for operators), 0 ignored, 0 failed, 0 stale; 65 other";
const REFUSED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance.refused");

/// The same adapter where nothing is fused.
struct Unfused;

impl Adapter for Unfused {
    fn name(&self) -> &'static str {
        "cuda-plan:fusion=false"
    }

    fn check(&self, version: Option<&str>, options: &Options) -> Readiness {
        CudaPlan.check(version, options)
    }

    fn load(&self, request: &LoadRequest) -> Result<Box<dyn Loaded>, AdapterError> {
        let mut request = request.clone();
        request
            .options
            .insert("fusion".to_owned(), "false".to_owned());
        CudaPlan.load(&request)
    }
}

#[test]
fn the_contract_is_kept() {
    assert_eq!(contract(&CudaPlan, Kind::Framework), [""; 0]);
}

#[test]
fn requests_of_several_batches_are_refused() {
    let batching = batches(&CudaPlan, Kind::Framework).expect("the same for every model");
    assert!(matches!(batching, Batching::Refused(_)), "{batching:?}");
}

#[test]
fn the_zoo_runs() {
    let small = ["mlp:width=64,depth=2", "bert-tiny"];
    assert_eq!(zoo(&CudaPlan, &small), [""; 0]);
    assert_eq!(zoo(&Unfused, &small), [""; 0]);
}

#[test]
fn one_thread_executes() {
    assert_eq!(threads(&CudaPlan, NonZeroUsize::MIN), Ok(()));
}

#[test]
fn onnx_node_cases_pass_are_refused_by_name_or_are_listed() {
    let none = IgnoreList::default();
    let folder = std::env::var_os(NODE_TESTS);
    let report = |adapter: &dyn Adapter| {
        node_cases(adapter, folder.as_deref(), &none).expect("the folder can be read")
    };
    let Some(fused) = report(&CudaPlan) else {
        println!("node cases: not run: {NODE_TESTS} is not set");
        return;
    };
    println!("{fused}");
    refused_as_listed(
        Path::new(REFUSED),
        &fused,
        std::env::var_os(WRITE).is_some(),
    )
    .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(fused.to_string(), COUNTS);
    let unfused = report(&Unfused).map(|report| report.to_string());
    assert_eq!(unfused.as_deref(), Some(COUNTS), "fused or not");
}
