//! Which rule gives the shapes of which operator.

use super::context::{Context, open};
use super::{
    Inferred, attention, contrib, convolution, elementwise, generate, indexing, layout, matmul,
    normalise, pool, recurrent, reduce, resample, signal, slicing,
};
use crate::graph::Node;

pub(crate) type Rule = fn(&Context) -> Inferred;

/// The shape of each output.
pub(crate) fn shapes(context: &Context) -> Inferred {
    match rule(context.node) {
        Some(rule) => rule(context),
        None => open("there is no rule for this operator"),
    }
}

/// The rule of an operator, where there is one.
pub(crate) fn rule(node: &Node) -> Option<Rule> {
    match node.domain.as_str() {
        "" | "ai.onnx" => standard(&node.op_type),
        "com.microsoft" | "com.ms.internal.nhwc" | "com.microsoft.experimental" => {
            fused(&node.op_type).or_else(|| standard(&node.op_type))
        }
        "ai.onnx.ml" => machine_learning(&node.op_type),
        _ => None,
    }
}

fn standard(op_type: &str) -> Option<Rule> {
    keeps_shape(op_type)
        .or_else(|| combines(op_type))
        .or_else(|| rearranges(op_type))
        .or_else(|| computes(op_type))
}

fn keeps_shape(op_type: &str) -> Option<Rule> {
    Some(match op_type {
        "Abs"
        | "Acos"
        | "Acosh"
        | "Affine"
        | "Asin"
        | "Asinh"
        | "Atan"
        | "Atanh"
        | "Bernoulli"
        | "BitwiseNot"
        | "Cast"
        | "CastLike"
        | "Ceil"
        | "Celu"
        | "Clip"
        | "Cos"
        | "Cosh"
        | "CumProd"
        | "CumSum"
        | "DequantizeLinear"
        | "Dropout"
        | "Elu"
        | "Erf"
        | "Exp"
        | "Floor"
        | "Gelu"
        | "GroupNormalization"
        | "HardSigmoid"
        | "HardSwish"
        | "Hardmax"
        | "Identity"
        | "ImageScaler"
        | "IsInf"
        | "IsNaN"
        | "LRN"
        | "LeakyRelu"
        | "Log"
        | "LogSoftmax"
        | "LpNormalization"
        | "MeanVarianceNormalization"
        | "Mish"
        | "Neg"
        | "Not"
        | "ParametricSoftplus"
        | "QuantizeLinear"
        | "RandomNormalLike"
        | "RandomUniformLike"
        | "Reciprocal"
        | "RegexFullMatch"
        | "Relu"
        | "ReverseSequence"
        | "RotaryEmbedding"
        | "Round"
        | "ScaledTanh"
        | "Scatter"
        | "Selu"
        | "Shrink"
        | "Sigmoid"
        | "Sign"
        | "Sin"
        | "Sinh"
        | "Softmax"
        | "Softplus"
        | "Softsign"
        | "Sqrt"
        | "Swish"
        | "Tan"
        | "Tanh"
        | "TensorScatter"
        | "ThresholdedRelu"
        | "Trilu" => elementwise::same_as_first,
        "ScatterElements" => indexing::scatter_elements,
        "ScatterND" => indexing::scatter_nd,
        "EyeLike" => generate::eye_like,
        "PRelu" => elementwise::prelu,
        "BatchNormalization" => normalise::batch,
        "InstanceNormalization" => normalise::instance,
        "LayerNormalization" | "RMSNormalization" | "SimplifiedLayerNormalization" => {
            normalise::layer
        }
        "DynamicQuantizeLinear" => elementwise::dynamic_quantize,
        _ => return None,
    })
}

fn combines(op_type: &str) -> Option<Rule> {
    Some(match op_type {
        "Add" | "And" | "BitShift" | "BitwiseAnd" | "BitwiseOr" | "BitwiseXor" | "Div"
        | "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "Max" | "Mean"
        | "Min" | "Mod" | "Mul" | "Or" | "Pow" | "StringConcat" | "Sub" | "Sum" | "Where"
        | "Xor" => elementwise::broadcast_all,
        "MatMul" | "MatMulInteger" => matmul::matmul,
        "QLinearMatMul" => matmul::quantised,
        "Gemm" => matmul::gemm,
        "Einsum" => matmul::einsum,
        "Conv" | "ConvInteger" => convolution::convolution,
        "QLinearConv" => convolution::quantised,
        "ConvTranspose" => convolution::transposed,
        "DeformConv" => convolution::deformable,
        "Attention" => attention::attention,
        "GRU" | "LSTM" | "RNN" => recurrent::recurrent,
        _ => return None,
    })
}

