//! Who makes and who reads each value, while a graph is rewritten.

use std::collections::{BTreeMap, HashMap, HashSet};

use tare_models::{Attribute, DataType, Graph, Resolved, Tensor, ValueId, graph};

use crate::lower::OWN;

/// The operators whose results on constants are views of them.
pub(crate) const VIEWS: [&str; 6] = [
    "Flatten",
    "Identity",
    "Reshape",
    "Squeeze",
    "Transpose",
    "Unsqueeze",
];

/// How far a constant may be from the one that a formula has: files round to half precision at worst.
const NEAR: f64 = 1e-3;

/// A graph's values with their makers and readers.
pub(super) struct Web<'g> {
    resolved: &'g mut Resolved,
    nodes: &'g [graph::Node],
    makers: HashMap<ValueId, usize>,
    readers: HashMap<ValueId, usize>,
}

impl<'g> Web<'g> {
    pub(super) fn new(resolved: &'g mut Resolved, nodes: &'g [graph::Node]) -> Self {
        let mut makers = HashMap::new();
        let mut readers: HashMap<ValueId, usize> = HashMap::new();
        for (position, node) in nodes.iter().enumerate() {
            for output in node.outputs.iter().flatten() {
                makers.insert(*output, position);
            }
            for input in node.inputs.iter().flatten() {
                *readers.entry(*input).or_default() += 1;
            }
        }
        for output in &resolved.graph.outputs {
            *readers.entry(output.value).or_default() += 1;
        }
        for captured in captured(&resolved.graph, nodes) {
            *readers.entry(captured).or_default() += 1;
        }
        Self {
            resolved,
            nodes,
            makers,
            readers,
        }
    }

    /// The ONNX operator of this kind that makes the value, however often that is read.
    pub(super) fn maker(&self, value: ValueId, op_type: &str) -> Option<&'g graph::Node> {
        self.made_by(value, "", op_type)
    }

    /// The operator of this domain and kind that makes the value as its first output.
    pub(super) fn made_by(
        &self,
        value: ValueId,
        domain: &str,
        op_type: &str,
    ) -> Option<&'g graph::Node> {
        let node = &self.nodes[*self.makers.get(&value)?];
        let is_it = node.op_type == op_type && node.domain == domain;
        (is_it && node.output(0) == Some(value)).then_some(node)
    }

    /// As [`Web::maker`], where the value is read once: by the pattern.
    pub(super) fn inner(&self, value: ValueId, op_type: &str) -> Option<&'g graph::Node> {
        self.maker(value, op_type)
            .filter(|_| self.readers(value) == 1)
    }

    /// How often the value is read; being an output of the graph counts.
    pub(super) fn readers(&self, value: ValueId) -> usize {
        self.readers.get(&value).copied().unwrap_or(0)
    }

    pub(super) fn constant(&self, value: ValueId) -> Option<&Tensor> {
        self.resolved.graph.constants.get(&value)
    }

    /// Whether the value is a constant or a view of one.
    pub(super) fn is_constant(&self, value: ValueId) -> bool {
        let views = |node: &graph::Node| {
            VIEWS.contains(&node.op_type.as_str())
                && node.domain.is_empty()
                && node
                    .inputs
                    .iter()
                    .flatten()
                    .all(|input| self.is_constant(*input))
        };
        let maker = self
            .makers
            .get(&value)
            .map(|position| &self.nodes[*position]);
        self.constant(value).is_some() || maker.is_some_and(views)
    }

    /// The only element of a constant.
    pub(super) fn scalar(&self, value: ValueId) -> Option<f64> {
        let constant = self
            .constant(value)
            .filter(|constant| constant.len() == 1)?;
        match constant.dtype() {
            DataType::F32 => Some(f64::from(constant.values::<f32>()?[0])),
            DataType::F64 => Some(constant.values::<f64>()?[0]),
            DataType::I64 => Some(constant.values::<i64>()?[0] as f64),
            _ => None,
        }
    }

    /// Whether the value is a constant near this number.
    pub(super) fn is_near(&self, value: ValueId, number: f64) -> bool {
        let scalar = self.scalar(value);
        scalar.is_some_and(|scalar| (scalar - number).abs() <= NEAR * number.abs())
    }

    /// Both operands of a binary operator, the one that is a number apart.
    pub(super) fn with_number(&self, node: &graph::Node) -> Option<(ValueId, f64)> {
        let (a, b) = (node.input(0)?, node.input(1)?);
        match (self.scalar(a), self.scalar(b)) {
            (None, Some(number)) => Some((a, number)),
            (Some(number), None) => Some((b, number)),
            _ => None,
        }
    }

    pub(super) fn integers(&self, value: ValueId) -> Option<Vec<i64>> {
        self.constant(value)?
            .values::<i64>()
            .map(|values| values.into_owned())
    }

    pub(super) fn shape(&self, value: ValueId) -> Option<&[usize]> {
        let (_, shape) = self.resolved.types.get(&value)?;
        Some(shape)
    }

    pub(super) fn is_float(&self, value: ValueId) -> bool {
        let known = self.resolved.types.get(&value);
        known.is_some_and(|(dtype, _)| dtype.is_float())
    }

    pub(super) fn opset(&self) -> i64 {
        self.resolved.graph.opsets.get("").copied().unwrap_or(1)
    }

    /// A new value of the type of `like` with this shape.
    pub(super) fn fresh(&mut self, like: ValueId, shape: Vec<usize>) -> ValueId {
        let names = &mut self.resolved.graph.value_names;
        let value = ValueId(names.len() as u32);
        let name = format!("{}_{}", names[like.0 as usize], value.0);
        names.push(name);
        let dtype = self.resolved.types.get(&like).map(|known| known.0);
        if let Some(dtype) = dtype {
            self.resolved.types.insert(value, (dtype, shape));
        }
        value
    }
}

