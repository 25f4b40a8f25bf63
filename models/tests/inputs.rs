//! Which values inputs get, and that they follow from the seed.

mod small;

use small::{
    BOOL, F32, I64, choice, embedding, floats, graph, int, ints, nested, node, opened, relu, value,
    with,
};
use tare_models::proto::{GraphProto, NodeProto};
use tare_models::{
    DataType, Inputs, Model, ShapeRequest, Tensor, TensorSpec, Values, bind, free_dimensions,
};

fn inputs_of(model: &Model, size: usize) -> Inputs {
    let free = free_dimensions(model.graph()).expect("all known");
    let symbols = free.into_iter().map(|free| (free.symbol, size)).collect();
    let request = ShapeRequest {
        batch: None,
        symbols,
    };
    let specs = bind(model.graph(), &request).expect("bound");
    Inputs::new(model.graph(), &specs, &|_| None, 1).expect("small")
}

/// The values of the input `ids` (4 × 4) that reaches `nodes`, beside a table `t` of 10 rows and constants.
fn values_of(name: &str, nodes: Vec<NodeProto>) -> Values {
    values_in(name, nodes, I64)
}

fn values_in(name: &str, nodes: Vec<NodeProto>, dtype: i32) -> Values {
    let mut graph = graph(vec![value(name, dtype, &["n", "n"])], nodes, vec![]);
    graph.initializer = vec![
        floats("t", &[10, 3], &[0.0; 30]),
        floats("one", &[], &[1.0]),
        ints("two", &[], &[2]),
        ints("depth", &[], &[5]),
        ints("axes", &[1], &[1]),
    ];
    inputs_of(&opened(graph), 4).describe()[0].values.clone()
}

fn below(high: i64) -> Values {
    Values::Uniform { low: 0, high }
}

fn numbers(tensor: &Tensor) -> Vec<i64> {
    tensor.values::<i64>().expect("integers").into_owned()
}

#[test]
fn inputs_of_fewer_rows_are_the_first_rows_of_those_of_more() {
    let of = |inputs: &Inputs, rows| inputs.with_rows(rows).expect("small").generate(3);
    let every = [
        DataType::F32,
        DataType::F16,
        DataType::I64,
        DataType::Bool,
        DataType::U4,
    ];
    let specs = every.map(|dtype| TensorSpec {
        name: dtype.to_string(),
        dtype,
        shape: vec![4, 3, 2],
    });
    let mixed = Inputs::new(&Default::default(), &specs, &|_| None, 1).expect("small");
    for inputs in [mixed, inputs_of(&opened(embedding()), 8)] {
        let most = of(&inputs, 20);
        for rows in [1, 7, 20] {
            let cut = most.iter().map(|tensor| tensor.first_rows(rows));
            assert_eq!(cut.collect::<Option<Vec<_>>>(), Some(of(&inputs, rows)));
        }
    }
}

#[test]
fn inputs_follow_from_seed_and_index_alone() {
    let inputs = inputs_of(&opened(embedding()), 8);
    let later = inputs.generate(5);
    assert_ne!(inputs.generate(4), later);
    assert_eq!(inputs.generate(5), later);
    let copy: Inputs =
        serde_json::from_str(&serde_json::to_string(&inputs).expect("json")).expect("json");
    assert_eq!(copy.generate(5), later);
}

#[test]
fn floats_are_standard_normal_without_denormals() {
    let inputs = inputs_of(&opened(relu()), 4096);
    let tensor = &inputs.generate(0)[0];
    let values = tensor.values::<f32>().expect("floats");
    let count = values.len() as f64;
    let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / count;
    let variance = values
        .iter()
        .map(|v| (f64::from(*v) - mean).powi(2))
        .sum::<f64>()
        / count;
    assert!(
        mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05,
        "{mean} {variance}"
    );
    assert!(values.iter().all(|v| *v == 0.0 || v.is_normal()));
    assert!(values.iter().all(|v| v.abs() <= 6.0));
    assert_eq!(inputs.byte_len().as_bytes(), 4 * tensor.len() as u64);
}

