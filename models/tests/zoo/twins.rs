//! A hollow twin differs from its architecture in sizes only.

use std::collections::{HashMap, HashSet};

use crate::support::{Trace, graph, op, sizes};
use tare_models::proto::{AttributeProto, GraphProto, ModelProto, NodeProto};
use tare_models::zoo::{self, Form};

/// Attributes that hold sizes: a convolution's kernel, stride and groups.
const SIZES: [&str; 3] = ["kernel_shape", "strides", "group"];

/// Tensors that a node reads or writes, numbered by first appearance: equal lists mean the same edges.
/// Scalars and shapes have no number, because files share those that happen to be equal.
fn edges(graph: &GraphProto) -> Vec<Vec<Option<usize>>> {
    let constants: HashSet<&str> = graph
        .initializer
        .iter()
        .filter(|tensor| tensor.data_type != Some(1) || tensor.dims.is_empty())
        .map(|tensor| tensor.name.as_deref().expect("a name"))
        .collect();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    for input in &graph.input {
        let next = numbers.len();
        numbers.insert(input.name.as_deref().expect("a name"), next);
    }
    let mut lists = Vec::new();
    for node in &graph.node {
        let mut list = Vec::new();
        for name in node.input.iter().chain(&node.output) {
            let next = numbers.len();
            let number =
                (!constants.contains(name.as_str())).then(|| *numbers.entry(name).or_insert(next));
            list.push(number);
        }
        lists.push(list);
    }
    lists
}

fn without_sizes(node: &NodeProto) -> Vec<AttributeProto> {
    let mut attributes = node.attribute.clone();
    for attribute in &mut attributes {
        if SIZES.contains(&attribute.name.as_deref().expect("a name")) {
            attribute.i = attribute.i.map(|_| 0);
            attribute.ints.fill(0);
        }
    }
    attributes
}

/// Architecture, full model and twin for each entry at its own rung and at others.
fn pairs() -> impl Iterator<Item = (String, zoo::Architecture, ModelProto, ModelProto, Form)> {
    let rungs = |own: usize| [own, 2, 3, 16];
    zoo::list().iter().flat_map(move |entry| {
        rungs(entry.rung).into_iter().map(|rung| {
            let architecture = zoo::find(entry.name).expect("listed");
            let form = Form::Hollow { rung };
            let (full, twin) = (architecture.outline(Form::Full), architecture.outline(form));
            (
                format!("{} {form}", entry.name),
                architecture,
                full,
                twin,
                form,
            )
        })
    })
}

#[test]
fn operators_attributes_and_edges_are_the_architecture_s() {
    for (name, _, full, twin, _) in pairs() {
        let (full, twin) = (graph(&full), graph(&twin));
        assert_eq!(full.node.len(), twin.node.len(), "{name}");
        for (node, hollow) in full.node.iter().zip(&twin.node) {
            assert_eq!((op(node), &node.name), (op(hollow), &hollow.name), "{name}");
            assert_eq!(
                without_sizes(node),
                without_sizes(hollow),
                "{name} {:?}",
                node.name
            );
        }
        assert_eq!(edges(full), edges(twin), "{name}");
    }
}

#[test]
fn ranks_are_the_architecture_s_and_no_dimension_grows_or_leaves_one() {
    for (name, architecture, full, twin, form) in pairs() {
        let full_trace = Trace::new(&full, &sizes(&architecture, Form::Full));
        let twin_trace = Trace::new(&twin, &sizes(&architecture, form));
        for (node, hollow) in graph(&full).node.iter().zip(&graph(&twin).node) {
            for (tensor, shrunk) in node.output.iter().zip(&hollow.output) {
                let (shape, shrunk) = (full_trace.shape(tensor), twin_trace.shape(shrunk));
                assert_eq!(shape.len(), shrunk.len(), "{name} {tensor}");
                let fits = shape.iter().zip(shrunk).all(|(size, small)| small <= size);
                assert!(fits, "{name} {tensor}: {shape:?} became {shrunk:?}");
            }
        }
    }
}

#[test]
fn trained_tensors_keep_their_names_and_ranks_and_shrink() {
    for (name, _, full, twin, _) in pairs() {
        let trained = |model: &ModelProto| {
            let tensors = graph(model)
                .initializer
                .iter()
                .filter(|tensor| tensor.data_type == Some(1) && !tensor.dims.is_empty());
            tensors
                .map(|tensor| (tensor.name.clone(), tensor.dims.clone()))
                .collect::<Vec<_>>()
        };
        let (full, twin) = (trained(&full), trained(&twin));
        assert_eq!(full.len(), twin.len(), "{name}");
        for ((tensor, dims), (hollow, shrunk)) in full.iter().zip(&twin) {
            assert_eq!((tensor, dims.len()), (hollow, shrunk.len()), "{name}");
            let ones_stay = dims
                .iter()
                .zip(shrunk)
                .all(|(size, small)| (1..=*size).contains(small));
            assert!(ones_stay, "{name} {tensor:?}: {dims:?} became {shrunk:?}");
        }
    }
}

#[test]
fn no_scalar_of_a_twin_makes_its_operator_removable() {
    for (name, architecture, ..) in pairs() {
        let twin = architecture.build(1, architecture.twin());
        let scalars: HashMap<&str, f32> = graph(&twin)
            .initializer
            .iter()
            .filter(|tensor| tensor.data_type == Some(1) && tensor.dims.is_empty())
            .map(|tensor| {
                let data = tensor.raw_data.as_ref().expect("data");
                let value = f32::from_le_bytes(data[..].try_into().expect("four bytes"));
                (tensor.name.as_deref().expect("a name"), value)
            })
            .collect();
        for node in graph(&twin)
            .node
            .iter()
            .filter(|node| matches!(op(node), "Mul" | "Div" | "Pow"))
        {
            let by_one = node
                .input
                .iter()
                .any(|input| scalars.get(input.as_str()) == Some(&1.0));
            assert!(!by_one, "{name} {:?}", node.name);
        }
    }
}

#[test]
fn a_head_of_one_stays_one_and_others_shrink_to_the_rung() {
    let shape = |name: &str, rung| {
        let model = zoo::find(name)
            .expect("known")
            .outline(Form::Hollow { rung });
        let tensors = &graph(&model).initializer;
        let query = tensors.iter().find(|tensor| {
            tensor.name.as_deref() == Some("encoder.layer.0.attention.self.query.weight")
        });
        query.expect("a query weight").dims.clone()
    };
    assert_eq!(shape("bert-tiny:heads=1", 2), [2, 2]);
    assert_eq!(shape("bert-tiny", 2), [4, 4]);
    assert_eq!(shape("bert-base", 3), [9, 9]);
}
