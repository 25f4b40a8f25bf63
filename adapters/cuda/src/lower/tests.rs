//! What costs a step, what is a view, and what is refused by name.

use tare_adapter_api::AdapterError;
use tare_models::build::{Attr, Builder, Init, Value, Weights};
use tare_models::{DataType, Dim, Model, ShapeRequest, bind, resolve};

use prost::Message as _;

use super::lower;
use crate::fuse::testing::{Case, kinds};

/// The lowering of `draw` over one input of this type and shape.
fn lowered(
    dtype: DataType,
    shape: &[usize],
    draw: impl FnOnce(&mut Builder, &Value) -> (Value, Vec<usize>),
) -> Result<Vec<String>, AdapterError> {
    let mut graph = Builder::new("case", Weights::Seeded(1));
    let fixed = |shape: &[usize]| {
        shape
            .iter()
            .map(|size| Dim::Fixed(*size))
            .collect::<Vec<_>>()
    };
    let x = graph.input("x", dtype, &fixed(shape));
    let (y, shape) = draw(&mut graph, &x);
    graph.output("y", &y, &fixed(&shape));
    let model = Model::from_bytes(graph.finish().encode_to_vec()).expect("a model");
    let specs = bind(model.graph(), &ShapeRequest::default()).expect("fixed shapes");
    let resolved = resolve(model.graph(), &specs).expect("resolved");
    lower(&resolved).map(|draft| kinds(&draft))
}

fn told(lowered: Result<Vec<String>, AdapterError>) -> String {
    lowered.expect_err("refused").to_string()
}

#[test]
fn an_operator_that_no_step_computes_is_refused_with_its_domain_and_operator_set() {
    let refusal = lowered(DataType::F32, &[2, 3], |b, x| {
        (b.op("Hardmax", &[x]), vec![2, 3])
    });
    assert_eq!(
        told(refusal),
        "cuda lacks operator Hardmax (domain ai.onnx, opset 17)"
    );
}

#[test]
fn a_type_that_no_step_holds_is_refused_with_the_input() {
    let refusal = lowered(DataType::F64, &[2], |b, x| (b.op("Abs", &[x]), vec![2]));
    let refusal = told(refusal);
    assert!(refusal.contains("input 'x' is f64"), "{refusal}");
}

#[test]
fn what_a_step_cannot_do_is_refused_with_the_operator_and_its_name() {
    let mode = [("mode", Attr::Text("reflect"))];
    let refusal = lowered(DataType::F32, &[4], |b, x| {
        let pads = b.ints(&[1, 1]);
        (b.op_with("Pad", &[x, &pads], &mode), vec![6])
    });
    assert_eq!(
        told(refusal),
        "cuda cannot execute Pad '/Pad': mode 'reflect'; constant serves"
    );
}

#[test]
fn rearranging_costs_no_step_until_elements_must_move() {
    let moved = |join: bool| {
        lowered(DataType::F32, &[2, 3, 4], |b, x| {
            let x = b.reshape(x, &[2, 12]);
            let x = b.transpose(&x, &[1, 0]);
            let x = b.reshape(&x, if join { &[24] } else { &[3, 4, 2] });
            let shape = if join { vec![24] } else { vec![3, 4, 2] };
            (b.op("Relu", &[&x]), shape)
        })
    };
    assert_eq!(moved(false).expect("lowered"), ["map"]);
    assert_eq!(moved(true).expect("lowered"), ["copy", "map"]);
}

#[test]
fn a_product_with_one_matrix_for_all_is_a_product_of_matrices() {
    let case = Case::new(&[&[2, 3, 4]], |b, x| {
        let weight = b.weight("w", &[4, 5], Init::fan_in(4, 1.0));
        vec![(b.op("MatMul", &[&x[0], &weight]), &[2, 3, 5])]
    });
    assert_eq!(case.draft.steps[0].outputs[0].shape, [6, 5]);
}

#[test]
fn padding_writes_its_borders_and_its_middle_apart() {
    let case = Case::new(&[&[2, 3]], |b, x| {
        let (pads, value) = (b.ints(&[1, 0, 0, 2]), b.scalar(7.0));
        vec![(b.op("Pad", &[&x[0], &pads, &value]), &[3, 5])]
    });
    assert_eq!(kinds(&case.draft), ["map", "map", "copy"]);
    let padded = &case.outputs(&case.draft)[0];
    assert_eq!(padded[..5], [7.0; 5]);
    assert_eq!([padded[8], padded[9], padded[13], padded[14]], [7.0; 4]);
    assert!(padded[5..8].iter().all(|value| *value != 7.0));
}

#[test]
fn slices_and_repeats_show_what_they_should() {
    let case = Case::new(&[&[2, 4]], |b, x| {
        let (start, end, axis, back) = (
            b.ints(&[-1]),
            b.ints(&[i64::MIN]),
            b.ints(&[1]),
            b.ints(&[-2]),
        );
        let every = b.op("Slice", &[&x[0], &start, &end, &axis, &back]);
        let repeats = b.ints(&[1, 2]);
        let copied = b.op("Identity", &[&x[0]]);
        vec![
            (b.op("Tile", &[&every, &repeats]), &[2, 4]),
            (copied, &[2, 4]),
        ]
    });
    let outputs = case.outputs(&case.draft);
    let x = &outputs[1];
    assert_eq!(outputs[0], [x[3], x[1], x[3], x[1], x[7], x[5], x[7], x[5]]);
}
