//! Model-local functions: each call becomes the operators of its body.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

use prost::Message as _;

use super::error::ModelError;
use super::{name, wire};
use crate::proto::{AttributeProto, FunctionProto, GraphProto, NodeProto};

const DEPTH_LIMIT: usize = 32;
const PREFIX_LIMIT: usize = 64;

/// `graph` with each call of one of `functions` replaced by the function's body, in nested graphs too.
///
/// Values and operators of a body get the call's name and a number before their own.
///
/// # Errors
/// Functions for another operator set, functions that call themselves, and bodies that multiply beyond the memory
/// allowed for a file of `size` bytes.
pub(super) fn inline(
    graph: &GraphProto,
    functions: &[FunctionProto],
    opsets: &BTreeMap<String, i64>,
    size: usize,
) -> Result<GraphProto, ModelError> {
    let mut inliner = Inliner {
        functions: functions.iter().map(|f| (key_of(f), f)).collect(),
        opsets,
        calls: 0,
        budget: Budget::for_file(size),
    };
    let mut graph = graph.clone();
    inliner.graph(&mut graph, 0)?;
    Ok(graph)
}

type Key<'p> = (&'p str, &'p str, &'p str);

fn key_of(function: &FunctionProto) -> Key<'_> {
    (
        name::domain(function.domain.as_deref()),
        function.name.as_deref().unwrap_or(""),
        function.overload.as_deref().unwrap_or(""),
    )
}

fn key_of_call(node: &NodeProto) -> Key<'_> {
    (
        name::domain(node.domain.as_deref()),
        name::op_type(node),
        node.overload.as_deref().unwrap_or(""),
    )
}

struct Inliner<'p> {
    functions: HashMap<Key<'p>, &'p FunctionProto>,
    opsets: &'p BTreeMap<String, i64>,
    calls: usize,
    budget: Budget,
}

/// Counts the bytes that inlining copies, against a limit.
struct Budget {
    spent: Cell<u64>,
    limit: u64,
}

impl Budget {
    fn for_file(size: usize) -> Self {
        Self {
            spent: Cell::new(0),
            limit: wire::memory_limit(size),
        }
    }

    fn spend(&self, bytes: usize) -> Result<(), ModelError> {
        let need = self.spent.get().saturating_add(bytes as u64);
        self.spent.set(need);
        if need > self.limit {
            let limit = self.limit;
            return Err(ModelError::TooBig { need, limit });
        }
        Ok(())
    }
}

impl Inliner<'_> {
    fn graph(&mut self, graph: &mut GraphProto, depth: usize) -> Result<(), ModelError> {
        graph.node = self.nodes(std::mem::take(&mut graph.node), depth)?;
        Ok(())
    }

    fn nodes(&mut self, nodes: Vec<NodeProto>, depth: usize) -> Result<Vec<NodeProto>, ModelError> {
        let mut inlined = Vec::with_capacity(nodes.len());
        for mut node in nodes {
            if let Some(function) = self.functions.get(&key_of_call(&node)).copied() {
                let body = self.body(function, &node, depth)?;
                inlined.extend(self.nodes(body, depth + 1)?);
                continue;
            }
            for attribute in &mut node.attribute {
                for graph in attribute.g.iter_mut().chain(&mut attribute.graphs) {
                    self.graph(graph, depth)?;
                }
            }
            inlined.push(node);
        }
        Ok(inlined)
    }

    fn body(
        &mut self,
        function: &FunctionProto,
        call: &NodeProto,
        depth: usize,
    ) -> Result<Vec<NodeProto>, ModelError> {
        self.check(function, depth)?;
        self.calls += 1;
        let renaming = Renaming::new(function, call, self.calls, &self.budget);
        let mut body = Vec::with_capacity(function.node.len());
        for (position, node) in function.node.iter().enumerate() {
            let mut node = node.clone();
            renaming.node(&mut node, position)?;
            body.push(node);
        }
        body.extend(renaming.copies(function, call));
        Ok(body)
    }

    fn check(&self, function: &FunctionProto, depth: usize) -> Result<(), ModelError> {
        let place = || format!("the function '{}'", function.name.as_deref().unwrap_or(""));
        if depth >= DEPTH_LIMIT {
            return Err(ModelError::Unsupported {
                what: "more than 32 calls in one another",
                place: place(),
                remedy: "inline the functions with onnx.inliner",
            });
        }
        let foreign = function.opset_import.iter().any(|import| {
            let domain = name::domain(import.domain.as_deref());
            let version = import.version.unwrap_or(0);
            self.opsets.get(domain).is_some_and(|ours| *ours != version)
        });
        if foreign {
            return Err(ModelError::Unsupported {
                what: "an operator set other than the model's",
                place: place(),
                remedy: "inline the functions with onnx.inliner",
            });
        }
        Ok(())
    }
}

