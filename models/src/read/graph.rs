//! One graph, at any depth: its values get numbers, its operators an order, its constants their tensors.

use std::collections::{BTreeMap, HashSet};

use super::error::ModelError;
use super::values::{Scope, Values};
use super::{constant, declared, name, order, tensor, types};
use crate::data_type::DataType;
use crate::external::External;
use crate::graph::{Attribute, Declared, Graph, Node, ValueId};
use crate::proto::{GraphProto, NodeProto, ValueInfoProto};
use crate::tensor::Tensor;

const ROOT: &str = "the model";

/// Converts graphs that share operator sets and external data.
pub(super) struct Reader<'e> {
    opsets: BTreeMap<String, i64>,
    pub(super) external: &'e mut External,
}

impl<'e> Reader<'e> {
    /// For a model with these operator sets.
    pub(super) fn new(opsets: BTreeMap<String, i64>, external: &'e mut External) -> Self {
        Self { opsets, external }
    }

    /// Converts the model's own graph.
    pub(super) fn graph(&mut self, proto: &GraphProto) -> Result<Graph, ModelError> {
        self.convert(proto, ROOT, None)
    }

    /// Converts a graph nested in the operator's attribute `place`.
    pub(super) fn nested(
        &mut self,
        proto: &GraphProto,
        place: &str,
        scope: &Scope<'_>,
    ) -> Result<Graph, ModelError> {
        self.convert(proto, &format!("the graph in '{place}'"), Some(scope))
    }

    fn convert(
        &mut self,
        proto: &GraphProto,
        place: &str,
        outer: Option<&Scope<'_>>,
    ) -> Result<Graph, ModelError> {
        refuse_sparse(proto)?;
        let mut values = Values::default();
        let constants = self.initialisers(proto, &mut values)?;
        let inputs = inputs(proto, place, &mut values, outer)?;
        note_declared_types(proto, &mut values);
        let order = order::order(&proto.node)?;
        for position in &order {
            values.define_outputs(&proto.node[*position], *position)?;
        }
        let mut graph = Graph {
            name: proto.name.clone().unwrap_or_default(),
            opsets: self.opsets.clone(),
            inputs,
            constants,
            ..Graph::default()
        };
        for position in order {
            let proto = &proto.node[position];
            let node = self.node(proto, position, &mut values, outer)?;
            match constant::value(&node)? {
                Some((value, tensor)) => {
                    proto
                        .output
                        .iter()
                        .for_each(|name| values.note_type(name, tensor.dtype()));
                    graph.constants.insert(value, tensor);
                }
                None => graph.nodes.push(node),
            }
        }
        graph.outputs = outputs(proto, place, &mut values, outer)?;
        graph.value_names = values.into_names();
        Ok(graph)
    }

    fn initialisers(
        &mut self,
        proto: &GraphProto,
        values: &mut Values,
    ) -> Result<BTreeMap<ValueId, Tensor>, ModelError> {
        let mut constants = BTreeMap::new();
        for initialiser in &proto.initializer {
            let name = initialiser.name.as_deref().unwrap_or("");
            let value = values.define(name, || "an initialiser".to_owned())?;
            let tensor = tensor::tensor(initialiser, name, self.external)?;
            values.note_type(name, tensor.dtype());
            constants.insert(value, tensor);
        }
        Ok(constants)
    }

