//! What the reader says to files that are broken, mixed up, or made to do harm.

mod small;

use prost::Message as _;
use small::{
    F32, I64, attribute, embedding, floats, graph, int, model, nested, node, open, opset, refusal,
    relu, typed, value, with,
};
use tare_models::proto::{
    AttributeProto, AttributeType, FunctionProto, GraphProto, NodeProto, SparseTensorProto,
    TensorProto, type_proto,
};
use tare_models::{Model, ModelError};

fn refused(bytes: &[u8]) -> String {
    Model::from_bytes(bytes.to_vec())
        .expect_err("must be refused")
        .to_string()
}

fn with_weight(weight: TensorProto) -> GraphProto {
    let mut graph = relu();
    graph.initializer.push(weight);
    graph
}

fn weight(dims: &[i64]) -> TensorProto {
    TensorProto {
        dims: dims.to_vec(),
        ..floats("w", &[], &[1.0])
    }
}

#[test]
fn paths_without_a_file_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = Model::open(&folder.path().join("none.onnx")).expect_err("nothing there");
    assert!(matches!(&missing, ModelError::Missing(path) if path.ends_with("none.onnx")));
    let directory = Model::open(folder.path())
        .expect_err("a folder")
        .to_string();
    assert!(
        directory.ends_with("is a folder, not a file; give the path of the .onnx file"),
        "{directory}"
    );
}

#[test]
fn files_of_other_kinds_are_recognised() {
    assert_eq!(
        refused(b""),
        "the file is empty; export or download the model again"
    );
    for (bytes, kind) in [
        (&b"{\"model\": 1}"[..], "JSON"),
        (
            b"<html><body>Not found</body></html>",
            "an HTML or XML page",
        ),
        (
            b"PK\x03\x04\x14\0\0\0\x08\0data.pkl",
            "a zip archive, such as a PyTorch checkpoint",
        ),
        (
            b"\x10\0\0\0\0\0\0\0{\"__metadata__\":{}}",
            "a safetensors file",
        ),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0",
            "a Git LFS pointer (run git lfs pull)",
        ),
        (b"GGUF\x03\0\0\0", "a GGUF file"),
        (&[0xff; 64], "data of an unknown format"),
    ] {
        assert_eq!(
            refused(bytes),
            format!("not an ONNX model but {kind}; export the model to ONNX first")
        );
    }
}

#[test]
fn every_cut_of_a_model_is_refused_without_panic() {
    let bytes = model(embedding()).encode_to_vec();
    for end in 0..bytes.len() {
        let cut = Model::from_bytes(bytes[..end].to_vec());
        assert!(cut.is_err(), "cut at {end}");
    }
    let message = refused(&bytes[..bytes.len() - 20]);
    assert!(message.starts_with("the file is cut off: "), "{message}");
}

#[test]
fn every_flipped_bit_is_read_or_refused_without_panic() {
    let bytes = model(embedding()).encode_to_vec();
    for position in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[position / 8] ^= 1 << (position % 8);
        let _ = Model::from_bytes(flipped);
    }
}

#[test]
fn versions_outside_the_range_are_named() {
    for version in [8, 24, i64::MAX] {
        let mut old = model(relu());
        old.opset_import = vec![opset("ai.onnx", version)];
        let message = open(&old).expect_err("refused").to_string();
        assert!(
            message.starts_with(&format!("operator set {version} is outside 9 to 23; ")),
            "{message}"
        );
    }
    let mut none = model(relu());
    none.opset_import = vec![opset("com.example", 1)];
    assert!(matches!(open(&none), Err(ModelError::NoOpset)));
    let mut ancient = model(relu());
    ancient.ir_version = Some(2);
    assert!(matches!(
        open(&ancient),
        Err(ModelError::IrVersion { found: 2, .. })
    ));
}

#[test]
fn shapes_that_lie_about_their_data_are_refused_before_memory_is_taken() {
    assert_eq!(
        refusal(with_weight(weight(&[1 << 40]))),
        "the tensor 'w' contradicts itself: a tensor of f32 with shape [1099511627776] needs 4398046511104 bytes but has 4; export the model again"
    );
    let overflow = refusal(with_weight(weight(&[i64::MAX, i64::MAX])));
    assert!(
        overflow.contains("'w'") && overflow.contains("larger than the address space"),
        "{overflow}"
    );
    assert_eq!(
        refusal(with_weight(weight(&[-3]))),
        "dimension -3 of 'w' is negative; export the model again"
    );
    let mut input = relu();
    input.input.push(value("v", F32, &["-5"]));
    assert!(refusal(input).starts_with("dimension -5 of 'v' is negative"));
}

#[test]
fn numbers_beyond_their_type_are_refused() {
    let weight = TensorProto {
        dims: vec![1],
        data_type: Some(2),
        raw_data: None,
        int32_data: vec![300],
        ..weight(&[])
    };
    assert_eq!(
        refusal(with_weight(weight)),
        "the tensor 'w' is wrong: 300 is beyond the range of u8; export the model again"
    );
    let unknown = TensorProto {
        data_type: Some(99),
        ..weight_of_nothing()
    };
    assert!(refusal(with_weight(unknown)).contains("element type 99 is unknown"));
}

fn weight_of_nothing() -> TensorProto {
    weight(&[1])
}

#[test]
fn nesting_beyond_the_limit_is_refused() {
    let mut inner = relu();
    for _ in 0..60 {
        inner = graph(
            vec![],
            vec![with(
                node("If", &["c"], &["y"]),
                vec![nested("then_branch", inner)],
            )],
            vec![],
        );
    }
    assert!(matches!(
        open(&model(inner)),
        Err(ModelError::TooDeep { limit: 96 })
    ));
}

