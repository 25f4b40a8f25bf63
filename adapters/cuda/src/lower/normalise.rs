//! Normalisations and softmax.

use tare_models::{DataType, Node, Tensor};

use super::{Lowering, Refusal, axis_of};
use crate::expression::{Binary, Instruction, Program};
use crate::step::Kind;
use crate::view::View;

/// As it is at inference: x times a factor plus a shift a channel, from constant statistics.
pub(super) fn batch(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let x = lowering.floats(node, 0)?;
    let training = node.int("training_mode").unwrap_or(0) != 0;
    if training || node.outputs.iter().skip(1).flatten().next().is_some() {
        return Err("it updates its statistics, as in training".to_owned());
    }
    let channels = *x.shape.get(1).ok_or("its input has no channels")?;
    let along = [&[channels][..], &vec![1; x.shape.len() - 2]].concat();
    let epsilon = node.float("epsilon").unwrap_or(1e-5);
    let mut vectors = Vec::new();
    for index in 1..5 {
        vectors.push(lowering.floats(node, index)?);
    }
    let constants: Option<Vec<Vec<f32>>> = vectors
        .iter()
        .map(|view| lowering.draft.floats(view))
        .collect();
    let constants = constants.ok_or("its statistics must be constant")?;
    let [scale, bias, mean, variance] = constants.as_slice() else {
        return Err("it has no statistics".to_owned());
    };
    let each = scale.iter().zip(bias).zip(mean).zip(variance);
    let (factors, shifts): (Vec<f32>, Vec<f32>) = each
        .map(|(((scale, bias), mean), variance)| {
            let factor = f64::from(*scale) / (f64::from(*variance) + f64::from(epsilon)).sqrt();
            (
                factor as f32,
                (f64::from(*bias) - f64::from(*mean) * factor) as f32,
            )
        })
        .unzip();
    let mut operands = vec![x.clone()];
    for (what, values) in [("factor", factors), ("shift", shifts)] {
        let tensor =
            Tensor::from_values(along.clone(), values).map_err(|error| error.to_string())?;
        operands.push(
            lowering
                .draft
                .add_weight(format!("{}.{what}", node.name), tensor),
        );
    }
    let output = lowering.compute(node, &affine(), &operands, &x.shape)?;
    lowering.set(node, 0, output);
    Ok(())
}

/// x times operand 1 plus operand 2.
fn affine() -> Program {
    let mut program = Program::binary(Binary::Mul);
    let shift = program.push(Instruction::Operand(2));
    program.push(Instruction::Binary(Binary::Add, 2, shift));
    program
}

pub(super) fn layer(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let x = lowering.floats(node, 0)?;
    if node.outputs.iter().skip(1).flatten().next().is_some() {
        return Err("its mean or deviation is asked for".to_owned());
    }
    let axis = axis_of(node.int("axis").unwrap_or(-1), x.shape.len())?;
    let scale = lowering.floats(node, 1)?;
    let bias = match node.input(2) {
        Some(_) => Some(lowering.floats(node, 2)?),
        None => None,
    };
    let output = layer_norm(lowering, node, &x, axis, Some(scale), bias)?;
    lowering.set(node, 0, output);
    Ok(())
}

fn layer_norm(
    lowering: &mut Lowering,
    node: &Node,
    x: &View,
    axis: usize,
    scale: Option<View>,
    bias: Option<View>,
) -> Result<View, Refusal> {
    let width: usize = x.shape[axis..].iter().product();
    let flat = [&x.shape[..axis], &[width]].concat();
    let mut inputs = vec![lowering.reshaped(node, x, &flat)?];
    let (has_scale, has_bias) = (scale.is_some(), bias.is_some());
    for vector in [scale, bias].into_iter().flatten() {
        let vector = vector.broadcast(&x.shape[axis..]);
        let vector = vector.ok_or("its scale or shift does not fit")?;
        inputs.push(lowering.reshaped(node, &vector, &[width])?);
    }
    let output = lowering.local(node, DataType::F32, &x.shape);
    let made = output.reshape(&flat).ok_or("its axes cannot be joined")?;
    let kind = Kind::LayerNorm {
        epsilon: node.float("epsilon").unwrap_or(1e-5),
        residual: false,
        scale: has_scale,
        bias: has_bias,
    };
    lowering.push(node, kind, inputs, made);
    Ok(output)
}

/// The sum of input, skip and bias, and its normalisation; the sum may be the fourth output.
pub(super) fn skip_layer(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    if node.output(1).is_some() || node.output(2).is_some() {
        return Err("its mean or deviation is asked for".to_owned());
    }
    let x = lowering.floats(node, 0)?;
    let mut operands = vec![x.clone(), lowering.floats(node, 1)?];
    let mut program = Program::binary(Binary::Add);
    if node.input(4).is_some() {
        operands.push(lowering.floats(node, 4)?);
        let bias = program.push(Instruction::Operand(2));
        program.push(Instruction::Binary(Binary::Add, 2, bias));
    }
    let sum = lowering.compute(node, &program, &operands, &x.shape)?;
    let scale = lowering.floats(node, 2)?;
    let bias = match node.input(3) {
        Some(_) => Some(lowering.floats(node, 3)?),
        None => None,
    };
    let last = x.shape.len() - 1;
    let output = layer_norm(lowering, node, &sum, last, Some(scale), bias)?;
    lowering.set(node, 0, output);
    lowering.set(node, 3, sum);
    Ok(())
}

/// Over one axis; before opset 13 over all from that one on.
pub(super) fn softmax(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let x = lowering.floats(node, 0)?;
    let log = node.op_type == "LogSoftmax";
    let rank = x.shape.len();
    let since_13 = lowering.opset(node) >= 13;
    let axis = axis_of(
        node.int("axis").unwrap_or(if since_13 { -1 } else { 1 }),
        rank.max(1),
    )?;
    if rank == 0 {
        return Err("its input is a scalar".to_owned());
    }
    let output = lowering.local(node, DataType::F32, &x.shape);
    let (from, to) = if since_13 {
        let mut order: Vec<usize> = (0..rank).filter(|other| *other != axis).collect();
        order.push(axis);
        (x.permute(&order), output.permute(&order))
    } else {
        let flat = [
            x.shape[..axis].iter().product(),
            x.shape[axis..].iter().product(),
        ];
        let to = output.reshape(&flat).ok_or("its axes cannot be joined")?;
        (lowering.reshaped(node, &x, &flat)?, to)
    };
    lowering.push(node, Kind::Softmax { log }, vec![from], to);
    lowering.set(node, 0, output);
    Ok(())
}
