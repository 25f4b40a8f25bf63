//! Planned cells for the tests of what comes after the plan.

use std::collections::BTreeMap;

use tare_results::{Cell, ModelFacts, PlannedCell};

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