#[test]
fn indices_stay_within_the_table_that_they_reach() {
    let direct = vec![node("Gather", &["t", "ids"], &["y"])];
    assert_eq!(values_of("ids", direct), below(10));
    let on_the_way = vec![
        node("Cast", &["ids"], &["a"]),
        node("Unsqueeze", &["a", "axes"], &["b"]),
        node("Add", &["two", "b"], &["c"]),
        node("Gather", &["t", "c"], &["y"]),
    ];
    assert_eq!(values_of("ids", on_the_way), below(8));
    let shifted_down = vec![
        node("Sub", &["ids", "two"], &["a"]),
        node("Gather", &["t", "a"], &["y"]),
    ];
    assert_eq!(
        values_of("ids", shifted_down),
        Values::Uniform { low: 2, high: 12 }
    );
    let smallest = vec![
        node("Gather", &["t", "ids"], &["y"]),
        with(
            node("GatherElements", &["t", "ids"], &["z"]),
            vec![int("axis", -1)],
        ),
    ];
    assert_eq!(values_of("ids", smallest), below(3));
    let rotary = vec![node("RotaryEmbedding", &["one", "t", "t", "ids"], &["y"])];
    assert_eq!(values_of("ids", rotary), below(10));
    assert_eq!(
        values_of(
            "ids",
            vec![node("OneHot", &["ids", "depth", "axes"], &["y"])]
        ),
        below(5)
    );
    assert_eq!(
        values_of("ids", vec![node("GatherND", &["t", "ids"], &["y"])]),
        below(3)
    );
}

#[test]
fn generated_indices_fill_their_range() {
    let ids = numbers(&inputs_of(&opened(embedding()), 32).generate(0)[0]);
    assert_eq!((ids.iter().min(), ids.iter().max()), (Some(&0), Some(&9)));
}

#[test]
fn a_table_of_unknown_size_is_indexed_at_zero_unless_types_tell() {
    let graph = graph(
        vec![value("ids", I64, &["2"]), value("x", F32, &["2", "2"])],
        vec![
            node("Abs", &["x"], &["t"]),
            node("Gather", &["t", "ids"], &["y"]),
        ],
        vec![],
    );
    let model = opened(graph);
    assert_eq!(inputs_of(&model, 1).describe()[0].values, below(1));
    let specs = bind(model.graph(), &ShapeRequest::default()).expect("fixed");
    let known = |_| Some((DataType::F32, vec![7, 2]));
    let inputs = Inputs::new(model.graph(), &specs, &known, 1).expect("small");
    assert_eq!(inputs.describe()[0].values, below(7));
    assert_eq!(
        inputs.describe()[0].to_string(),
        "ids: 0 to 6 (an index into the 7 rows of Gather 'gather_y')"
    );
}

#[test]
fn masks_are_ones_by_name_or_use() {
    let read = |op: &str, inputs: &[&str]| vec![node(op, inputs, &["y"])];
    assert_eq!(
        values_of("attention_mask", read("Neg", &["attention_mask"])),
        Values::Fill(1)
    );
    let inverted = vec![
        node("Cast", &["m"], &["f"]),
        node("Sub", &["one", "f"], &["y"]),
    ];
    assert_eq!(values_of("m", inverted), Values::Fill(1));
    assert_eq!(
        values_in("m", read("Where", &["m", "t", "t"]), BOOL),
        Values::Fill(1)
    );
    assert_eq!(
        values_in("attention_mask", read("Neg", &["attention_mask"]), F32),
        Values::Fill(1)
    );
    assert_eq!(
        values_in("unmasked", read("Neg", &["unmasked"]), F32),
        Values::Normal
    );
    assert_eq!(
        values_in("x", read("Sub", &["one", "x"]), F32),
        Values::Normal
    );
}

#[test]
fn positions_count_along_the_last_axis() {
    let read = vec![node("Gather", &["t", "position_ids"], &["y"])];
    assert_eq!(
        values_of("position_ids", read),
        Values::Counting { below: 10 }
    );
    let mut graph = embedding();
    graph.input[0] = value("position_ids", I64, &["2", "12"]);
    graph.node[0].input[1] = "position_ids".into();
    let positions = numbers(&inputs_of(&opened(graph), 1).generate(9)[0]);
    let row = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1];
    assert_eq!(positions, [row, row].concat());
}

