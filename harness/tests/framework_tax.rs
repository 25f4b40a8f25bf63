//! The suite `framework-tax` on a machine that has every framework: how long it takes, quick and whole.

#[path = "common/planning.rs"]
mod planning;

use std::collections::BTreeMap;

use planning::{Local, Models, spec};
use tare_adapter_api::{AdapterSpec, Device, LoadRequest};
use tare_harness::plan::{
    ModelChoice, Outlay, Outlook, Rates, ReferenceChoice, Refusing, ZooFile, outlook, plan_all,
};
use tare_harness::{Absent, Consideration, Description, Desk, Selection, WorkerProgram};
use tare_models::zoo::{self, Form};
use tare_scenarios::suite::{self, Matrix, Variant};
use tare_units::{FlopsPerSecond, Nanoseconds, Rate};

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

/// Of which no file is made.
fn choice(files: &Models, name: &str) -> ModelChoice {
    let architecture = zoo::find(name).expect("a zoo model");
    let symbols = architecture.symbols(Form::Full).into_iter();
    ModelChoice {
        default_symbols: symbols
            .filter(|(symbol, _)| *symbol != "batch")
            .map(|(symbol, size)| (symbol.to_owned(), size))
            .collect(),
        name: name.to_owned(),
        path: files.folder.path().join("none.onnx"),
        inputs: Vec::new(),
        zoo: Some(ZooFile {
            name: name.to_owned(),
            sha256: name.to_owned(),
            twin: files.folder.path().join("none.onnx"),
        }),
    }
}

/// What all of a variant takes at `rates`, with how many cells.
fn told(files: &Models, variant: &Variant, rates: &Rates) -> (usize, Outlook) {
    let names = variant.matrices.iter().flat_map(|matrix| &matrix.models);
    let mut models: BTreeMap<String, ModelChoice> = BTreeMap::new();
    for name in names {
        if !models.contains_key(name) {
            models.insert(name.clone(), choice(files, name));
        }
    }
    let matrices = variant
        .matrices
        .iter()
        .filter(|own| own.precisions.is_empty());
    let selections: Vec<Selection> = matrices.map(|own| selection(own, &models)).collect();
    let plan = plan_all(&selections, Refusing::Ends, &All).expect("plans");
    let outlay = Outlay {
        repeats: variant.repeats,
        duration: variant.duration,
        max_requests: variant.max_requests,
        twins: true,
        profile: true,
        probes: true,
    };
    let told = outlook(&plan, &outlay, rates);
    println!("{}: {} cells, {told:?}", variant.name, plan.cells.len());
    (plan.cells.len(), told)
}

#[test]
fn the_quick_framework_tax_takes_less_than_ten_minutes_with_every_framework() {
    let suite = suite::find("framework-tax").expect("comes along");
    let quick = suite.quickly().expect("a quick variant");
    let (cells, told) = told(&Models::new(), &quick, &Rates::assumed());
    assert_eq!(told.uncounted, 0);
    assert!(told.time < Nanoseconds::from_secs(600), "{told:?}");
    assert!(cells >= 60, "{cells} cells show little");
}

#[test]
fn the_whole_framework_tax_takes_less_than_three_hours_on_a_core_of_eighty_gflops() {
    let rates = Rates {
        flops_per_s: FlopsPerSecond::from_per_s(80e9),
        ..Rates::assumed()
    };
    let suite = suite::find("framework-tax").expect("comes along");
    let (cells, told) = told(&Models::new(), &suite.whole(), &rates);
    assert!(told.time < Nanoseconds::from_secs(3 * 3_600), "{told:?}");
    assert!(cells >= 200, "{cells} cells show little");
}
