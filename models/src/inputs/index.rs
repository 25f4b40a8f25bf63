//! Who reads which value of a graph, by name, so that values captured by nested graphs are found as well.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::graph::{Graph, Node, ValueId};
use crate::nested::{captured_names, nested_graphs};

/// The readers and numbers of one graph's values, by name.
#[derive(Default)]
pub(super) struct Index<'g> {
    /// The operators that read a value, with the number of the input.
    pub(super) readers: HashMap<&'g str, Vec<(&'g Node, usize)>>,
    /// The graphs, nested in this one, that read a value of it.
    pub(super) captures: HashMap<&'g str, Vec<&'g Graph>>,
    /// The values of the graph.
    pub(super) ids: HashMap<&'g str, ValueId>,
}

/// The indexes of graphs, each made once.
#[derive(Default)]
pub(super) struct Indexes<'g>(RefCell<HashMap<*const Graph, Rc<Index<'g>>>>);

impl<'g> Indexes<'g> {
    /// The index of `graph`.
    pub(super) fn of(&self, graph: &'g Graph) -> Rc<Index<'g>> {
        let mut known = self.0.borrow_mut();
        let index = known.entry(std::ptr::from_ref(graph));
        index.or_insert_with(|| Rc::new(Index::new(graph))).clone()
    }
}

impl<'g> Index<'g> {
    fn new(graph: &'g Graph) -> Self {
        let mut index = Self::default();
        for (name, value) in graph.value_names.iter().zip(0..) {
            index.ids.insert(name, ValueId(value));
        }
        for node in &graph.nodes {
            index.add(graph, node);
        }
        index
    }

    fn add(&mut self, graph: &'g Graph, node: &'g Node) {
        for (position, input) in node.inputs.iter().enumerate() {
            if let Some(value) = input {
                let readers = self.readers.entry(graph.name_of(*value)).or_default();
                readers.push((node, position));
            }
        }
        for (_, nested) in nested_graphs(node) {
            for name in captured_names(nested) {
                self.captures.entry(name).or_default().push(nested);
            }
        }
    }
}