fn rearranges(op_type: &str) -> Option<Rule> {
    Some(match op_type {
        "Reshape" => layout::reshape,
        "Flatten" => layout::flatten,
        "Squeeze" => layout::squeeze,
        "Unsqueeze" => layout::unsqueeze,
        "Transpose" => layout::transpose,
        "Expand" => layout::expand,
        "Tile" => layout::tile,
        "Concat" => layout::concat,
        "DepthToSpace" => layout::depth_to_space,
        "SpaceToDepth" => layout::space_to_depth,
        "Slice" => slicing::slice,
        "Split" => slicing::split,
        "Pad" => slicing::pad,
        "CenterCropPad" => slicing::center_crop_pad,
        "Gather" => indexing::gather,
        "GatherElements" => indexing::gather_elements,
        "GatherND" => indexing::gather_nd,
        "OneHot" => indexing::one_hot,
        "TopK" => indexing::top_k,
        "NonZero" => indexing::nonzero,
        "Compress" => indexing::compress,
        "NonMaxSuppression" | "Unique" | "StringNormalizer" | "StringSplit" | "TfIdfVectorizer" => {
            indexing::depends_on_data
        }
        "Resize" => resample::resize,
        "Upsample" => resample::upsample,
        "GridSample" => {
            |context| super::symbolic::infer(&rten_shape_inference::ops::GridSample, context, &[])
        }
        "AffineGrid" => resample::affine_grid,
        "RoiAlign" => resample::roi_align,
        "MaxRoiPool" => resample::max_roi_pool,
        "Col2Im" => resample::col2im,
        _ => return None,
    })
}

fn computes(op_type: &str) -> Option<Rule> {
    Some(match op_type {
        "Shape" => layout::shape,
        "Size" => layout::scalar,
        "Det" => |context| {
            let shape = context.shape(0)?;
            Ok(vec![shape[..shape.len().saturating_sub(2)].to_vec()])
        },
        "ConstantOfShape" => generate::constant_of_shape,
        "Range" => generate::range,
        "RandomNormal" | "RandomUniform" => generate::shape_attribute,
        "Multinomial" => generate::multinomial,
        "BlackmanWindow" | "HammingWindow" | "HannWindow" => generate::window,
        "ArgMax" | "ArgMin" => reduce::arg,
        "AveragePool" | "LpPool" | "MaxPool" => pool::pool,
        "GlobalAveragePool" | "GlobalLpPool" | "GlobalMaxPool" => pool::global,
        "MaxUnpool" => pool::unpool,
        "STFT" => signal::stft,
        "DFT" => signal::dft,
        "MelWeightMatrix" => signal::mel_weights,
        "NegativeLogLikelihoodLoss" | "SoftmaxCrossEntropyLoss" => normalise::loss,
        "ReduceL1" | "ReduceL2" | "ReduceLogSum" | "ReduceLogSumExp" | "ReduceMax"
        | "ReduceMean" | "ReduceMin" | "ReduceProd" | "ReduceSum" | "ReduceSumSquare" => {
            reduce::reduce
        }
        _ => return None,
    })
}

fn fused(op_type: &str) -> Option<Rule> {
    Some(match op_type {
        "BiasAdd" | "BiasGelu" | "FastGelu" | "Gelu" | "GroupNorm" | "Inverse"
        | "QLinearLeakyRelu" | "QLinearSigmoid" | "QLinearSoftmax" | "QuickGelu"
        | "RotaryEmbedding" => elementwise::same_as_first,
        "Attention" | "QAttention" => attention::projected,
        "MultiHeadAttention" => attention::multi_head,
        "GroupQueryAttention" => attention::group_query,
        "SkipLayerNormalization" | "SkipSimplifiedLayerNormalization" => normalise::skip_layer,
        "EmbedLayerNormalization" => contrib::embed_layer_normalization,
        "BiasSplitGelu" => contrib::halved,
        "FusedMatMul" | "FusedMatMulActivation" | "TransposeMatMul" => matmul::fused,
        "FusedGemm" | "GemmFastGelu" => matmul::gemm,
        "QGemm" => matmul::quantised_gemm,
        "FusedConv" => convolution::convolution,
        "DynamicQuantizeMatMul" | "MatMulIntegerToFloat" => matmul::matmul,
        "MatMulNBits" => contrib::matmul_nbits,
        "QLinearAdd" | "QLinearMul" => contrib::quantised_binary,
        "QLinearConcat" => contrib::quantised_concat,
        "QLinearAveragePool" => pool::pool,
        "QLinearGlobalAveragePool" => pool::global,
        _ => return None,
    })
}

fn machine_learning(op_type: &str) -> Option<Rule> {
    Some(match op_type {
        "Binarizer" | "LabelEncoder" | "Normalizer" | "Scaler" | "Imputer" => {
            elementwise::same_as_first
        }
        "ArrayFeatureExtractor" => indexing::array_feature_extractor,
        _ => return None,
    })
}
