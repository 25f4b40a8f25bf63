//! Small graphs whose twins were worked out by hand.

use tare_models::hollow::{NoTwin, Rung, hollow};
use tare_models::proto::GraphProto;
use tare_models::{Attribute, ShapeRequest, TensorSpec, bind};

use crate::drawn::{from_x, list, plain, text, twin, untyped, weight};
use crate::small::{BOOL, F32, I64, choice, floats, graph, int, ints, node, opened, value, with};

#[test]
fn a_product_of_matrices_ties_its_inner_sizes_and_crops_the_weight() {
    let nodes = vec![node("MatMul", &["x", "w"], &["y"])];
    let small = plain(
        "product",
        from_x(&["8", "64"], nodes, vec![weight("w", &[64, 32])]),
    );
    assert_eq!(
        (small.shape("x"), small.shape("w"), small.shape("y")),
        (&[2, 2][..], &[2, 2][..], &[2, 2][..])
    );
}

#[test]
fn heads_that_a_constant_splits_shrink_with_the_constant() {
    let nodes = vec![
        node("Reshape", &["x", "split"], &["heads"]),
        with(
            node("Transpose", &["heads"], &["turned"]),
            vec![list("perm", &[0, 2, 1, 3])],
        ),
        node("Relu", &["turned"], &["y"]),
    ];
    let graph = from_x(
        &["1", "16", "64"],
        nodes,
        vec![ints("split", &[4], &[0, 0, 4, 16])],
    );
    let small = plain("heads", graph);
    assert_eq!(small.shape("x"), [1, 2, 4]);
    assert_eq!(small.shape("y"), [1, 2, 2, 2]);
    assert_eq!(small.numbers("split"), [0, 0, 2, 2]);
}

#[test]
fn sizes_that_are_computed_from_a_shape_are_followed() {
    let nodes = vec![
        node("Shape", &["x"], &["shape"]),
        with(
            node("Gather", &["shape", "last"], &["width"]),
            vec![int("axis", 0)],
        ),
        node("Div", &["width", "parts"], &["part"]),
        with(
            node("Concat", &["rows", "parts", "part"], &["target"]),
            vec![int("axis", 0)],
        ),
        node("Reshape", &["x", "target"], &["y"]),
    ];
    let constants = vec![
        ints("last", &[1], &[1]),
        ints("parts", &[1], &[12]),
        ints("rows", &[1], &[-1]),
    ];
    let small = plain("computed", from_x(&["5", "96"], nodes, constants));
    assert_eq!(
        (small.shape("x"), small.shape("y")),
        (&[2, 4][..], &[2, 2, 2][..])
    );
}

#[test]
fn a_constant_with_unrelated_readers_gets_a_form_for_each() {
    let inputs = vec![value("x", F32, &["36"]), value("z", F32, &["36", "1", "1"])];
    let nodes = vec![
        node("Reshape", &["x", "target"], &["free"]),
        node("Det", &["z"], &["kept"]),
        node("Reshape", &["kept", "target"], &["y"]),
    ];
    let outputs = untyped(vec![value("free", F32, &[]), value("y", F32, &[])]);
    let shared = GraphProto {
        initializer: vec![ints("target", &[2], &[6, 6])],
        ..graph(inputs, nodes, outputs)
    };
    let small = plain("shared", shared);
    assert_eq!(
        (small.shape("free"), small.shape("y")),
        (&[2, 2][..], &[6, 6][..])
    );
    assert_eq!(small.numbers("target"), [2, 2]);
    assert_eq!(small.numbers("target.form1"), [6, 6]);
}

#[test]
fn equal_forms_of_a_constant_are_stored_once() {
    let nodes = vec![
        node("Reshape", &["x", "target"], &["wide"]),
        node("Relu", &["wide"], &["mixed"]),
        node("Reshape", &["mixed", "target"], &["y"]),
    ];
    let small = plain(
        "equal",
        from_x(&["36"], nodes, vec![ints("target", &[2], &[6, 6])]),
    );
    assert_eq!(small.shape("x"), [4]);
    let names = small.model.graph().value_names.iter();
    assert_eq!(names.filter(|name| name.starts_with("target")).count(), 1);
}

