//! What operators cost and move, against counts worked out by hand.

mod sketch;

use sketch::{Sketch, int, list, sketch, tensor, text};
use tare_models::DataType::F32;
use tare_models::facts::{Class, render};
use tare_models::{Attribute, Facts};

fn facts(graph: &Sketch) -> Facts {
    Facts::of(&graph.resolve())
}

fn flops(facts: &Facts) -> u64 {
    facts.flops.as_operations()
}

fn class_flops(facts: &Facts, class: Class) -> u64 {
    let mut classes = facts.by_class.iter();
    classes
        .find(|found| found.class == class)
        .map_or(0, |found| found.flops.as_operations())
}

/// One operator on an input and weights of these shapes.
fn layer(
    op_type: &str,
    input: &[usize],
    weights: &[&[usize]],
    attributes: &[(&str, Attribute)],
) -> Facts {
    let mut graph = sketch();
    let mut inputs = vec![graph.input("x", F32, input)];
    for (index, shape) in weights.iter().enumerate() {
        inputs.push(graph.weight(&format!("w{index}"), shape));
    }
    let output = graph.op(op_type, &inputs, attributes);
    graph.output(output);
    facts(&graph)
}

#[test]
fn linear_layers_count_multiply_adds_and_biases() {
    let product = layer("MatMul", &[2, 5, 3], &[&[3, 7]], &[]);
    assert_eq!(
        (product.macs, product.macs_linear, flops(&product)),
        (210, 210, 420)
    );
    assert_eq!(product.parameters, 21);
    let gemm = layer("Gemm", &[2, 3], &[&[7, 3], &[7]], &[("transB", int(1))]);
    assert_eq!(
        (gemm.macs, flops(&gemm), gemm.parameters),
        (42, 84 + 14, 28)
    );
    assert_eq!(class_flops(&gemm, Class::Matmul), 84);
    assert_eq!(class_flops(&gemm, Class::Elementwise), 14);
}

#[test]
fn convolutions_count_each_groups_channels() {
    let pads = [("pads", list(&[1, 1, 1, 1]))];
    let dense = layer("Conv", &[1, 3, 8, 8], &[&[16, 3, 3, 3], &[16]], &pads);
    assert_eq!((dense.macs, dense.parameters), (16 * 64 * 27, 16 * 27 + 16));
    assert_eq!(class_flops(&dense, Class::Convolution), 2 * 16 * 64 * 27);
    let depthwise = layer(
        "Conv",
        &[1, 4, 8, 8],
        &[&[4, 1, 3, 3]],
        &[("group", int(4)), pads[0].clone()],
    );
    assert_eq!(depthwise.macs, 4 * 64 * 9);
    let transposed = layer(
        "ConvTranspose",
        &[1, 3, 4, 4],
        &[&[3, 5, 2, 2]],
        &[("strides", list(&[2, 2]))],
    );
    assert_eq!(transposed.macs, 3 * 16 * 5 * 4);
}

#[test]
fn element_wise_work_counts_its_documented_operations() {
    assert_eq!(flops(&layer("Relu", &[10], &[], &[])), 10);
    assert_eq!(flops(&layer("Exp", &[10], &[], &[])), 80);
    assert_eq!(flops(&layer("Sigmoid", &[10], &[], &[])), 110);
    assert_eq!(flops(&layer("Erf", &[10], &[], &[])), 80);
    assert_eq!(flops(&layer("Softmax", &[2, 5], &[], &[])), 120);
    let norm = layer("LayerNormalization", &[2, 5], &[&[5], &[5]], &[]);
    assert_eq!(
        (
            flops(&norm),
            norm.macs_paper,
            norm.macs_linear,
            norm.parameters
        ),
        (70, 40, 0, 10)
    );
    let batch = layer(
        "BatchNormalization",
        &[2, 3, 4],
        &[&[3], &[3], &[3], &[3]],
        &[],
    );
    assert_eq!(
        (flops(&batch), batch.macs_paper, batch.parameters),
        (48, 96, 6)
    );
    assert_eq!(
        flops(&layer("ReduceMean", &[4, 5], &[], &[("axes", list(&[1]))])),
        24
    );
    let pool = layer(
        "MaxPool",
        &[1, 1, 4, 4],
        &[],
        &[("kernel_shape", list(&[2, 2])), ("strides", list(&[2, 2]))],
    );
    assert_eq!(class_flops(&pool, Class::Reduction), 16);
    assert_eq!(flops(&layer("Transpose", &[4, 5], &[], &[])), 0);
}

