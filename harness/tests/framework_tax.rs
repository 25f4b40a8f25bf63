//! The suite `framework-tax` on a machine that has every framework: its quick variant takes less than ten minutes.

#[path = "common/planning.rs"]
mod planning;

use std::collections::BTreeMap;

use planning::{Local, Models, spec};
use tare_adapter_api::{AdapterSpec, Device, LoadRequest};
use tare_harness::plan::{ModelChoice, Outlay, ReferenceChoice, Refusing, outlook, plan_all};
use tare_harness::{Absent, Consideration, Description, Desk, Selection, WorkerProgram};
use tare_models::zoo::{self, Form};
use tare_scenarios::suite::{self, Matrix};
use tare_units::Nanoseconds;

/// Every framework is here and takes every model.
struct All;

impl Desk for All {
    fn names(&self) -> Vec<&'static str> {
        vec!["rten", "tract", "onnxruntime", "libtorch"]
    }

    fn references(&self) -> Vec<AdapterSpec> {
        ["onnxruntime", "tract", "rten"].map(spec).to_vec()
    }

    fn program(&self, _: &str) -> Result<WorkerProgram, Absent> {
        Ok(WorkerProgram::default())
    }

    fn describe(&self, _: &AdapterSpec) -> Result<Description, String> {
        Local.describe(&spec("fake"))
    }

    fn consider(&self, _: &AdapterSpec, requests: &[LoadRequest]) -> Vec<Consideration> {
        requests.iter().map(|_| Consideration::default()).collect()
    }
}

fn selection(matrix: &Matrix, models: &BTreeMap<String, ModelChoice>) -> Selection {
    let read = |texts: &[String]| texts.iter().map(|text| spec(text)).collect();
    let precisions = matrix.precisions.iter();
    Selection {
        models: matrix
            .models
            .iter()
            .map(|name| models[name].clone())
            .collect(),
        adapters: read(&matrix.adapters),
        scenarios: matrix.scenarios.clone(),
        batches: matrix.batches.clone(),
        shapes: matrix.shapes.clone(),
        precisions: precisions
            .map(|text| text.parse().expect("a precision"))
            .collect(),
        devices: vec![Device::Cpu],
        threads: matrix.threads.clone(),
        seed: 0,
        reference: ReferenceChoice::Default,
    }
}

fn choice(files: &Models, name: &str) -> ModelChoice {
    let architecture = zoo::find(name).expect("a zoo model");
    let symbols = architecture.symbols(Form::Full).into_iter();
    ModelChoice {
        default_symbols: symbols
            .filter(|(symbol, _)| *symbol != "batch")
            .map(|(symbol, size)| (symbol.to_owned(), size))
            .collect(),
        ..files.make(name)
    }
}

#[test]
fn the_quick_framework_tax_takes_less_than_ten_minutes_with_every_framework() {
    let files = Models::new();
    let suite = suite::find("framework-tax").expect("comes along");
    let quick = suite.quickly().expect("a quick variant");
    let names = quick.matrices.iter().flat_map(|matrix| &matrix.models);
    let mut models: BTreeMap<String, ModelChoice> = BTreeMap::new();
    for name in names {
        if !models.contains_key(name) {
            models.insert(name.clone(), choice(&files, name));
        }
    }
    let matrices = quick.matrices.iter();
    let selections: Vec<Selection> = matrices.map(|own| selection(own, &models)).collect();
    let plan = plan_all(&selections, Refusing::Ends, &All).expect("plans");
    let outlay = Outlay {
        repeats: quick.repeats,
        duration: quick.duration,
        max_requests: quick.max_requests,
        twins: true,
        profile: true,
        probes: true,
    };
    let told = outlook(&plan, &outlay);
    println!("{} cells, {told:?}", plan.cells.len());
    assert_eq!(told.uncounted, 0);
    assert!(told.time < Nanoseconds::from_secs(600), "{told:?}");
    assert!(
        plan.cells.len() >= 60,
        "{} cells show little",
        plan.cells.len()
    );
}
