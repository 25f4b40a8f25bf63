//! The shapes and element types that resolving infers, operator family by family, against shapes worked out by hand.

mod sketch;

use sketch::{Sketch, int, ints, list, scalar, sketch, tensor, text};
use tare_models::DataType::{self, Bool, F16, F32, I8, I32, I64, U8};
use tare_models::{Attribute, ResolveError, Tensor, ValueId};

/// An input of the operator under test.
enum In {
    Fed(DataType, &'static [usize]),
    Constant(Tensor),
    Absent,
}
use In::{Absent, Constant, Fed};

fn f(shape: &'static [usize]) -> In {
    Fed(F32, shape)
}

fn c(values: &[i64]) -> In {
    Constant(ints(values))
}

/// One operator, as it is called.
struct Call {
    domain: &'static str,
    op_type: &'static str,
    inputs: Vec<In>,
    attributes: Vec<(&'static str, Attribute)>,
    outputs: usize,
    opset: i64,
}

fn call<const N: usize>(op_type: &'static str, inputs: [In; N]) -> Call {
    Call {
        domain: "",
        op_type,
        inputs: inputs.into(),
        attributes: vec![],
        outputs: 1,
        opset: 17,
    }
}

impl Call {
    fn with(mut self, name: &'static str, value: Attribute) -> Self {
        self.attributes.push((name, value));
        self
    }

    fn outputs(mut self, outputs: usize) -> Self {
        self.outputs = outputs;
        self
    }

    fn opset(mut self, opset: i64) -> Self {
        self.opset = opset;
        self
    }

    fn microsoft(mut self) -> Self {
        self.domain = "com.microsoft";
        self
    }

    fn draw(self) -> (Sketch, Vec<ValueId>) {
        let mut graph = sketch().opset(self.opset);
        let inputs = self.inputs.iter().enumerate().map(|(index, input)| {
            let name = format!("in{index}");
            match input {
                Fed(dtype, shape) => Some(graph.input(&name, *dtype, shape)),
                Constant(tensor) => Some(graph.constant(&name, tensor.clone())),
                Absent => None,
            }
        });
        let inputs: Vec<_> = inputs.collect();
        let given: Vec<_> = inputs.iter().flatten().copied().collect();
        let outputs = graph.op_of(
            self.domain,
            self.op_type,
            &given,
            &self.attributes,
            self.outputs,
        );
        graph.graph.nodes[0].inputs = inputs;
        outputs.iter().for_each(|output| graph.output(*output));
        (graph, outputs)
    }

    fn types(self) -> Vec<(DataType, Vec<usize>)> {
        let op_type = self.op_type;
        let (graph, outputs) = self.draw();
        let resolved = graph
            .try_resolve()
            .unwrap_or_else(|error| panic!("{op_type}: {error}"));
        let typed = |value| resolved.types.get(value).cloned();
        let typed =
            |value| typed(value).unwrap_or_else(|| panic!("{op_type}: {:?}", resolved.unresolved));
        outputs.iter().map(typed).collect()
    }

    fn shape(self) -> Vec<usize> {
        self.types().remove(0).1
    }

    fn refusal(self) -> ResolveError {
        let op_type = self.op_type;
        let (graph, _) = self.draw();
        match graph.try_resolve() {
            Err(error) => error,
            Ok(resolved) => panic!("{op_type} was accepted: {:?}", resolved.types),
        }
    }

