//! What resolving infers for element-wise, normalising, recurrent and fused operators, against shapes worked out by hand.

mod sketch;

use sketch::call::{Absent, Constant, Fed, c, call, f};
use sketch::{int, list, scalar, tensor, text};
use tare_models::DataType::{Bool, F16, F32, I8, I32, I64, U8};

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