/// An operator of this crate's own with the name and first output of `end`.
pub(super) fn own(
    end: &graph::Node,
    op_type: &str,
    inputs: Vec<Option<ValueId>>,
    attributes: &[(&str, Attribute)],
) -> graph::Node {
    let attributes = attributes.iter().cloned();
    graph::Node {
        name: end.name.clone(),
        op_type: op_type.to_owned(),
        domain: OWN.to_owned(),
        inputs,
        outputs: vec![end.output(0)],
        attributes: attributes
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<BTreeMap<_, _>>(),
    }
}

/// The values that graphs within operators read from this one.
fn captured(graph: &Graph, nodes: &[graph::Node]) -> Vec<ValueId> {
    let nested = nodes.iter().flat_map(|node| node.attributes.values());
    let mut names: HashSet<&str> = HashSet::new();
    for attribute in nested {
        match attribute {
            Attribute::Graph(inner) => names.extend(inner.captured_names()),
            Attribute::Graphs(list) => {
                names.extend(list.iter().flat_map(Graph::captured_names));
            }
            _ => {}
        }
    }
    let values = graph.value_names.iter().zip(0..);
    values
        .filter(|(name, _)| names.contains(name.as_str()))
        .map(|(_, number)| ValueId(number))
        .collect()
}

/// Drops operators none of whose outputs is read.
pub(super) fn drop_unread(graph: &mut Graph) {
    let nodes = std::mem::take(&mut graph.nodes);
    let mut live: HashSet<ValueId> = captured(graph, &nodes).into_iter().collect();
    live.extend(graph.outputs.iter().map(|output| output.value));
    let mut kept = Vec::with_capacity(nodes.len());
    for node in nodes.into_iter().rev() {
        if node
            .outputs
            .iter()
            .flatten()
            .any(|output| live.contains(output))
        {
            live.extend(node.inputs.iter().flatten());
            kept.push(node);
        }
    }
    kept.reverse();
    graph.nodes = kept;
}
