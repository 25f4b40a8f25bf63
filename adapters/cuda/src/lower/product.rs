//! Matrix products.

use tare_models::{DataType, Node};

use super::{Lowering, Refusal};
use crate::expression::{Binary, Constant, Instruction, Program};
use crate::step::{Epilogue, Kind};
use crate::view::View;

/// One product of matrices where the second operand is the same for all, else one for each index of the leading axes.
pub(super) fn matmul(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let (mut a, mut b) = (lowering.floats(node, 0)?, lowering.floats(node, 1)?);
    let (dtype, shape) = lowering.output_type(node)?;
    if a.shape.len() == 1 {
        a = a.unsqueeze(0);
    }
    if b.shape.len() == 1 {
        b = b.unsqueeze(1);
    }
    let (rows, inner, columns) = (
        a.shape[a.shape.len() - 2],
        a.shape[a.shape.len() - 1],
        b.shape[b.shape.len() - 1],
    );
    let output = lowering.local(node, dtype, &shape);
    let is_shared = b.elements() == inner * columns;
    let (a, b, made) = if is_shared {
        let all = a.elements() / inner;
        let a = lowering.reshaped(node, &a, &[all, inner])?;
        (
            a,
            b.reshape(&[inner, columns]),
            output.reshape(&[all, columns]),
        )
    } else {
        let batch = batch(&shape, output.elements() / (rows * columns), [&a, &b]);
        let with = |sizes: [usize; 2]| [batch.as_slice(), &sizes].concat();
        let repeated = a
            .broadcast(&with([rows, inner]))
            .ok_or("its operands do not fit")?;
        (
            repeated,
            b.broadcast(&with([inner, columns])),
            output.reshape(&with([rows, columns])),
        )
    };
    let b = b.ok_or("its operands do not fit")?;
    let made = made.ok_or("its operands do not fit the output's shape")?;
    product(lowering, node, a, b, made);
    lowering.set(node, 0, output);
    Ok(())
}

/// The leading axes of the result, which a vector among the operands leaves shorter.
fn batch(shape: &[usize], count: usize, operands: [&View; 2]) -> Vec<usize> {
    let rank = operands
        .iter()
        .map(|view| view.shape.len())
        .max()
        .unwrap_or(2)
        - 2;
    let batch = &shape[..rank.min(shape.len())];
    match batch.iter().product::<usize>() == count {
        true => batch.to_vec(),
        false => vec![count],
    }
}

fn product(lowering: &mut Lowering, node: &Node, a: View, b: View, made: View) {
    let kind = Kind::Product {
        epilogue: Epilogue::default(),
    };
    lowering.push(node, kind, vec![a, b], made);
}

/// `alpha · a b + beta · c`, the factors and the sum as steps of their own.
pub(super) fn gemm(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let (mut a, mut b) = (lowering.floats(node, 0)?, lowering.floats(node, 1)?);
    if a.shape.len() != 2 || b.shape.len() != 2 {
        return Err("its operands are no matrices".to_owned());
    }
    if node.int("transA").unwrap_or(0) != 0 {
        a = a.permute(&[1, 0]);
    }
    if node.int("transB").unwrap_or(0) != 0 {
        b = b.permute(&[1, 0]);
    }
    let (_, shape) = lowering.output_type(node)?;
    let mut output = lowering.local(node, DataType::F32, &shape);
    product(lowering, node, a, b, output.clone());
    let (alpha, beta) = (
        node.float("alpha").unwrap_or(1.0),
        node.float("beta").unwrap_or(1.0),
    );
    let mut program = Program::identity();
    let mut operands = vec![output.clone()];
    let mut last = scaled(&mut program, 0, alpha);
    if node.input(2).is_some() && beta != 0.0 {
        operands.push(lowering.floats(node, 2)?);
        let c = program.push(Instruction::Operand(1));
        let c = scaled(&mut program, c, beta);
        last = program.push(Instruction::Binary(Binary::Add, last, c));
    }
    if last != 0 {
        output = lowering.compute(node, &program, &operands, &shape)?;
    }
    lowering.set(node, 0, output);
    Ok(())
}

fn scaled(program: &mut Program, x: usize, factor: f32) -> usize {
    if factor == 1.0 {
        return x;
    }
    let factor = program.push(Instruction::Constant(Constant::Float(factor)));
    program.push(Instruction::Binary(Binary::Mul, x, factor))
}
