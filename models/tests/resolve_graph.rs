//! What resolving leaves of a graph, what it explains, and what it refuses.

mod sketch;

use sketch::{Sketch, int, scalar, sketch, tensor, text};
use tare_models::DataType::{Bool, F16, F32, I64};
use tare_models::{
    Attribute, Declared, Dim, Element, Graph, ResolveError, Tensor, TensorSpec, ValueId, resolve,
};

fn values<T: Element>(tensor: &Tensor) -> Vec<T> {
    tensor.values::<T>().expect("of this type").into_owned()
}

fn floats(values: &[f32]) -> Tensor {
    tensor(&[values.len()], values)
}

fn bools(values: &[bool]) -> Tensor {
    Tensor::from_bools(vec![values.len()], values).expect("fits")
}

fn kinds(graph: &Graph) -> Vec<&str> {
    graph
        .nodes
        .iter()
        .map(|node| node.op_type.as_str())
        .collect()
}

#[test]
fn the_chain_that_exporters_write_for_a_reshape_is_computed() {
    let mut graph = sketch();
    let x = graph.input("x", F32, &[2, 7, 12]);
    let shape = graph.op("Shape", &[x], &[]);
    let zero = graph.constant("zero", scalar(0));
    let batch = graph.op("Gather", &[shape, zero], &[]);
    let axes = graph.ints(&[0]);
    let batch = graph.op("Unsqueeze", &[batch, axes], &[]);
    let rest = graph.ints(&[-1, 3, 4]);
    let target = graph.op("Concat", &[batch, rest], &[("axis", int(0))]);
    let reshaped = graph.op("Reshape", &[x, target], &[]);
    graph.output(reshaped);
    let resolved = graph.resolve();
    assert_eq!(kinds(&resolved.graph), ["Reshape"]);
    assert_eq!(resolved.types[&reshaped], (F32, vec![2, 7, 3, 4]));
    assert_eq!(
        values::<i64>(&resolved.graph.constants[&target]),
        [2, -1, 3, 4]
    );
    assert_eq!(resolved.graph.constants.len(), 1);
}

#[test]
fn a_division_by_zero_stays_an_operator() {
    let mut graph = sketch();
    let (one, zero) = (graph.ints(&[1]), graph.ints(&[0]));
    let quotient = graph.op("Div", &[one, zero], &[]);
    graph.output(quotient);
    assert_eq!(kinds(&graph.resolve().graph), ["Div"]);
}

#[test]
fn weights_are_shared_and_large_results_stay_operators() {
    let mut graph = sketch();
    let x = graph.input("x", F32, &[1, 2048]);
    let weight = graph.weight("w", &[2048, 1024]);
    let turned = graph.op("Transpose", &[weight], &[]);
    let back = graph.op("Transpose", &[turned], &[]);
    let product = graph.op("MatMul", &[x, back], &[]);
    graph.output(product);
    let resolved = graph.resolve();
    assert_eq!(kinds(&resolved.graph), ["Transpose", "Transpose", "MatMul"]);
    let (before, after) = (
        &graph.graph.constants[&weight],
        &resolved.graph.constants[&weight],
    );
    assert_eq!(before.bytes().as_ptr(), after.bytes().as_ptr());
}

#[test]
fn quantisation_and_random_numbers_are_never_computed() {
    let mut graph = sketch();
    let (data, scale) = (
        graph.constant("d", floats(&[1.0])),
        graph.constant("s", tensor(&[], &[0.5f32])),
    );
    let quantised = graph.op("QuantizeLinear", &[data, scale], &[]);
    let restored = graph.op("DequantizeLinear", &[quantised, scale], &[]);
    let noise = graph.op("RandomNormalLike", &[data], &[]);
    let sum = graph.op("Add", &[restored, noise], &[]);
    graph.output(sum);
    let kept = [
        "QuantizeLinear",
        "DequantizeLinear",
        "RandomNormalLike",
        "Add",
    ];
    assert_eq!(kinds(&graph.resolve().graph), kept);
}

#[test]
fn what_no_output_needs_is_dropped() {
    let mut graph = sketch();
    let x = graph.input("x", F32, &[2]);
    let unused = graph.weight("unused", &[2]);
    graph.op("Add", &[x, unused], &[]);
    let y = graph.op("Relu", &[x], &[]);
    graph.output(y);
    let resolved = graph.resolve();
    assert_eq!(kinds(&resolved.graph), ["Relu"]);
    assert!(resolved.graph.constants.is_empty());
}

#[test]
fn an_open_shape_is_explained_and_passed_on_but_not_further_than_needed() {
    let mut graph = sketch();
    let x = graph.input("x", F32, &[4]);
    let rows = graph.op("NonZero", &[x], &[]);
    let turned = graph.op("Transpose", &[rows], &[]);
    let four = graph.ints(&[2, 2]);
    let fixed = graph.op("Reshape", &[turned, four], &[]);
    let doubled = graph.op("Add", &[fixed, fixed], &[]);
    graph.output(doubled);
    let resolved = graph.resolve();
    let reasons: Vec<_> = resolved
        .unresolved
        .iter()
        .map(|open| (open.value, open.reason.as_str()))
        .collect();
    assert_eq!(
        reasons,
        [
            (
                rows,
                "NonZero 'nonzero_0': how many elements are not zero depends on the data"
            ),
            (
                turned,
                "Transpose 'transpose_1': the shape of 'nonzero_0:0' is not known"
            ),
        ]
    );
    assert_eq!(resolved.types[&doubled], (I64, vec![2, 2]));
}