#[test]
fn a_square_is_one_multiplication_and_other_powers_are_dear() {
    let power = |exponent: f32| {
        let mut graph = sketch();
        let x = graph.input("x", F32, &[10]);
        let exponent = graph.constant("e", tensor(&[], &[exponent]));
        let y = graph.op("Pow", &[x, exponent], &[]);
        graph.output(y);
        flops(&facts(&graph))
    };
    assert_eq!(
        (power(2.0), power(3.0), power(0.5), power(1.7)),
        (10, 20, 10, 170)
    );
}

/// Scores, mask, softmax and weighted values as exporters write them: 2 heads of 4 over 5 queries and 6 keys.
fn decomposed() -> Facts {
    let mut graph = sketch();
    let q = graph.input("q", F32, &[1, 2, 5, 4]);
    let k = graph.input("k", F32, &[1, 2, 6, 4]);
    let v = graph.input("v", F32, &[1, 2, 6, 3]);
    let turned = graph.op("Transpose", &[k], &[("perm", list(&[0, 1, 3, 2]))]);
    let scores = graph.op("MatMul", &[q, turned], &[]);
    let mask = graph.constant(
        "mask",
        tensor(&[1, 6], &[0.0f32, 0.0, 0.0, 0.0, -1e4, -1e4]),
    );
    let masked = graph.op("Add", &[scores, mask], &[]);
    let weights = graph.op("Softmax", &[masked], &[]);
    let context = graph.op("MatMul", &[weights, v], &[]);
    graph.output(context);
    facts(&graph)
}

#[test]
fn attentions_two_products_are_told_apart_and_left_out_of_the_papers_count() {
    let facts = decomposed();
    assert_eq!(
        class_flops(&facts, Class::AttentionScores),
        2 * 2 * 5 * 6 * 4
    );
    assert_eq!(
        class_flops(&facts, Class::AttentionValues),
        2 * 2 * 5 * 6 * 3
    );
    assert_eq!(
        (facts.macs, facts.macs_linear, facts.macs_paper),
        (420, 0, 0)
    );
    assert_eq!(facts.parameters, 0);
}

#[test]
fn fused_attention_costs_what_its_parts_do() {
    let mut graph = sketch().opset(23);
    let q = graph.input("q", F32, &[1, 2, 5, 4]);
    let k = graph.input("k", F32, &[1, 2, 6, 4]);
    let v = graph.input("v", F32, &[1, 2, 6, 3]);
    let y = graph.op("Attention", &[q, k, v], &[]);
    graph.output(y);
    let (fused, parts) = (facts(&graph), decomposed());
    for class in [
        Class::AttentionScores,
        Class::AttentionValues,
        Class::Softmax,
    ] {
        assert_eq!(class_flops(&fused, class), class_flops(&parts, class));
    }
    assert_eq!(fused.per_operator[0].class, Some(Class::AttentionScores));
}

#[test]
fn projected_attention_counts_its_weights_as_linear() {
    let mut graph = sketch();
    let x = graph.input("x", F32, &[2, 5, 8]);
    let (w, b) = (graph.weight("w", &[8, 24]), graph.weight("b", &[24]));
    let y = graph.op_of(
        "com.microsoft",
        "Attention",
        &[x, w, b],
        &[("num_heads", int(2))],
        1,
    )[0];
    graph.output(y);
    let facts = facts(&graph);
    assert_eq!(
        (facts.macs_linear, facts.parameters),
        (2 * 5 * 8 * 24, 8 * 24 + 24)
    );
    assert_eq!(
        class_flops(&facts, Class::AttentionScores),
        2 * (2 * 2 * 5 * 5 * 4)
    );
    assert_eq!(facts.by_kind[0].kind, "com.microsoft::Attention");
}

