//! Operators that work element by element, as programs.

use tare_models::Node;

use super::{Lowering, Refusal};
use crate::expression::{Binary, Constant, Instruction, Program, Unary};
use crate::view::View;

/// Functions of one number that are one instruction.
const OF_ONE: [(&str, Unary); 17] = [
    ("Abs", Unary::Abs),
    ("Ceil", Unary::Ceil),
    ("Cos", Unary::Cos),
    ("Erf", Unary::Erf),
    ("Exp", Unary::Exp),
    ("Floor", Unary::Floor),
    ("Log", Unary::Log),
    ("Neg", Unary::Neg),
    ("Not", Unary::Not),
    ("Reciprocal", Unary::Reciprocal),
    ("Relu", Unary::Relu),
    ("Round", Unary::Round),
    ("Sigmoid", Unary::Sigmoid),
    ("Sign", Unary::Sign),
    ("Sin", Unary::Sin),
    ("Sqrt", Unary::Sqrt),
    ("Tanh", Unary::Tanh),
];

pub(super) fn of_one(op_type: &str) -> Option<Unary> {
    let found = OF_ONE.iter().find(|(name, _)| *name == op_type);
    found.map(|(_, function)| *function)
}

pub(super) fn finish(
    lowering: &mut Lowering,
    node: &Node,
    program: &Program,
    operands: &[View],
) -> Result<(), Refusal> {
    let (dtype, shape) = lowering.output_type(node)?;
    let output = lowering.compute(node, program, operands, &shape)?;
    let made = lowering.draft.buffer(output.buffer).dtype;
    if made != dtype {
        return Err(format!("it gives {made} where {dtype} is declared"));
    }
    lowering.set(node, 0, output);
    Ok(())
}

pub(super) fn unary(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let function = of_one(&node.op_type).ok_or("there is no such function")?;
    let x = lowering.input(node, 0)?;
    finish(lowering, node, &Program::unary(function), &[x])
}

pub(super) fn binary(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let x = lowering.input(node, 0)?;
    let y = lowering.input(node, 1)?;
    if node.int("axis").is_some() || node.int("broadcast").is_some_and(|given| given != 0) {
        return Err("it broadcasts by attribute, as before opset 7".to_owned());
    }
    let (function, swapped) = match node.op_type.as_str() {
        "Add" => (Binary::Add, false),
        "Sub" => (Binary::Sub, false),
        "Mul" => (Binary::Mul, false),
        "Div" => (Binary::Div, false),
        "Pow" => (Binary::Pow, false),
        "Equal" => (Binary::Equal, false),
        "Less" => (Binary::Less, false),
        "LessOrEqual" => (Binary::LessOrEqual, false),
        "Greater" => (Binary::Less, true),
        "GreaterOrEqual" => (Binary::LessOrEqual, true),
        "And" => (Binary::And, false),
        "Or" => (Binary::Or, false),
        "Xor" => (Binary::Xor, false),
        "PRelu" => return finish(lowering, node, &parametric_relu(), &[x, y]),
        other => return Err(format!("there is no function {other}")),
    };
    let operands = if swapped { [y, x] } else { [x, y] };
    finish(lowering, node, &Program::binary(function), &operands)
}

/// x where it is not negative, else x times the slope.
fn parametric_relu() -> Program {
    let mut program = Program::identity();
    let slope = program.push(Instruction::Operand(1));
    let zero = float(&mut program, 0.0);
    let negative = program.push(Instruction::Binary(Binary::Less, 0, zero));
    let product = program.push(Instruction::Binary(Binary::Mul, 0, slope));
    program.push(Instruction::Select(negative, product, 0));
    program
}

pub(super) fn variadic(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let function = match node.op_type.as_str() {
        "Max" => Binary::Max,
        "Min" => Binary::Min,
        _ => Binary::Add,
    };
    let count = node.inputs.len();
    let operands = (0..count).map(|index| lowering.input(node, index));
    let operands = operands.collect::<Result<Vec<View>, Refusal>>()?;
    let mut program = Program::identity();
    let mut last = 0;
    for index in 1..count {
        let operand = program.push(Instruction::Operand(index));
        last = program.push(Instruction::Binary(function, last, operand));
    }
    if node.op_type == "Mean" {
        let count = float(&mut program, count as f32);
        program.push(Instruction::Binary(Binary::Div, last, count));
    }
    finish(lowering, node, &program, &operands)
}

pub(super) fn select(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let operands = [0, 1, 2].map(|index| lowering.input(node, index));
    let operands = operands
        .into_iter()
        .collect::<Result<Vec<View>, Refusal>>()?;
    let mut program = Program::identity();
    let x = program.push(Instruction::Operand(1));
    let y = program.push(Instruction::Operand(2));
    program.push(Instruction::Select(0, x, y));
    finish(lowering, node, &program, &operands)
}

pub(super) fn cast(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let x = lowering.input(node, 0)?;
    let (dtype, _) = lowering.output_type(node)?;
    if lowering.draft.buffer(x.buffer).dtype == dtype {
        lowering.set(node, 0, x);
        return Ok(());
    }
    let mut program = Program::identity();
    program.push(Instruction::Cast(dtype, 0));
    finish(lowering, node, &program, &[x])
}

pub(super) fn clip(lowering: &mut Lowering, node: &Node) -> Result<(), Refusal> {
    let mut operands = vec![lowering.input(node, 0)?];
    let mut program = Program::identity();
    let mut last = 0;
    let bounds = [(1, "min", Binary::Max), (2, "max", Binary::Min)];
    for (index, name, function) in bounds {
        let bound = match (node.input(index), node.float(name)) {
            (Some(_), _) => {
                operands.push(lowering.input(node, index)?);
                program.push(Instruction::Operand(operands.len() - 1))
            }
            (None, Some(bound)) => float(&mut program, bound),
            (None, None) => continue,
        };
        last = program.push(Instruction::Binary(function, last, bound));
    }
    finish(lowering, node, &program, &operands)
}

pub(super) fn float(program: &mut Program, value: f32) -> usize {
    program.push(Instruction::Constant(Constant::Float(value)))
}