#[test]
fn groups_and_windows_are_rewritten_in_attributes() {
    let nodes = vec![
        with(
            node("Conv", &["x", "w"], &["map"]),
            vec![int("group", 32), list("pads", &[1, 1, 1, 1])],
        ),
        with(
            node("AveragePool", &["map"], &["y"]),
            vec![list("kernel_shape", &[7, 7])],
        ),
    ];
    let graph = from_x(
        &["1", "32", "7", "7"],
        nodes,
        vec![weight("w", &[32, 1, 3, 3])],
    );
    let small = plain("depthwise", graph);
    assert_eq!(small.shape("w"), [2, 1, 3, 3]);
    assert_eq!(small.attribute("Conv", "group"), &Attribute::Int(2));
    assert_eq!(
        small.attribute("AveragePool", "kernel_shape"),
        &Attribute::Ints(vec![2, 2])
    );
    assert_eq!(small.shape("y"), [1, 2, 1, 1]);
}

#[test]
fn parts_of_an_axis_add_up_again() {
    let nodes = vec![
        node("Slice", &["x", "shift", "end", "axis"], &["back"]),
        node("Slice", &["x", "zero", "shift", "axis"], &["front"]),
        with(
            node("Concat", &["back", "front"], &["rolled"]),
            vec![int("axis", 1)],
        ),
        node("Add", &["rolled", "x"], &["y"]),
    ];
    let constants = vec![
        ints("shift", &[1], &[3]),
        ints("zero", &[1], &[0]),
        ints("end", &[1], &[i64::MAX]),
        ints("axis", &[1], &[1]),
    ];
    let small = plain("roll", from_x(&["1", "56"], nodes, constants));
    let [all, back, front] = ["x", "back", "front"].map(|name| small.shape(name)[1]);
    assert!(all == back + front && all <= 4, "{all} = {back} + {front}");
}

#[test]
fn a_part_counted_from_the_end_keeps_its_size() {
    let nodes = vec![node("Slice", &["x", "start", "end", "axis"], &["y"])];
    let constants = vec![
        ints("start", &[1], &[-7]),
        ints("end", &[1], &[-3]),
        ints("axis", &[1], &[1]),
    ];
    let small = plain("end", from_x(&["8", "56"], nodes, constants));
    assert_eq!(
        (small.shape("x"), small.shape("y")),
        (&[2, 7][..], &[2, 4][..])
    );
}

#[test]
fn a_table_keeps_the_rows_that_short_constants_ask_for() {
    let nodes = vec![with(
        node("Gather", &["x", "picks"], &["y"]),
        vec![int("axis", 0)],
    )];
    let small = plain(
        "rows",
        from_x(&["10", "8"], nodes, vec![ints("picks", &[2], &[0, 4])]),
    );
    assert_eq!(
        (small.shape("x"), small.shape("y")),
        (&[5, 2][..], &[2, 2][..])
    );
}

#[test]
fn an_embedding_of_an_input_keeps_two_rows() {
    let request = ShapeRequest {
        batch: Some(4),
        symbols: [("seq".to_owned(), 16)].into(),
    };
    let small = twin("embedding", crate::small::embedding(), request);
    assert_eq!(
        (small.shape("ids"), small.shape("table")),
        (&[2, 2][..], &[2, 2][..])
    );
}

#[test]
fn a_recurrent_layer_follows_its_hidden_size() {
    let nodes = vec![with(
        node("LSTM", &["x", "w", "r", "b"], &["y"]),
        vec![int("hidden_size", 24)],
    )];
    let constants = vec![
        weight("w", &[1, 96, 10]),
        weight("r", &[1, 96, 24]),
        weight("b", &[1, 192]),
    ];
    let small = plain("lstm", from_x(&["7", "1", "10"], nodes, constants));
    assert_eq!(small.attribute("LSTM", "hidden_size"), &Attribute::Int(2));
    assert_eq!(
        (small.shape("r"), small.shape("b")),
        (&[1, 8, 2][..], &[1, 16][..])
    );
    assert_eq!(small.shape("y"), [2, 1, 1, 2]);
}

