//! What the reader makes of valid models.

mod small;

use prost::Message as _;
use small::{
    BOOL, F32, I64, attribute, choice, embedding, external, floats, graph, int, ints, model, node,
    open, opened, relu, value, with,
};
use tare_models::proto::{AttributeProto, AttributeType, GraphProto, TensorProto, ValueInfoProto};
use tare_models::{Attribute, DataType, Dim, Model, Subgraph, Tensor};

fn constant_of(model: &Model, name: &str) -> Tensor {
    let graph = model.graph();
    let found = graph
        .constants
        .iter()
        .find(|(value, _)| graph.name_of(**value) == name);
    found.expect("the constant is there").1.clone()
}

fn with_initialiser(tensor: TensorProto) -> GraphProto {
    let mut graph = relu();
    graph.initializer.push(tensor);
    graph
}

fn typed_tensor(data_type: i32) -> TensorProto {
    TensorProto {
        name: Some("w".into()),
        dims: vec![2],
        data_type: Some(data_type),
        ..Default::default()
    }
}

fn operators(model: &Model) -> Vec<&str> {
    let nodes = model.graph().nodes.iter();
    nodes.map(|node| node.op_type.as_str()).collect()
}

#[test]
fn a_model_says_what_it_is() {
    let mut proto = model(relu());
    proto.producer_name = Some("pytorch".into());
    proto.producer_version = Some("2.9.0".into());
    let opened = open(&proto).expect("valid");
    assert_eq!(opened.producer().as_deref(), Some("pytorch 2.9.0"));
    assert_eq!((opened.opset(), opened.format()), (17, "onnx"));
    assert_eq!(opened.file_bytes().as_bytes(), proto.encoded_len() as u64);
    assert_eq!(opened.path(), None);
    assert_eq!(opened.proto(), &proto);
    assert_eq!(open(&model(relu())).expect("valid").producer(), None);
}

#[test]
fn dimensions_keep_their_names() {
    let graph = graph(
        vec![value("x", F32, &["batch", "3", "?"])],
        vec![node("Relu", &["x"], &["y"])],
        vec![value("y", F32, &[])],
    );
    let opened = opened(graph);
    let dims = opened.graph().inputs[0].dims.clone().expect("declared");
    assert_eq!(
        dims,
        [Dim::Symbol("batch".into()), Dim::Fixed(3), Dim::Unknown]
    );
    assert_eq!(opened.graph().outputs[0].dims, Some(vec![]));
}

#[test]
fn each_encoding_of_a_tensor_gives_its_numbers() {
    let cases: Vec<(TensorProto, DataType, Vec<u8>)> = vec![
        (
            TensorProto {
                float_data: vec![1.0, 2.0],
                ..typed_tensor(1)
            },
            DataType::F32,
            [1.0f32.to_le_bytes(), 2.0f32.to_le_bytes()].concat(),
        ),
        (
            TensorProto {
                double_data: vec![1.0, 2.0],
                ..typed_tensor(11)
            },
            DataType::F64,
            [1.0f64.to_le_bytes(), 2.0f64.to_le_bytes()].concat(),
        ),
        (
            TensorProto {
                int64_data: vec![-1, 2],
                ..typed_tensor(7)
            },
            DataType::I64,
            [(-1i64).to_le_bytes(), 2i64.to_le_bytes()].concat(),
        ),
        (
            TensorProto {
                int32_data: vec![-1, 2],
                ..typed_tensor(3)
            },
            DataType::I8,
            vec![255, 2],
        ),
        (
            TensorProto {
                int32_data: vec![0, 1],
                ..typed_tensor(9)
            },
            DataType::Bool,
            vec![0, 1],
        ),
        (
            TensorProto {
                int32_data: vec![0x3c00, 0xbc00],
                ..typed_tensor(10)
            },
            DataType::F16,
            vec![0x00, 0x3c, 0x00, 0xbc],
        ),
        (
            TensorProto {
                int32_data: vec![0x21],
                ..typed_tensor(22)
            },
            DataType::I4,
            vec![0x21],
        ),
        (
            TensorProto {
                uint64_data: vec![7, u64::from(u32::MAX)],
                ..typed_tensor(12)
            },
            DataType::U32,
            [7u32.to_le_bytes(), u32::MAX.to_le_bytes()].concat(),
        ),
        (
            TensorProto {
                raw_data: Some(vec![1, 0, 2, 0].into()),
                ..typed_tensor(5)
            },
            DataType::I16,
            vec![1, 0, 2, 0],
        ),
    ];
    for (proto, dtype, bytes) in cases {
        let tensor = constant_of(&opened(with_initialiser(proto)), "w");
        assert_eq!(
            (tensor.dtype(), tensor.bytes().as_ref()),
            (dtype, &bytes[..])
        );
    }
}

