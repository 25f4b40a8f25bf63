//! The element type of each output.

use super::context::Context;
use super::table::rule;
use crate::data_type::DataType::{self, Bool, F32, I32, I64, U8};
use crate::graph::Attribute;

/// One type an output; `None` where it is not known.
pub(crate) fn dtypes(context: &Context) -> Vec<Option<DataType>> {
    let count = context.node.outputs.len();
    (0..count).map(|output| dtype(context, output)).collect()
}

fn dtype(context: &Context, output: usize) -> Option<DataType> {
    rule(context.node)?;
    let first = context.dtype(0);
    let op_type = context.node.op_type.as_str();
    match op_type {
        "Cast" => from_attribute(context, "to"),
        "CastLike" => context.dtype(1),
        "RandomNormal" | "RandomUniform" => from_attribute(context, "dtype").or(Some(F32)),
        "RandomNormalLike" | "RandomUniformLike" | "EyeLike" | "Bernoulli" => {
            from_attribute(context, "dtype").or(first)
        }
        "Multinomial" => from_attribute(context, "dtype").or(Some(I32)),
        "BlackmanWindow" | "HammingWindow" | "HannWindow" | "MelWeightMatrix" => {
            from_attribute(context, "output_datatype").or(Some(F32))
        }
        "ConstantOfShape" => Some(context.tensor("value").map_or(F32, |tensor| tensor.dtype())),
        "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "And" | "Or" | "Xor"
        | "Not" | "IsInf" | "IsNaN" | "RegexFullMatch" => Some(Bool),
        "Shape" | "Size" | "NonZero" | "ArgMax" | "ArgMin" | "NonMaxSuppression" => Some(I64),
        "Where" => context.dtype(1),
        "OneHot" => context.dtype(2),
        "ConvInteger" | "MatMulInteger" => Some(I32),
        "LabelEncoder" => label(context),
        _ => quantisation(context, op_type, output)
            .unwrap_or_else(|| several(context, op_type, output).unwrap_or(first)),
    }
}

fn from_attribute(context: &Context, name: &str) -> Option<DataType> {
    DataType::from_onnx(i32::try_from(context.node.int(name)?).ok()?)
}

fn quantisation(context: &Context, op_type: &str, output: usize) -> Option<Option<DataType>> {
    Some(match op_type {
        "QuantizeLinear" => context
            .dtype(2)
            .or_else(|| from_attribute(context, "output_dtype"))
            .or(Some(U8)),
        "DequantizeLinear" => from_attribute(context, "output_dtype").or(context.dtype(1)),
        "DynamicQuantizeLinear" => Some(if output == 1 { F32 } else { U8 }),
        "QLinearConv" | "QLinearMatMul" => context.dtype(7),
        "QGemm" => context.dtype(8).or(Some(F32)),
        "QLinearConcat" => context.dtype(2),
        "DynamicQuantizeMatMul" => context.dtype(0),
        "MatMulIntegerToFloat" => context.dtype(2),
        "QAttention" => context.dtype(3),
        _ => return None,
    })
}

/// Operators whose outputs have different types.
fn several(context: &Context, op_type: &str, output: usize) -> Option<Option<DataType>> {
    Some(match (op_type, output) {
        ("Dropout", 1) => Some(if context.opset < 10 {
            return None;
        } else {
            Bool
        }),
        ("MaxPool" | "TopK", 1) | ("Unique", 1..) => Some(I64),
        ("LayerNormalization", 1..) => from_attribute(context, "stash_type").or(Some(F32)),
        ("SkipLayerNormalization" | "SkipSimplifiedLayerNormalization", 1 | 2) => Some(F32),
        ("BatchNormalization", 1..) => context.dtype(3),
        ("EmbedLayerNormalization", 1) => Some(I32),
        ("EmbedLayerNormalization", _) => context.dtype(2),
        ("AffineGrid", _) => context.dtype(0),
        ("TfIdfVectorizer", _) => Some(F32),
        ("Attention", 1) if context.node.domain.is_empty() => context.dtype(4).or(context.dtype(1)),
        ("Attention", 2) if context.node.domain.is_empty() => context.dtype(5).or(context.dtype(2)),
        ("Normalizer" | "Scaler", _) => Some(F32),
        ("StringSplit", 1) => Some(I64),
        _ => return None,
    })
}

fn label(context: &Context) -> Option<DataType> {
    let attributes = &context.node.attributes;
    if attributes.contains_key("values_int64s") {
        return Some(I64);
    }
    if attributes.contains_key("values_floats") {
        return Some(F32);
    }
    match attributes.get("values_tensor") {
        Some(Attribute::Tensor(tensor)) => Some(tensor.dtype()),
        _ if attributes.contains_key("values_strings") => Some(DataType::String),
        _ => None,
    }
}
