//! What operators with graphs within cost, against counts worked out by hand.

mod small;

use small::{BOOL, F32, I64, graph, int, ints, nested, node, opened, value, with};
use tare_models::proto::{GraphProto, ValueInfoProto};
use tare_models::{Facts, ShapeRequest, bind, resolve};

fn facts(graph: GraphProto) -> Facts {
    let model = opened(graph);
    let inputs = bind(model.graph(), &ShapeRequest::default()).expect("binds");
    Facts::of(&resolve(model.graph(), &inputs).expect("resolves"))
}

fn untyped(name: &str) -> ValueInfoProto {
    ValueInfoProto {
        name: Some(name.into()),
        ..Default::default()
    }
}

/// A `Loop` over `x`, of three trips, whose body has these operators and goes on as `go` says.
fn looped(nodes: Vec<tare_models::proto::NodeProto>) -> GraphProto {
    let body = graph(
        vec![
            value("i", I64, &[]),
            value("c", BOOL, &[]),
            value("s", F32, &["4", "8"]),
        ],
        nodes,
        vec![value("go", BOOL, &[]), value("t", F32, &["4", "8"])],
    );
    let run = with(
        node("Loop", &["trips", "", "x"], &["y"]),
        vec![nested("body", body)],
    );
    GraphProto {
        initializer: vec![ints("trips", &[], &[3])],
        ..graph(
            vec![value("x", F32, &["4", "8"])],
            vec![run],
            vec![value("y", F32, &["4", "8"])],
        )
    }
}

#[test]
fn a_loop_costs_its_body_as_often_as_it_trips() {
    let nodes = vec![
        node("Add", &["s", "x"], &["t"]),
        node("Identity", &["c"], &["go"]),
    ];
    let facts = facts(looped(nodes));
    assert_eq!(facts.flops.as_operations(), 3 * 32);
    assert_eq!(facts.unknown_cost, []);
    let bytes = facts.per_operator[0].bytes_written.expect("known");
    assert!(bytes.as_bytes() >= 4 * 32 * 4, "{bytes}");
}

#[test]
fn a_loop_that_the_data_ends_has_no_known_cost() {
    let nodes = vec![
        node("Add", &["s", "x"], &["t"]),
        with(
            node("ReduceMax", &["t"], &["most"]),
            vec![int("keepdims", 0)],
        ),
        node("Less", &["most", "most"], &["go"]),
    ];
    let facts = facts(looped(nodes));
    assert_eq!(
        facts.unknown_cost[0].reason,
        "what is executed within depends on the data"
    );
}

#[test]
fn a_loop_whose_state_grows_has_no_known_cost() {
    let nodes = vec![
        with(node("Concat", &["s", "s"], &["t"]), vec![int("axis", 0)]),
        node("Identity", &["c"], &["go"]),
    ];
    assert_eq!(facts(looped(nodes)).unknown_cost.len(), 1);
}

#[test]
fn a_choice_costs_its_costlier_branch() {
    let branch = |nodes, output: &str| graph(vec![], nodes, vec![untyped(output)]);
    let branches = vec![
        nested(
            "then_branch",
            branch(vec![node("Relu", &["x"], &["a"])], "a"),
        ),
        nested(
            "else_branch",
            branch(
                vec![node("Neg", &["x"], &["b"]), node("Abs", &["b"], &["d"])],
                "d",
            ),
        ),
    ];
    let choice = graph(
        vec![value("c", BOOL, &[]), value("x", F32, &["9"])],
        vec![with(node("If", &["c"], &["y"]), branches)],
        vec![value("y", F32, &["9"])],
    );
    assert_eq!(facts(choice).flops.as_operations(), 18);
}

#[test]
fn a_scan_costs_its_body_for_each_step() {
    let body = graph(
        vec![value("s", F32, &["8"]), value("row", F32, &["8"])],
        vec![
            node("Add", &["s", "row"], &["t"]),
            node("Identity", &["t"], &["seen"]),
        ],
        vec![value("t", F32, &["8"]), value("seen", F32, &["8"])],
    );
    let run = with(
        node("Scan", &["start", "x"], &["last", "y"]),
        vec![int("num_scan_inputs", 1), nested("body", body)],
    );
    let scan = graph(
        vec![value("start", F32, &["8"]), value("x", F32, &["5", "8"])],
        vec![run],
        vec![value("last", F32, &["8"]), value("y", F32, &["5", "8"])],
    );
    assert_eq!(facts(scan).flops.as_operations(), 5 * 8);
}

#[test]
fn a_graph_in_a_graph_reads_what_is_around_both() {
    let branch =
        |op: &str, name: &str| graph(vec![], vec![node(op, &["x"], &[name])], vec![untyped(name)]);
    let branches = vec![
        nested("then_branch", branch("Relu", "a")),
        nested("else_branch", branch("Neg", "b")),
    ];
    let nodes = vec![
        node("Identity", &["c"], &["go"]),
        with(node("If", &["c"], &["t"]), branches),
    ];
    let facts = facts(looped(nodes));
    assert_eq!(facts.unknown_cost, []);
    assert_eq!(facts.flops.as_operations(), 3 * 32);
}
