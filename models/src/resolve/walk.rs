//! One pass over the operators in execution order, inferring and computing as it goes.

use std::collections::{BTreeMap, HashMap};

use super::feed::{self, Symbols};
use super::{ResolveError, Resolved, Unresolved, prune, weights};
use crate::bind::TensorSpec;
use crate::graph::{Declared, Graph, Node, ValueId};
use crate::infer::Known;

/// Elements read and written by all that is computed.
const MOST_WORK: u64 = 1 << 25;
/// Elements read and written by all that is computed in one branch that may not be taken.
const WORK_INSIDE: u64 = 1 << 14;
/// Elements and axes of the largest tensor that any operator may have.
const LARGEST: u64 = 1 << 48;
const MOST_AXES: usize = 64;

/// What is known so far, and the operators seen, those of branches taken included.
pub(super) struct Walk {
    pub graph: Graph,
    pub known: HashMap<ValueId, Known>,
    /// By name, filled once a branch needs it.
    pub names: HashMap<String, ValueId>,
    pub nodes: Vec<Node>,
    /// Why a value has no type or shape.
    pub(super) reasons: BTreeMap<ValueId, String>,
    /// Element type and shape that the file declares for outputs, once the inputs' symbols have sizes.
    pub(super) declared: HashMap<ValueId, Known>,
    /// Elements that may still be read and written to compute values.
    pub(super) work_left: u64,
}

impl Walk {
    /// With the types of the inputs and the constants of the file.
    pub fn start(graph: &Graph, inputs: &[TensorSpec]) -> Result<Self, ResolveError> {
        let (specs, symbols) = feed::feed(graph, inputs)?;
        let constants = graph.constants.iter();
        let mut known: HashMap<ValueId, Known> = constants
            .map(|(value, tensor)| (*value, Known::constant(tensor.clone())))
            .collect();
        for (declared, spec) in graph.inputs.iter().zip(specs) {
            let shape = spec.shape.clone();
            if !addressable(&shape) {
                return Err(ResolveError::InputShape {
                    name: spec.name.clone(),
                    declared: "at most 64 axes and 2^48 elements".to_owned(),
                    given: shape,
                });
            }
            let input = Known {
                dtype: Some(spec.dtype),
                shape: Some(shape),
                value: None,
            };
            known.insert(declared.value, input);
        }
        Ok(Self {
            graph: Graph {
                nodes: vec![],
                ..graph.clone()
            },
            known,
            names: HashMap::new(),
            nodes: Vec::with_capacity(graph.nodes.len()),
            reasons: BTreeMap::new(),
            declared: graph
                .outputs
                .iter()
                .map(|output| declared(output, &symbols))
                .collect(),
            work_left: MOST_WORK,
        })
    }

    /// For a graph inside an operator, with what it captures, where `work_left` may still be computed around it.
    pub fn inside(graph: &Graph, captured: HashMap<ValueId, Known>, work_left: u64) -> Self {
        let constants = graph.constants.iter();
        let constants = constants.map(|(value, tensor)| (*value, Known::constant(tensor.clone())));
        Self {
            graph: graph.clone(),
            known: captured.into_iter().chain(constants).collect(),
            names: HashMap::new(),
            nodes: vec![],
            reasons: BTreeMap::new(),
            declared: HashMap::new(),
            work_left: work_left.min(WORK_INSIDE),
        }
    }

    /// What is known of the graph's outputs once its operators are gone through; `None` where one cannot run.
    pub fn types_of_outputs(mut self) -> Option<Vec<Known>> {
        self.go_through()
    }

    /// As [`Walk::types_of_outputs`], with the folded graph.
    pub fn gone_through(mut self) -> Option<(Vec<Known>, Resolved)> {
        Some((self.go_through()?, self.finish()))
    }

    fn go_through(&mut self) -> Option<Vec<Known>> {
        let nodes = std::mem::take(&mut self.graph.nodes);
        self.run(&nodes).ok()?;
        let outputs = self.graph.outputs.iter();
        Some(
            outputs
                .map(|output| self.known.get(&output.value).cloned().unwrap_or_default())
                .collect(),
        )
    }

    /// Goes through operators in their order.
    pub fn run(&mut self, nodes: &[Node]) -> Result<(), ResolveError> {
        for node in nodes {
            match self.branch_taken(node) {
                Some(branch) => self.run(&branch)?,
                None => {
                    self.step(node)?;
                    self.nodes.push(node.clone());
                }
            }
        }
        Ok(())
    }

    /// The folded graph with what is known of its values.
    pub fn finish(self) -> Resolved {
        let weights = weights::weights(&self);
        let Self {
            mut graph,
            known,
            nodes,
            mut reasons,
            ..
        } = self;
        let computed = nodes.iter().flat_map(|node| node.outputs.iter().flatten());
        for value in computed {
            if let Some(tensor) = known.get(value).and_then(|known| known.value.clone()) {
                graph.constants.insert(*value, tensor);
            }
        }
        graph.nodes = nodes;
        let live = prune::prune(&mut graph);
        let mut types = BTreeMap::new();
        for (value, known) in known {
            if let (Some(dtype), Some(shape)) = (known.dtype, known.shape) {
                types.insert(value, (dtype, shape));
            }
        }
        reasons.retain(|value, _| live.contains(value));
        let unresolved = reasons.into_iter().map(|(value, reason)| Unresolved {
            value,
            name: graph.name_of(value).to_owned(),
            reason,
        });
        let unresolved = unresolved.collect();
        Resolved {
            graph,
            types,
            unresolved,
            weights,
        }
    }
}

fn declared(output: &Declared, symbols: &Symbols) -> (ValueId, Known) {
    let shape = feed::declared_shape(output, symbols);
    let known = Known {
        dtype: Some(output.dtype),
        shape: shape.filter(|shape| addressable(shape)),
        value: None,
    };
    (output.value, known)
}

/// Whether a tensor of this shape may exist: sizes of zero count as one here.
pub(super) fn addressable(shape: &[usize]) -> bool {
    let product = |all: u64, size: &usize| all.saturating_mul((*size as u64).max(1));
    shape.len() <= MOST_AXES && shape.iter().fold(1, product) <= LARGEST
}
