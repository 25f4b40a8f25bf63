//! Each pass makes one step of its pattern, leaves alone what only resembles it, and changes no output.

use tare_models::build::{Attr, Builder, Init, Value};

use super::testing::{Case, Output, kinds};
use super::*;
use crate::step::Kind;

fn vector(b: &mut Builder, name: &str, size: usize) -> Value {
    b.weight(name, &[size], Init::around(1.0, 0.3))
}

#[test]
fn gelu_is_found_by_erf_and_by_tanh_however_its_factors_are_ordered() {
    let forms: [fn(&mut Builder, &Value) -> Value; 4] = [
        |b, x| b.gelu(x),
        |b, x| b.gelu_tanh(x),
        |b, x| {
            let (root, one, half) = (b.scalar(0.707_106_77), b.scalar(1.0), b.scalar(0.5));
            let scaled = b.op("Mul", &[&root, x]);
            let erf = b.op("Erf", &[&scaled]);
            let gate = b.op("Add", &[&one, &erf]);
            let gate = b.op("Mul", &[&gate, &half]);
            b.op("Mul", &[&gate, x])
        },
        |b, x| {
            let (root, one, half) = (b.scalar(0.797_884_6), b.scalar(1.0), b.scalar(0.5));
            let cubic = b.scalar(0.044_715);
            let square = b.op("Mul", &[x, x]);
            let cube = b.op("Mul", &[&square, x]);
            let cube = b.op("Mul", &[&cube, &cubic]);
            let inner = b.op("Add", &[&cube, x]);
            let inner = b.op("Mul", &[&inner, &root]);
            let tanh = b.op("Tanh", &[&inner]);
            let gate = b.op("Add", &[&tanh, &one]);
            let product = b.op("Mul", &[x, &gate]);
            b.op("Mul", &[&half, &product])
        },
    ];
    for (number, form) in forms.into_iter().enumerate() {
        let case = Case::new(&[&[2, 3]], |b, x| vec![(form(b, &x[0]), &[2, 3])]);
        assert!(case.draft.steps.len() > 4, "form {number}");
        assert_eq!(case.after(&[gelu]), ["map"], "form {number}");
        assert_eq!(
            gelu(case.draft).steps[0].sources.len(),
            [5, 8, 5, 9][number]
        );
    }
}

#[test]
fn what_only_resembles_gelu_stays() {
    let case = Case::new(&[&[2, 3]], |b, x| {
        let (root, one, half) = (b.scalar(1.5), b.scalar(1.0), b.scalar(0.5));
        let scaled = b.op("Div", &[&x[0], &root]);
        let erf = b.op("Erf", &[&scaled]);
        let gate = b.op("Add", &[&erf, &one]);
        let product = b.op("Mul", &[&x[0], &gate]);
        vec![(b.op("Mul", &[&product, &half]), &[2, 3])]
    });
    assert_eq!(case.after(&[gelu]).len(), 5);
}

/// Normalisation in its parts, as exports before opset 17 have it.
fn norm_in_parts(b: &mut Builder, x: &Value, epsilon: f32) -> Value {
    let axes = [("axes", Attr::Ints(vec![-1]))];
    let (two, epsilon) = (b.scalar(2.0), b.scalar(epsilon));
    let mean = b.op_with("ReduceMean", &[x], &axes);
    let centred = b.op("Sub", &[x, &mean]);
    let square = b.op("Pow", &[&centred, &two]);
    let variance = b.op_with("ReduceMean", &[&square], &axes);
    let shifted = b.op("Add", &[&variance, &epsilon]);
    let deviation = b.op("Sqrt", &[&shifted]);
    b.op("Div", &[&centred, &deviation])
}

#[test]
fn normalisation_in_parts_becomes_one_step_with_its_scale_and_shift() {
    let case = Case::new(&[&[2, 3, 8]], |b, x| {
        let normed = norm_in_parts(b, &x[0], 1e-5);
        let (scale, shift) = (vector(b, "scale", 8), vector(b, "shift", 8));
        let scaled = b.op("Mul", &[&normed, &scale]);
        vec![(b.op("Add", &[&shift, &scaled]), &[2, 3, 8])]
    });
    assert_eq!(case.draft.steps.len(), 9);
    assert_eq!(case.after(&[layer_norm]), ["layer-norm"]);
    let roles = layer_norm(case.draft).steps[0].kind.roles();
    assert_eq!(roles, ["x", "scale", "bias"]);
}

