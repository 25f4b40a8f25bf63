//! Which operator is lowered by which rule.

use tare_models::Node;

use super::{
    Lowering, Refusal, activation, combine, convolution, elementwise, layout, normalise, pick,
    product, reduce,
};

/// Lowers one operator.
pub(super) type Rule = fn(&mut Lowering, &Node) -> Result<(), Refusal>;

/// The rule of an operator; `None` where it is lacked.
pub(super) fn rule(node: &Node) -> Option<Rule> {
    match node.domain.as_str() {
        "" => standard(node.op_type.as_str()),
        "com.microsoft" => contributed(node.op_type.as_str()),
        _ => None,
    }
}

fn standard(op_type: &str) -> Option<Rule> {
    Some(match op_type {
        "Identity" | "Dropout" => layout::same,
        "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" => layout::reshape,
        "Transpose" => layout::transpose,
        "Expand" => layout::expand,
        "Tile" => layout::tile,
        "Slice" => pick::slice,
        "Split" => pick::split,
        "Gather" => pick::gather,
        "Concat" => combine::concat,
        "Pad" => combine::pad,
        "Where" => elementwise::select,
        "Cast" => elementwise::cast,
        "Clip" => elementwise::clip,
        "MatMul" => product::matmul,
        "Gemm" => product::gemm,
        "Conv" => convolution::conv,
        "MaxPool" | "AveragePool" => convolution::pool,
        "GlobalAveragePool" | "GlobalMaxPool" => reduce::global_pool,
        "BatchNormalization" => normalise::batch,
        "LayerNormalization" => normalise::layer,
        "Softmax" | "LogSoftmax" => normalise::softmax,
        "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin" | "ReduceProd" | "ReduceL1"
        | "ReduceL2" | "ReduceSumSquare" => reduce::reduce,
        "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Equal" | "Less" | "LessOrEqual" | "Greater"
        | "GreaterOrEqual" | "And" | "Or" | "Xor" | "PRelu" => elementwise::binary,
        "Sum" | "Max" | "Min" | "Mean" => elementwise::variadic,
        _ if elementwise::of_one(op_type).is_some() => elementwise::unary,
        "Gelu" | "LeakyRelu" | "Elu" | "HardSigmoid" | "HardSwish" | "Selu" | "Softplus"
        | "Softsign" | "Celu" | "ThresholdedRelu" | "Mish" => activation::activation,
        _ => return None,
    })
}

fn contributed(op_type: &str) -> Option<Rule> {
    Some(match op_type {
        "Gelu" | "BiasGelu" | "FastGelu" | "QuickGelu" => activation::biased_activation,
        "SkipLayerNormalization" => normalise::skip_layer,
        _ => return None,
    })
}
