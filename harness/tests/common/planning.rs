//! Models, a desk and stored runs for the tests of plans.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::path::Path;

use tare_adapter_api::{AdapterSpec, Device, LackedOperator, LoadRequest, ModelFormat};
use tare_adapter_fake::Fake;
use tare_clock::MonotonicClock;
use tare_harness::plan::{ModelChoice, ReferenceChoice, plan};
use tare_harness::{
    Absent, Consideration, Description, Desk, Plan, Refusal, Selection, WorkerProgram,
};
use tare_models::zoo::{self, Form};
use tare_results::{Checking, Machine, Run};
use tare_units::Nanoseconds;

pub static FAKE: Fake<MonotonicClock> = Fake::real();

/// Answers in this process for the fake adapter, and for `picky`, which lacks an operator, and `torch`, which reads other
/// files.
pub struct Local;

impl Desk for Local {
    fn names(&self) -> Vec<&'static str> {
        vec!["picky", "fake", "torch", "gone"]
    }

    fn references(&self) -> Vec<AdapterSpec> {
        ["gone", "picky", "fake"].map(spec).to_vec()
    }

    fn program(&self, adapter: &str) -> Result<WorkerProgram, Absent> {
        match adapter {
            "fake" | "picky" | "torch" => Ok(WorkerProgram {
                path: adapter.into(),
                ..WorkerProgram::default()
            }),
            "gone" => Err(Absent::Unavailable {
                reason: "no library".into(),
                remedy: "install it".into(),
            }),
            other => Err(Absent::Unknown(format!(
                "no adapter '{other}': there is fake"
            ))),
        }
    }

    fn describe(&self, spec: &AdapterSpec) -> Result<Description, String> {
        match self.program(&spec.name) {
            Err(Absent::Unknown(text)) => Err(text),
            Err(Absent::Unavailable { reason, remedy }) => {
                Ok(Description::unavailable(reason, remedy))
            }
            Ok(_) => Ok(Description {
                computes: true,
                formats: match spec.name.as_str() {
                    "torch" => vec![ModelFormat::TorchScript],
                    _ => vec![ModelFormat::Onnx],
                },
                ..Description::of(&FAKE, spec.version.as_deref(), &spec.options)
            }),
        }
    }

    fn consider(&self, spec: &AdapterSpec, requests: &[LoadRequest]) -> Vec<Consideration> {
        let answer = |request: &LoadRequest| Consideration {
            refusal: (spec.name == "picky").then(|| Refusal {
                message: "picky lacks operator FFT (domain ai.onnx, opset 17)".into(),
                lacks: vec![LackedOperator {
                    op_type: "FFT".into(),
                    domain: String::new(),
                    opset: Some(17),
                }],
            }),
            environment: vec![("THREADS".into(), request.threads.to_string())],
        };
        requests.iter().map(answer).collect()
    }
}

pub fn spec(text: &str) -> AdapterSpec {
    text.parse().expect("a spec")
}

pub struct Models {
    pub folder: tempfile::TempDir,
}

impl Models {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("temporary folder"),
        }
    }

    pub fn make(&self, name: &str) -> ModelChoice {
        let path = self
            .folder
            .path()
            .join(format!("{}.onnx", name.replace([':', ',', '='], "-")));
        let model = zoo::make(name, 0, Form::Full).expect("a zoo model");
        zoo::write(&model, &path).expect("writes");
        ModelChoice {
            name: name.into(),
            path,
            default_symbols: BTreeMap::new(),
            inputs: Vec::new(),
            zoo: None,
        }
    }

    pub fn mlp(&self) -> ModelChoice {
        self.make("mlp:width=8,depth=2")
    }

    pub fn bert(&self) -> ModelChoice {
        self.make("bert-tiny:layers=1,hidden=8,heads=2,intermediate=8,vocab=64")
    }
}

pub fn selection(models: Vec<ModelChoice>) -> Selection {
    Selection {
        models,
        adapters: vec!["fake".parse().expect("a spec")],
        scenarios: vec!["single-stream".parse().expect("a spec")],
        batches: vec![1, 8],
        shapes: Vec::new(),
        precisions: Vec::new(),
        devices: vec![Device::Cpu],
        threads: vec![1],
        seed: 0,
        reference: ReferenceChoice::Default,
    }
}

pub fn error(selection: &Selection) -> String {
    plan(selection, &Local).expect_err("refused").to_string()
}

pub fn sizes(sizes: &[(&str, u64)]) -> BTreeMap<String, u64> {
    sizes
        .iter()
        .map(|(symbol, size)| ((*symbol).into(), *size))
        .collect()
}

pub fn stored(plan: &Plan) -> Run {
    let machine: Machine = tare_hardware::machine(Path::new("/"));
    Run {
        schema: tare_results::RUN_SCHEMA.into(),
        id: "20261121-104656-0000".into(),
        created: "2026-11-21T10:46:56Z".into(),
        producer: tare_results::Producer {
            version: "0".into(),
            commit: None,
            profile: "debug".into(),
            binary_sha256: None,
        },
        machine,
        suite: None,
        repeats: 1,
        duration_ns: Nanoseconds::from_secs(1),
        max_requests: 1,
        deadline_ns: Nanoseconds::from_secs(1),
        memory_limit_bytes: None,
        reference: None,
        profile: false,
        twins: false,
        probes: true,
        energy_bound: Some(0.02),
        meter: None,
        meter_accuracy: None,
        checks: Checking::default(),
        strict: Vec::new(),
        findings: Vec::new(),
        tuned: None,
        left_out: Vec::new(),
        side: None,
        cells: plan.cells.iter().map(|work| work.planned.clone()).collect(),
    }
}