#[test]
fn a_mean_over_another_axis_is_no_layer_normalisation() {
    let case = Case::new(&[&[2, 8]], |b, x| {
        let axes = [("axes", Attr::Ints(vec![0]))];
        let (two, epsilon) = (b.scalar(2.0), b.scalar(1e-3));
        let mean = b.op_with("ReduceMean", &[&x[0]], &axes);
        let centred = b.op("Sub", &[&x[0], &mean]);
        let square = b.op("Pow", &[&centred, &two]);
        let variance = b.op_with("ReduceMean", &[&square], &axes);
        let shifted = b.op("Add", &[&variance, &epsilon]);
        let deviation = b.op("Sqrt", &[&shifted]);
        vec![(b.op("Div", &[&centred, &deviation]), &[2, 8])]
    });
    assert_eq!(case.after(&[layer_norm]).len(), 7);
}

#[test]
fn a_sum_goes_into_its_normalisation_and_is_written_where_it_is_read_again() {
    let case = Case::new(&[&[2, 3, 8], &[2, 3, 8]], |b, x| {
        let sum = b.op("Add", &[&x[0], &x[1]]);
        let normed = b.layer_norm("norm", &sum, 8, 1e-5);
        let again = b.op("Mul", &[&sum, &normed]);
        vec![(again, &[2, 3, 8])]
    });
    assert_eq!(case.after(&[residual]), ["layer-norm+residual", "map"]);
    assert_eq!(residual(case.draft).steps[0].outputs.len(), 2);
    let alone = Case::new(&[&[3, 8], &[3, 8]], |b, x| {
        let sum = b.op("Add", &[&x[0], &x[1]]);
        vec![(b.layer_norm("norm", &sum, 8, 1e-5), &[3, 8])]
    });
    assert_eq!(residual(alone.draft).steps[0].outputs.len(), 1);
}

/// `softmax(q kᵀ / 2 + mask) v` over [2, 3, 5, 4], joined to [2, 5, 12].
fn attended(b: &mut Builder, x: &[Value], scale_queries: bool) -> Vec<Output> {
    let two = b.scalar(2.0);
    let heads = |b: &mut Builder, x: &Value, perm: &[i64]| {
        let x = b.reshape(x, &[0, 0, 3, 4]);
        b.transpose(&x, perm)
    };
    let mut q = heads(b, &x[0], &[0, 2, 1, 3]);
    let k = heads(b, &x[1], &[0, 2, 3, 1]);
    let v = heads(b, &x[2], &[0, 2, 1, 3]);
    if scale_queries {
        q = b.op("Div", &[&q, &two]);
    }
    let mut scores = b.op("MatMul", &[&q, &k]);
    if !scale_queries {
        scores = b.op("Div", &[&scores, &two]);
        scores = b.op("Add", &[&scores, &x[3]]);
    }
    let weights = b.op_with("Softmax", &[&scores], &[("axis", Attr::Int(-1))]);
    let context = b.op("MatMul", &[&weights, &v]);
    let context = b.transpose(&context, &[0, 2, 1, 3]);
    vec![(b.reshape(&context, &[0, 0, 12]), &[2, 5, 12])]
}

#[test]
fn attention_is_one_step_that_writes_the_joined_heads() {
    let shapes: [&[usize]; 4] = [&[2, 5, 12], &[2, 5, 12], &[2, 5, 12], &[2, 1, 1, 5]];
    let masked = Case::new(&shapes, |b, x| attended(b, x, false));
    assert_eq!(masked.after(&[attention]), ["attention+mask", "copy"]);
    assert_eq!(masked.after(&[attention, in_place]), ["attention+mask"]);
    let scaled = Case::new(&shapes[..3], |b, x| attended(b, x, true));
    assert_eq!(scaled.after(&[attention, in_place]), ["attention"]);
    let Kind::Attention { scale, .. } = attention(scaled.draft).steps[0].kind else {
        panic!("attention comes first");
    };
    assert_eq!(scale, 0.5);
}

