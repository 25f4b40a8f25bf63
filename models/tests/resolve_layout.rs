//! What resolving infers for operators that arrange, pick and reduce elements, against shapes worked out by hand.

mod sketch;

use sketch::call::{Constant, Fed, c, call, f};
use sketch::{int, ints, list, scalar, tensor};
use tare_models::Attribute;
use tare_models::DataType::{Bool, F16, F32, I32, I64};

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
    assert!(call("NonZero", [f(&[3, 4])]).leaves_open());
    assert!(call("NonMaxSuppression", [f(&[1, 9, 4]), f(&[1, 2, 9])]).leaves_open());
    assert!(call("Compress", [f(&[9]), Fed(Bool, &[9])]).leaves_open());
    assert!(call("Reshape", [f(&[9]), Fed(I64, &[2])]).leaves_open());
    assert!(call("Loop", [Fed(I64, &[]), Fed(Bool, &[])]).leaves_open());
    assert!(call("Mystery", [f(&[9])]).leaves_open());
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
fn a_missing_input_or_too_many_axes_is_refused() {
    call("MatMul", [f(&[2, 3])]).refusal();
    call("Relu", []).refusal();
    let axes = c(&(0..65).collect::<Vec<_>>());
    call("Unsqueeze", [f(&[]), axes]).refusal();
}
