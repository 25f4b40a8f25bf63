//! What resolving computes before anything runs, value by value.

mod sketch;

use sketch::{int, ints, list, scalar, sketch, tensor, zeros};
use tare_models::DataType::F16;
use tare_models::{Attribute, Element, Graph, Tensor, ValueId};

/// The value of one operator on constants.
fn folded(op_type: &str, inputs: &[Tensor], attributes: &[(&str, Attribute)]) -> Tensor {
    let mut graph = sketch();
    let inputs: Vec<ValueId> = (inputs.iter().enumerate())
        .map(|(index, tensor)| graph.constant(&format!("in{index}"), tensor.clone()))
        .collect();
    let output = graph.op(op_type, &inputs, attributes);
    graph.output(output);
    let resolved = graph.resolve();
    let value = resolved.graph.constants.get(&output);
    value
        .unwrap_or_else(|| panic!("{op_type} was not folded"))
        .clone()
}

fn values<T: Element>(tensor: &Tensor) -> Vec<T> {
    tensor.values::<T>().expect("of this type").into_owned()
}

fn fold_ints(op_type: &str, inputs: &[Tensor], attributes: &[(&str, Attribute)]) -> Vec<i64> {
    values(&folded(op_type, inputs, attributes))
}

fn fold_floats(op_type: &str, inputs: &[Tensor]) -> Vec<f32> {
    values(&folded(op_type, inputs, &[]))
}

