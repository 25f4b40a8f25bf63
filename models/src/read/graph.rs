//! One graph, at any depth: its values get numbers, its operators an order, its constants their tensors.

use std::collections::{BTreeMap, HashMap};

use super::error::ModelError;
use super::{constant, declared, name, order, tensor};
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

/// The names that a nested graph can read from the graphs around it.
pub(super) struct Scope<'s> {
    ids: &'s HashMap<String, ValueId>,
    outer: Option<&'s Scope<'s>>,
}

impl Scope<'_> {
    fn sees(&self, name: &str) -> bool {
        self.ids.contains_key(name) || self.outer.is_some_and(|outer| outer.sees(name))
    }
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
        let inputs = inputs(proto, place, &mut values)?;
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
            let node = self.node(&proto.node[position], position, &mut values, outer)?;
            match constant::value(&node)? {
                Some((value, tensor)) => drop(graph.constants.insert(value, tensor)),
                None => graph.nodes.push(node),
            }
        }
        graph.outputs = outputs(proto, place, &mut values, outer)?;
        graph.value_names = values.names;
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
            constants.insert(value, tensor::tensor(initialiser, name, self.external)?);
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
        let inputs = inputs
            .map(|input| values.read(input, outer, reader))
            .collect::<Result<_, _>>()?;
        let outputs = proto.output.iter().map(|o| values.ids.get(o).copied());
        let outputs = outputs.collect();
        let attributes = self.attributes(proto, &name, values, outer)?;
        Ok(Node {
            op_type,
            domain: name::domain(proto.domain.as_deref()).to_owned(),
            name,
            inputs,
            outputs,
            attributes,
        })
    }

    fn attributes(
        &mut self,
        proto: &NodeProto,
        node: &str,
        values: &Values,
        outer: Option<&Scope<'_>>,
    ) -> Result<BTreeMap<String, Attribute>, ModelError> {
        let ids = &values.ids;
        let scope = Scope { ids, outer };
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

/// Names and numbers of one graph's values; an empty name is no value.
#[derive(Default)]
struct Values {
    ids: HashMap<String, ValueId>,
    names: Vec<String>,
}

impl Values {
    fn add(&mut self, name: &str) -> Result<ValueId, ModelError> {
        let number = u32::try_from(self.names.len())
            .map_err(|_| ModelError::Malformed("more than 2^32 values".to_owned()))?;
        self.names.push(name.to_owned());
        self.ids.insert(name.to_owned(), ValueId(number));
        Ok(ValueId(number))
    }

    fn define(&mut self, name: &str, by: impl Fn() -> String) -> Result<ValueId, ModelError> {
        if name.is_empty() {
            return Err(ModelError::Malformed(format!("{} has no name", by())));
        }
        if self.ids.contains_key(name) {
            return Err(ModelError::Duplicate {
                value: name.to_owned(),
                by: by(),
            });
        }
        self.add(name)
    }

    fn define_outputs(&mut self, node: &NodeProto, position: usize) -> Result<(), ModelError> {
        for output in node.output.iter().filter(|name| !name.is_empty()) {
            self.define(output, || {
                format!("the operator '{}'", name::node(node, position))
            })?;
        }
        Ok(())
    }

    /// The number of the value `name`, captured from `outer` where only that has it.
    fn read(
        &mut self,
        name: &str,
        outer: Option<&Scope<'_>>,
        by: impl Fn() -> String,
    ) -> Result<Option<ValueId>, ModelError> {
        if name.is_empty() {
            return Ok(None);
        }
        if let Some(value) = self.ids.get(name) {
            return Ok(Some(*value));
        }
        if outer.is_some_and(|outer| outer.sees(name)) {
            return self.add(name).map(Some);
        }
        Err(ModelError::Undefined {
            value: name.to_owned(),
            by: by(),
        })
    }
}

fn refuse_sparse(proto: &GraphProto) -> Result<(), ModelError> {
    let Some(sparse) = proto.sparse_initializer.first() else {
        return Ok(());
    };
    let name = sparse
        .values
        .as_ref()
        .and_then(|values| values.name.as_deref());
    Err(ModelError::Unsupported {
        what: "a sparse initialiser",
        place: format!("'{}'", name.unwrap_or("")),
        remedy: "store the weights densely",
    })
}

fn inputs(
    proto: &GraphProto,
    place: &str,
    values: &mut Values,
) -> Result<Vec<Declared>, ModelError> {
    let initialised = values.ids.clone();
    let fed = |info: &&ValueInfoProto| !initialised.contains_key(value_name(info));
    let mut inputs = Vec::new();
    for info in proto.input.iter().filter(fed) {
        let value = values.define(value_name(info), || format!("an input of {place}"))?;
        inputs.push(declared::declared(info, value, place)?);
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
        let by = || format!("an output of {place}");
        let value = values.read(value_name(info), outer, by)?;
        let value = value
            .ok_or_else(|| ModelError::Malformed(format!("an output of {place} has no name")))?;
        outputs.push(declared::declared(info, value, place)?);
    }
    Ok(outputs)
}

fn value_name(info: &ValueInfoProto) -> &str {
    info.name.as_deref().unwrap_or("")
}
