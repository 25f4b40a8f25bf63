//! Each pattern in the forms that exporters write, and beside it what must stay as it is.

mod in_place;

use tare_models::build::{Attr, Builder, Init, Value, Weights};
use tare_models::{DataType, Dim, Inputs, Model, Resolved, TensorSpec, resolve};
use tch::{Device, Kind};

use super::rewrite;
use crate::eager::lowered;
use crate::lower::{Scope, Target};

/// A graph with one input `x`, drawn by `draw`, which returns the output.
fn resolved(shape: &[usize], draw: impl Fn(&mut Builder, &Value) -> Value) -> Resolved {
    let mut graph = Builder::new("pattern", Weights::Seeded(3));
    let dims: Vec<Dim> = shape.iter().map(|size| Dim::Fixed(*size)).collect();
    let x = graph.input("x", DataType::F32, &dims);
    let y = draw(&mut graph, &x);
    graph.output("y", &y, &[]);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.onnx");
    tare_models::build::write(&graph.finish(), &path).expect("written");
    let model = Model::open(&path).expect("well formed");
    let input = TensorSpec {
        name: "x".to_owned(),
        dtype: DataType::F32,
        shape: shape.to_vec(),
    };
    resolve(model.graph(), &[input]).expect("fits")
}

fn operators(resolved: &Resolved) -> Vec<&str> {
    let nodes = resolved.graph.nodes.iter();
    nodes.map(|node| node.op_type.as_str()).collect()
}

fn executed(resolved: &Resolved) -> tch::Tensor {
    let shape = resolved.types[&resolved.graph.inputs[0].value].1.clone();
    let input = TensorSpec {
        name: "x".to_owned(),
        dtype: DataType::F32,
        shape: shape.clone(),
    };
    let inputs = Inputs::new(&resolved.graph, &[input], &|_| None, 5).expect("plan");
    let host = inputs.generate(0).remove(0);
    let x = tch::Tensor::from_slice(&host.values::<f32>().expect("f32"));
    let target = Target {
        device: Device::Cpu,
        float: Kind::Float,
    };
    let program = lowered(&Scope::new(&resolved.graph, resolved, target)).expect("lowers");
    let mut frame = program.frame();
    let shape: Vec<i64> = shape.iter().map(|size| *size as i64).collect();
    program.feed(&mut frame, 0, x.reshape(shape));
    program.run(&mut frame, |_| {}).expect("runs");
    program
        .output(&frame, 0)
        .expect("an output")
        .shallow_clone()
}

/// The operators that are left once the graph is rewritten, which computes what it did.
fn rewritten(shape: &[usize], draw: impl Fn(&mut Builder, &Value) -> Value) -> Vec<String> {
    let mut resolved = resolved(shape, draw);
    let before = executed(&resolved);
    rewrite(&mut resolved);
    let after = executed(&resolved);
    assert!(
        before.allclose(&after, 1e-4, 1e-5, false),
        "{before} {after}"
    );
    operators(&resolved)
        .into_iter()
        .map(str::to_owned)
        .collect()
}

fn weight(b: &mut Builder, name: &str, shape: &[usize]) -> Value {
    b.weight(name, shape, Init::spread(1.0))
}

#[test]
fn a_product_with_constants_is_a_linear_layer_whichever_side_the_bias_is_on() {
    for bias_first in [false, true] {
        let operators = rewritten(&[2, 3, 4], |b, x| {
            let (w, bias) = (weight(b, "w", &[4, 5]), weight(b, "b", &[5]));
            let product = b.op("MatMul", &[x, &w]);
            match bias_first {
                true => b.op("Add", &[&bias, &product]),
                false => b.op("Add", &[&product, &bias]),
            }
        });
        assert_eq!(operators, ["linear"]);
    }
}

#[test]
fn a_product_that_is_read_twice_or_a_bias_by_row_stays() {
    let twice = rewritten(&[3, 4], |b, x| {
        let (w, bias) = (weight(b, "w", &[4, 4]), weight(b, "b", &[4]));
        let product = b.op("MatMul", &[x, &w]);
        let sum = b.op("Add", &[&product, &bias]);
        b.op("Mul", &[&sum, &product])
    });
    assert_eq!(twice, ["MatMul", "Add", "Mul"]);
    let by_row = rewritten(&[3, 4], |b, x| {
        let (w, bias) = (weight(b, "w", &[4, 4]), weight(b, "b", &[3, 1]));
        let product = b.op("MatMul", &[x, &w]);
        b.op("Add", &[&product, &bias])
    });
    assert_eq!(by_row, ["MatMul", "Add"]);
}

