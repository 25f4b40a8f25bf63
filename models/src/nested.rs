//! Graphs within operators (`If`, `Loop`, `Scan`), and the values they read from the graphs around them.
//!
//! A nested [`Graph`] numbers its own values. A value of it that is neither an input nor a constant nor the output of
//! one of its operators is *captured*: it is the value of the same name in the nearest graph around it that has one.

use std::collections::{BTreeSet, HashSet};

use crate::graph::{Attribute, Graph, Node, ValueId};

/// A graph within an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subgraph {
    /// The operators and attributes on the way to it, such as `loop.body/if.then_branch`.
    pub path: String,
    /// How many operators it has, those of graphs within it left out.
    pub operators: usize,
}

impl Graph {
    /// All graphs within operators of this one, at any depth, outer before inner.
    pub fn subgraphs(&self) -> Vec<Subgraph> {
        let mut found = Vec::new();
        collect(self, "", &mut found);
        found
    }

    /// The names of the values that this graph, and the graphs within it, read from the graphs around it.
    pub fn captured_names(&self) -> BTreeSet<&str> {
        captured_names(self)
    }
}

/// The graphs in the attributes of `node`, each with its attribute's name.
pub(crate) fn nested_graphs(node: &Node) -> Vec<(&str, &Graph)> {
    let mut graphs = Vec::new();
    for (name, attribute) in &node.attributes {
        match attribute {
            Attribute::Graph(graph) => graphs.push((name.as_str(), graph.as_ref())),
            Attribute::Graphs(list) => graphs.extend(list.iter().map(|g| (name.as_str(), g))),
            _ => {}
        }
    }
    graphs
}

/// As [`Graph::captured_names`].
pub(crate) fn captured_names(graph: &Graph) -> BTreeSet<&str> {
    let defined = defined(graph);
    let inputs = graph
        .nodes
        .iter()
        .flat_map(|node| node.inputs.iter().flatten());
    let outputs = graph.outputs.iter().map(|output| &output.value);
    let read = inputs
        .chain(outputs)
        .filter(|value| !defined.contains(value));
    let mut names: BTreeSet<&str> = read.map(|value| graph.name_of(*value)).collect();
    let own: HashSet<&str> = defined.iter().map(|value| graph.name_of(*value)).collect();
    for (_, nested) in graph.nodes.iter().flat_map(nested_graphs) {
        let inner = captured_names(nested);
        names.extend(inner.into_iter().filter(|name| !own.contains(name)));
    }
    names
}

fn defined(graph: &Graph) -> HashSet<ValueId> {
    let inputs = graph.inputs.iter().map(|input| input.value);
    let outputs = graph
        .nodes
        .iter()
        .flat_map(|node| node.outputs.iter().flatten());
    let constants = graph.constants.keys();
    inputs
        .chain(outputs.copied())
        .chain(constants.copied())
        .collect()
}

fn collect(graph: &Graph, path: &str, found: &mut Vec<Subgraph>) {
    for node in &graph.nodes {
        for (attribute, nested) in nested_graphs(node) {
            let separator = if path.is_empty() { "" } else { "/" };
            let inner = format!("{path}{separator}{}.{attribute}", node.name);
            found.push(Subgraph {
                path: inner.clone(),
                operators: nested.nodes.len(),
            });
            collect(nested, &inner, found);
        }
    }
}