#[test]
fn numbers_that_steer_shapes_and_loops_keep_the_model_running() {
    let read = |op: &str, inputs: &[&str]| values_of("n", vec![node(op, inputs, &["y"])]);
    assert_eq!(read("ConstantOfShape", &["n"]), Values::Fill(1));
    assert_eq!(read("Expand", &["t", "n"]), Values::Fill(1));
    assert_eq!(read("Range", &["n", "two", "two"]), Values::Fill(0));
    assert_eq!(read("Range", &["two", "two", "n"]), Values::Fill(1));
    assert_eq!(read("Loop", &["n", ""]), Values::Fill(1));
    assert_eq!(read("Reshape", &["t", "n"]), Values::List(vec![-1, 1]));
    assert_eq!(read("Slice", &["t", "n", "axes"]), Values::Fill(0));
    assert_eq!(
        read("Slice", &["t", "axes", "n"]),
        Values::List(vec![10, 3])
    );
    assert_eq!(
        read("Slice", &["t", "axes", "n", "axes"]),
        Values::List(vec![3])
    );
    assert_eq!(read("Split", &["t", "n"]), Values::List(vec![10]));
    let axes: Vec<i64> = (0..16).collect();
    assert_eq!(read("ReduceSum", &["t", "n"]), Values::List(axes));
    assert_eq!(read("Div", &["two", "n"]), Values::Fill(1));
    assert_eq!(read("GRU", &["t", "t", "t", "t", "n"]), Values::Fill(10));
    let assembled = vec![
        node("Concat", &["axes", "n"], &["s"]),
        node("Reshape", &["t", "s"], &["y"]),
    ];
    assert_eq!(values_of("n", assembled), Values::Fill(1));
    assert_eq!(
        values_in("s", vec![node("Resize", &["t", "", "s"], &["y"])], F32),
        Values::Fill(1)
    );
    let variance = vec![node(
        "BatchNormalization",
        &["t", "t", "t", "t", "v"],
        &["y"],
    )];
    assert_eq!(values_in("v", variance, F32), Values::Positive);
}

#[test]
fn readers_within_branches_and_loops_count() {
    let mut graph = choice();
    graph.input[1] = value("x", I64, &["4"]);
    graph.initializer.push(floats("table", &[6, 1], &[0.0; 6]));
    for attribute in &mut graph.node[0].attribute {
        let branch = attribute.g.as_mut().expect("a branch");
        branch.node[0] = node(
            "Gather",
            &["table", "x"],
            &[&branch.output[0].name.clone().expect("named")],
        );
    }
    let inputs = inputs_of(&opened(graph), 4);
    assert_eq!(inputs.describe()[0].values, Values::Fill(1));
    assert_eq!(inputs.describe()[1].values, below(6));
    let body: GraphProto = small::graph(
        vec![
            value("i", I64, &[]),
            value("c", BOOL, &[]),
            value("s", I64, &["4"]),
        ],
        vec![
            node("Gather", &["table", "s"], &["g"]),
            node("Identity", &["c"], &["go"]),
            node("Identity", &["s"], &["t"]),
        ],
        vec![value("go", BOOL, &[]), value("t", I64, &["4"])],
    );
    let mut carried = small::graph(
        vec![value("x", I64, &["4"])],
        vec![with(
            node("Loop", &["", "", "x"], &["y"]),
            vec![nested("body", body)],
        )],
        vec![],
    );
    carried
        .initializer
        .push(floats("table", &[6, 1], &[0.0; 6]));
    assert_eq!(
        inputs_of(&opened(carried), 4).describe()[0].values,
        below(6)
    );
}

#[test]
fn each_element_type_gets_values_that_it_can_hold() {
    for number in (1..=24).filter(|number| *number != 8) {
        let dtype = DataType::from_onnx(number).expect("assigned");
        let spec = TensorSpec {
            name: "x".into(),
            dtype,
            shape: vec![3, 5],
        };
        let inputs = Inputs::new(&Default::default(), &[spec], &|_| None, 1).expect("small");
        let tensor = &inputs.generate(0)[0];
        assert_eq!((tensor.dtype(), tensor.shape()), (dtype, &[3, 5][..]));
        assert_eq!(
            tensor.bytes().len() as u64,
            dtype.byte_len(15).expect("sized")
        );
        let distinct: std::collections::BTreeSet<u8> = tensor.bytes().iter().copied().collect();
        assert!(distinct.len() > 1, "{dtype}");
        if dtype == DataType::Bool {
            assert!(distinct.iter().all(|byte| *byte < 2));
        }
    }
}

#[test]
fn specs_that_cannot_be_filled_are_refused() {
    for (dtype, shape) in [
        (DataType::String, vec![1]),
        (DataType::F32, vec![usize::MAX]),
    ] {
        let spec = TensorSpec {
            name: "x".into(),
            dtype,
            shape,
        };
        assert!(Inputs::new(&Default::default(), &[spec], &|_| None, 1).is_err());
    }
}

#[test]
fn an_endless_chain_of_readers_ends() {
    let chain = (0..3000).map(|n| node("Identity", &[&format!("v{n}")], &[&format!("v{}", n + 1)]));
    let mut nodes: Vec<_> = chain.collect();
    nodes.push(node("Gather", &["t", "v3000"], &["y"]));
    assert_eq!(values_of("v0", nodes), below(10));
}