fn fold_bools(op_type: &str, inputs: &[Tensor]) -> Vec<u8> {
    values(&folded(op_type, inputs, &[]))
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
fn movement_of_constants_is_computed() {
    let grid = || tensor(&[2, 3], &[1i64, 2, 3, 4, 5, 6]);
    assert_eq!(fold_ints("Transpose", &[grid()], &[]), [1, 4, 2, 5, 3, 6]);
    assert_eq!(
        fold_ints(
            "Slice",
            &[
                grid(),
                ints(&[2]),
                ints(&[i64::MIN]),
                ints(&[1]),
                ints(&[-2])
            ],
            &[]
        ),
        [3, 1, 6, 4]
    );
    assert_eq!(
        fold_ints("Gather", &[grid(), ints(&[-1, 0])], &[("axis", int(1))]),
        [3, 1, 6, 4]
    );
    assert_eq!(
        fold_ints(
            "GatherElements",
            &[grid(), tensor(&[1, 3], &[1i64, 0, -1])],
            &[]
        ),
        [4, 2, 6]
    );
    assert_eq!(
        fold_ints(
            "GatherND",
            &[grid(), tensor(&[2, 2], &[0i64, 2, 1, -3])],
            &[]
        ),
        [3, 4]
    );
    assert_eq!(
        fold_ints(
            "Concat",
            &[grid(), tensor(&[2, 1], &[7i64, 8])],
            &[("axis", int(1))]
        ),
        [1, 2, 3, 7, 4, 5, 6, 8]
    );
    assert_eq!(
        fold_ints("Tile", &[ints(&[1, 2]), ints(&[2])], &[]),
        [1, 2, 1, 2]
    );
    assert_eq!(
        fold_ints("Expand", &[tensor(&[2, 1], &[1i64, 2]), ints(&[2, 2])], &[]),
        [1, 1, 2, 2]
    );
    assert_eq!(
        fold_ints("Pad", &[ints(&[5, 6]), ints(&[1, -1]), scalar(9)], &[]),
        [9, 5]
    );
    assert_eq!(
        fold_ints("Trilu", &[grid()], &[("upper", int(0))]),
        [1, 0, 0, 4, 5, 0]
    );
    assert_eq!(
        fold_ints(
            "ScatterND",
            &[ints(&[1, 2, 3]), tensor(&[1, 1], &[2i64]), ints(&[9])],
            &[]
        ),
        [1, 2, 9]
    );
    assert_eq!(
        fold_ints(
            "ScatterElements",
            &[ints(&[1, 2, 3]), ints(&[-3]), ints(&[9])],
            &[]
        ),
        [9, 2, 3]
    );
    assert_eq!(
        fold_ints(
            "Where",
            &[bools(&[true, false]), ints(&[1, 2]), scalar(7)],
            &[]
        ),
        [1, 7]
    );
}

#[test]
fn arithmetic_on_constants_is_computed() {
    let pair = [ints(&[7, -7]), ints(&[2])];
    assert_eq!(fold_ints("Add", &pair, &[]), [9, -5]);
    assert_eq!(fold_ints("Sub", &pair, &[]), [5, -9]);
    assert_eq!(fold_ints("Mul", &pair, &[]), [14, -14]);
    assert_eq!(fold_ints("Div", &pair, &[]), [3, -3]);
    assert_eq!(fold_ints("Mod", &pair, &[]), [1, 1]);
    assert_eq!(fold_ints("Mod", &pair, &[("fmod", int(1))]), [1, -1]);
    assert_eq!(fold_ints("Pow", &[ints(&[3]), ints(&[4])], &[]), [81]);
    assert_eq!(
        fold_ints("Max", &[ints(&[1, 5]), ints(&[3]), ints(&[2, 9])], &[]),
        [3, 9]
    );
    assert_eq!(
        fold_ints("Neg", &[ints(&[i64::MIN, 4])], &[]),
        [i64::MIN, -4]
    );
    assert_eq!(
        fold_floats("Sqrt", &[floats(&[64.0, 2.0])]),
        [8.0, 2f32.sqrt()]
    );
    assert_eq!(fold_floats("Reciprocal", &[floats(&[3.0])]), [1.0f32 / 3.0]);
    assert_eq!(
        fold_floats("Div", &[floats(&[1.0]), floats(&[3.0])]),
        [1.0f32 / 3.0]
    );
    assert_eq!(fold_floats("Floor", &[floats(&[-1.5])]), [-2.0]);
    let [low, high] = [
        fold_floats("Min", &[floats(&[f32::NAN, 2.0]), floats(&[1.0])]),
        fold_floats("Ceil", &[floats(&[1.2])]),
    ];
    assert!(low[0].is_nan() && low[1] == 1.0 && high == [2.0]);
}

#[test]
fn comparisons_and_logic_on_constants_are_computed() {
    let pair = [ints(&[1, 2, 3]), ints(&[2])];
    assert_eq!(fold_bools("Equal", &pair), [0, 1, 0]);
    assert_eq!(fold_bools("Less", &pair), [1, 0, 0]);
    assert_eq!(fold_bools("GreaterOrEqual", &pair), [0, 1, 1]);
    assert_eq!(
        fold_bools("LessOrEqual", &[floats(&[f32::NAN]), floats(&[1.0])]),
        [0]
    );
    assert_eq!(
        fold_bools("And", &[bools(&[true, true]), bools(&[false, true])]),
        [0, 1]
    );
    assert_eq!(
        fold_bools("Xor", &[bools(&[true, true]), bools(&[false, true])]),
        [1, 0]
    );
    assert_eq!(fold_bools("Not", &[bools(&[true, false])]), [0, 1]);
}

#[test]
fn reductions_and_generators_are_computed() {
    let grid = || tensor(&[2, 3], &[1i64, 2, 3, 4, 5, 6]);
    assert_eq!(
        fold_ints("ReduceProd", &[grid()], &[("keepdims", int(0))]),
        [720]
    );
    assert_eq!(
        fold_ints("ReduceSum", &[grid(), ints(&[0])], &[]),
        [5, 7, 9]
    );
    assert_eq!(
        fold_ints("ReduceMax", &[grid()], &[("axes", list(&[1]))]),
        [3, 6]
    );
    assert_eq!(
        fold_ints("ReduceMin", &[grid()], &[("axes", list(&[0]))]),
        [1, 2, 3]
    );
    assert_eq!(
        fold_ints("CumSum", &[grid(), scalar(1)], &[]),
        [1, 3, 6, 4, 9, 15]
    );
    assert_eq!(
        fold_ints("Range", &[scalar(5), scalar(0), scalar(-2)], &[]),
        [5, 3, 1]
    );
    assert_eq!(
        fold_ints(
            "ConstantOfShape",
            &[ints(&[2])],
            &[("value", Attribute::Tensor(ints(&[4])))]
        ),
        [4, 4]
    );
    assert_eq!(
        fold_ints("NonZero", &[tensor(&[2, 2], &[0i64, 1, 1, 0])], &[]),
        [0, 1, 1, 0]
    );
    assert_eq!(
        fold_ints("OneHot", &[ints(&[1, -1]), scalar(3), ints(&[0, 5])], &[]),
        [0, 5, 0, 0, 0, 5]
    );
}

#[test]
fn casts_round_and_refuse_what_does_not_fit() {
    assert_eq!(
        fold_ints("Cast", &[floats(&[2.9, -2.9])], &[("to", int(7))]),
        [2, -2]
    );
    let halves = folded("Cast", &[floats(&[0.1])], &[("to", int(10))]);
    assert_eq!(
        (halves.dtype(), halves.bytes().as_ref()),
        (F16, &[0x66, 0x2e][..])
    );
    let mut graph = sketch();
    let huge = graph.constant("huge", floats(&[1e30]));
    let cast = graph.op("Cast", &[huge], &[("to", int(7))]);
    graph.output(cast);
    assert_eq!(kinds(&graph.resolve().graph), ["Cast"]);
}

#[test]
fn split_gives_every_part() {
    let mut graph = sketch();
    let (data, parts) = (graph.ints(&[1, 2, 3]), graph.ints(&[2, 1]));
    let outputs = graph.op_of("", "Split", &[data, parts], &[], 2);
    outputs.iter().for_each(|output| graph.output(*output));
    let resolved = graph.resolve();
    assert!(resolved.graph.nodes.is_empty());
    assert_eq!(
        values::<i64>(&resolved.graph.constants[&outputs[0]]),
        [1, 2]
    );
    assert_eq!(values::<i64>(&resolved.graph.constants[&outputs[1]]), [3]);
}

#[test]
fn computing_is_bounded_however_much_could_be_computed() {
    let mut graph = sketch();
    let mut value = graph.constant("start", zeros(&[1 << 20]));
    for _ in 0..100 {
        value = graph.op("Add", &[value, value], &[]);
    }
    graph.output(value);
    let left = graph.resolve().graph.nodes.len();
    assert!((80..100).contains(&left), "{left} additions left");
    let empty = || tensor::<f32>(&[1 << 40, 0], &[]);
    assert_eq!(
        folded("Gather", &[empty(), ints(&[])], &[("axis", int(1))]).shape(),
        [1 << 40, 0]
    );
    let nothing = tensor::<i64>(&[1 << 40, 0], &[]);
    assert_eq!(folded("GatherND", &[floats(&[]), nothing], &[]).len(), 0);
    let far = folded(
        "Slice",
        &[
            ints(&[1, 2]),
            ints(&[1]),
            ints(&[9]),
            ints(&[0]),
            ints(&[i64::MAX]),
        ],
        &[],
    );
    assert_eq!(values::<i64>(&far), [2]);
}