#[test]
fn a_gemm_between_reshapes_of_rows_is_a_linear_layer() {
    let operators = rewritten(&[2, 3, 4], |b, x| {
        let (w, bias) = (weight(b, "w", &[5, 4]), weight(b, "b", &[5]));
        let flat = b.reshape(x, &[-1, 4]);
        let product = b.op_with("Gemm", &[&flat, &w, &bias], &[("transB", Attr::Int(1))]);
        b.reshape(&product, &[2, 3, 5])
    });
    assert_eq!(operators, ["linear"]);
    let other_rows = rewritten(&[2, 3, 4], |b, x| {
        let (w, bias) = (weight(b, "w", &[5, 4]), weight(b, "b", &[5]));
        let flat = b.reshape(x, &[-1, 4]);
        let product = b.op_with("Gemm", &[&flat, &w, &bias], &[("transB", Attr::Int(1))]);
        b.reshape(&product, &[3, 2, 5])
    });
    assert_eq!(other_rows, ["Reshape", "Gemm", "Reshape"]);
}

#[test]
fn gelu_is_found_in_any_order_of_its_factors() {
    assert_eq!(rewritten(&[7], Builder::gelu), ["gelu"]);
    let halved_first = rewritten(&[7], |b, x| {
        let (half, root, one) = (b.scalar(0.5), b.scalar(0.707_106_77), b.scalar(1.0));
        let halved = b.op("Mul", &[&half, x]);
        let scaled = b.op("Mul", &[x, &root]);
        let erf = b.op("Erf", &[&scaled]);
        let curve = b.op("Add", &[&one, &erf]);
        b.op("Mul", &[&curve, &halved])
    });
    assert_eq!(halved_first, ["gelu"]);
}

#[test]
fn gelu_by_tanh_is_found_with_a_cube_or_a_square() {
    assert_eq!(rewritten(&[7], Builder::gelu_tanh), ["gelu_tanh"]);
    let squared = rewritten(&[7], |b, x| {
        let (half, one, root) = (b.scalar(0.5), b.scalar(1.0), b.scalar(0.797_884_6));
        let cubic = b.scalar(0.044_715);
        let square = b.op("Mul", &[x, x]);
        let square = b.op("Mul", &[&square, &cubic]);
        let sum = b.op("Add", &[&square, &one]);
        let scaled = b.op("Mul", &[x, &root]);
        let inner = b.op("Mul", &[&scaled, &sum]);
        let tanh = b.op("Tanh", &[&inner]);
        let curve = b.op("Add", &[&tanh, &one]);
        let halved = b.op("Mul", &[x, &half]);
        b.op("Mul", &[&halved, &curve])
    });
    assert_eq!(squared, ["gelu_tanh"]);
}

#[test]
fn a_number_with_axes_of_its_own_keeps_what_is_written_out() {
    let axes = [1, 1, 1, 1];
    let number =
        |b: &mut Builder, name: &str, number: f32| b.weight(name, &axes, Init::around(number, 0.0));
    let gelu = rewritten(&[3, 7], |b, x| {
        let (half, root, one) = (
            number(b, "half", 0.5),
            b.scalar(0.707_106_77),
            b.scalar(1.0),
        );
        let scaled = b.op("Mul", &[x, &root]);
        let erf = b.op("Erf", &[&scaled]);
        let curve = b.op("Add", &[&erf, &one]);
        let product = b.op("Mul", &[x, &curve]);
        b.op("Mul", &[&product, &half])
    });
    assert_eq!(gelu, ["Mul", "Erf", "Add", "Mul", "Mul"]);
    let normed = rewritten(&[3, 8], |b, x| {
        let epsilon = number(b, "epsilon", 1e-5);
        centred_by(b, x, &[-1], true, &epsilon)
    });
    assert_eq!(normed.last().map(String::as_str), Some("Div"));
}

