//! What resolving infers for products, convolutions and poolings, against shapes worked out by hand.

mod sketch;

use sketch::call::{Fed, call, f};
use sketch::{int, list, text};
use tare_models::DataType::{F32, I8, I32, I64, U8};

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
