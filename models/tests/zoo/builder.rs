//! What the graph builder promises whoever draws with it.

use tare_models::build::{Attr, Builder, Init, Weights};
use tare_models::proto::{ModelProto, TensorProto};
use tare_models::{DataType, Dim};

use crate::support::graph;

fn tensor<'m>(model: &'m ModelProto, name: &str) -> &'m TensorProto {
    let mut tensors = graph(model).initializer.iter();
    tensors
        .find(|tensor| tensor.name.as_deref() == Some(name))
        .expect("there")
}

#[test]
fn scopes_name_weights_and_nodes_and_repeated_nodes_are_numbered() {
    let mut b = Builder::new("g", Weights::Seeded(0));
    let x = b.input("x", DataType::F32, &[Dim::Fixed(2)]);
    let y = b.within("outer", |b| {
        b.within("inner.0", |b| {
            let w = b.weight("weight", &[2], Init::spread(1.0));
            let once = b.op("Add", &[&x, &w]);
            b.op("Add", &[&once, &w])
        })
    });
    assert_eq!(y.name(), "/outer/inner.0/Add_1_output_0");
    let model = b.finish();
    let names: Vec<_> = graph(&model)
        .node
        .iter()
        .map(|node| node.name.as_deref().expect("a name"))
        .collect();
    assert_eq!(names, ["/outer/inner.0/Add", "/outer/inner.0/Add_1"]);
    assert_eq!(tensor(&model, "outer.inner.0.weight").dims, [2]);
}

#[test]
fn equal_constants_and_weights_of_one_name_are_stored_once() {
    let mut b = Builder::new("g", Weights::Seeded(0));
    assert_eq!(b.scalar(0.5), b.scalar(0.5));
    assert_eq!(b.ints(&[0, -1]), b.ints(&[0, -1]));
    assert_ne!(b.ints(&[1]), b.index(1));
    assert_eq!(
        b.weight("w", &[3], Init::spread(1.0)),
        b.weight("w", &[3], Init::spread(1.0))
    );
    assert_eq!(graph(&b.finish()).initializer.len(), 5);
}

#[test]
fn an_output_takes_its_name_and_keeps_its_other_readers() {
    let mut b = Builder::new("g", Weights::Absent);
    let x = b.input("x", DataType::F32, &[Dim::Symbol("batch".into())]);
    let first = b.op("Relu", &[&x]);
    let second = b.op("Neg", &[&first]);
    b.output("first", &first, &[Dim::Unknown]);
    b.output("second", &second, &[Dim::Unknown]);
    let model = b.finish();
    let nodes = &graph(&model).node;
    assert_eq!(
        (&nodes[0].output[0], &nodes[1].input[0]),
        (&"first".to_owned(), &"first".to_owned())
    );
    assert_eq!(nodes[1].output, ["second"]);
}

#[test]
fn absent_weights_have_shapes_without_data_but_constants_keep_theirs() {
    let mut b = Builder::new("g", Weights::Absent);
    b.weight("w", &[1_000_000, 1_000], Init::spread(1.0));
    b.scalar(2.0);
    let model = b.finish();
    assert_eq!(tensor(&model, "w").dims, [1_000_000, 1_000]);
    assert_eq!(tensor(&model, "w").raw_data, None);
    assert_eq!(
        tensor(&model, "scalar_2").raw_data.as_deref(),
        Some(&2f32.to_le_bytes()[..])
    );
}

#[test]
fn an_odd_number_of_weights_is_filled_to_the_end() {
    let mut b = Builder::new("g", Weights::Seeded(4));
    b.weight("w", &[7], Init::around(5.0, 0.1));
    let model = b.finish();
    let data = tensor(&model, "w").raw_data.clone().expect("filled");
    let values: Vec<f32> = data
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().expect("four")))
        .collect();
    assert_eq!(values.len(), 7);
    assert!(
        values.iter().all(|value| (4.8..5.2).contains(value)),
        "{values:?}"
    );
}

#[test]
fn attributes_say_their_kind_and_multiple_outputs_are_numbered() {
    let mut b = Builder::new("g", Weights::Absent);
    let x = b.input("x", DataType::F32, &[Dim::Fixed(4)]);
    let parts = b.ints(&[2, 2]);
    let attributes = [
        ("axis", Attr::Int(0)),
        ("a", Attr::Float(0.5)),
        ("b", Attr::Ints(vec![1])),
        ("c", Attr::Text("t")),
    ];
    let [left, right] = b.op_many("Split", &[&x, &parts], &attributes);
    assert_eq!(
        (left.name(), right.name()),
        ("/Split_output_0", "/Split_output_1")
    );
    let model = b.finish();
    let kinds: Vec<i32> = graph(&model).node[0]
        .attribute
        .iter()
        .map(|attribute| attribute.r#type.expect("a kind"))
        .collect();
    assert_eq!(kinds, [2, 1, 7, 3]);
}