#[test]
fn raw_weights_are_not_copied() {
    let file =
        bytes::Bytes::from(model(with_initialiser(floats("w", &[2], &[1.0, 2.0]))).encode_to_vec());
    let range = file.as_ptr_range();
    let opened = Model::from_bytes(file).expect("valid");
    assert!(range.contains(&constant_of(&opened, "w").bytes().as_ptr()));
}

#[test]
fn an_initialiser_that_is_also_an_input_need_not_be_fed() {
    let mut graph = with_initialiser(floats("w", &[2], &[1.0, 2.0]));
    graph.input.push(value("w", F32, &["2"]));
    let inputs = opened(graph).graph().inputs.clone();
    assert_eq!(
        inputs.iter().map(|i| i.name.as_str()).collect::<Vec<_>>(),
        ["x"]
    );
}

#[test]
fn constant_operators_become_constants() {
    let constant = |name: &str, attribute: AttributeProto| {
        with(node("Constant", &[], &[name]), vec![attribute])
    };
    let tensor = AttributeProto {
        t: Some(floats("", &[1], &[4.0])),
        ..attribute("value", AttributeType::Tensor)
    };
    let float = AttributeProto {
        f: Some(2.5),
        ..attribute("value_float", AttributeType::Float)
    };
    let list = AttributeProto {
        ints: vec![3, 4],
        ..attribute("value_ints", AttributeType::Ints)
    };
    let numbers = AttributeProto {
        floats: vec![0.5],
        ..attribute("value_floats", AttributeType::Floats)
    };
    let mut graph = relu();
    graph.node.extend([
        constant("t", tensor),
        constant("f", float),
        constant("i", int("value_int", -7)),
        constant("l", list),
        constant("n", numbers),
    ]);
    let opened = opened(graph);
    assert_eq!(operators(&opened), ["Relu"]);
    let [t, f, i, l, n] = ["t", "f", "i", "l", "n"].map(|name| constant_of(&opened, name));
    assert_eq!(t.values::<f32>().as_deref(), Some(&[4.0][..]));
    assert_eq!(
        (f.shape(), f.values::<f32>().as_deref()),
        (&[][..], Some(&[2.5][..]))
    );
    assert_eq!(i.values::<i64>().as_deref(), Some(&[-7][..]));
    assert_eq!(
        (l.shape(), l.values::<i64>().as_deref()),
        (&[2][..], Some(&[3, 4][..]))
    );
    assert_eq!(n.values::<f32>().as_deref(), Some(&[0.5][..]));
}

#[test]
fn operators_come_in_an_order_in_which_they_can_run() {
    let mut unsorted = relu();
    unsorted.node = vec![
        node("Exp", &["b"], &["y"]),
        node("Neg", &["x"], &["a"]),
        node("Abs", &["a"], &["b"]),
        node("Sqrt", &["x"], &["z"]),
    ];
    assert_eq!(operators(&opened(unsorted)), ["Neg", "Abs", "Exp", "Sqrt"]);
}

#[test]
fn an_operator_waits_for_what_graphs_within_it_read() {
    let mut graph = choice();
    graph.node[0].attribute[0].g.as_mut().expect("a graph").node[0].input[0] = "late".into();
    graph.node.push(node("Abs", &["x"], &["late"]));
    assert_eq!(operators(&opened(graph)), ["Abs", "If"]);
}

