//! What every twin must be: the same operators, attributes, edges and ranks as its model, and no dimension larger.

use std::collections::{HashMap, HashSet};

use tare_models::hollow::Twin;
use tare_models::{Attribute, Model, Node, TensorSpec, ValueId, resolve};

/// Attributes that follow the sizes.
const SIZES: [&str; 4] = ["group", "kernel_shape", "hidden_size", "split"];

/// Panics where a twin is not what a twin of `model` at `inputs` must be; returns the twin, read back.
pub fn check(name: &str, model: &Model, inputs: &[TensorSpec], twin: &Twin) -> Model {
    let read = Model::from_bytes(twin.onnx.clone()).expect("the twin is a model");
    let names = |specs: &[TensorSpec]| {
        let specs = specs.iter();
        let ranks = specs.map(|spec| (spec.name.clone(), spec.dtype, spec.shape.len()));
        ranks.collect::<Vec<_>>()
    };
    assert_eq!(names(inputs), names(&twin.inputs), "{name}");
    check_operators(name, model, &read);
    check_shapes(name, model, inputs, &read, &twin.inputs);
    read
}

fn check_operators(name: &str, model: &Model, twin: &Model) {
    let made_here = made(twin);
    let originals: HashMap<&str, &Node> = (model.graph().nodes.iter())
        .map(|node| (first(model, node), node))
        .collect();
    for node in dependent(model) {
        let output = first(model, node);
        assert!(made_here.contains(output), "{name}: {output} is not made");
    }
    for node in &twin.graph().nodes {
        let original = originals[first(twin, node)];
        assert_eq!(node.op_type, original.op_type, "{name}");
        assert_eq!(
            without_sizes(node),
            without_sizes(original),
            "{name} {}",
            node.name
        );
        assert_eq!(
            edges(twin, node, &made_here),
            edges(model, original, &made_here),
            "{name} {}",
            node.name
        );
    }
}

fn first<'m>(model: &'m Model, node: &Node) -> &'m str {
    let output = node.outputs.iter().flatten().next();
    model.graph().name_of(*output.expect("an output"))
}

/// The nodes whose results follow from an input of the graph, by its elements or by its shape.
fn dependent(model: &Model) -> Vec<&Node> {
    let inputs = model.graph().inputs.iter().map(|input| input.value);
    let mut known: HashSet<ValueId> = inputs.collect();
    let mut nodes = Vec::new();
    for node in &model.graph().nodes {
        if node
            .inputs
            .iter()
            .flatten()
            .any(|value| known.contains(value))
        {
            known.extend(node.outputs.iter().flatten().copied());
            nodes.push(node);
        }
    }
    nodes
}

fn without_sizes(node: &Node) -> Vec<(&String, &Attribute)> {
    let attributes = node.attributes.iter();
    attributes
        .filter(|(name, _)| !SIZES.contains(&name.as_str()))
        .collect()
}

/// The names of what a node reads and writes, but for constants of the twin, of which there may be several forms.
fn edges<'m>(model: &'m Model, node: &Node, made: &HashSet<&str>) -> Vec<Option<&'m str>> {
    let values = node.inputs.iter().chain(&node.outputs);
    let names = values.map(|value| value.map(|value| model.graph().name_of(value)));
    names
        .map(|name| name.filter(|name| made.contains(name)))
        .collect()
}

/// The inputs and what operators make.
fn made(model: &Model) -> HashSet<&str> {
    let outputs = model.graph().nodes.iter();
    let outputs = outputs.flat_map(|node| node.outputs.iter().flatten());
    let inputs = model.graph().inputs.iter().map(|input| &input.value);
    outputs
        .chain(inputs)
        .map(|value| model.graph().name_of(*value))
        .collect()
}

fn check_shapes(
    name: &str,
    model: &Model,
    inputs: &[TensorSpec],
    twin: &Model,
    small: &[TensorSpec],
) {
    let original = resolve(model.graph(), inputs).expect("the model resolves");
    let hollow = resolve(twin.graph(), small).expect("the twin resolves");
    let numbers: HashMap<&str, ValueId> = (0..)
        .zip(&model.graph().value_names)
        .map(|(number, name)| (name.as_str(), ValueId(number)))
        .collect();
    for node in &twin.graph().nodes {
        for output in node.outputs.iter().flatten() {
            let tensor = twin.graph().name_of(*output);
            let (dtype, shape) = &hollow.types[output];
            let (was, large) = &original.types[&numbers[tensor]];
            assert_eq!((dtype, shape.len()), (was, large.len()), "{name} {tensor}");
            let fits = shape.iter().zip(large).all(|(small, large)| {
                small <= large && (*large > 1 || small == large) && (*small > 0 || *large == 0)
            });
            assert!(fits, "{name} {tensor}: {large:?} became {shape:?}");
        }
    }
}
