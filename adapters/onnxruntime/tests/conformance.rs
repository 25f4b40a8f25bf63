//! ONNX Runtime passes the suite that every adapter passes.

mod common;

use std::path::{Path, PathBuf};
use tare_adapter_api::{
    Adapter, AdapterError, Body, LoadRequest, Loaded, Options, Readiness, RuntimeFacts, Session,
    Tensor,
};
use tare_adapter_conformance::{
    Batching, IgnoreList, Kind, NODE_TESTS, WRITE, batches, contract, node_cases,
    refused_as_listed, zoo,
};
use tare_adapter_onnxruntime::OnnxRuntime;

use common::{installed, is_here};

/// Of ONNX 1.19.1 with version 1.31.1; another count is a change of what it can do, to be looked at and written here.
const COUNTS: &str = "node cases: 1479 of 1550 tensor cases passed (95.4%), 45 refused (42 for operators), 26 ignored, 0 failed, 0 stale; 65 other";
const REFUSED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance.refused");
const VERSION: &str = "1.31.1";

/// Runs each request twice, the second time into memory kept for the outputs, and asks for one version.
struct Twice(String);

struct TwiceLoaded(Box<dyn Loaded>);

struct TwiceSession<'m>(Box<dyn Session + 'm>);

impl Adapter for Twice {
    fn name(&self) -> &'static str {
        OnnxRuntime.name()
    }

    fn check(&self, version: Option<&str>, options: &Options) -> Readiness {
        OnnxRuntime.check(version, options)
    }

    fn load(&self, request: &LoadRequest) -> Result<Box<dyn Loaded>, AdapterError> {
        let request = LoadRequest {
            version: Some(self.0.clone()),
            ..request.clone()
        };
        Ok(Box::new(TwiceLoaded(OnnxRuntime.load(&request)?)))
    }
}

impl Loaded for TwiceLoaded {
    fn session(&self) -> Result<Box<dyn Session + '_>, AdapterError> {
        Ok(Box::new(TwiceSession(self.0.session()?)))
    }

    fn runtime(&self) -> RuntimeFacts {
        self.0.runtime()
    }
}

impl Session for TwiceSession<'_> {
    fn run(&mut self, inputs: &[Tensor]) -> Result<(), AdapterError> {
        self.0.run(inputs)?;
        self.0.run(inputs)
    }

    fn outputs(&self) -> Result<Vec<Tensor>, AdapterError> {
        self.0.outputs()
    }

    fn enter(&mut self, body: Body<'_>) {
        body(self);
    }
}

#[test]
fn the_contract_is_kept() {
    if is_here() {
        assert_eq!(contract(&OnnxRuntime, Kind::Framework), [""; 0]);
    }
}

#[test]
fn requests_of_several_batches_are_taken() {
    if is_here() {
        assert_eq!(batches(&OnnxRuntime, Kind::Framework), Ok(Batching::Taken));
    }
}

#[test]
fn the_zoo_runs() {
    if is_here() {
        let small = ["mlp:width=64,depth=2", "bert-tiny"];
        assert_eq!(zoo(&OnnxRuntime, &small), [""; 0]);
    }
}

#[test]
fn onnx_node_cases_pass_are_refused_by_name_or_are_listed() {
    // Another version can be looked at by hand; its counts differ.
    let version = std::env::var("TARE_ONNXRUNTIME_NODE_VERSION");
    let version = version.unwrap_or_else(|_| VERSION.to_owned());
    if installed(Some(&version)).is_none() {
        return;
    }
    let ignore: IgnoreList = include_str!("../conformance.ignore")
        .parse()
        .expect("well formed");
    let folder = std::env::var_os(NODE_TESTS).map(PathBuf::from);
    let folder = folder.as_ref().map(|folder| folder.as_os_str());
    let report = node_cases(&Twice(version), folder, &ignore).expect("the folder can be read");
    let Some(report) = report else {
        println!("node cases: not run: {NODE_TESTS} is not set");
        return;
    };
    println!("{report}");
    refused_as_listed(
        Path::new(REFUSED),
        &report,
        std::env::var_os(WRITE).is_some(),
    )
    .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.to_string(), COUNTS);
}
