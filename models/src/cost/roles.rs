//! Which values are constant, and which products of two activations are attention's.

use std::collections::HashSet;

use super::{Class, is_movement};
use crate::graph::{Graph, Node, ValueId};

/// What the values of a graph are.
pub(crate) struct Roles {
    constant: HashSet<ValueId>,
    /// Made from a softmax by moving, scaling or masking.
    from_softmax: HashSet<ValueId>,
    /// Becomes the input of a softmax by the same.
    into_softmax: HashSet<ValueId>,
}

impl Roles {
    /// Of all values.
    pub fn of(graph: &Graph) -> Self {
        let mut roles = Self {
            constant: graph.constants.keys().copied().collect(),
            from_softmax: HashSet::new(),
            into_softmax: HashSet::new(),
        };
        for node in &graph.nodes {
            roles.forward(node);
        }
        for node in graph.nodes.iter().rev() {
            roles.backward(node);
        }
        roles
    }

    fn forward(&mut self, node: &Node) {
        let mut inputs = node.inputs.iter().flatten();
        let derived = is_movement(&node.op_type) || node.op_type == "DequantizeLinear";
        if derived && inputs.clone().all(|input| self.constant.contains(input)) {
            self.constant.extend(node.outputs.iter().flatten());
        }
        let weighs = passes(&node.op_type) && inputs.any(|input| self.from_softmax.contains(input));
        if weighs || node.op_type == "Softmax" {
            self.from_softmax.extend(node.outputs.iter().flatten());
        }
    }

    fn backward(&mut self, node: &Node) {
        let mut outputs = node.outputs.iter().flatten();
        let leads = passes(&node.op_type) && outputs.any(|value| self.into_softmax.contains(value));
        if leads || node.op_type == "Softmax" {
            self.into_softmax.extend(node.inputs.iter().flatten());
        }
    }

    /// Whether a value is constant, be it only once it is dequantised or moved.
    pub fn is_constant(&self, value: ValueId) -> bool {
        self.constant.contains(&value)
    }

    /// What a product of two activations is.
    pub fn of_product(&self, node: &Node) -> Class {
        let mut inputs = node.inputs.iter().flatten();
        let mut outputs = node.outputs.iter().flatten();
        if inputs.any(|input| self.from_softmax.contains(input)) {
            Class::AttentionValues
        } else if outputs.any(|output| self.into_softmax.contains(output)) {
            Class::AttentionScores
        } else {
            Class::Matmul
        }
    }
}

fn passes(op_type: &str) -> bool {
    is_movement(op_type)
        || matches!(
            op_type,
            "Add"
                | "Sub"
                | "Mul"
                | "Div"
                | "Clip"
                | "Max"
                | "Min"
                | "QuantizeLinear"
                | "DequantizeLinear"
                | "DynamicQuantizeLinear"
        )
}