struct Renaming<'c> {
    budget: &'c Budget,
    prefix: String,
    names: HashMap<&'c str, String>,
    attributes: HashMap<&'c str, &'c AttributeProto>,
}

impl<'c> Renaming<'c> {
    fn new(
        function: &'c FunctionProto,
        call: &'c NodeProto,
        number: usize,
        budget: &'c Budget,
    ) -> Self {
        let call_name: String = name::node(call, number)
            .chars()
            .take(PREFIX_LIMIT)
            .collect();
        let prefix = format!("{call_name}.{number}");
        let mut names = HashMap::new();
        for (formals, actuals) in [
            (&function.output, &call.output),
            (&function.input, &call.input),
        ] {
            for (position, formal) in formals.iter().enumerate() {
                let actual = actuals.get(position).filter(|name| !name.is_empty());
                let is_input = std::ptr::eq(formals, &function.input);
                let absent = if is_input {
                    String::new()
                } else {
                    format!("{prefix}/{formal}")
                };
                names.insert(formal.as_str(), actual.cloned().unwrap_or(absent));
            }
        }
        let defaults = function.attribute_proto.iter();
        let attributes = defaults.chain(&call.attribute);
        Self {
            budget,
            prefix,
            names,
            attributes: attributes
                .filter_map(|a| Some((a.name.as_deref()?, a)))
                .collect(),
        }
    }

    fn rename(&self, name: &mut String) {
        if name.is_empty() {
            return;
        }
        *name = match self.names.get(name.as_str()) {
            Some(renamed) => renamed.clone(),
            None => format!("{}/{name}", self.prefix),
        };
    }

    fn node(&self, node: &mut NodeProto, position: usize) -> Result<(), ModelError> {
        let attributes = node.attribute.len() * size_of::<AttributeProto>();
        self.budget
            .spend(size_of::<NodeProto>() + attributes + node.encoded_len())?;
        let own = name::node(node, position);
        node.name = Some(format!("{}/{own}", self.prefix));
        for name in node.input.iter_mut().chain(&mut node.output) {
            self.rename(name);
        }
        let attributes = std::mem::take(&mut node.attribute);
        for attribute in attributes {
            node.attribute.extend(self.attribute(attribute)?);
        }
        Ok(())
    }

    fn attribute(&self, mut own: AttributeProto) -> Result<Option<AttributeProto>, ModelError> {
        let refers = own.ref_attr_name.as_deref().filter(|name| !name.is_empty());
        if let Some(refers) = refers {
            let given = self.attributes.get(refers);
            self.budget
                .spend(given.map_or(0, |given| given.encoded_len()))?;
            return Ok(given.map(|given| AttributeProto {
                name: own.name.clone(),
                ..(*given).clone()
            }));
        }
        for graph in own.g.iter_mut().chain(&mut own.graphs) {
            self.graph(graph)?;
        }
        Ok(Some(own))
    }

    fn graph(&self, graph: &mut GraphProto) -> Result<(), ModelError> {
        let infos = graph.input.iter_mut().chain(&mut graph.output);
        let constants = graph.initializer.iter_mut();
        let names = infos
            .map(|info| &mut info.name)
            .chain(constants.map(|tensor| &mut tensor.name));
        for name in names.flatten() {
            self.rename(name);
        }
        for (position, node) in graph.node.iter_mut().enumerate() {
            self.node(node, position)?;
        }
        Ok(())
    }

    /// `Identity` operators for the outputs that are inputs, or other outputs, of the function.
    fn copies(&self, function: &FunctionProto, call: &NodeProto) -> Vec<NodeProto> {
        let pairs = function.output.iter().zip(&call.output);
        let copied = pairs.filter_map(|(formal, actual)| {
            let own = self.names.get(formal.as_str())?;
            (own != actual && !actual.is_empty()).then(|| NodeProto {
                input: vec![own.clone()],
                output: vec![actual.clone()],
                name: Some(format!("{}/{actual}", self.prefix)),
                op_type: Some("Identity".to_owned()),
                ..NodeProto::default()
            })
        });
        copied.collect()
    }
}