#[test]
fn scores_that_are_read_again_keep_attention_in_its_parts() {
    let case = Case::new(&[&[2, 5, 4], &[2, 4, 5], &[2, 5, 4]], |b, x| {
        let scores = b.op("MatMul", &[&x[0], &x[1]]);
        let weights = b.op_with("Softmax", &[&scores], &[("axis", Attr::Int(-1))]);
        let context = b.op("MatMul", &[&weights, &x[2]]);
        vec![(context, &[2, 5, 4]), (scores, &[2, 5, 5])]
    });
    assert_eq!(case.after(&[attention]), ["product", "softmax", "product"]);
}

/// A convolution over [1, 2, 5, 5] and its normalisation.
fn normed_conv(b: &mut Builder, x: &Value) -> Value {
    let weight = b.weight("w", &[3, 2, 3, 3], Init::fan_in(18, 1.0));
    let attributes = [("pads", Attr::Ints(vec![1; 4]))];
    let map = b.op_with("Conv", &[x, &weight], &attributes);
    let vectors = ["scale", "shift", "mean", "variance"].map(|name| vector(b, name, 3));
    let [scale, shift, mean, variance] = &vectors;
    b.op("BatchNormalization", &[&map, scale, shift, mean, variance])
}

#[test]
fn a_batch_normalisation_a_residual_and_relu_go_into_the_convolution() {
    let case = Case::new(&[&[1, 2, 5, 5], &[1, 3, 5, 5]], |b, x| {
        let normed = normed_conv(b, &x[0]);
        let sum = b.op("Add", &[&normed, &x[1]]);
        vec![(b.op("Relu", &[&sum]), &[1, 3, 5, 5])]
    });
    assert_eq!(case.after(&[affine]), ["convolution+bias", "map", "map"]);
    assert_eq!(
        case.after(&[affine, epilogue]),
        ["convolution+bias+residual+relu"]
    );
}

#[test]
fn a_map_that_others_read_too_is_not_normalised_in_its_weights() {
    let case = Case::new(&[&[1, 2, 5, 5]], |b, x| {
        let weight = b.weight("w", &[3, 2, 3, 3], Init::fan_in(18, 1.0));
        let map = b.op("Conv", &[&x[0], &weight]);
        let factor = b.weight("f", &[3, 1, 1], Init::around(1.0, 0.2));
        let scaled = b.op("Mul", &[&map, &factor]);
        vec![(scaled, &[1, 3, 3, 3]), (map, &[1, 3, 3, 3])]
    });
    assert_eq!(case.after(&[affine]), ["convolution", "map"]);
}

#[test]
fn bias_activation_and_residual_go_into_the_product_in_this_order() {
    let linear = |activation: &'static str| {
        Case::new(&[&[2, 3, 4], &[2, 3, 6]], move |b, x| {
            let y = b.linear("dense", &x[0], 4, 6);
            let y = match activation {
                "Gelu" => b.gelu(&y),
                "Relu" => b.op("Relu", &[&y]),
                _ => y,
            };
            vec![(b.op("Add", &[&y, &x[1]]), &[2, 3, 6])]
        })
    };
    assert_eq!(linear("").after(&[epilogue]), ["product+bias+residual"]);
    assert_eq!(
        linear("Relu").after(&[epilogue]),
        ["product+bias+relu", "map"]
    );
    assert_eq!(
        linear("Gelu").after(&[gelu, epilogue]),
        ["product+bias+gelu", "map"]
    );
}

#[test]
fn a_vector_along_another_axis_is_no_bias() {
    let case = Case::new(&[&[3, 3], &[3, 1]], |b, x| {
        let weight = b.weight("w", &[3, 3], Init::fan_in(3, 1.0));
        let y = b.op("MatMul", &[&x[0], &weight]);
        vec![(b.op("Add", &[&y, &x[1]]), &[3, 3])]
    });
    assert_eq!(case.after(&[epilogue]), ["product", "map"]);
}

