//! Cells whose requests have several batches: what is loaded for them, and the models that take one batch alone.

#[path = "common/planning.rs"]
mod planning;

use planning::{Local, Models, error, selection};
use tare_harness::Selection;
use tare_harness::plan::{ModelChoice, plan};
use tare_models::build::{Builder, Value, Weights, write};
use tare_models::{DataType, Dim};

fn random(model: ModelChoice) -> Selection {
    Selection {
        batches: Vec::new(),
        scenarios: vec!["random-batch:mean=8".parse().expect("a scenario")],
        ..selection(vec![model])
    }
}

/// A model of inputs with these types and first axes, each of two columns beside it, of which `operators` makes the output.
fn made(
    models: &Models,
    inputs: &[(&str, DataType, &[Dim])],
    operators: impl FnOnce(&mut Builder, &[Value]) -> Value,
) -> ModelChoice {
    let path = models.folder.path().join("made.onnx");
    let mut graph = Builder::new("made", Weights::Absent);
    let values: Vec<Value> = inputs
        .iter()
        .map(|(name, dtype, dims)| graph.input(name, *dtype, dims))
        .collect();
    let output = operators(&mut graph, &values);
    graph.output("y", &output, &[Dim::Unknown, Dim::Unknown]);
    write(&graph.finish(), &path).expect("written");
    ModelChoice {
        name: "made".into(),
        path,
        ..models.mlp()
    }
}

fn batch() -> Dim {
    Dim::Symbol("batch".to_owned())
}

fn refused(model: ModelChoice) -> String {
    error(&random(model))
}

#[test]
fn the_cell_has_the_mean_batch_and_its_load_the_largest_while_the_reference_has_the_mean_alone() {
    let models = Models::new();
    let random = Selection {
        reference: tare_harness::plan::ReferenceChoice::Named(
            "fake:run=1ms".parse().expect("a spec"),
        ),
        ..random(models.mlp())
    };
    let plan = plan(&random, &Local).expect("plans");
    let cell = &plan.cells[0];
    assert_eq!(cell.planned.cell.batch, 8);
    assert_eq!(cell.load.inputs[0].shape[0], 8);
    let largest = cell.load.largest_batch.expect("several").get();
    assert!(largest > 8 + 2 * 3, "{largest}");
    assert_eq!(cell.question.largest_batch, cell.load.largest_batch);
    let reference = &plan.references[0];
    assert_eq!(reference.planned.cell.batch, 8);
    assert_eq!(
        (
            reference.load.largest_batch,
            reference.question.largest_batch
        ),
        (None, None)
    );
    assert_eq!(
        reference.inputs, cell.inputs,
        "so the check input is the same"
    );
}

#[test]
fn a_scenario_of_one_batch_loads_for_that_alone() {
    let models = Models::new();
    let plan = plan(&selection(vec![models.mlp()]), &Local).expect("plans");
    assert!(
        plan.cells
            .iter()
            .all(|cell| cell.load.largest_batch.is_none())
    );
}

#[test]
fn a_model_with_a_fixed_batch_is_refused_even_where_it_is_the_mean() {
    let models = Models::new();
    let fixed = made(
        &models,
        &[("x", DataType::F32, &[Dim::Fixed(8), Dim::Fixed(2)])],
        |graph, inputs| graph.op("Relu", &[&inputs[0]]),
    );
    let told = refused(fixed);
    assert!(
        told.starts_with("model 'made' does not take requests of 1 to "),
        "{told}"
    );
    assert!(
        told.contains("the first dimension of 'x' is fixed to 8"),
        "{told}"
    );
    assert!(told.ends_with("such as fixed-batch"), "{told}");
}

#[test]
fn an_input_whose_first_axis_is_not_the_batch_is_named() {
    let models = Models::new();
    let beside = made(
        &models,
        &[
            ("x", DataType::F32, &[batch(), Dim::Fixed(2)]),
            ("scale", DataType::F32, &[Dim::Fixed(1), Dim::Fixed(2)]),
        ],
        |graph, inputs| graph.op("Mul", &[&inputs[0], &inputs[1]]),
    );
    let told = refused(beside);
    assert!(
        told.contains("the batch is not the first axis of input 'scale'"),
        "{told}"
    );
    let square = made(
        &models,
        &[("x", DataType::F32, &[batch(), batch()])],
        |graph, inputs| graph.op("Relu", &[&inputs[0]]),
    );
    let told = refused(square);
    assert!(told.contains("more than its first axis changes"), "{told}");
}

#[test]
fn a_model_that_folds_the_batch_into_another_axis_is_refused() {
    let models = Models::new();
    let folds = made(
        &models,
        &[("x", DataType::F32, &[batch(), Dim::Fixed(2)])],
        |graph, inputs| {
            let shape = graph.ints(&[-1, 4]);
            graph.op("Reshape", &[&inputs[0], &shape])
        },
    );
    let told = refused(folds);
    assert!(told.contains("at a batch of 1: "), "{told}");
}

#[test]
fn a_model_whose_inputs_point_at_rows_of_its_batch_is_refused() {
    let models = Models::new();
    let points = made(
        &models,
        &[
            ("x", DataType::F32, &[batch(), Dim::Fixed(2)]),
            ("rows", DataType::I64, &[batch()]),
        ],
        |graph, inputs| graph.op("Gather", &[&inputs[0], &inputs[1]]),
    );
    let told = refused(points);
    assert!(
        told.contains("input 'rows' takes 0 to 7 at the batch of the cell"),
        "{told}"
    );
}