    fn is_open(self) -> bool {
        let (graph, outputs) = self.draw();
        let resolved = graph.resolve();
        resolved
            .unresolved
            .iter()
            .any(|open| open.value == outputs[0])
    }
}

#[test]
fn element_wise_operators_broadcast_and_comparisons_give_booleans() {
    assert_eq!(
        call("Add", [f(&[2, 1, 4]), f(&[3, 1])]).types(),
        [(F32, vec![2, 3, 4])]
    );
    assert_eq!(call("Less", [f(&[3]), f(&[])]).types(), [(Bool, vec![3])]);
    assert_eq!(
        call("Max", [f(&[3, 1]), f(&[1, 2]), f(&[1])]).shape(),
        [3, 2]
    );
    let choice = call("Where", [Fed(Bool, &[3, 1]), Fed(F16, &[2]), Fed(F16, &[])]);
    assert_eq!(choice.types(), [(F16, vec![3, 2])]);
    assert_eq!(
        call("Cast", [f(&[5])]).with("to", int(10)).types(),
        [(F16, vec![5])]
    );
    let dropout = call("Dropout", [f(&[5])]).outputs(2).types();
    assert_eq!(dropout, [(F32, vec![5]), (Bool, vec![5])]);
    let clip = call("Clip", [f(&[5]), Absent, f(&[])]);
    assert_eq!(clip.shape(), [5]);
}

#[test]
fn products_follow_their_operands() {
    assert_eq!(
        call("MatMul", [f(&[8, 1, 2, 3]), f(&[4, 3, 5])]).shape(),
        [8, 4, 2, 5]
    );
    let gemm = call("Gemm", [f(&[3, 2]), f(&[5, 3]), f(&[5])]);
    assert_eq!(
        gemm.with("transA", int(1)).with("transB", int(1)).shape(),
        [2, 5]
    );
    let integer = call("MatMulInteger", [Fed(U8, &[2, 3]), Fed(I8, &[3, 4])]);
    assert_eq!(integer.types(), [(I32, vec![2, 4])]);
    let quantised = [
        Fed(U8, &[2, 3]),
        f(&[]),
        Fed(U8, &[]),
        Fed(I8, &[3, 4]),
        f(&[]),
        Fed(I8, &[]),
        f(&[]),
        Fed(U8, &[]),
    ];
    assert_eq!(call("QLinearMatMul", quantised).types(), [(U8, vec![2, 4])]);
    let einsum =
        |equation| call("Einsum", [f(&[2, 3, 4]), f(&[2, 5, 4])]).with("equation", text(equation));
    assert_eq!(einsum("bij,bkj->bik").shape(), [2, 3, 5]);
    assert_eq!(einsum("...ij,...kj->...ik").shape(), [2, 3, 5]);
    let fused = call("FusedMatMul", [f(&[3, 2]), f(&[3, 4])]).microsoft();
    assert_eq!(fused.with("transA", int(1)).shape(), [2, 4]);
    let packed = call(
        "MatMulNBits",
        [f(&[1, 7, 64]), Fed(U8, &[32, 2, 16]), f(&[64])],
    )
    .microsoft();
    assert_eq!(
        packed
            .with("K", int(64))
            .with("N", int(32))
            .with("bits", int(4))
            .shape(),
        [1, 7, 32]
    );
}

#[test]
fn products_that_do_not_fit_name_operator_shapes_and_reason() {
    let error = call("MatMul", [f(&[4, 5]), f(&[6, 7])]).refusal();
    assert_eq!(
        error.to_string(),
        "the operator 'matmul_0' (MatMul) cannot run on f32[4, 5], f32[6, 7]: the inner sizes differ: 5 and 6"
    );
    call("Gemm", [f(&[2, 3]), f(&[3, 4]), f(&[5])]).refusal();
    call("Gemm", [f(&[2, 3, 1]), f(&[3, 4])]).refusal();
    call("Einsum", [f(&[2, 3]), f(&[4, 3])])
        .with("equation", text("ij,jk->ik"))
        .refusal();
    call("Einsum", [f(&[2, 3])])
        .with("equation", text("nonsense->"))
        .refusal();
    call("Add", [f(&[2]), f(&[3])]).refusal();
}

#[test]
fn convolutions_follow_strides_padding_dilation_and_groups() {
    let conv = || call("Conv", [f(&[1, 3, 224, 224]), f(&[64, 3, 7, 7])]);
    let strided = conv()
        .with("strides", list(&[2, 2]))
        .with("pads", list(&[3, 3, 3, 3]));
    assert_eq!(strided.shape(), [1, 64, 112, 112]);
    assert_eq!(
        conv().with("dilations", list(&[2, 3])).shape(),
        [1, 64, 212, 206]
    );
    let same = conv()
        .with("auto_pad", text("SAME_UPPER"))
        .with("strides", list(&[3, 2]));
    assert_eq!(same.shape(), [1, 64, 75, 112]);
    let depthwise = call("Conv", [f(&[2, 8, 9]), f(&[16, 1, 3])]).with("group", int(8));
    assert_eq!(depthwise.shape(), [2, 16, 7]);
    let volume = call("Conv", [f(&[1, 1, 4, 5, 6]), f(&[2, 1, 2, 2, 2])]);
    assert_eq!(volume.shape(), [1, 2, 3, 4, 5]);
    let spread = call("ConvTranspose", [f(&[1, 4, 5, 5]), f(&[4, 2, 3, 3])]).with("group", int(2));
    let spread = spread
        .with("strides", list(&[2, 2]))
        .with("output_padding", list(&[1, 0]));
    assert_eq!(spread.shape(), [1, 4, 12, 11]);
    let integer = call(
        "ConvInteger",
        [Fed(U8, &[1, 1, 3, 3]), Fed(U8, &[1, 1, 2, 2])],
    );
    assert_eq!(integer.types(), [(I32, vec![1, 1, 2, 2])]);
}

#[test]
fn convolutions_that_do_not_fit_are_refused() {
    call("Conv", [f(&[1, 3, 8, 8]), f(&[4, 2, 3, 3])]).refusal();
    call("Conv", [f(&[1, 4, 8, 8]), f(&[3, 2, 3, 3])])
        .with("group", int(2))
        .refusal();
    call("Conv", [f(&[1, 3, 2, 8]), f(&[4, 3, 3, 3])]).refusal();
    call("Conv", [f(&[1, 3, 8, 8]), f(&[4, 3, 3, 3])])
        .with("strides", list(&[0, 1]))
        .refusal();
    call("Conv", [f(&[1, 3, 8, 8]), f(&[4, 3, 3, 3])])
        .with("pads", list(&[1]))
        .refusal();
    call("MaxPool", [f(&[1, 3, 8, 8])]).refusal();
    call("ConvTranspose", [f(&[1, 4, 5, 5]), f(&[3, 2, 3, 3])]).refusal();
}

#[test]
fn poolings_round_down_or_up_and_never_start_in_the_padding() {
    let pool = || {
        call("MaxPool", [f(&[1, 2, 6, 7])])
            .with("kernel_shape", list(&[2, 2]))
            .with("strides", list(&[2, 2]))
    };
    assert_eq!(
        pool().outputs(2).types(),
        [(F32, vec![1, 2, 3, 3]), (I64, vec![1, 2, 3, 3])]
    );
    assert_eq!(pool().with("ceil_mode", int(1)).shape(), [1, 2, 3, 4]);
    let padded = call("AveragePool", [f(&[1, 1, 4])])
        .with("kernel_shape", list(&[1]))
        .with("strides", list(&[3]));
    assert_eq!(
        padded
            .with("pads", list(&[0, 1]))
            .with("ceil_mode", int(1))
            .shape(),
        [1, 1, 2]
    );
    assert_eq!(
        call("GlobalAveragePool", [f(&[2, 3, 4, 5])]).shape(),
        [2, 3, 1, 1]
    );
    let back = call("MaxUnpool", [f(&[1, 1, 2, 2]), Fed(I64, &[1, 1, 2, 2])]);
    assert_eq!(
        back.with("kernel_shape", list(&[2, 2]))
            .with("strides", list(&[2, 2]))
            .shape(),
        [1, 1, 4, 4]
    );
}

#[test]
fn rearranging_keeps_the_elements() {
    assert_eq!(
        call("Reshape", [f(&[2, 3, 4]), c(&[0, -1])]).shape(),
        [2, 12]
    );
    assert_eq!(
        call("Flatten", [f(&[2, 3, 4])])
            .with("axis", int(-1))
            .shape(),
        [6, 4]
    );
    assert_eq!(call("Squeeze", [f(&[1, 3, 1])]).shape(), [3]);
    assert_eq!(call("Squeeze", [f(&[1, 3, 1]), c(&[-1])]).shape(), [1, 3]);
    let old = call("Squeeze", [f(&[1, 3, 1])])
        .opset(11)
        .with("axes", list(&[0]));
    assert_eq!(old.shape(), [3, 1]);
    assert_eq!(call("Unsqueeze", [f(&[3]), c(&[0, -1])]).shape(), [1, 3, 1]);
    assert_eq!(call("Transpose", [f(&[2, 3, 4])]).shape(), [4, 3, 2]);
    assert_eq!(
        call("Transpose", [f(&[2, 3, 4])])
            .with("perm", list(&[1, 2, 0]))
            .shape(),
        [3, 4, 2]
    );
    assert_eq!(
        call("Expand", [f(&[3, 1]), c(&[2, 1, 5])]).shape(),
        [2, 3, 5]
    );
    assert_eq!(call("Tile", [f(&[2, 3]), c(&[2, 1])]).shape(), [4, 3]);
    assert_eq!(
        call("Concat", [f(&[2, 3]), f(&[2, 4])])
            .with("axis", int(-1))
            .shape(),
        [2, 7]
    );
    assert_eq!(
        call("DepthToSpace", [f(&[1, 8, 2, 3])])
            .with("blocksize", int(2))
            .shape(),
        [1, 2, 4, 6]
    );
    assert_eq!(
        call("SpaceToDepth", [f(&[1, 2, 4, 6])])
            .with("blocksize", int(2))
            .shape(),
        [1, 8, 2, 3]
    );
    call("Reshape", [f(&[2, 3]), c(&[4, -1])]).refusal();
    call("Squeeze", [f(&[2, 3]), c(&[0])]).refusal();
    call("Transpose", [f(&[2, 3])])
        .with("perm", list(&[0, 0]))
        .refusal();
    call("Concat", [f(&[2, 3]), f(&[3, 3])])
        .with("axis", int(1))
        .refusal();
    call("Concat", [f(&[2, 3])])
        .with("axis", int(i64::MIN))
        .refusal();
}

#[test]
fn cutting_follows_starts_ends_steps_and_parts() {
    let slice = [
        f(&[10, 6]),
        c(&[8, 0]),
        c(&[i64::MIN, 4]),
        c(&[0, 1]),
        c(&[-3, 2]),
    ];
    assert_eq!(call("Slice", slice).shape(), [3, 2]);
    let old = call("Slice", [f(&[10, 6])])
        .opset(9)
        .with("starts", list(&[1]))
        .with("ends", list(&[-1]));
    assert_eq!(old.shape(), [8, 6]);
    let parts = call("Split", [f(&[7, 2]), c(&[2, 5])]).outputs(2).types();
    assert_eq!(parts, [(F32, vec![2, 2]), (F32, vec![5, 2])]);
    let uneven = call("Split", [f(&[7])])
        .opset(18)
        .with("num_outputs", int(3))
        .outputs(3)
        .types();
    assert_eq!(
        uneven.iter().map(|(_, shape)| shape[0]).collect::<Vec<_>>(),
        [3, 3, 1]
    );
    assert_eq!(call("Pad", [f(&[2, 3]), c(&[1, 0, 2, -1])]).shape(), [5, 2]);
    assert_eq!(
        call("CenterCropPad", [f(&[2, 3]), c(&[5, 1])])
            .opset(18)
            .shape(),
        [5, 1]
    );
    call("Split", [f(&[7, 2]), c(&[2, 4])]).outputs(2).refusal();
    call("Split", [f(&[7])]).outputs(3).refusal();
    call("Pad", [f(&[2]), c(&[-3, 0])]).refusal();
    call("Slice", [f(&[2]), c(&[0]), c(&[1]), c(&[0]), c(&[0])]).refusal();
}

#[test]
fn picking_follows_the_indices() {
    let indices = || Fed(I64, &[5, 6]);
    assert_eq!(
        call("Gather", [f(&[2, 3, 4]), indices()])
            .with("axis", int(1))
            .shape(),
        [2, 5, 6, 4]
    );
    assert_eq!(
        call("GatherElements", [f(&[7, 6]), indices()]).shape(),
        [5, 6]
    );
    let nd = call("GatherND", [f(&[2, 3, 4]), Fed(I64, &[2, 5, 1])]).with("batch_dims", int(1));
    assert_eq!(nd.shape(), [2, 5, 4]);
    let scattered = call("ScatterND", [f(&[4, 5]), Fed(I64, &[3, 1]), f(&[3, 5])]);
    assert_eq!(scattered.shape(), [4, 5]);
    let hot = call(
        "OneHot",
        [Fed(I64, &[2, 3]), Constant(scalar(9)), Fed(I32, &[2])],
    );
    assert_eq!(hot.with("axis", int(1)).types(), [(I32, vec![2, 9, 3])]);
    let top = call("TopK", [f(&[2, 9]), c(&[4])]).outputs(2).types();
    assert_eq!(top, [(F32, vec![2, 4]), (I64, vec![2, 4])]);
    call("GatherND", [f(&[2]), Fed(I64, &[1, 3])]).refusal();
    call("ScatterND", [f(&[4, 5]), Fed(I64, &[3, 1]), f(&[3, 4])]).refusal();
    call("TopK", [f(&[2, 3]), c(&[4])]).outputs(2).refusal();
}

#[test]
fn what_depends_on_data_is_open_and_not_an_error() {
    assert!(call("NonZero", [f(&[3, 4])]).is_open());
    assert!(call("NonMaxSuppression", [f(&[1, 9, 4]), f(&[1, 2, 9])]).is_open());
    assert!(call("Compress", [f(&[9]), Fed(Bool, &[9])]).is_open());
    assert!(call("Reshape", [f(&[9]), Fed(I64, &[2])]).is_open());
    assert!(call("Loop", [Fed(I64, &[]), Fed(Bool, &[])]).is_open());
    assert!(call("Mystery", [f(&[9])]).is_open());
    let rows = call("NonZero", [Constant(tensor(&[2, 2], &[1i64, 0, 0, 1]))]);
    assert_eq!(rows.types(), [(I64, vec![2, 2])]);
}

#[test]
fn reductions_drop_or_keep_their_axes() {
    let attribute = call("ReduceMean", [f(&[2, 3, 4])]).with("axes", list(&[-1]));
    assert_eq!(attribute.with("keepdims", int(0)).shape(), [2, 3]);
    assert_eq!(
        call("ReduceSum", [f(&[2, 3, 4]), c(&[0, 1])]).shape(),
        [1, 1, 4]
    );
    assert_eq!(
        call("ReduceMax", [f(&[2, 3])])
            .with("keepdims", int(0))
            .shape(),
        [0usize; 0]
    );
    let none = call("ReduceSum", [f(&[2, 3]), c(&[])]).with("noop_with_empty_axes", int(1));
    assert_eq!(none.shape(), [2, 3]);
    let best = call("ArgMax", [f(&[2, 3])])
        .with("axis", int(1))
        .with("keepdims", int(0));
    assert_eq!(best.types(), [(I64, vec![2])]);
    call("ReduceSum", [f(&[2, 3]), c(&[2])]).refusal();
}

#[test]
fn normalisations_keep_the_shape_and_check_their_parameters() {
    let batch = call(
        "BatchNormalization",
        [f(&[2, 3, 4]), f(&[3]), f(&[3]), f(&[3]), f(&[3])],
    );
    assert_eq!(batch.shape(), [2, 3, 4]);
    let layer = call("LayerNormalization", [f(&[2, 3, 4]), f(&[4]), f(&[4])])
        .outputs(3)
        .types();
    assert_eq!(
        layer,
        [
            (F32, vec![2, 3, 4]),
            (F32, vec![2, 3, 1]),
            (F32, vec![2, 3, 1])
        ]
    );
    let skip = call(
        "SkipLayerNormalization",
        [f(&[2, 3, 4]), f(&[2, 3, 4]), f(&[4])],
    )
    .microsoft();
    assert_eq!(skip.shape(), [2, 3, 4]);
    call(
        "BatchNormalization",
        [f(&[2, 3, 4]), f(&[4]), f(&[3]), f(&[3]), f(&[3])],
    )
    .refusal();
    call("LayerNormalization", [f(&[2, 3, 4]), f(&[3])]).refusal();
}

#[test]
fn quantisation_takes_its_type_from_the_zero_point() {
    let down = call("QuantizeLinear", [f(&[2, 3]), f(&[]), Fed(I8, &[])]);
    assert_eq!(down.types(), [(I8, vec![2, 3])]);
    assert_eq!(
        call("QuantizeLinear", [f(&[2]), f(&[])]).types(),
        [(U8, vec![2])]
    );
    assert_eq!(
        call("DequantizeLinear", [Fed(I8, &[2]), Fed(F16, &[])]).types(),
        [(F16, vec![2])]
    );
    let dynamic = call("DynamicQuantizeLinear", [f(&[2, 3])])
        .outputs(3)
        .types();
    assert_eq!(dynamic, [(U8, vec![2, 3]), (F32, vec![]), (U8, vec![])]);
}

#[test]
fn recurrent_networks_give_the_sequence_and_the_last_states() {
    let lstm = call("LSTM", [f(&[5, 2, 3]), f(&[2, 16, 3]), f(&[2, 16, 4])]);
    let types = lstm
        .with("direction", text("bidirectional"))
        .outputs(3)
        .types();
    assert_eq!(
        types,
        [
            (F32, vec![5, 2, 2, 4]),
            (F32, vec![2, 2, 4]),
            (F32, vec![2, 2, 4])
        ]
    );
    let gru = call("GRU", [f(&[2, 5, 3]), f(&[1, 12, 3]), f(&[1, 12, 4])]).with("layout", int(1));
    assert_eq!(
        gru.outputs(2).types(),
        [(F32, vec![2, 5, 1, 4]), (F32, vec![2, 1, 4])]
    );
    call("RNN", [f(&[5, 2, 3]), f(&[1, 4, 3]), f(&[1, 4, 5])]).refusal();
}

#[test]
fn attention_gives_output_and_caches() {
    let heads = || {
        call(
            "Attention",
            [f(&[2, 8, 5, 16]), f(&[2, 4, 6, 16]), f(&[2, 4, 6, 32])],
        )
        .opset(23)
    };
    assert_eq!(heads().shape(), [2, 8, 5, 32]);
    let flat = call(
        "Attention",
        [
            f(&[2, 5, 64]),
            f(&[2, 6, 32]),
            f(&[2, 6, 32]),
            Absent,
            f(&[2, 4, 3, 8]),
            f(&[2, 4, 3, 8]),
        ],
    );
    let flat = flat
        .opset(23)
        .with("q_num_heads", int(8))
        .with("kv_num_heads", int(4))
        .outputs(4)
        .types();
    let shapes: Vec<_> = flat.into_iter().map(|(_, shape)| shape).collect();
    assert_eq!(
        shapes,
        [
            vec![2, 5, 64],
            vec![2, 4, 9, 8],
            vec![2, 4, 9, 8],
            vec![2, 8, 5, 9]
        ]
    );
    let projected = call("Attention", [f(&[2, 5, 12]), f(&[12, 36]), f(&[36])]).microsoft();
    let projected = projected.with("num_heads", int(3)).outputs(2).types();
    assert_eq!(
        projected,
        [(F32, vec![2, 5, 12]), (F32, vec![2, 2, 3, 5, 4])]
    );
    let multi = call(
        "MultiHeadAttention",
        [f(&[2, 5, 12]), f(&[2, 6, 12]), f(&[2, 6, 24])],
    )
    .microsoft();
    assert_eq!(multi.with("num_heads", int(3)).shape(), [2, 5, 24]);
    call(
        "Attention",
        [f(&[2, 5, 64]), f(&[2, 6, 32]), f(&[2, 6, 32])],
    )
    .opset(23)
    .refusal();
}

#[test]
fn fused_embeddings_give_hidden_states() {
    let ids = || Fed(I32, &[2, 7]);
    let embed = call(
        "EmbedLayerNormalization",
        [
            ids(),
            ids(),
            f(&[99, 8]),
            f(&[16, 8]),
            f(&[2, 8]),
            f(&[8]),
            f(&[8]),
        ],
    );
    assert_eq!(
        embed.microsoft().outputs(2).types(),
        [(F32, vec![2, 7, 8]), (I32, vec![2])]
    );
    assert_eq!(
        call("BiasGelu", [f(&[2, 8]), f(&[8])]).microsoft().shape(),
        [2, 8]
    );
    assert_eq!(call("FastGelu", [f(&[2, 8])]).microsoft().shape(), [2, 8]);
}

#[test]
fn resampling_follows_sizes_or_scales() {
    let scales = |values: &[f32]| Constant(tensor(&[values.len()], values));
    let up = call(
        "Resize",
        [f(&[1, 3, 4, 5]), Absent, scales(&[1.0, 1.0, 2.0, 1.5])],
    );
    assert_eq!(up.shape(), [1, 3, 8, 7]);
    assert_eq!(
        call(
            "Resize",
            [f(&[1, 3, 4, 5]), Absent, Absent, c(&[1, 3, 9, 9])]
        )
        .shape(),
        [1, 3, 9, 9]
    );
    let old = call(
        "Upsample",
        [f(&[1, 1, 2, 2]), scales(&[1.0, 1.0, 2.0, 3.0])],
    )
    .opset(9);
    assert_eq!(old.shape(), [1, 1, 4, 6]);
    let fitted = call("Resize", [f(&[1, 1, 4, 8]), Absent, Absent, c(&[6, 6])]).opset(18);
    let fitted = fitted
        .with("axes", list(&[2, 3]))
        .with("keep_aspect_ratio_policy", text("not_larger"));
    assert_eq!(fitted.shape(), [1, 1, 3, 6]);
    assert_eq!(
        call("GridSample", [f(&[1, 3, 4, 5]), f(&[1, 7, 8, 2])]).shape(),
        [1, 3, 7, 8]
    );
    assert_eq!(
        call("RoiAlign", [f(&[1, 3, 9, 9]), f(&[5, 4]), Fed(I64, &[5])])
            .with("output_height", int(2))
            .shape(),
        [5, 3, 2, 1]
    );
    call(
        "Resize",
        [f(&[1, 1, 2, 2]), Absent, scales(&[1.0, f32::NAN, 1.0, 1.0])],
    )
    .refusal();
}

#[test]
fn generated_tensors_have_the_shape_that_is_asked_for() {
    let filled = call("ConstantOfShape", [c(&[2, 3])]).with("value", Attribute::Tensor(ints(&[7])));
    assert_eq!(filled.types(), [(I64, vec![2, 3])]);
    assert_eq!(call("ConstantOfShape", [c(&[])]).types(), [(F32, vec![])]);
    let range = [
        Constant(scalar(2)),
        Constant(scalar(11)),
        Constant(scalar(4)),
    ];
    assert_eq!(call("Range", range).types(), [(I64, vec![3])]);
    let random = call("RandomNormal", [])
        .with("shape", list(&[4, 5]))
        .with("dtype", int(10));
    assert_eq!(random.types(), [(F16, vec![4, 5])]);
    assert_eq!(
        call("Shape", [f(&[2, 3, 4])])
            .with("start", int(-2))
            .types(),
        [(I64, vec![2])]
    );
    assert_eq!(call("Size", [f(&[2, 3, 4])]).types(), [(I64, vec![])]);
    call("ConstantOfShape", [c(&[-1])]).refusal();
    call("ConstantOfShape", [c(&[1 << 40, 1 << 40])]).refusal();
}

#[test]
fn spectra_have_half_the_bins_and_one_where_one_sided() {
    let stft = call(
        "STFT",
        [
            f(&[1, 128, 1]),
            Constant(scalar(8)),
            Absent,
            Constant(scalar(16)),
        ],
    );
    assert_eq!(stft.shape(), [1, 15, 9, 2]);
    let dft = call("DFT", [f(&[1, 10, 1])])
        .with("axis", int(1))
        .with("onesided", int(1));
    assert_eq!(dft.shape(), [1, 6, 2]);
    let newer = call("DFT", [f(&[1, 10, 1]), Absent, Constant(scalar(1))]).opset(20);
    assert_eq!(newer.shape(), [1, 10, 2]);
}

#[test]
fn a_missing_input_or_too_many_axes_is_refused() {
    call("MatMul", [f(&[2, 3])]).refusal();
    call("Relu", []).refusal();
    let axes = c(&(0..65).collect::<Vec<_>>());
    call("Unsqueeze", [f(&[]), axes]).refusal();
}
