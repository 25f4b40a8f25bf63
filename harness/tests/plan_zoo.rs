//! Models of the zoo are planned from what they are made of: the same cells as from their files, which need not be there.

#[path = "common/planning.rs"]
mod planning;

use std::cell::RefCell;
use std::path::PathBuf;

use planning::{Local, Models, selection, spec};
use tare_adapter_api::{AdapterSpec, LoadRequest, Precision};
use tare_harness::plan::{ModelChoice, Named, Refusing, ZooFile, plan, plan_named};
use tare_harness::{Absent, Consideration, Description, Desk, Plan, Refusal, WorkerProgram};
use tare_models::Model;

const MODELS: [&str; 3] = [
    "mlp:width=16,depth=3",
    "bert-tiny:layers=1,hidden=8,heads=2,intermediate=8,vocab=64",
    "squeezebert:layers=1,hidden=48,heads=2,intermediate=64,vocab=64",
];

/// The choice as the zoo knows it, with the hash of its file.
fn from_zoo(choice: &ModelChoice, twin: &str) -> ModelChoice {
    let file = Model::open(&choice.path).expect("reads");
    ModelChoice {
        zoo: Some(ZooFile {
            name: choice.name.clone(),
            sha256: file.sha256().to_owned(),
            twin: twin.into(),
        }),
        ..choice.clone()
    }
}

fn with_length(mut choice: ModelChoice) -> ModelChoice {
    if !choice.name.starts_with("mlp") {
        choice.default_symbols = [("seq".to_owned(), 8)].into();
    }
    choice
}

fn planned(choices: Vec<ModelChoice>) -> Plan {
    plan(&selection(choices), &Local).expect("plans")
}

#[test]
fn a_model_of_the_zoo_has_the_cells_that_its_file_has() {
    let files = Models::new();
    let choices: Vec<ModelChoice> = MODELS
        .iter()
        .map(|name| with_length(files.make(name)))
        .collect();
    let from_files = planned(choices.clone());
    let sketched = choices.iter().map(|choice| from_zoo(choice, "like.onnx"));
    let from_sketches = planned(sketched.collect());
    assert_eq!(from_files.cells.len(), 2 * MODELS.len());
    for (file, sketch) in from_files.cells.iter().zip(&from_sketches.cells) {
        assert_eq!(file.planned, sketch.planned);
        assert_eq!(file.load, sketch.load);
        assert_eq!(file.inputs, sketch.inputs);
        assert_eq!(file.arithmetic, sketch.arithmetic);
        assert_eq!(
            (&file.doubts, &file.missing),
            (&sketch.doubts, &sketch.missing)
        );
        assert_eq!(file.file_precision, sketch.file_precision);
    }
}

#[test]
fn neither_file_nor_twin_is_read_for_a_plan_and_adapters_are_asked_about_the_twin() {
    let choice = ModelChoice {
        name: MODELS[1].to_owned(),
        path: "/nowhere/full.onnx".into(),
        default_symbols: [("seq".to_owned(), 8)].into(),
        inputs: Vec::new(),
        zoo: Some(ZooFile {
            name: MODELS[1].to_owned(),
            sha256: "not made yet".to_owned(),
            twin: "/nowhere/like.onnx".into(),
        }),
    };
    let plan = planned(vec![choice]);
    for work in plan.cells.iter().chain(&plan.references) {
        assert_eq!(work.load.model, PathBuf::from("/nowhere/full.onnx"));
        assert_eq!(work.question.model, PathBuf::from("/nowhere/like.onnx"));
        let names = |load: &LoadRequest| -> Vec<String> {
            load.inputs.iter().map(|spec| spec.name.clone()).collect()
        };
        assert_eq!(names(&work.question), names(&work.load));
        let shape = |load: &LoadRequest| load.inputs[0].shape.clone();
        assert_eq!(shape(&work.load)[1], 8);
        assert!(shape(&work.question)[1] <= 2, "as the twin has it");
        assert_eq!(shape(&work.question)[0], shape(&work.load)[0], "the batch");
    }
}

/// Refuses arithmetic other than the file's for adapters but `gpu`, and notes how often it is asked.
#[derive(Default)]
struct Choosy {
    asked: RefCell<Vec<(String, usize)>>,
}

impl Desk for Choosy {
    fn names(&self) -> Vec<&'static str> {
        vec!["fake", "gpu"]
    }

    fn references(&self) -> Vec<AdapterSpec> {
        vec![spec("gpu"), spec("fake")]
    }

    fn program(&self, _: &str) -> Result<WorkerProgram, Absent> {
        Ok(WorkerProgram::default())
    }

    fn describe(&self, _: &AdapterSpec) -> Result<Description, String> {
        Local.describe(&spec("fake"))
    }

    fn consider(&self, spec: &AdapterSpec, requests: &[LoadRequest]) -> Vec<Consideration> {
        let note = (spec.to_string(), requests.len());
        self.asked.borrow_mut().push(note);
        let answer = |load: &LoadRequest| Consideration {
            refusal: (load.precision.is_some() && spec.name != "gpu").then(|| Refusal {
                message: "fp32 alone".into(),
                lacks: Vec::new(),
            }),
            environment: Vec::new(),
        };
        requests.iter().map(answer).collect()
    }
}

fn named(experiment: &str, adapter: &str, precisions: &[Precision], files: &Models) -> Named {
    let mut selection = selection(vec![files.mlp()]);
    selection.adapters = vec![spec(adapter)];
    selection.precisions = precisions.to_vec();
    selection.batches = match precisions.len() {
        0 => vec![1],
        _ => vec![1, 8],
    };
    Named {
        experiment: Some(experiment.to_owned()),
        selection,
    }
}

#[test]
fn an_experiment_over_precisions_of_which_one_is_left_is_left_out_and_told() {
    let files = Models::new();
    let both = [Precision::Fp32, Precision::Bf16];
    let matrices = |adapter| {
        [
            named("batch", "fake", &[], &files),
            named("precision", adapter, &both, &files),
        ]
    };
    let plan = |adapter| {
        let desk = Choosy::default();
        plan_named(&matrices(adapter), Refusing::LeavesOut, &desk).expect("plans")
    };
    let alone = plan("fake");
    assert_eq!(
        alone.cells.len(),
        1,
        "the cell that the other experiment has too"
    );
    assert_eq!(alone.cells[0].selections, [0]);
    let told = alone.left_out.join("\n");
    assert!(
        told.contains("left out: experiment 'precision': no adapter here computes its models in another precision than fp32"),
        "{told}"
    );
    assert!(told.contains("fp32 alone"), "and why: {told}");
    let compared = plan("gpu");
    assert_eq!(compared.cells.len(), 1 + 4);
    assert!(compared.left_out.is_empty(), "{:?}", compared.left_out);
    let only = [named("precision", "fake", &both, &files)];
    let only = plan_named(&only, Refusing::LeavesOut, &Choosy::default()).expect("plans");
    assert_eq!(only.cells.len(), 2, "nothing else was asked for");
}

#[test]
fn each_adapter_is_asked_about_all_models_at_once_and_about_none_twice() {
    let files = Models::new();
    let choices = MODELS.iter().map(|name| with_length(files.make(name)));
    let mut asked = selection(choices.collect());
    asked.batches = vec![1, 2, 4];
    let desk = Choosy::default();
    let planned = plan(&asked, &desk).expect("plans");
    assert_eq!(planned.cells.len(), 9);
    assert_eq!(planned.references.len(), 9);
    let expected = [("fake".to_owned(), 3), ("gpu".to_owned(), 3)];
    assert_eq!(*desk.asked.borrow(), expected);
}
