//! Which operator costs what.

use super::Class::{Movement, Normalisation, Reduction, Softmax};
use super::elementwise::TRANSCENDENTAL;
use super::{Cost, Work, attention, elementwise, other, product, recurrent};

/// The cost; `None` where it is not known.
pub(crate) fn cost(work: &Work) -> Option<Cost> {
    let node = work.context.node;
    let domain = node.domain.as_str();
    if !matches!(domain, "" | "com.microsoft" | "ai.onnx.ml") {
        return None;
    }
    if is_movement(&node.op_type) {
        return Some(Cost::of(Movement, 0));
    }
    if domain == "com.microsoft"
        && let Some(cost) = fused(work)
    {
        return Some(cost);
    }
    product(work)
        .or_else(|| normalisation(work))
        .or_else(|| reduction(work))
        .or_else(|| elementwise::cost(work))
        .or_else(|| other::cost(work))
}

fn product(work: &Work) -> Option<Cost> {
    match work.context.node.op_type.as_str() {
        "MatMul" | "MatMulInteger" => product::matmul(work, 0, 1),
        "QLinearMatMul" => product::requantised(work, product::matmul(work, 0, 3)?),
        "Gemm" => product::gemm(work, 0, 1, 2),
        "Einsum" => product::einsum(work),
        "Conv" | "ConvInteger" => product::convolution(work, 1, 2),
        "QLinearConv" => product::requantised(work, product::convolution(work, 3, 8)?),
        "DeformConv" => product::deformable(work),
        "ConvTranspose" => product::transposed_convolution(work),
        "LSTM" | "GRU" | "RNN" => recurrent::cost(work),
        "Attention" if work.context.node.domain.is_empty() => attention::standard(work),
        _ => None,
    }
}

/// Operations an element, and whether it is one that is counted by elements in the literature.
fn normalisation(work: &Work) -> Option<Cost> {
    let node = work.context.node;
    let each = match node.op_type.as_str() {
        "BatchNormalization" => 2,
        "LayerNormalization" | "GroupNormalization" | "InstanceNormalization" | "GroupNorm" => 7,
        "RMSNormalization" | "SimplifiedLayerNormalization" => 4,
        "SkipSimplifiedLayerNormalization" => 5,
        "SkipLayerNormalization" => 8 + u64::from(work.context.has(4)),
        "EmbedLayerNormalization" => 9,
        "MeanVarianceNormalization" => 5,
        "LpNormalization" => 3,
        "LRN" => {
            let size = u64::try_from(work.context.int("size", 1)).ok()?;
            size.saturating_add(3 + TRANSCENDENTAL)
        }
        "Softmax" | "LogSoftmax" | "QLinearSoftmax" => {
            return Some(Cost::of(
                Softmax,
                work.input(0).saturating_mul(4 + TRANSCENDENTAL),
            ));
        }
        _ => return None,
    };
    let elements = work.output();
    let by_statistics = [
        "Batch",
        "Layer",
        "Group",
        "Instance",
        "SkipLayer",
        "EmbedLayer",
    ];
    let counted = by_statistics
        .iter()
        .any(|kind| node.op_type.starts_with(kind));
    Some(Cost {
        normalised: if counted { elements } else { 0 },
        ..Cost::of(Normalisation, elements.saturating_mul(each))
    })
}

fn reduction(work: &Work) -> Option<Cost> {
    let node = work.context.node;
    let (each, once) = match node.op_type.as_str() {
        "ReduceSum"
        | "ReduceMax"
        | "ReduceMin"
        | "ReduceProd"
        | "ArgMax"
        | "ArgMin"
        | "Hardmax"
        | "CumSum"
        | "CumProd"
        | "GlobalAveragePool"
        | "GlobalMaxPool"
        | "QLinearGlobalAveragePool" => (1, 0),
        "ReduceMean" => (1, 1),
        "ReduceL1" | "ReduceSumSquare" => (2, 0),
        "ReduceL2" => (2, 1),
        "GlobalLpPool" => (2, TRANSCENDENTAL),
        "ReduceLogSum" => (1, TRANSCENDENTAL),
        "ReduceLogSumExp" => (3 + TRANSCENDENTAL, TRANSCENDENTAL),
        "MaxPool" | "AveragePool" | "LpPool" | "QLinearAveragePool" => {
            let kernel = node.ints("kernel_shape")?;
            let kernel = kernel.iter().map(|size| u64::try_from(*size).unwrap_or(0));
            let window = kernel.fold(1, u64::saturating_mul);
            return Some(Cost::of(Reduction, work.output().saturating_mul(window)));
        }
        _ => return None,
    };
    let read = work.input(0).saturating_mul(each);
    let written = work.output().saturating_mul(once);
    Some(Cost::of(Reduction, read.saturating_add(written)))
}

fn fused(work: &Work) -> Option<Cost> {
    match work.context.node.op_type.as_str() {
        "FusedMatMul" | "TransposeMatMul" => product::fused_matmul(work),
        "FusedGemm" => product::gemm(work, 0, 1, 2),
        "QGemm" => product::requantised(work, product::gemm(work, 0, 3, 6)?),
        "GemmFastGelu" => product::gemm(work, 0, 1, 2),
        "FusedConv" => product::convolution(work, 1, 2),
        "DynamicQuantizeMatMul" | "MatMulIntegerToFloat" => {
            product::requantised(work, product::matmul(work, 0, 1)?)
        }
        "MatMulNBits" => product::packed(work),
        "Attention" | "QAttention" => attention::projected(work),
        "MultiHeadAttention" => attention::separate(work),
        "GroupQueryAttention" => attention::grouped(work),
        _ => None,
    }
}

/// Whether the operator moves, selects, converts or measures data without computing on it.
pub(crate) fn is_movement(op_type: &str) -> bool {
    is_view(op_type)
        || reads_what_it_gives(op_type)
        || matches!(
            op_type,
            "Transpose"
                | "Expand"
                | "Tile"
                | "Concat"
                | "Pad"
                | "DepthToSpace"
                | "SpaceToDepth"
                | "Shape"
                | "Size"
                | "ConstantOfShape"
                | "EyeLike"
                | "OneHot"
                | "Trilu"
                | "ReverseSequence"
                | "Compress"
                | "CenterCropPad"
                | "Cast"
                | "CastLike"
                | "Where"
                | "MaxUnpool"
                | "NonZero"
                | "TensorScatter"
                | "QLinearConcat"
        )
}

/// Whether the output is the input's data under another shape, so that nothing is read or written.
pub(crate) fn is_view(op_type: &str) -> bool {
    matches!(
        op_type,
        "Identity" | "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" | "Dropout"
    )
}

/// Whether as many elements of the first input are read as are written.
pub(crate) fn reads_what_it_gives(op_type: &str) -> bool {
    matches!(
        op_type,
        "Gather" | "GatherElements" | "GatherND" | "Slice" | "Split"
    )
}
