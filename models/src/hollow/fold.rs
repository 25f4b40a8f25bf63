//! Which values depend on constants alone, as every framework computes them once while it loads a model.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::graph::{Graph, Node, ValueId};
use crate::infer::Known;
use crate::nested::nested_graphs;
use crate::tensor::Tensor;

/// The constants of `graph` and what follows from them, of whose values `known` is known.
///
/// Quantisation stays, as its operators mark what is fused; so does what asks for a shape, as that changes with the sizes.
/// Outputs of the graph are computed by their operators.
pub(super) fn constants(
    graph: &Graph,
    known: &HashMap<ValueId, Known>,
) -> BTreeMap<ValueId, Tensor> {
    let outputs: BTreeSet<ValueId> = graph.outputs.iter().map(|output| output.value).collect();
    let mut constants = graph.constants.clone();
    for node in graph.nodes.iter().filter(|node| may_fold(node)) {
        let mut inputs = node.inputs.iter().flatten();
        let constant = inputs.all(|input| constants.contains_key(input));
        let given = node.outputs.iter().flatten();
        if !constant || given.clone().any(|output| outputs.contains(output)) {
            continue;
        }
        let computed = given.map(|output| {
            let value = known.get(output)?.value.clone()?;
            Some((*output, value))
        });
        if let Some(computed) = computed.collect::<Option<Vec<_>>>() {
            constants.extend(computed);
        }
    }
    constants
}

fn may_fold(node: &Node) -> bool {
    let stays = matches!(
        node.op_type.as_str(),
        "QuantizeLinear" | "DequantizeLinear" | "Shape" | "Size"
    );
    let has_input = node.inputs.iter().flatten().next().is_some();
    !stays && has_input && node.domain.is_empty() && nested_graphs(node).is_empty()
}