#[test]
fn empty_messages_cannot_multiply_into_memory() {
    let message = |tag: u8, body: &[u8]| {
        let mut bytes = vec![tag];
        prost::encode_length_delimiter(body.len(), &mut bytes).expect("room");
        bytes.extend_from_slice(body);
        bytes
    };
    let empty_attributes = [0x2a, 0x00].repeat(2_000_000);
    let bytes = message(0x3a, &message(0x0a, &empty_attributes));
    assert!(bytes.len() < 5_000_000);
    assert!(matches!(
        Model::from_bytes(bytes),
        Err(ModelError::TooBig { .. })
    ));
}

#[test]
fn functions_cannot_multiply_or_call_themselves() {
    let call = |name: &str, input: &str, output: &str| {
        let mut call = node(name, &[input], &[output]);
        call.domain = Some("local".into());
        call
    };
    let function = |name: String, body: Vec<NodeProto>| FunctionProto {
        name: Some(name),
        domain: Some("local".into()),
        input: vec!["a".into()],
        output: vec!["b".into()],
        node: body,
        ..Default::default()
    };
    let twice = |of: &str| vec![call(of, "a", "c"), call(of, "c", "b")];
    let mut bomb = model(graph(
        vec![value("x", F32, &["2"])],
        vec![call("F0", "x", "y")],
        vec![value("y", F32, &["2"])],
    ));
    bomb.functions = (0..30)
        .map(|n| function(format!("F{n}"), twice(&format!("F{}", n + 1))))
        .collect();
    assert!(matches!(open(&bomb), Err(ModelError::TooBig { .. })));
    bomb.functions = vec![function("F0".into(), twice("F0"))];
    let message = open(&bomb).expect_err("refused").to_string();
    assert_eq!(
        message,
        "more than 32 calls in one another in the function 'F0': not supported; inline the functions with onnx.inliner"
    );
    bomb.functions = vec![function("F0".into(), vec![node("Relu", &["a"], &["b"])])];
    bomb.functions[0].opset_import = vec![opset("", 16)];
    let message = open(&bomb).expect_err("refused").to_string();
    assert!(
        message.starts_with("an operator set other than the model's in the function 'F0'"),
        "{message}"
    );
}

#[test]
fn contradictory_graphs_name_the_value_or_operator() {
    let mut cycle = relu();
    cycle.node = vec![
        node("Abs", &["b"], &["y"]),
        node("Neg", &["b"], &["a"]),
        node("Add", &["a", "x"], &["b"]),
    ];
    let message = refusal(cycle);
    assert!(
        message.starts_with("the operator 'neg_a' needs its own result")
            || message.starts_with("the operator 'add_b' needs"),
        "{message}"
    );
    let mut twice = relu();
    twice.node.push(node("Neg", &["x"], &["y"]));
    assert!(
        refusal(twice)
            .starts_with("the value 'y' is defined twice, the second time by the operator 'neg_y'")
    );
    let mut dangling = relu();
    dangling.node[0].input[0] = "nowhere".into();
    assert!(
        refusal(dangling)
            .starts_with("the operator 'relu_y' reads 'nowhere', which nothing defines")
    );
    let mut output = relu();
    output.output.push(value("z", F32, &[]));
    assert!(refusal(output).starts_with("an output of the model reads 'z', which nothing defines"));
    let mut nameless = relu();
    nameless.node[0].op_type = None;
    assert!(refusal(nameless).contains("the operator 'relu_y' has no type"));
}

#[test]
fn what_is_not_a_dense_tensor_is_refused_by_name() {
    let element = type_proto::Element { elem_type: None };
    let map = type_proto::Map {
        key_type: Some(I64),
        value_type: None,
    };
    for (kind, what) in [
        (
            type_proto::Value::SequenceType(Box::new(element.clone())),
            "a sequence",
        ),
        (
            type_proto::Value::OptionalType(Box::new(element)),
            "an optional",
        ),
        (type_proto::Value::MapType(Box::new(map)), "a map"),
    ] {
        let mut graph = relu();
        graph.input.push(typed("s", kind));
        assert_eq!(
            refusal(graph),
            format!(
                "{what} as an input or output in 's' of the model: not supported; export the model with tensors as its inputs and outputs"
            )
        );
    }
    let mut sparse = relu();
    sparse.sparse_initializer.push(SparseTensorProto {
        values: Some(weight(&[1])),
        ..Default::default()
    });
    assert!(refusal(sparse).starts_with("a sparse initialiser in 'w': not supported"));
    let text = TensorProto {
        data_type: Some(8),
        ..weight(&[1])
    };
    assert!(refusal(with_weight(text)).starts_with("a tensor of strings in 'w': not supported"));
    let mut constant = relu();
    let word = AttributeProto {
        s: Some("word".into()),
        ..attribute("value_string", AttributeType::String)
    };
    constant
        .node
        .push(with(node("Constant", &[], &["k"]), vec![word]));
    assert!(
        refusal(constant).starts_with("a constant of strings or a sparse tensor in 'constant_k'")
    );
}

#[test]
fn attributes_that_break_the_format_are_refused() {
    let mut twice = relu();
    twice.node[0].attribute = vec![int("k", 1), int("k", 2)];
    assert!(refusal(twice).contains("the attribute 'relu_y.k' is there twice"));
    let mut untyped = relu();
    untyped.node[0].attribute = vec![AttributeProto {
        name: Some("k".into()),
        ..Default::default()
    }];
    assert!(refusal(untyped).contains("the attribute 'relu_y.k' has no type"));
    let mut reference = relu();
    reference.node[0].attribute = vec![AttributeProto {
        ref_attr_name: Some("k".into()),
        ..int("k", 1)
    }];
    assert!(refusal(reference).contains("outside a function"));
}