#[test]
fn another_constant_is_another_function() {
    let operators = rewritten(&[7], |b, x| {
        let (half, two, one) = (b.scalar(0.5), b.scalar(2.0), b.scalar(1.0));
        let scaled = b.op("Div", &[x, &two]);
        let erf = b.op("Erf", &[&scaled]);
        let curve = b.op("Add", &[&erf, &one]);
        let product = b.op("Mul", &[x, &curve]);
        b.op("Mul", &[&product, &half])
    });
    assert_eq!(operators, ["Div", "Erf", "Add", "Mul", "Mul"]);
}

/// Layer normalisation written out; the mean over `axes`, the square by `Pow` or by a product.
fn written_out(b: &mut Builder, x: &Value, axes: &[i64], by_pow: bool) -> Value {
    let epsilon = b.scalar(1e-5);
    centred_by(b, x, axes, by_pow, &epsilon)
}

fn centred_by(b: &mut Builder, x: &Value, axes: &[i64], by_pow: bool, epsilon: &Value) -> Value {
    let mean = |b: &mut Builder, x: &Value| {
        b.op_with("ReduceMean", &[x], &[("axes", Attr::Ints(axes.to_vec()))])
    };
    let two = b.scalar(2.0);
    let center = mean(b, x);
    let difference = b.op("Sub", &[x, &center]);
    let square = match by_pow {
        true => b.op("Pow", &[&difference, &two]),
        false => b.op("Mul", &[&difference, &difference]),
    };
    let variance = mean(b, &square);
    let sum = b.op("Add", &[&variance, epsilon]);
    let deviation = b.op("Sqrt", &[&sum]);
    b.op("Div", &[&difference, &deviation])
}

#[test]
fn a_normalisation_written_out_is_one_call_with_its_weights() {
    for by_pow in [true, false] {
        let operators = rewritten(&[3, 8], |b, x| {
            let (scale, shift) = (weight(b, "scale", &[8]), weight(b, "shift", &[8]));
            let normed = written_out(b, x, &[-1], by_pow);
            let scaled = b.op("Mul", &[&normed, &scale]);
            b.op("Add", &[&scaled, &shift])
        });
        assert_eq!(operators, ["layer_norm"]);
    }
    let bare = rewritten(&[3, 4, 8], |b, x| written_out(b, x, &[1, 2], true));
    assert_eq!(bare, ["layer_norm"]);
}

#[test]
fn a_mean_over_other_axes_is_no_layer_normalisation() {
    let operators = rewritten(&[3, 8], |b, x| written_out(b, x, &[0], true));
    assert!(
        operators.contains(&"ReduceMean".to_owned()),
        "{operators:?}"
    );
    let shared = rewritten(&[3, 8], |b, x| {
        let normed = written_out(b, x, &[-1], true);
        let scale = weight(b, "scale", &[3, 8]);
        b.op("Mul", &[&normed, &scale])
    });
    assert_eq!(shared, ["layer_norm", "Mul"]);
}

/// How scores are scaled.
#[derive(Clone, Copy, PartialEq)]
enum Scaled {
    Scores,
    Query,
    Both,
}

fn attention(b: &mut Builder, x: &Value, scaled: Scaled, masked: bool, axis: i64) -> Value {
    let (quarter, half) = (b.scalar(0.25), b.scalar(0.5));
    let mut q = b.transpose(x, &[0, 2, 1, 3]);
    let mut k = b.transpose(x, &[0, 2, 3, 1]);
    let v = b.transpose(x, &[0, 2, 1, 3]);
    match scaled {
        Scaled::Scores => {}
        Scaled::Query => q = b.op("Mul", &[&q, &quarter]),
        Scaled::Both => {
            q = b.op("Mul", &[&q, &half]);
            k = b.op("Mul", &[&k, &half]);
        }
    }
    let mut scores = b.op("MatMul", &[&q, &k]);
    if scaled == Scaled::Scores {
        scores = b.op("Mul", &[&scores, &quarter]);
    }
    if masked {
        let mask = weight(b, "mask", &[1, 1, 5]);
        scores = b.op("Add", &[&scores, &mask]);
    }
    let weights = b.op_with("Softmax", &[&scores], &[("axis", Attr::Int(axis))]);
    b.op("MatMul", &[&weights, &v])
}

