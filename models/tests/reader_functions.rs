//! Calls of model-local functions become the operators of their bodies.

mod small;

use small::{F32, attribute, graph, model, node, open, opset, value};
use tare_models::Model;
use tare_models::proto::{AttributeProto, AttributeType, FunctionProto};

fn operators(model: &Model) -> Vec<&str> {
    let nodes = model.graph().nodes.iter();
    nodes.map(|node| node.op_type.as_str()).collect()
}

#[test]
fn calls_of_functions_become_their_operators() {
    let function = |name: &str, body: Vec<tare_models::proto::NodeProto>| FunctionProto {
        name: Some(name.into()),
        domain: Some("local".into()),
        input: vec!["a".into()],
        output: vec!["b".into()],
        attribute: vec!["alpha".into()],
        opset_import: vec![opset("", 17)],
        node: body,
        ..Default::default()
    };
    let mut leaky = node("LeakyRelu", &["a"], &["inner"]);
    leaky.attribute.push(AttributeProto {
        ref_attr_name: Some("alpha".into()),
        ..attribute("alpha", AttributeType::Float)
    });
    let mut call = node("Inner", &["a"], &["b"]);
    call.domain = Some("local".into());
    let given = AttributeProto {
        f: Some(0.25),
        ..attribute("alpha", AttributeType::Float)
    };
    let mut outer = node("Inner", &["x"], &["y"]);
    outer.domain = Some("local".into());
    outer.attribute.push(given);
    let mut nested = node("Outer", &["y"], &["z"]);
    nested.domain = Some("local".into());
    let mut proto = model(graph(
        vec![value("x", F32, &["2"])],
        vec![outer, nested],
        vec![value("z", F32, &["2"])],
    ));
    proto.functions = vec![
        function("Inner", vec![leaky, node("Neg", &["inner"], &["b"])]),
        function("Outer", vec![call]),
    ];
    let opened = open(&proto).expect("valid");
    assert_eq!(operators(&opened), ["LeakyRelu", "Neg", "LeakyRelu", "Neg"]);
    assert_eq!(opened.graph().nodes[0].float("alpha"), Some(0.25));
    assert_eq!(opened.graph().nodes[2].float("alpha"), None);
}

#[test]
fn an_output_that_a_function_passes_through_is_copied() {
    let mut call = node("Same", &["x"], &["y"]);
    call.domain = Some("local".into());
    let mut proto = model(graph(
        vec![value("x", F32, &["2"])],
        vec![call],
        vec![value("y", F32, &["2"])],
    ));
    proto.functions = vec![FunctionProto {
        name: Some("Same".into()),
        domain: Some("local".into()),
        input: vec!["a".into()],
        output: vec!["a".into()],
        ..Default::default()
    }];
    assert_eq!(operators(&open(&proto).expect("valid")), ["Identity"]);
}