#[test]
fn a_whole_factor_of_a_resize_stays() {
    let nodes = vec![with(
        node("Resize", &["x", "", "scales"], &["y"]),
        vec![text("mode", "nearest")],
    )];
    let graph = from_x(
        &["1", "8", "14", "14"],
        nodes,
        vec![floats("scales", &[4], &[1.0, 1.0, 2.0, 2.0])],
    );
    let small = plain("resize", graph);
    assert_eq!(
        (small.shape("x"), small.shape("y")),
        (&[1, 2, 2, 2][..], &[1, 2, 4, 4][..])
    );
}

#[test]
fn what_depends_on_constants_alone_is_folded() {
    let nodes = vec![
        with(
            node("Transpose", &["w"], &["turned"]),
            vec![list("perm", &[1, 0])],
        ),
        node("MatMul", &["x", "turned"], &["y"]),
    ];
    let small = plain(
        "folded",
        from_x(&["4", "6"], nodes, vec![weight("w", &[9, 6])]),
    );
    let kinds: Vec<&str> = small
        .model
        .graph()
        .nodes
        .iter()
        .map(|node| node.op_type.as_str())
        .collect();
    assert_eq!(kinds, ["MatMul"]);
    assert_eq!(small.shape("turned"), [2, 2]);
}

#[test]
fn an_operator_without_a_rule_keeps_its_sizes() {
    let nodes = vec![node("Det", &["x"], &["d"]), node("Relu", &["d"], &["y"])];
    let model = opened(from_x(&["5", "3", "3"], nodes, vec![]));
    let inputs = bind(model.graph(), &ShapeRequest::default()).expect("binds");
    let twin = hollow(&model, &inputs, Rung::smallest()).expect("a twin");
    assert_eq!(twin.inputs[0].shape, [5, 3, 3]);
    let doubt = twin.doubts[0].to_string();
    assert!(doubt.ends_with("; there is no rule for Det)"), "{doubt}");
}

#[test]
fn what_a_graph_inside_an_operator_reads_keeps_its_size() {
    let request = ShapeRequest {
        batch: None,
        symbols: [("n".to_owned(), 9)].into(),
    };
    let small = twin("choice", choice(), request);
    assert_eq!((small.shape("x"), small.shape("c")), (&[9][..], &[][..]));
}

#[test]
fn inputs_of_the_same_symbol_shrink_together() {
    let inputs = vec![
        value("a", F32, &["n", "8"]),
        value("b", BOOL, &["n"]),
        value("c", I64, &["m"]),
    ];
    let nodes = vec![
        node("Relu", &["a"], &["y"]),
        node("Not", &["b"], &["z"]),
        node("Neg", &["c"], &["w"]),
    ];
    let outputs = untyped(vec![
        value("y", F32, &[]),
        value("z", BOOL, &[]),
        value("w", I64, &[]),
    ]);
    let request = ShapeRequest {
        batch: None,
        symbols: [("n".to_owned(), 9), ("m".to_owned(), 1)].into(),
    };
    let small = twin("symbols", graph(inputs, nodes, outputs), request);
    assert_eq!(
        (small.shape("a"), small.shape("b"), small.shape("c")),
        (&[2, 2][..], &[2][..], &[1][..])
    );
}

#[test]
fn inputs_that_do_not_fit_are_refused() {
    let model = opened(crate::small::relu());
    let wrong = TensorSpec {
        name: "other".into(),
        dtype: tare_models::DataType::F32,
        shape: vec![1, 4],
    };
    let error = hollow(&model, &[wrong], Rung::smallest()).expect_err("no such input");
    assert!(matches!(error, NoTwin::Inputs(_)), "{error}");
}