/// An `If` on a constant or an input, whose branches capture `x` and give `Relu` or `Neg` of it.
fn conditional(condition: Option<bool>) -> (Sketch, ValueId) {
    let mut graph = sketch();
    let _x = graph.input("x", F32, &[3]);
    let condition = match condition {
        Some(value) => graph.constant("c", bools(&[value])),
        None => graph.input("c", Bool, &[1]),
    };
    let branch = |op_type: &str| {
        let mut inner = sketch();
        let x = inner.value("x");
        let factor = inner.constant(&format!("{op_type}_factor"), floats(&[2.0]));
        let scaled = inner.op("Mul", &[x, factor], &[]);
        let result = inner.op(op_type, &[scaled], &[]);
        inner.graph.value_names[result.0 as usize] = format!("{op_type}_result");
        inner.graph.value_names[scaled.0 as usize] = format!("{op_type}_scaled");
        inner.output(result);
        Attribute::Graph(Box::new(inner.graph))
    };
    let branches = [
        ("then_branch", branch("Relu")),
        ("else_branch", branch("Neg")),
    ];
    let output = graph.op("If", &[condition], &branches);
    graph.output(output);
    (graph, output)
}

#[test]
fn a_constant_condition_takes_its_branch() {
    let (graph, output) = conditional(Some(true));
    let resolved = graph.resolve();
    assert_eq!(kinds(&resolved.graph), ["Mul", "Relu"]);
    assert_eq!(resolved.graph.nodes[1].output(0), Some(output));
    assert_eq!(resolved.graph.nodes[0].input(0), Some(ValueId(0)));
    assert_eq!(resolved.types[&output], (F32, vec![3]));
    let (graph, _) = conditional(Some(false));
    assert_eq!(kinds(&graph.resolve().graph), ["Mul", "Neg"]);
}

#[test]
fn an_open_condition_keeps_both_branches_and_the_type_they_share() {
    let (graph, output) = conditional(None);
    let resolved = graph.resolve();
    assert_eq!(kinds(&resolved.graph), ["If"]);
    assert_eq!(resolved.types[&output], (F32, vec![3]));
    assert_eq!(resolved.unresolved, []);
}

#[test]
fn values_that_a_loop_captures_are_kept() {
    let mut graph = sketch();
    let x = graph.input("x", F32, &[3]);
    let captured = graph.weight("captured", &[3]);
    let trips = graph.constant("trips", scalar(2));
    let mut body = sketch();
    body.value("captured");
    let inner = body.op("Relu", &[ValueId(0)], &[]);
    body.output(inner);
    let looped = graph.op(
        "Loop",
        &[trips, x],
        &[("body", Attribute::Graph(Box::new(body.graph)))],
    );
    graph.output(looped);
    let resolved = graph.resolve();
    assert!(resolved.graph.constants.contains_key(&captured));
    assert_eq!(resolved.unresolved[0].value, looped);
}

#[test]
fn a_declared_output_helps_where_an_operator_is_unknown() {
    let mut graph = sketch();
    let x = graph.input("x", F32, &[5, 3]);
    graph.graph.inputs[0].dims = Some(vec![Dim::Symbol("batch".into()), Dim::Fixed(3)]);
    let y = graph.op_of("acme", "Fancy", &[x], &[], 1)[0];
    let dims = Some(vec![Dim::Symbol("batch".into()), Dim::Fixed(2)]);
    graph.graph.outputs.push(Declared {
        value: y,
        name: "y".into(),
        dtype: F16,
        dims,
    });
    assert_eq!(graph.resolve().types[&y], (F16, vec![5, 2]));
}

#[test]
fn inputs_must_be_those_of_the_graph() {
    let mut graph = sketch();
    let x = graph.input("x", F32, &[2, 3]);
    graph.graph.inputs[0].dims = Some(vec![Dim::Symbol("n".into()), Dim::Fixed(3)]);
    graph.output(x);
    let spec = |name: &str, dtype, shape: &[usize]| TensorSpec {
        name: name.into(),
        dtype,
        shape: shape.to_vec(),
    };
    let refusal = |specs: &[TensorSpec]| resolve(&graph.graph, specs).expect_err("refused");
    assert!(matches!(refusal(&[]), ResolveError::MissingInput { .. }));
    let extra = [spec("x", F32, &[2, 3]), spec("z", F32, &[1])];
    assert_eq!(
        refusal(&extra).to_string(),
        "'z' is no input of the model; its inputs are [\"x\"]"
    );
    assert_eq!(
        refusal(&[spec("x", F16, &[2, 3])]).to_string(),
        "the input 'x' holds f32, not f16"
    );
    let wrong = refusal(&[spec("x", F32, &[2, 4])]).to_string();
    assert_eq!(
        wrong,
        "the input 'x' is declared as [n = 2, 3], which [2, 4] does not fit"
    );
    assert!(matches!(
        refusal(&[spec("x", F32, &[usize::MAX, 3])]),
        ResolveError::InputShape { .. }
    ));
}

#[test]
fn text_attributes_choose_how_padding_is_done() {
    let mut graph = sketch();
    let (data, pads) = (graph.ints(&[1, 2]), graph.ints(&[1, 1]));
    let padded = graph.op("Pad", &[data, pads], &[("mode", text("reflect"))]);
    graph.output(padded);
    let resolved = graph.resolve();
    assert_eq!(kinds(&resolved.graph), ["Pad"]);
    assert_eq!(resolved.types[&padded], (I64, vec![4]));
}