#[test]
fn einsum_is_attention_where_it_meets_a_softmax() {
    let mut graph = sketch();
    let q = graph.input("q", F32, &[2, 5, 4]);
    let k = graph.input("k", F32, &[2, 6, 4]);
    let scores = graph.op("Einsum", &[q, k], &[("equation", text("bid,bjd->bij"))]);
    let weights = graph.op("Softmax", &[scores], &[]);
    graph.output(weights);
    assert_eq!(
        class_flops(&facts(&graph), Class::AttentionScores),
        2 * (2 * 5 * 6 * 4)
    );
}

#[test]
fn recurrent_networks_count_input_and_state_products() {
    let (w, r): (&[usize], &[usize]) = (&[1, 16, 3], &[1, 16, 4]);
    let lstm = layer("LSTM", &[5, 2, 3], &[w, r], &[("hidden_size", int(4))]);
    assert_eq!(
        (lstm.macs, lstm.parameters),
        (5 * 2 * 16 * (3 + 4), 16 * 3 + 16 * 4)
    );
}

#[test]
fn what_cannot_be_counted_is_listed() {
    let mut graph = sketch();
    let x = graph.input("x", F32, &[4]);
    let fancy = graph.op_of("acme", "Fancy", &[x], &[], 1)[0];
    let relu = graph.op("Relu", &[x], &[]);
    graph.output(fancy);
    graph.output(relu);
    let facts = facts(&graph);
    assert_eq!(flops(&facts), 4);
    let unknown: Vec<_> = facts
        .unknown_cost
        .iter()
        .map(|u| (u.op_type.as_str(), u.domain.as_str()))
        .collect();
    assert_eq!(unknown, [("Fancy", "acme")]);
    assert_eq!(facts.per_operator[0].flops, None);
    let text = render(&facts, true);
    assert!(
        text.contains("lower bounds") && text.contains("Fancy 'fancy_0'"),
        "{text}"
    );
}

#[test]
fn facts_read_as_a_table() {
    let facts = layer("MatMul", &[100, 100], &[&[100, 100]], &[]);
    let text = render(&facts, true);
    let expected = [
        "parameters                             10,000",
        "FLOPs                               2,000,000  2.00 MFLOP",
        "class       FLOPs   share",
        "matmul  2,000,000  100.0%",
        "MatMul      1  2,000,000  100.0%  120,000",
    ];
    for line in expected {
        assert!(
            text.lines().any(|found| found == line),
            "{line:?} is not in\n{text}"
        );
    }
    assert!(!render(&facts, false).contains("matmul_0"));
}

#[test]
fn facts_become_json_with_stable_names() {
    let facts = layer("Relu", &[4], &[], &[]);
    let json = serde_json::to_value(&facts).expect("serialisable");
    for key in [
        "parameters",
        "operators",
        "flops",
        "macs_paper",
        "bytes_min",
        "bytes_unfused",
        "input_bytes",
        "output_bytes",
        "peak_activation_bytes",
    ] {
        assert!(json[key].is_u64(), "{key}");
    }
    assert_eq!(json["by_class"][0]["class"], "elementwise");
    assert_eq!(json["per_operator"][0]["shape"], serde_json::json!([4]));
}

#[test]
fn counts_saturate_instead_of_overflowing() {
    let mut graph = sketch();
    let a = graph.input("a", F32, &[1 << 24, 1 << 24]);
    let b = graph.input("b", F32, &[1 << 24, 1 << 24]);
    let mut value = graph.op("MatMul", &[a, b], &[]);
    for _ in 0..3 {
        value = graph.op("MatMul", &[value, b], &[]);
    }
    graph.output(value);
    assert_eq!(flops(&facts(&graph)), u64::MAX);
}
