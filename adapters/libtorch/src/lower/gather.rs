//! Gather: rows of a table, one element of an axis, or any elements of it.

use std::sync::atomic::{AtomicBool, Ordering};

use tare_models::ValueId;
use tch::{TchError, Tensor};

use super::host::from_first;
use super::{Entry, Inputs, Kernel, Node, Refusal, Scope};
use crate::ffi::Shared;

pub(super) const TABLE: &[Entry] = &[("Gather", gather)];

fn gather(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let axis = node.int("axis", 0);
    let one = node.constant_ints(1).ok().flatten();
    if let Some([index]) = one.as_deref()
        && node.shape(1) == Some(vec![])
    {
        let index = *index;
        return Ok(Kernel::unary(move |x| x.f_select(axis, index)));
    }
    let table = node.shape(0).is_some_and(|shape| shape.len() == 2);
    if axis == 0
        && table
        && node
            .node
            .input(1)
            .is_some_and(|value| counts_up(node.scope, value))
        && let Some(table) = node.take(0)?
    {
        return Ok(rows(table));
    }
    let axis = match node.rank(0) {
        Ok(rank) => from_first(axis, rank as usize)? as i64,
        Err(_) => axis,
    };
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        elements(inputs.at(0)?, axis, inputs.at(1)?)
    }))
}

/// Operators that give elements of their first input, or those and zeros.
const MOVERS: [&str; 9] = [
    "Cast",
    "Expand",
    "Flatten",
    "Identity",
    "Reshape",
    "Slice",
    "Squeeze",
    "Transpose",
    "Unsqueeze",
];

/// Whether indices are, as those that PyTorch looks up in embeddings, an input of the graph, or constants from 0 on.
fn counts_up(scope: &Scope<'_>, mut value: ValueId) -> bool {
    let graph = scope.graph;
    for _ in 0..=graph.nodes.len() {
        if graph.inputs.iter().any(|input| input.value == value) {
            return true;
        }
        if let Some(constant) = scope.constant(value) {
            let from_zero = |values: &[i64]| values.iter().all(|index| *index >= 0);
            return constant
                .values::<i64>()
                .is_some_and(|values| from_zero(&values));
        }
        let mut nodes = graph.nodes.iter();
        let maker = nodes.find(|node| node.output(0) == Some(value));
        let mover =
            maker.filter(|node| node.domain.is_empty() && MOVERS.contains(&node.op_type.as_str()));
        match mover.and_then(|node| node.input(0)) {
            Some(from) => value = from,
            None => return false,
        }
    }
    false
}

/// An embedding, which refuses indices that count from the end: any elements of the axis from the first of such on.
fn rows(table: Shared) -> Kernel {
    let from_the_end = AtomicBool::new(false);
    Kernel::new(move |inputs: Inputs<'_>| {
        let indices = inputs.at(1)?;
        if from_the_end.load(Ordering::Relaxed) {
            return elements(&table, 0, indices);
        }
        match Tensor::f_embedding(&table, indices, -1, false, false) {
            Err(TchError::Torch(text)) if text.contains("out of range") => {
                let found = elements(&table, 0, indices)?;
                from_the_end.store(true, Ordering::Relaxed);
                Ok(found)
            }
            found => found,
        }
    })
}

fn elements(x: &Tensor, axis: i64, indices: &Tensor) -> Result<Tensor, TchError> {
    let axis = from_first(axis, x.dim())?;
    let mut places: Vec<Option<&Tensor>> = vec![None; axis];
    places.push(Some(indices));
    x.f_index(&places)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, longs, one};

    #[test]
    fn rows_are_counted_from_either_end() {
        let table = floats(&[3, 2], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let gather = one("Gather", 13).known(table);
        let found = gather.fed(longs(&[2], &[-1, 1])).first();
        assert_eq!(found, (vec![2, 2], vec![4.0, 5.0, 2.0, 3.0]));
    }
}