    fn node(
        &mut self,
        proto: &NodeProto,
        position: usize,
        values: &mut Values,
        outer: Option<&Scope<'_>>,
    ) -> Result<Node, ModelError> {
        let name = name::node(proto, position);
        let op_type = name::op_type(proto).to_owned();
        if op_type.is_empty() {
            return Err(ModelError::Malformed(format!(
                "the operator '{name}' has no type"
            )));
        }
        let reader = || format!("the operator '{name}'");
        let inputs = proto.input.iter();
        let inputs = inputs.map(|input| values.read(input, outer, reader));
        let inputs = inputs.collect::<Result<_, _>>()?;
        let types = proto.input.iter().map(|name| values.type_of(name, outer));
        let types: Vec<_> = types.collect();
        let node = Node {
            inputs,
            outputs: proto
                .output
                .iter()
                .map(|output| values.id(output))
                .collect(),
            attributes: self.attributes(proto, &name, &types, values, outer)?,
            op_type,
            domain: name::domain(proto.domain.as_deref()).to_owned(),
            name,
        };
        for (index, output) in proto.output.iter().enumerate() {
            if let Some(dtype) = types::of_output(&node, &types, index) {
                values.note_type(output, dtype);
            }
        }
        Ok(node)
    }

    fn attributes(
        &mut self,
        proto: &NodeProto,
        node: &str,
        types: &[Option<DataType>],
        values: &Values,
        outer: Option<&Scope<'_>>,
    ) -> Result<BTreeMap<String, Attribute>, ModelError> {
        let scope = Scope {
            values,
            outer,
            input_types: &types::of_nested_inputs(name::op_type(proto), types),
        };
        let mut attributes = BTreeMap::new();
        for attribute in &proto.attribute {
            let name = attribute.name.clone().unwrap_or_default();
            let converted = self.attribute(attribute, node, &scope)?;
            if attributes.insert(name.clone(), converted).is_some() {
                return Err(ModelError::Malformed(format!(
                    "the attribute '{node}.{name}' is there twice"
                )));
            }
        }
        Ok(attributes)
    }
}

fn refuse_sparse(proto: &GraphProto) -> Result<(), ModelError> {
    let Some(sparse) = proto.sparse_initializer.first() else {
        return Ok(());
    };
    let values = sparse.values.as_ref();
    let name = values.and_then(|values| values.name.as_deref());
    Err(ModelError::Unsupported {
        what: "a sparse initialiser",
        place: format!("'{}'", name.unwrap_or("")),
        remedy: "store the weights densely",
    })
}

/// The inputs that must be fed: those without an initialiser.
fn inputs(
    proto: &GraphProto,
    place: &str,
    values: &mut Values,
    outer: Option<&Scope<'_>>,
) -> Result<Vec<Declared>, ModelError> {
    let initialisers = proto.initializer.iter();
    let initialised: HashSet<_> = initialisers.filter_map(|i| i.name.as_deref()).collect();
    let mut inputs = Vec::new();
    for (position, info) in proto.input.iter().enumerate() {
        let name = value_name(info);
        if initialised.contains(name) {
            continue;
        }
        let value = values.define(name, || format!("an input of {place}"))?;
        let types = outer.map(|outer| outer.input_types);
        let known = types.and_then(|types| types.get(position).copied().flatten());
        let input = declared::declared(info, value, place, known)?;
        values.note_type(name, input.dtype);
        inputs.push(input);
    }
    Ok(inputs)
}

fn outputs(
    proto: &GraphProto,
    place: &str,
    values: &mut Values,
    outer: Option<&Scope<'_>>,
) -> Result<Vec<Declared>, ModelError> {
    let mut outputs = Vec::new();
    for info in &proto.output {
        let name = value_name(info);
        let value = values.read(name, outer, || format!("an output of {place}"))?;
        let nameless = || ModelError::Malformed(format!("an output of {place} has no name"));
        let known = values.type_of(name, outer);
        let value = value.ok_or_else(nameless)?;
        outputs.push(declared::declared(info, value, place, known)?);
    }
    Ok(outputs)
}

fn note_declared_types(proto: &GraphProto, values: &mut Values) {
    for info in proto.value_info.iter().chain(&proto.output) {
        if let Some(dtype) = declared::data_type(info) {
            values.note_type(value_name(info), dtype);
        }
    }
}

fn value_name(info: &ValueInfoProto) -> &str {
    info.name.as_deref().unwrap_or("")
}
