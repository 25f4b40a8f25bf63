//! An `If` whose condition is constant, replaced by the operators of the branch that it takes.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::walk::Walk;
use crate::evaluate::count_nonzero;
use crate::graph::{Attribute, Graph, Node, ValueId};
use crate::infer::Known;
use crate::nested::nested_graphs;

impl Walk {
    /// The operators of the branch, in the numbers of this graph; `None` for all that must stay as it is.
    pub(super) fn branch_taken(&mut self, node: &Node) -> Option<Vec<Node>> {
        if node.op_type != "If" || !node.domain.is_empty() {
            return None;
        }
        let condition = self.known.get(&node.input(0)?)?.value.clone()?;
        if condition.len() != 1 {
            return None;
        }
        let name = match count_nonzero(&condition)? {
            0 => "else_branch",
            _ => "then_branch",
        };
        let Some(Attribute::Graph(branch)) = node.attributes.get(name) else {
            return None;
        };
        if branch
            .nodes
            .iter()
            .any(|inner| !nested_graphs(inner).is_empty())
        {
            return None;
        }
        self.learn_names();
        let numbers = self.renumber(branch, node)?;
        self.take_constants(branch, &numbers);
        let renamed = branch.nodes.iter().map(|inner| rename(inner, &numbers));
        let aliases = branch.outputs.iter().zip(&node.outputs);
        let aliases = aliases.filter_map(|(inner, outer)| {
            let from = *numbers.get(&inner.value)?;
            outer
                .filter(|to| *to != from)
                .map(|to| identity(node, from, to))
        });
        Some(renamed.chain(aliases).collect())
    }

    /// What is known of the outputs of an `If` whichever branch it takes: the types on which both agree.
    pub(super) fn either_branch(&self, node: &Node) -> Option<Vec<Known>> {
        let (Some(Attribute::Graph(yes)), Some(Attribute::Graph(no))) = (
            node.attributes.get("then_branch"),
            node.attributes.get("else_branch"),
        ) else {
            return None;
        };
        let (mut yes, no) = (self.within(yes)?, self.within(no)?);
        yes.resize(node.outputs.len(), Known::default());
        let no = no.into_iter().chain(std::iter::repeat_with(Known::default));
        let agreed = yes.into_iter().zip(no).map(|(yes, no)| Known {
            dtype: yes.dtype.filter(|dtype| no.dtype == Some(*dtype)),
            shape: yes.shape.filter(|shape| no.shape.as_ref() == Some(shape)),
            value: None,
        });
        Some(agreed.collect())
    }

    /// What is known of the outputs of a graph that reads values of this one by name.
    fn within(&self, inner: &Graph) -> Option<Vec<Known>> {
        let captured = inner.captured_names();
        let values = inner.value_names.iter().zip((0..).map(ValueId));
        let known = values.filter_map(|(name, value)| {
            let outer = captured
                .get(name.as_str())
                .and_then(|name| self.names.get(*name))?;
            let known = self.known.get(outer)?;
            Some((value, known.clone()))
        });
        Walk::inside(inner, known.collect(), self.work_left).types_of_outputs()
    }

    /// Makes values known by name.
    pub(super) fn learn_names(&mut self) {
        if self.names.is_empty() {
            let values = self
                .graph
                .value_names
                .iter()
                .cloned()
                .zip((0..).map(ValueId));
            self.names.extend(values);
        }
    }

    /// The number here of each value of the branch: a new one for what it makes, the known one for what it captures.
    fn renumber(&mut self, branch: &Graph, node: &Node) -> Option<HashMap<ValueId, ValueId>> {
        let made: HashSet<ValueId> = branch
            .constants
            .keys()
            .copied()
            .chain(
                branch
                    .nodes
                    .iter()
                    .flat_map(|inner| inner.outputs.iter().flatten().copied()),
            )
            .collect();
        let mut numbers = outputs_in_place(branch, node, &made)?;
        let mut new = vec![];
        for (number, name) in (0..).zip(&branch.value_names) {
            let value = ValueId(number);
            if numbers.contains_key(&value) {
                continue;
            }
            let number = match (made.contains(&value), self.names.get(name)) {
                (false, captured) => *captured?,
                (true, Some(_)) => return None,
                (true, None) => {
                    new.push(name.clone());
                    let next = self.graph.value_names.len() + new.len() - 1;
                    ValueId(u32::try_from(next).ok()?)
                }
            };
            numbers.insert(value, number);
        }
        for name in new {
            let next = ValueId(u32::try_from(self.graph.value_names.len()).ok()?);
            self.names.insert(name.clone(), next);
            self.graph.value_names.push(name);
        }
        Some(numbers)
    }

    fn take_constants(&mut self, branch: &Graph, numbers: &HashMap<ValueId, ValueId>) {
        for (value, tensor) in &branch.constants {
            if let Some(number) = numbers.get(value) {
                self.graph.constants.insert(*number, tensor.clone());
                self.known.insert(*number, Known::constant(tensor.clone()));
            }
        }
    }
}

/// Outputs that the branch itself makes take the numbers of the `If`'s outputs, each once.
fn outputs_in_place(
    branch: &Graph,
    node: &Node,
    made: &HashSet<ValueId>,
) -> Option<HashMap<ValueId, ValueId>> {
    if branch.outputs.len() != node.outputs.len() || !branch.inputs.is_empty() {
        return None;
    }
    let mut numbers = HashMap::new();
    for (inner, outer) in branch.outputs.iter().zip(&node.outputs) {
        if let (true, Some(outer)) = (made.contains(&inner.value), outer) {
            numbers.entry(inner.value).or_insert(*outer);
        }
    }
    Some(numbers)
}

fn rename(node: &Node, numbers: &HashMap<ValueId, ValueId>) -> Node {
    let number = |value: &Option<ValueId>| value.and_then(|value| numbers.get(&value).copied());
    Node {
        inputs: node.inputs.iter().map(number).collect(),
        outputs: node.outputs.iter().map(number).collect(),
        ..node.clone()
    }
}

fn identity(node: &Node, from: ValueId, to: ValueId) -> Node {
    Node {
        name: format!("{}/{}", node.name, to.0),
        op_type: "Identity".to_owned(),
        domain: String::new(),
        inputs: vec![Some(from)],
        outputs: vec![Some(to)],
        attributes: BTreeMap::new(),
    }
}
