//! Whether a twin says how much of the work it keeps, where operators have graphs within, are not known, or only move.

use tare_models::hollow::{Doubt, Rung, Twin, hollow};
use tare_models::proto::{GraphProto, NodeProto, TensorProto, ValueInfoProto};
use tare_models::{ShapeRequest, bind};

use crate::drawn::{from_x, list, untyped, weight};
use crate::small::{BOOL, F32, I64, graph, int, ints, nested, node, opened, value, with};

fn twin(graph: GraphProto, rung: &str) -> Twin {
    let model = opened(graph);
    let inputs = bind(model.graph(), &ShapeRequest::default()).expect("binds");
    let rung: Rung = rung.parse().expect("a rung");
    hollow(&model, &inputs, rung).expect("a twin")
}

fn told(twin: &Twin) -> Vec<String> {
    twin.doubts.iter().map(Doubt::to_string).collect()
}

/// Of a loop over a state `s` of this shape, which `step` makes a `t` of.
fn body(step: NodeProto, shape: &[&str]) -> GraphProto {
    graph(
        vec![
            value("i", I64, &[]),
            value("c", BOOL, &[]),
            value("s", F32, shape),
        ],
        vec![step, node("Identity", &["c"], &["go"])],
        vec![value("go", BOOL, &[]), value("t", F32, shape)],
    )
}

/// Five products of 16×64 and 64×64 in a loop, of as many trips as `trips` says.
fn looping(trips: &str, constants: Vec<TensorProto>, inputs: Vec<ValueInfoProto>) -> GraphProto {
    let body = body(node("MatMul", &["s", "w"], &["t"]), &["16", "64"]);
    let run = with(
        node("Loop", &[trips, "", "x"], &["y"]),
        vec![nested("body", body)],
    );
    let mut all = vec![value("x", F32, &["16", "64"])];
    all.extend(inputs);
    GraphProto {
        initializer: constants,
        ..graph(all, vec![run], vec![value("y", F32, &["16", "64"])])
    }
}

#[test]
fn a_loop_of_counted_trips_keeps_all_its_operations_and_says_so() {
    let constants = vec![weight("w", &[64, 64]), ints("trips", &[], &[5])];
    let twin = twin(looping("trips", constants, vec![]), "2");
    assert_eq!(twin.original_flops.as_operations(), 5 * 2 * 16 * 64 * 64);
    assert_eq!((twin.hollowness, twin.elements), (Some(1.0), Some(1.0)));
    assert_eq!(
        told(&twin),
        [
            "the twin keeps 100.00 % of the operations and 100.00 % of the elements, so what it costs is an upper bound of \
             the tax (there is no rule for Loop)"
        ]
    );
}

#[test]
fn a_loop_beside_much_that_shrinks_still_counts_in_full() {
    let constants = vec![
        weight("w", &[64, 64]),
        ints("trips", &[], &[5]),
        weight("v", &[64, 512]),
    ];
    let mut both = looping("trips", constants, vec![value("z", F32, &["80", "64"])]);
    both.node.push(node("MatMul", &["z", "v"], &["much"]));
    both.output.extend(untyped(vec![value("much", F32, &[])]));
    let left = twin(both, "2").hollowness.expect("all is counted");
    let (looped, shrunk) = (5.0 * 2.0 * 16.0 * 64.0 * 64.0, 2.0 * 80.0 * 64.0 * 512.0);
    assert!((left - looped / (looped + shrunk)).abs() < 1e-4, "{left}");
}

#[test]
fn a_loop_of_as_many_trips_as_an_input_says_is_not_called_hollow() {
    let asked = value("trips", I64, &[]);
    let twin = twin(
        looping("trips", vec![weight("w", &[64, 64])], vec![asked]),
        "2",
    );
    assert_eq!((twin.hollowness, twin.elements), (None, None));
    let said = told(&twin);
    assert!(
        said[0].starts_with("how much of the work the twin keeps is not known")
            && said[0].contains("what Loop 'loop_y' does is not known"),
        "{said:?}"
    );
}

#[test]
fn an_operator_of_another_s_own_set_is_not_called_hollow() {
    let foreign = NodeProto {
        domain: Some("acme".into()),
        ..node("Foo", &["x"], &["y"])
    };
    let mut proto = crate::small::model(from_x(&["64", "64"], vec![foreign], vec![]));
    proto.opset_import.push(crate::small::opset("acme", 1));
    let model = crate::small::open(&proto).expect("valid");
    let inputs = bind(model.graph(), &ShapeRequest::default()).expect("binds");
    let twin = hollow(&model, &inputs, Rung::smallest()).expect("a twin");
    assert!(matches!(twin.doubts[..], [Doubt::NotKnown { .. }]));
}

#[test]
fn a_list_of_tensors_is_not_called_hollow() {
    let nodes = vec![
        with(
            node("SplitToSequence", &["x"], &["s"]),
            vec![int("axis", 0)],
        ),
        with(
            node("ConcatFromSequence", &["s"], &["y"]),
            vec![int("axis", 0)],
        ),
    ];
    let twin = twin(from_x(&["8", "64"], nodes, vec![]), "2");
    assert!(
        matches!(twin.doubts[..], [Doubt::NotKnown { .. }]),
        "{:?}",
        told(&twin)
    );
}

#[test]
fn few_operations_beside_many_elements_are_doubted() {
    let body = body(node("Relu", &["s"], &["t"]), &["64", "64"]);
    let looped = with(
        node("Loop", &["trips", "", "z"], &["kept"]),
        vec![nested("body", body)],
    );
    let nodes = vec![node("MatMul", &["x", "w"], &["y"]), looped];
    let constants = vec![weight("w", &[512, 512]), ints("trips", &[], &[2])];
    let mut moving = from_x(&["64", "512"], nodes, constants);
    moving.input.push(value("z", F32, &["64", "64"]));
    moving.output.push(value("kept", F32, &["64", "64"]));
    let twin = twin(moving, "2");
    let operations = twin.hollowness;
    assert!(operations.is_some_and(|left| left < 1e-3), "{operations:?}");
    let elements = twin.elements;
    assert!(elements.is_some_and(|left| left > 0.1), "{elements:?}");
    let [told] = &told(&twin)[..] else {
        panic!("one doubt: {:?}", told(&twin));
    };
    assert!(
        told.contains("so what it costs is an upper bound"),
        "{told}"
    );
}

#[test]
fn a_graph_without_operators_keeps_nothing() {
    let none = twin(
        from_x(&["64", "64"], vec![node("Relu", &["x"], &["y"])], vec![]),
        "2",
    );
    assert_eq!(told(&none), [""; 0]);
    let constant = graph(vec![], vec![], untyped(vec![value("w", F32, &[])]));
    let constant = GraphProto {
        initializer: vec![weight("w", &[4])],
        ..constant
    };
    let twin = twin(constant, "2");
    assert_eq!((twin.hollowness, twin.elements), (None, Some(0.0)));
    assert_eq!(told(&twin), [""; 0]);
}

#[test]
fn few_channels_are_doubted_until_a_rung_keeps_them() {
    let layer = || {
        let conv = with(
            node("Conv", &["x", "w"], &["y"]),
            vec![list("pads", &[1, 1, 1, 1])],
        );
        from_x(
            &["1", "64", "32", "32"],
            vec![conv],
            vec![weight("w", &[64, 64, 3, 3])],
        )
    };
    let small = told(&twin(layer(), "2"));
    assert!(
        small[0].starts_with("convolutions keep 2 channels, for which a framework may execute"),
        "{small:?}"
    );
    assert_eq!(told(&twin(layer(), "16,2")), [""; 0]);
}
