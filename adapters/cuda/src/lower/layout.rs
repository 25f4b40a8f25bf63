//! Operators that show the same elements in other places.

use tare_models::Node;

use super::{Lowering, Refusal, axis_of};

/// The input itself.
pub(super) fn same(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    if node.op_type == "Dropout" {
        let training = lowering
            .constant(node, 2)
            .is_some_and(|flag| flag.bytes().contains(&1));
        if training || (node.input(2).is_some() && lowering.constant(node, 2).is_none()) {
            return Err("it may be in training mode".to_owned());
        }
        if node.output(1).is_some() {
            return Err("its mask is asked for".to_owned());
        }
    }
    let x = lowering.input(node, 0)?;
    lowering.set(node, 0, x);
    Ok(())
}

pub(super) fn reshape(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let x = lowering.input(node, 0)?;
    let (_, shape) = lowering.output_type(node)?;
    let view = lowering.reshaped(node, &x, &shape)?;
    lowering.set(node, 0, view);
    Ok(())
}

pub(super) fn transpose(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let x = lowering.input(node, 0)?;
    let rank = x.shape.len();
    let order = match node.ints("perm") {
        None => (0..rank).rev().collect(),
        Some(perm) if perm.len() == rank => perm
            .iter()
            .map(|axis| axis_of(*axis, rank))
            .collect::<Result<Vec<_>, _>>()?,
        Some(perm) => return Err(format!("perm has {} axes, its input {rank}", perm.len())),
    };
    lowering.set(node, 0, x.permute(&order));
    Ok(())
}

pub(super) fn expand(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let x = lowering.input(node, 0)?;
    let (_, shape) = lowering.output_type(node)?;
    let view = x
        .broadcast(&shape)
        .ok_or("its input does not fit the output's shape")?;
    lowering.set(node, 0, view);
    Ok(())
}

/// Each axis behind one of the repeats.
pub(super) fn tile(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let x = lowering.input(node, 0)?;
    let (_, shape) = lowering.output_type(node)?;
    let mut repeated = x.clone();
    let mut wide = Vec::new();
    for (axis, (size, own)) in shape.iter().zip(&x.shape).enumerate() {
        repeated = repeated.unsqueeze(2 * axis);
        wide.extend([size / own, *own]);
    }
    let repeated = repeated.broadcast(&wide).ok_or("its repeats do not fit")?;
    let view = lowering.reshaped(node, &repeated, &shape)?;
    lowering.set(node, 0, view);
    Ok(())
}