#[test]
fn attention_is_one_call_wherever_it_is_scaled() {
    for scaled in [Scaled::Scores, Scaled::Query, Scaled::Both] {
        for masked in [false, true] {
            let draw = |b: &mut Builder, x: &Value| attention(b, x, scaled, masked, -1);
            let operators = rewritten(&[2, 5, 3, 4], draw);
            assert_eq!(operators.last().map(String::as_str), Some("sdpa"));
            assert!(!operators.contains(&"Softmax".to_owned()), "{operators:?}");
        }
    }
}

#[test]
fn a_mask_that_broadens_the_scores_is_no_attention_of_one_call() {
    let broadened = |queries: [usize; 4], keys: [usize; 4], values: [usize; 4], mask: &[usize]| {
        rewritten(&queries, |b, x| {
            let (key, value) = (weight(b, "key", &keys), weight(b, "value", &values));
            let product = b.op("MatMul", &[x, &key]);
            let mask = weight(b, "mask", mask);
            let scores = b.op("Add", &[&product, &mask]);
            let weights = b.op_with("Softmax", &[&scores], &[("axis", Attr::Int(-1))]);
            b.op("MatMul", &[&weights, &value])
        })
    };
    let unfused = ["MatMul", "Add", "Softmax", "MatMul"];
    let queries = broadened([1, 2, 1, 4], [1, 2, 4, 6], [1, 2, 6, 4], &[6, 6]);
    assert_eq!(queries, unfused);
    let keys = broadened([1, 2, 6, 4], [1, 2, 4, 1], [1, 2, 6, 4], &[6, 6]);
    assert_eq!(keys, unfused);
    let batch = broadened([1, 2, 6, 4], [1, 2, 4, 6], [1, 2, 6, 4], &[3, 1, 6, 6]);
    assert_eq!(batch, unfused);
}

#[test]
fn a_key_that_is_turned_head_by_head_needs_no_call() {
    let operators = rewritten(&[2, 3, 5, 4], |b, x| {
        let quarter = b.scalar(0.25);
        let joined = b.reshape(x, &[-1, 5, 4]);
        let turned = b.transpose(&joined, &[0, 2, 1]);
        let key = b.reshape(&turned, &[2, 3, 4, 5]);
        let product = b.op("MatMul", &[x, &key]);
        let scores = b.op("Mul", &[&product, &quarter]);
        let weights = b.op_with("Softmax", &[&scores], &[("axis", Attr::Int(-1))]);
        b.op("MatMul", &[&weights, x])
    });
    assert_eq!(operators, ["sdpa"]);
}

#[test]
fn the_sigmoid_linear_unit_and_the_reciprocal_root_are_found() {
    let silu = rewritten(&[7], |b, x| {
        let sigmoid = b.op("Sigmoid", &[x]);
        b.op("Mul", &[&sigmoid, x])
    });
    assert_eq!(silu, ["silu"]);
    for by_div in [true, false] {
        let operators = rewritten(&[7], |b, x| {
            let one = b.scalar(1.0);
            let square = b.op("Mul", &[x, x]);
            let root = b.op("Sqrt", &[&square]);
            match by_div {
                true => b.op("Div", &[&one, &root]),
                false => b.op("Reciprocal", &[&root]),
            }
        });
        assert_eq!(operators, ["Mul", "rsqrt"]);
    }
}

#[test]
fn a_gate_by_something_else_is_no_sigmoid_linear_unit() {
    let operators = rewritten(&[7], |b, x| {
        let sigmoid = b.op("Sigmoid", &[x]);
        let tanh = b.op("Tanh", &[x]);
        b.op("Mul", &[&sigmoid, &tanh])
    });
    assert_eq!(operators, ["Sigmoid", "Tanh", "Mul"]);
}

#[test]
fn a_softmax_over_another_axis_is_no_attention() {
    let operators = rewritten(&[2, 5, 3, 4], |b, x| {
        attention(b, x, Scaled::Scores, false, 2)
    });
    assert!(operators.contains(&"Softmax".to_owned()), "{operators:?}");
}
