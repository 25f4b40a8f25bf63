//! Follows an input through the operators that pass its numbers on, to the operators that make demands of them.

use std::collections::HashSet;
use std::rc::Rc;

use super::Types;
use super::demand::{Demand, demand};
use super::index::Indexes;
use super::onward::onward;
use crate::bind::TensorSpec;
use crate::graph::{Graph, Node};
use crate::tensor::Tensor;

const STEP_LIMIT: usize = 1 << 16;

/// A value on the way, and what happened to its numbers.
#[derive(Clone)]
pub(super) struct Step<'g> {
    /// Its graph and the graphs around that, the outermost first.
    pub(super) scopes: Rc<[&'g Graph]>,
    pub(super) name: &'g str,
    /// The least that was added.
    pub(super) added_least: i64,
    /// The most that was added.
    pub(super) added_most: i64,
    /// Whether it became a part of a longer tensor.
    pub(super) is_part: bool,
}

impl<'g> Step<'g> {
    /// The graph that the value is in.
    pub(super) fn graph(&self) -> Option<&'g Graph> {
        self.scopes.last().copied()
    }
}

/// What is known of values: constants in the graphs, shapes of inputs, and types by inference.
pub(super) struct Walker<'g, 't> {
    pub(super) indexes: Indexes<'g>,
    specs: &'t [TensorSpec],
    types: &'t Types<'t>,
}

impl<'g, 't> Walker<'g, 't> {
    pub(super) fn new(specs: &'t [TensorSpec], types: &'t Types<'t>) -> Self {
        Self {
            indexes: Indexes::default(),
            specs,
            types,
        }
    }

    /// Everything that is demanded of the numbers of `graph`'s input `name`, nearest first.
    pub(super) fn demands(&self, graph: &'g Graph, name: &'g str) -> Vec<Demand> {
        let mut steps = vec![Step {
            scopes: Rc::new([graph]),
            name,
            added_least: 0,
            added_most: 0,
            is_part: false,
        }];
        let mut seen = HashSet::new();
        let mut demands = Vec::new();
        let mut next = 0;
        while next < steps.len() && next < STEP_LIMIT {
            let step = steps[next].clone();
            next += 1;
            let Some(graph) = step.graph() else { continue };
            let what = (step.name, step.added_least, step.added_most, step.is_part);
            if !seen.insert((std::ptr::from_ref(graph), what)) {
                continue;
            }
            let index = self.indexes.of(graph);
            for (node, input) in index.readers.get(step.name).into_iter().flatten() {
                demands.extend(demand(self, &step, node, *input));
                steps.extend(onward(self, &step, node, *input));
            }
            for nested in index.captures.get(step.name).into_iter().flatten() {
                steps.push(inward(&step, nested, step.name));
            }
        }
        demands
    }

    /// The constant at input `index` of `node`, where it is one.
    pub(super) fn constant(
        &self,
        step: &Step<'g>,
        node: &Node,
        index: usize,
    ) -> Option<&'g Tensor> {
        let name = step.graph()?.name_of(node.input(index)?);
        for graph in step.scopes.iter().rev() {
            if let Some(value) = self.indexes.of(graph).ids.get(name)
                && let Some(constant) = graph.constants.get(value)
            {
                return Some(constant);
            }
        }
        None
    }

    /// The shape at input `index` of `node`, where it is known.
    pub(super) fn shape(&self, step: &Step<'g>, node: &Node, index: usize) -> Option<Vec<usize>> {
        if let Some(constant) = self.constant(step, node, index) {
            return Some(constant.shape().to_vec());
        }
        let name = step.graph()?.name_of(node.input(index)?);
        if let Some(spec) = self.specs.iter().find(|spec| spec.name == name) {
            return Some(spec.shape.clone());
        }
        let outermost = step.scopes.first()?;
        let value = self.indexes.of(outermost).ids.get(name).copied()?;
        (self.types)(value).map(|(_, shape)| shape)
    }
}

/// The value `name` of a graph nested in the step's.
pub(super) fn inward<'g>(step: &Step<'g>, nested: &'g Graph, name: &'g str) -> Step<'g> {
    let scopes = step.scopes.iter().copied().chain([nested]);
    Step {
        scopes: scopes.collect(),
        name,
        ..step.clone()
    }
}
