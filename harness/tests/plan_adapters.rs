//! Cells meet their adapters: refusals, references, other formats.

#[path = "common/planning.rs"]
mod planning;

use std::collections::BTreeMap;
use std::path::PathBuf;

use planning::{Local, Models, error, selection, sizes, spec, stored};
use tare_adapter_api::ModelFormat;
use tare_harness::Selection;
use tare_harness::plan::{ModelChoice, ReferenceChoice, plan, replan};
use tare_models::build::{Builder, Weights, write};
use tare_models::{DataType, Dim};

#[test]
fn an_adapter_that_lacks_an_operator_is_refused_with_those_that_have_it() {
    let models = Models::new();
    let mut asked = selection(vec![models.mlp()]);
    asked.adapters = vec![spec("fake"), spec("picky")];
    assert_eq!(
        error(&asked),
        "model 'mlp:width=8,depth=2': picky lacks operator FFT (domain ai.onnx, opset 17); use --adapter fake"
    );
}

#[test]
fn an_adapter_that_is_not_here_is_refused_with_what_mends_it() {
    let models = Models::new();
    let mut asked = selection(vec![models.mlp()]);
    asked.adapters = vec![spec("gone@1.2")];
    assert_eq!(
        error(&asked),
        "adapter 'gone@1.2' cannot run here: no library; install it"
    );
}

#[test]
fn workers_are_told_what_their_adapter_needs() {
    let models = Models::new();
    let mut asked = selection(vec![models.mlp()]);
    asked.threads = vec![1, 2];
    asked.batches = vec![1];
    let plan = plan(&asked, &Local).expect("plans");
    let told: Vec<&str> = plan
        .cells
        .iter()
        .map(|work| work.environment[0].1.as_str())
        .collect();
    assert_eq!(told, ["1", "2"]);
    assert_eq!(plan.cells[0].program.path, PathBuf::from("fake"));
}

#[test]
fn outputs_are_compared_with_those_of_another_adapter_or_of_the_one_named() {
    let models = Models::new();
    let mut asked = selection(vec![models.mlp()]);
    asked.adapters = vec![spec("fake"), spec("fake:run=1ms")];
    let reason = |asked: &Selection, place: usize| {
        plan(asked, &Local).expect("plans").cells[place]
            .reference
            .clone()
    };
    let none = reason(&asked, 0).expect_err("fake is the only one that can");
    assert!(none.starts_with("no other framework"), "{none}");
    asked.reference = ReferenceChoice::Named(spec("fake"));
    assert_eq!(reason(&asked, 0), Err("the reference itself".to_owned()));
    assert_eq!(reason(&asked, 1), Ok(0));
    let both = plan(&asked, &Local).expect("plans");
    let places: Vec<_> = both
        .cells
        .iter()
        .map(|work| work.reference.clone())
        .collect();
    assert_eq!(places[3], Ok(1), "another batch is another reference");
    assert_eq!(both.references.len(), 2);
    assert_eq!(both.references[0].planned.cell.adapter_spec(), "fake");
    asked.reference = ReferenceChoice::None;
    assert_eq!(
        reason(&asked, 0),
        Err("not asked for: --reference none".to_owned())
    );
    asked.reference = ReferenceChoice::Named(spec("gone"));
    assert!(error(&asked).contains("cannot run here"));
}

fn torchscript(models: &Models, inputs: &[&str]) -> ModelChoice {
    let path = models.folder.path().join("model.pt");
    let mut writer = zip::ZipWriter::new(std::fs::File::create(&path).expect("a file"));
    for member in ["m/data.pkl", "m/code/__torch__.py", "m/constants.pkl"] {
        writer
            .start_file(member, zip::write::SimpleFileOptions::default())
            .expect("a member");
    }
    writer.finish().expect("finishes");
    ModelChoice {
        name: "model.pt".into(),
        path,
        default_symbols: BTreeMap::new(),
        zoo: None,
        inputs: inputs
            .iter()
            .map(|input| input.parse().expect("an input"))
            .collect(),
    }
}

#[test]
fn a_torchscript_file_takes_its_inputs_from_whoever_asks() {
    let models = Models::new();
    let mut asked = selection(vec![torchscript(
        &models,
        &["x=f32[batch,3]", "ids=i64[batch,seq]"],
    )]);
    asked.adapters = vec![spec("torch")];
    asked.shapes = vec![sizes(&[("seq", 5)])];
    let plan = plan(&asked, &Local).expect("plans");
    let work = &plan.cells[1];
    assert_eq!(work.load.format, ModelFormat::TorchScript);
    assert_eq!(work.load.inputs[1].shape, [8, 5]);
    assert_eq!(work.planned.model.format, "torchscript");
    assert_eq!(work.planned.model.flops, None);
    assert!(work.missing.contains_key("model.flops"));
    let again = replan(&stored(&plan), &Local).expect("plans again");
    assert_eq!(again.cells[1].load, work.load);
}

#[test]
fn a_torchscript_file_without_inputs_or_for_another_adapter_is_refused() {
    let models = Models::new();
    let mut asked = selection(vec![torchscript(&models, &[])]);
    asked.adapters = vec![spec("torch")];
    assert!(error(&asked).contains("give --input"), "{}", error(&asked));
    asked.models = vec![torchscript(&models, &["x=f32[batch]"])];
    asked.adapters = vec![spec("fake")];
    assert_eq!(
        error(&asked),
        "adapter 'fake' does not read TorchScript, which 'model.pt' is; use --adapter torch"
    );
}

#[test]
fn outputs_that_are_drawn_at_random_are_compared_with_nobody_s() {
    let models = Models::new();
    let path = models.folder.path().join("noise.onnx");
    let mut graph = Builder::new("noise", Weights::Absent);
    let x = graph.input("x", DataType::F32, &[Dim::Fixed(3)]);
    let noise = graph.op("RandomNormalLike", &[&x]);
    graph.output("y", &noise, &[Dim::Fixed(3)]);
    write(&graph.finish(), &path).expect("writes");
    let noise = ModelChoice {
        name: "noise.onnx".to_owned(),
        path,
        default_symbols: BTreeMap::new(),
        inputs: Vec::new(),
        zoo: None,
    };
    let mut asked = selection(vec![noise]);
    (asked.batches, asked.adapters) = (Vec::new(), vec![spec("fake"), spec("fake:run=1ms")]);
    asked.reference = ReferenceChoice::Named(spec("fake"));
    let planned = plan(&asked, &Local).expect("plans");
    assert!(planned.references.is_empty());
    for work in planned.cells {
        let reason = work.reference.expect_err("nobody's");
        assert!(
            reason.starts_with("the model draws random numbers: RandomNormalLike '"),
            "{reason}"
        );
    }
}
