//! What operators move, what lives at once, and what counts as a parameter, against counts worked out by hand.

mod sketch;

use sketch::{Sketch, int, sketch, tensor};
use tare_models::DataType::{F16, F32, I8, I64, U8};
use tare_models::{Facts, Tensor};

fn facts(graph: &Sketch) -> Facts {
    Facts::of(&graph.resolve())
}

#[test]
fn a_table_moves_the_rows_that_are_selected() {
    let mut graph = sketch();
    let ids = graph.input("ids", I64, &[1, 6]);
    let table = graph.weight("table", &[1000, 4]);
    let rows = graph.op("Gather", &[table, ids], &[]);
    graph.output(rows);
    let facts = facts(&graph);
    let (indices, selected) = (6 * 8, 6 * 4 * 4);
    assert_eq!(facts.bytes_min.as_bytes(), selected + indices + selected);
    assert_eq!(
        facts.bytes_unfused.as_bytes(),
        selected + indices + selected
    );
    assert_eq!((facts.parameters, facts.flops.as_operations()), (4000, 0));
}

#[test]
fn a_tied_table_counts_once_and_moves_whole_where_it_is_multiplied() {
    let mut graph = sketch();
    let ids = graph.input("ids", I64, &[6]);
    let table = graph.weight("table", &[10, 4]);
    let rows = graph.op("Gather", &[table, ids], &[]);
    let turned = graph.op("Transpose", &[table], &[]);
    let logits = graph.op("MatMul", &[rows, turned], &[]);
    graph.output(logits);
    let facts = facts(&graph);
    assert_eq!((facts.parameters, facts.macs_linear), (40, 6 * 4 * 10));
    let (folded, rows) = (160, 6 * 16);
    assert_eq!(facts.bytes_min.as_bytes(), folded + rows + 48 + 240);
}

#[test]
fn elements_take_their_own_bytes() {
    let mut graph = sketch();
    let x = graph.input("x", F16, &[2, 3]);
    let w = graph.constant(
        "w",
        Tensor::from_bytes(F16, vec![3, 4], vec![0; 24].into()).expect("fits"),
    );
    let y = graph.op("MatMul", &[x, w], &[]);
    graph.output(y);
    let half = facts(&graph);
    assert_eq!(
        (half.bytes_min.as_bytes(), half.parameters),
        (12 + 24 + 16, 12)
    );
    let mut graph = sketch();
    let x = graph.input("x", U8, &[2, 3]);
    let w = graph.constant("w", tensor(&[3, 4], &[0i8; 12]));
    let y = graph.op("MatMulInteger", &[x, w], &[]);
    graph.output(y);
    let byte = facts(&graph);
    assert_eq!(
        (byte.bytes_min.as_bytes(), byte.parameters),
        (6 + 12 + 32, 12)
    );
    assert_eq!(graph.graph.constants[&w].dtype(), I8);
}

#[test]
fn views_move_nothing_and_share_the_memory_of_what_they_show() {
    let mut graph = sketch();
    let x = graph.input("x", F32, &[4, 8]);
    let relu = graph.op("Relu", &[x], &[]);
    let shape = graph.ints(&[32]);
    let flat = graph.op("Reshape", &[relu, shape], &[]);
    let negated = graph.op("Neg", &[flat], &[]);
    graph.output(negated);
    let facts = facts(&graph);
    assert_eq!(facts.bytes_unfused.as_bytes(), 4 * 128);
    assert_eq!(facts.peak_activation_bytes.as_bytes(), 2 * 128);
    assert_eq!(
        (facts.input_bytes.as_bytes(), facts.output_bytes.as_bytes()),
        (128, 128)
    );
}

#[test]
fn a_value_lives_until_its_last_reader() {
    let mut graph = sketch();
    let x = graph.input("x", F32, &[100]);
    let early = graph.op("Relu", &[x], &[]);
    let middle = graph.op("Neg", &[early], &[]);
    let late = graph.op("Add", &[middle, early], &[]);
    graph.output(late);
    assert_eq!(facts(&graph).peak_activation_bytes.as_bytes(), 3 * 400);
}

#[test]
fn statistics_masks_scalars_and_shapes_are_no_parameters() {
    let mut graph = sketch();
    let x = graph.input("x", F32, &[2, 3]);
    let scale = graph.constant("scale", tensor(&[], &[0.5f32]));
    let epsilon = graph.constant("epsilon", tensor(&[1], &[1e-5f32]));
    let mask = graph.constant("mask", tensor(&[1, 3], &[0.0f32, 0.0, f32::NEG_INFINITY]));
    let gain = graph.weight("gain", &[3]);
    let mut value = graph.op("Mul", &[x, scale], &[]);
    for constant in [epsilon, mask, gain] {
        value = graph.op("Add", &[value, constant], &[]);
    }
    graph.output(value);
    let resolved = graph.resolve();
    let names: Vec<_> = resolved
        .weights
        .iter()
        .map(|weight| weight.name.as_str())
        .collect();
    assert_eq!(names, ["gain"]);
}

#[test]
fn weights_are_found_through_what_is_done_to_them_first() {
    let mut graph = sketch();
    let x = graph.input("x", F32, &[2, 4]);
    let stored = graph.constant("stored", tensor(&[3, 4], &[0i8; 12]));
    let step = graph.constant("step", tensor(&[3], &[0.1f32; 3]));
    let weight = graph.op("DequantizeLinear", &[stored, step], &[("axis", int(0))]);
    let turned = graph.op("Transpose", &[weight], &[]);
    let product = graph.op("MatMul", &[x, turned], &[]);
    let positions = graph.weight("positions", &[8, 3]);
    let (from, to) = (graph.ints(&[0]), graph.ints(&[2]));
    let part = graph.op("Slice", &[positions, from, to], &[]);
    let sum = graph.op("Add", &[product, part], &[]);
    graph.output(sum);
    let facts = facts(&graph);
    assert_eq!((facts.parameters, facts.macs_linear), (12 + 24, 2 * 4 * 3));
}
