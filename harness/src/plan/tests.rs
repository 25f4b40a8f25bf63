//! Planned cells for the tests of what comes after the plan.

use std::collections::BTreeMap;

use tare_adapter_api::{AdapterSpec, LoadRequest, Options};
use tare_models::{Graph, Inputs};
use tare_results::{Cell, Missing, ModelFacts, PlannedCell};

use super::Work;
use crate::supervise::WorkerProgram;

/// The cell of `planned`, without inputs and outputs, and compared with the reference at `reference`.
pub(crate) fn work(planned: PlannedCell, reference: Result<usize, String>) -> Work {
    let spec = AdapterSpec {
        name: planned.cell.adapter.clone(),
        version: None,
        options: Options::new(),
    };
    Work {
        spec,
        planned,
        program: WorkerProgram::default(),
        computes: true,
        load: LoadRequest::new("mlp.onnx".into(), Vec::new(), Vec::new()),
        question: LoadRequest::new("mlp.onnx".into(), Vec::new(), Vec::new()),
        inputs: Inputs::new(&Graph::default(), &[], &|_| None, 0).expect("no inputs"),
        trace_sha256: None,
        scenario: "single-stream".parse().expect("a scenario"),
        environment: Vec::new(),
        file_precision: "fp32".into(),
        reference,
        doubts: Vec::new(),
        missing: Missing::new(),
        arithmetic: Default::default(),
        selections: vec![0],
    }
}

pub(crate) fn planned(adapter: &str, batch: u64) -> PlannedCell {
    let cell = Cell {
        model: "mlp".into(),
        adapter: adapter.into(),
        adapter_options: BTreeMap::new(),
        scenario: "single-stream".into(),
        scenario_options: BTreeMap::new(),
        batch,
        shape: BTreeMap::new(),
        precision: "fp32".into(),
        device: "cpu".into(),
        threads: 1,
        seed: 0,
    };
    PlannedCell {
        id: cell.id("hash"),
        cell,
        model: ModelFacts {
            name: "mlp".into(),
            sha256: "hash".into(),
            format: "onnx".into(),
            opset: Some(17),
            parameters: None,
            operators: None,
            flops: None,
            macs_paper: None,
            bytes_min: None,
            bytes_unfused: None,
            input_bytes: None,
            output_bytes: None,
            peak_activation_bytes: None,
        },
        model_path: "mlp.onnx".into(),
        inputs: Vec::new(),
    }
}
