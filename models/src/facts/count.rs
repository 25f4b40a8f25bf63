//! The cost and the traffic of each operator.

use tare_units::{Bytes, Flops};

use super::traffic::{self, Moved};
use super::{OperatorFacts, UnknownCost, nested};
use crate::cost::{Cost, Roles, Work, cost};
use crate::graph::{Node, ValueId};
use crate::infer::{Context, Known};
use crate::resolve::Resolved;

/// One operator's cost and traffic, or why they are not known.
pub(super) struct Counted {
    pub facts: OperatorFacts,
    pub cost: Option<Cost>,
    pub unknown: Option<UnknownCost>,
}

/// Every operator in execution order.
pub(super) fn operators(resolved: &Resolved) -> Vec<Counted> {
    let roles = Roles::of(&resolved.graph);
    let nodes = resolved.graph.nodes.iter();
    nodes.map(|node| operator(resolved, &roles, node)).collect()
}

fn operator(resolved: &Resolved, roles: &Roles, node: &Node) -> Counted {
    let (cost, moved) = match nested::graphs(resolved, node) {
        None => (
            operator_cost(resolved, roles, node),
            traffic::moved(resolved, node),
        ),
        Some(Ok(within)) => (
            Ok(within.cost),
            traffic::moved(resolved, node).map(|moved| moved.and(&within.moved)),
        ),
        Some(Err(reason)) => (Err(reason.clone()), Err(reason)),
    };
    let first = node.outputs.iter().flatten().next();
    let shape = first
        .and_then(|value| resolved.types.get(value))
        .map(|(_, shape)| shape.clone());
    let reason = cost.as_ref().err().or(moved.as_ref().err()).cloned();
    let (cost, moved) = (cost.ok(), moved.ok());
    let bytes =
        |pick: fn(&Moved) -> u64| moved.as_ref().map(|moved| Bytes::from_bytes(pick(moved)));
    Counted {
        facts: OperatorFacts {
            name: node.name.clone(),
            op_type: node.op_type.clone(),
            shape,
            class: cost
                .as_ref()
                .and_then(|cost| cost.parts.first())
                .map(|(class, _)| *class),
            flops: cost
                .as_ref()
                .map(|cost| Flops::from_operations(cost.flops())),
            macs: cost.as_ref().map(|cost| cost.macs),
            bytes_read: bytes(|moved| moved.read),
            bytes_written: bytes(|moved| moved.written),
        },
        cost,
        unknown: reason.map(|reason| UnknownCost {
            name: node.name.clone(),
            op_type: node.op_type.clone(),
            domain: node.domain.clone(),
            reason,
        }),
    }
}

fn known(resolved: &Resolved, value: ValueId) -> Known {
    let (dtype, shape) = resolved.types.get(&value).cloned().unzip();
    let value = resolved.graph.constants.get(&value).cloned();
    Known {
        dtype,
        shape,
        value,
    }
}

fn operator_cost(resolved: &Resolved, roles: &Roles, node: &Node) -> Result<Cost, String> {
    let open = |value: &ValueId| !resolved.types.contains_key(value);
    let mut values = node.inputs.iter().chain(&node.outputs).flatten();
    if let Some(value) = values.find(|value| open(value)) {
        let name = resolved.graph.name_of(*value);
        return Err(format!("the type or shape of '{name}' is not known"));
    }
    let inputs: Vec<Option<Known>> = node
        .inputs
        .iter()
        .map(|input| input.map(|input| known(resolved, input)))
        .collect();
    let operands: Vec<Option<&Known>> = inputs.iter().map(Option::as_ref).collect();
    let outputs: Vec<Vec<usize>> = (node.outputs.iter())
        .map(|output| {
            output
                .and_then(|output| known(resolved, output).shape)
                .unwrap_or_default()
        })
        .collect();
    let constant: Vec<bool> = node
        .inputs
        .iter()
        .map(|input| input.is_some_and(|input| roles.is_constant(input)))
        .collect();
    let opset = resolved
        .graph
        .opsets
        .get(&node.domain)
        .copied()
        .unwrap_or(1);
    let context = Context {
        node,
        operands: &operands,
        opset,
    };
    let work = Work {
        context: &context,
        outputs: &outputs,
        constant: &constant,
        role: roles.of_product(node),
    };
    cost(&work).ok_or_else(|| "there is no rule for what this operator costs".to_owned())
}