#[test]
fn a_result_is_not_added_to_itself_within_its_own_step() {
    let case = Case::new(&[&[3, 3]], |b, x| {
        let weight = b.weight("w", &[3, 3], Init::fan_in(3, 1.0));
        let y = b.op("MatMul", &[&x[0], &weight]);
        vec![(b.op("Add", &[&y, &y]), &[3, 3])]
    });
    assert_eq!(case.after(&[epilogue]), ["product", "map"]);
}

#[test]
fn products_of_one_operand_become_one_whose_parts_are_views() {
    let case = Case::new(&[&[2, 3, 4]], |b, x| {
        let parts = ["q", "k", "v"].map(|name| b.linear(name, &x[0], 4, 6));
        let [q, k, v] = &parts;
        let q = b.reshape(q, &[0, 0, 2, 3]);
        let q = b.transpose(&q, &[0, 2, 1, 3]);
        let sum = b.op("Mul", &[k, v]);
        vec![(b.op("Relu", &[&q]), &[2, 2, 3, 3]), (sum, &[2, 3, 6])]
    });
    assert_eq!(
        case.after(&[epilogue, together]),
        ["product+bias", "map", "map"]
    );
    let flat = Case::new(&[&[2, 4]], |b, x| {
        let weights = ["a", "b"].map(|name| b.weight(name, &[4, 6], Init::fan_in(4, 1.0)));
        let [one, other] = weights.map(|weight| b.op("MatMul", &[&x[0], &weight]));
        let one = b.reshape(&one, &[12]);
        vec![
            (b.op("Relu", &[&one]), &[12]),
            (b.op("Relu", &[&other]), &[2, 6]),
        ]
    });
    assert_eq!(
        flat.after(&[together]).len(),
        4,
        "a flat view runs over the parts"
    );
}

#[test]
fn results_are_written_into_the_parts_of_a_concatenation() {
    let case = Case::new(&[&[2, 4], &[2, 3]], |b, x| {
        let weight = b.weight("w", &[4, 5], Init::fan_in(4, 1.0));
        let y = b.op("MatMul", &[&x[0], &weight]);
        vec![(
            b.op_with("Concat", &[&y, &x[1]], &[("axis", Attr::Int(1))]),
            &[2, 8],
        )]
    });
    assert_eq!(case.after(&[in_place]), ["product", "copy"]);
}

#[test]
fn element_wise_steps_in_a_row_become_one_and_a_shared_one_stays() {
    let case = Case::new(&[&[2, 3], &[3, 2]], |b, x| {
        let turned = b.transpose(&x[1], &[1, 0]);
        let sum = b.op("Add", &[&x[0], &turned]);
        let sum = b.transpose(&sum, &[1, 0]);
        let bent = b.op("Tanh", &[&sum]);
        vec![(b.op("Mul", &[&bent, &x[1]]), &[3, 2])]
    });
    assert_eq!(case.after(&[chains]), ["map"]);
    assert_eq!(chains(case.draft).steps[0].inputs.len(), 2);
    let shared = Case::new(&[&[2, 3]], |b, x| {
        let bent = b.op("Exp", &[&x[0]]);
        vec![
            (b.op("Tanh", &[&bent]), &[2, 3]),
            (b.op("Sqrt", &[&bent]), &[2, 3]),
        ]
    });
    assert_eq!(shared.after(&[chains]).len(), 3);
}

#[test]
fn a_small_step_is_not_repeated_for_every_element_of_a_large_one() {
    let case = Case::new(&[&[1, 3], &[4, 3]], |b, x| {
        let bent = b.op("Tanh", &[&x[0]]);
        vec![(b.op("Mul", &[&bent, &x[1]]), &[4, 3])]
    });
    assert_eq!(case.after(&[chains]), ["map", "map"]);
}

#[test]
fn no_pass_adds_a_step_to_a_graph_that_it_does_not_know() {
    let case = Case::new(&[&[2, 3]], |b, x| vec![(b.op("Sin", &[&x[0]]), &[2, 3])]);
    for (name, pass) in PASSES {
        assert_eq!(kinds(&pass(case.draft.clone())), ["map"], "{name}");
    }
}