#[test]
fn nested_graphs_name_what_they_capture() {
    let opened = opened(choice());
    let Some(Attribute::Graph(branch)) = opened.graph().nodes[0].attributes.get("then_branch")
    else {
        panic!("a branch");
    };
    assert_eq!(
        branch.captured_names().into_iter().collect::<Vec<_>>(),
        ["x"]
    );
    assert_eq!(branch.outputs[0].dtype, DataType::F32);
    assert_eq!(
        opened.subgraphs(),
        ["else_branch", "then_branch"].map(|name| Subgraph {
            path: format!("if_y.{name}"),
            operators: 1
        })
    );
}

#[test]
fn the_body_of_a_loop_takes_its_types_from_the_loop() {
    let untyped = |name: &str| ValueInfoProto {
        name: Some(name.into()),
        ..Default::default()
    };
    let body = graph(
        ["i", "c", "s"].map(untyped).to_vec(),
        vec![
            node("Identity", &["c"], &["go"]),
            node("Neg", &["s"], &["t"]),
            node("Cast", &["i"], &["u"]),
        ],
        ["go", "t"].map(untyped).to_vec(),
    );
    let mut outer = graph(
        vec![value("x", F32, &["2"])],
        vec![with(
            node("Loop", &["n", "", "x"], &["y"]),
            vec![small::nested("body", body)],
        )],
        vec![value("y", F32, &["2"])],
    );
    outer.initializer.push(ints("n", &[], &[3]));
    let opened = opened(outer);
    let Some(Attribute::Graph(body)) = opened.graph().nodes[0].attributes.get("body") else {
        panic!("a body");
    };
    let types =
        |declared: &[tare_models::Declared]| declared.iter().map(|d| d.dtype).collect::<Vec<_>>();
    assert_eq!(
        types(&body.inputs),
        [DataType::I64, DataType::Bool, DataType::F32]
    );
    assert_eq!(types(&body.outputs), [DataType::Bool, DataType::F32]);
}

#[test]
fn external_data_is_read_from_the_models_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let data: Vec<u8> = [9.0f32, 1.0, 2.0]
        .iter()
        .flat_map(|f| f.to_le_bytes())
        .collect();
    std::fs::write(folder.path().join("w.bin"), &data).expect("written");
    let tensor = external("w", 2, "./w.bin", &[("offset", "4"), ("length", "8")]);
    let proto = model(with_initialiser(tensor)).encode_to_vec();
    let path = folder.path().join("m.onnx");
    std::fs::write(&path, &proto).expect("written");
    let opened = Model::open(&path).expect("valid");
    assert_eq!(
        constant_of(&opened, "w").values::<f32>().as_deref(),
        Some(&[1.0, 2.0][..])
    );
    assert_eq!(
        opened.file_bytes().as_bytes(),
        (proto.len() + data.len()) as u64
    );
    let together = Model::from_bytes(model(relu()).encode_to_vec()).expect("valid");
    assert_ne!(opened.sha256(), together.sha256());
    assert_eq!(opened.path(), Some(path.as_path()));
}

#[test]
fn the_hash_is_that_of_the_file() {
    let proto = model(relu());
    let opened = open(&proto).expect("valid");
    assert_eq!(opened.sha256().len(), 64);
    assert_eq!(opened.sha256(), open(&proto).expect("valid").sha256());
    assert_ne!(
        opened.sha256(),
        open(&model(embedding())).expect("valid").sha256()
    );
}

#[test]
fn unnamed_inputs_and_outputs_of_operators_are_left_out() {
    let graph = graph(
        vec![
            value("x", F32, &["2"]),
            value("m", BOOL, &[]),
            value("i", I64, &["1"]),
        ],
        vec![node("Dropout", &["x", "", "m"], &["y", ""])],
        vec![value("y", F32, &["2"])],
    );
    let opened = opened(graph);
    let node = &opened.graph().nodes[0];
    assert_eq!((node.input(1), node.output(1)), (None, None));
    assert!(node.input(2).is_some());
}
