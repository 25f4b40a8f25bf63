//! Element types of values that the file declares none for, as happens within nested graphs.

use crate::data_type::DataType;
use crate::graph::{Attribute, Graph, Node};

const OF_FIRST_INPUT_THEN_INDICES: [&str; 3] = ["TopK", "MaxPool", "Unique"];
const INDICES: [&str; 6] = [
    "Shape",
    "Size",
    "NonZero",
    "ArgMax",
    "ArgMin",
    "NonMaxSuppression",
];
const TRUTHS: [&str; 11] = [
    "Equal",
    "Less",
    "LessOrEqual",
    "Greater",
    "GreaterOrEqual",
    "And",
    "Or",
    "Not",
    "Xor",
    "IsNaN",
    "IsInf",
];
const NOT_TENSORS: [&str; 8] = [
    "ConcatFromSequence",
    "Optional",
    "OptionalGetElement",
    "SequenceAt",
    "SequenceConstruct",
    "SequenceEmpty",
    "SequenceInsert",
    "SplitToSequence",
];

/// The element type of output `index` of `node` from those of its `inputs`; `None` where that is not known.
pub(super) fn of_output(
    node: &Node,
    inputs: &[Option<DataType>],
    index: usize,
) -> Option<DataType> {
    let op = node.op_type.as_str();
    let input = |index: usize| inputs.get(index).copied().flatten();
    if !node.domain.is_empty() || NOT_TENSORS.contains(&op) {
        return None;
    }
    if INDICES.contains(&op) || (OF_FIRST_INPUT_THEN_INDICES.contains(&op) && index > 0) {
        return Some(DataType::I64);
    }
    if TRUTHS.contains(&op) || (op == "Dropout" && index == 1) {
        return Some(DataType::Bool);
    }
    match op {
        "Cast" => of_number(node, "to"),
        "Where" | "CastLike" | "DequantizeLinear" => input(1),
        "OneHot" => input(2),
        "ConvInteger" | "MatMulInteger" => Some(DataType::I32),
        "QLinearConv" | "QLinearMatMul" => input(7),
        "QuantizeLinear" => input(2).or(Some(DataType::U8)),
        "DynamicQuantizeLinear" if index == 1 => Some(DataType::F32),
        "DynamicQuantizeLinear" => Some(DataType::U8),
        "RandomNormal" | "RandomUniform" => of_number(node, "dtype").or(Some(DataType::F32)),
        "EyeLike" | "RandomNormalLike" | "RandomUniformLike" | "Bernoulli" => {
            of_number(node, "dtype").or(input(0))
        }
        "ConstantOfShape" => match node.attributes.get("value") {
            Some(Attribute::Tensor(value)) => Some(value.dtype()),
            _ => Some(DataType::F32),
        },
        "If" => of_nested(node, "then_branch", index),
        "Loop" => of_nested(node, "body", index + 1),
        "Scan" => of_nested(node, "body", index),
        _ => input(0),
    }
}

/// The element types that the inputs of a graph nested in an operator take from the operator's.
pub(super) fn of_nested_inputs(
    op_type: &str,
    inputs: &[Option<DataType>],
) -> Vec<Option<DataType>> {
    match op_type {
        "Loop" => {
            let control = [Some(DataType::I64), Some(DataType::Bool)];
            control
                .into_iter()
                .chain(inputs.iter().skip(2).copied())
                .collect()
        }
        "Scan" => inputs.to_vec(),
        _ => Vec::new(),
    }
}

fn of_number(node: &Node, attribute: &str) -> Option<DataType> {
    DataType::from_onnx(i32::try_from(node.int(attribute)?).ok()?)
}

fn of_nested(node: &Node, attribute: &str, index: usize) -> Option<DataType> {
    let graph: &Graph = match node.attributes.get(attribute)? {
        Attribute::Graph(graph) => graph,
        _ => return None,
    };
    graph.outputs.get(index).map(|output| output.dtype)
}
