//! Reductions over any axes.

use tare_models::{DataType, Node};

use super::{Lowering, Refusal, axis_of};
use crate::expression::{Binary, Instruction, Program, Unary};
use crate::step::{Kind, Reduction};
use crate::view::View;

pub(super) fn reduce(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let mut x = lowering.floats(node, 0)?;
    let rank = x.shape.len();
    let listed = match node.ints("axes") {
        Some(axes) => Some(axes.to_vec()),
        None => lowering.integers(node, 1)?,
    };
    let listed = listed.filter(|axes| !axes.is_empty());
    if listed.is_none() && node.int("noop_with_empty_axes").unwrap_or(0) != 0 {
        return Err("it reduces no axis (noop_with_empty_axes)".to_owned());
    }
    let axes = match listed {
        Some(axes) => axes
            .iter()
            .map(|axis| axis_of(*axis, rank))
            .collect::<Result<Vec<_>, _>>()?,
        None => (0..rank).collect(),
    };
    let (before, function, root) = match node.op_type.as_str() {
        "ReduceMean" => (None, Reduction::Mean, false),
        "ReduceMax" => (None, Reduction::Max, false),
        "ReduceMin" => (None, Reduction::Min, false),
        "ReduceProd" => (None, Reduction::Product, false),
        "ReduceL1" => (Some(Program::unary(Unary::Abs)), Reduction::Sum, false),
        "ReduceL2" => (Some(square()), Reduction::Sum, true),
        "ReduceSumSquare" => (Some(square()), Reduction::Sum, false),
        _ => (None, Reduction::Sum, false),
    };
    if let Some(program) = before {
        let shape = x.shape.clone();
        x = lowering.compute(node, &program, &[x], &shape)?;
    }
    let mut output = fold(lowering, node, &x, &axes, function)?;
    if root {
        let shape = output.shape.clone();
        output = lowering.compute(node, &Program::unary(Unary::Sqrt), &[output], &shape)?;
    }
    lowering.set(node, 0, output);
    Ok(())
}

fn square() -> Program {
    let mut program = Program::identity();
    program.push(Instruction::Binary(Binary::Mul, 0, 0));
    program
}

/// Over all axes behind the channels.
pub(super) fn global_pool(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let x = lowering.floats(node, 0)?;
    let function = match node.op_type.as_str() {
        "GlobalMaxPool" => Reduction::Max,
        _ => Reduction::Mean,
    };
    let axes: Vec<usize> = (2..x.shape.len()).collect();
    let output = fold(lowering, node, &x, &axes, function)?;
    lowering.set(node, 0, output);
    Ok(())
}

/// The reduced axes behind the others, the result under the shape that the model has.
fn fold(
    lowering: &mut Lowering,
    node: &Node,
    x: &View,
    axes: &[usize],
    function: Reduction,
) -> Result<View, Refusal> {
    let (_, shape) = lowering.output_type(node)?;
    let kept: Vec<usize> = (0..x.shape.len())
        .filter(|axis| !axes.contains(axis))
        .collect();
    let order = [kept.as_slice(), axes].concat();
    let output = lowering.local(node, DataType::F32, &shape);
    let sizes: Vec<usize> = kept.iter().map(|axis| x.shape[*axis]).collect();
    let made = output
        .reshape(&sizes)
        .ok_or("its axes do not fit the output's shape")?;
    let kind = Kind::Reduce {
        function,
        axes: axes.len(),
    };
    lowering.push(node, kind, vec![x.permute(&order)], made);
    Ok(output)
}
