//! Element-wise programs, one instruction over all elements after the other.

use std::borrow::Cow;
use std::f32::consts::{FRAC_1_SQRT_2, FRAC_2_PI};

use tare_adapter_api::DataType;

use super::memory::Memory;
use crate::expression::{Binary, Constant, Instruction, Program, Unary};
use crate::step::Step;

/// The results of one instruction for all elements; a constant's is one.
enum Column<'m> {
    Floats(Cow<'m, [f32]>),
    Integers(Cow<'m, [i64]>),
}

pub(super) fn execute(memory: &mut Memory, step: &Step, program: &Program) -> Result<(), String> {
    let output = step.outputs.first().ok_or("it writes nothing")?;
    let dtypes: Vec<DataType> = step.inputs.iter().map(|view| memory.dtype(view)).collect();
    let types = program.types(&dtypes)?;
    let result = evaluate(memory, step, program, &types)?;
    let count = output.elements();
    match result {
        Column::Floats(values) => {
            let values: Vec<f32> = spread(&values, count).collect();
            memory.write_floats(output, &values);
        }
        Column::Integers(values) => {
            let values: Vec<i64> = spread(&values, count).collect();
            memory.write_integers(output, &values);
        }
    }
    Ok(())
}

fn evaluate<'m>(
    memory: &'m Memory,
    step: &Step,
    program: &Program,
    types: &[DataType],
) -> Result<Column<'static>, String> {
    let mut columns: Vec<Column<'m>> = Vec::with_capacity(program.instructions.len());
    for (instruction, dtype) in program.instructions.iter().zip(types) {
        let column = match instruction {
            Instruction::Operand(operand) => {
                let view = &step.inputs[*operand];
                match dtype {
                    DataType::F32 => Column::Floats(memory.floats(view)),
                    _ => Column::Integers(memory.integers(view).into()),
                }
            }
            Instruction::Constant(Constant::Float(value)) => Column::Floats(vec![*value].into()),
            Instruction::Constant(Constant::Integer(_, value)) => {
                Column::Integers(vec![*value].into())
            }
            Instruction::Constant(Constant::Boolean(value)) => {
                Column::Integers(vec![i64::from(*value)].into())
            }
            Instruction::Unary(function, x) => of_one(*function, &columns[*x]),
            Instruction::Binary(function, x, y) => of_two(*function, &columns[*x], &columns[*y]),
            Instruction::Select(condition, x, y) => {
                select(&columns[*condition], &columns[*x], &columns[*y])
            }
            Instruction::Cast(to, x) => cast(*to, &columns[*x]),
        };
        columns.push(narrowed(column, *dtype));
    }
    let last = columns.pop().ok_or("its program is empty")?;
    Ok(match last {
        Column::Floats(values) => Column::Floats(values.into_owned().into()),
        Column::Integers(values) => Column::Integers(values.into_owned().into()),
    })
}

/// 32-bit integers wrap at 32 bits.
fn narrowed(column: Column, dtype: DataType) -> Column {
    match column {
        Column::Integers(mut values) if dtype == DataType::I32 => {
            values
                .to_mut()
                .iter_mut()
                .for_each(|value| *value = i64::from(*value as i32));
            Column::Integers(values)
        }
        other => other,
    }
}

fn spread<T: Copy>(values: &[T], count: usize) -> impl Iterator<Item = T> {
    values
        .iter()
        .copied()
        .cycle()
        .take(if values.is_empty() { 0 } else { count })
}

fn of_one<'m>(function: Unary, x: &Column) -> Column<'m> {
    match x {
        Column::Floats(x) => Column::Floats(x.iter().map(|x| float_of_one(function, *x)).collect()),
        Column::Integers(x) => Column::Integers(
            x.iter()
                .map(|x| match function {
                    Unary::Abs => x.wrapping_abs(),
                    Unary::Neg => x.wrapping_neg(),
                    Unary::Relu => *x.max(&0),
                    Unary::Not => 1 - x,
                    _ => x.signum(),
                })
                .collect(),
        ),
    }
}

fn float_of_one(function: Unary, x: f32) -> f32 {
    match function {
        Unary::Abs => x.abs(),
        Unary::Ceil => x.ceil(),
        Unary::Cos => x.cos(),
        Unary::Erf => libm::erff(x),
        Unary::Exp => x.exp(),
        Unary::Floor => x.floor(),
        Unary::Gelu => gelu(x),
        Unary::GeluTanh => gelu_tanh(x),
        Unary::Log => x.ln(),
        Unary::Neg => -x,
        Unary::Not => f32::NAN,
        Unary::Reciprocal => x.recip(),
        Unary::Relu => {
            if x < 0.0 {
                0.0
            } else {
                x
            }
        }
        Unary::Round => x.round_ties_even(),
        Unary::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Unary::Sign if x == 0.0 || x.is_nan() => x,
        Unary::Sign => x.signum(),
        Unary::Sin => x.sin(),
        Unary::Sqrt => x.sqrt(),
        Unary::Tanh => x.tanh(),
    }
}

/// x · ½ (1 + erf(x / √2)).
pub(super) fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + libm::erff(x * FRAC_1_SQRT_2))
}

/// x · ½ (1 + tanh(√(2/π) (x + 0.044715 x³))).
pub(super) fn gelu_tanh(x: f32) -> f32 {
    0.5 * x * (1.0 + (FRAC_2_PI.sqrt() * (x + 0.044_715 * x * x * x)).tanh())
}

fn of_two<'m>(function: Binary, x: &Column, y: &Column) -> Column<'m> {
    match (x, y) {
        (Column::Floats(x), Column::Floats(y)) => match function {
            Binary::Equal => Column::Integers(paired(x, y, |x, y| i64::from(x == y)).into()),
            Binary::Less => Column::Integers(paired(x, y, |x, y| i64::from(x < y)).into()),
            Binary::LessOrEqual => Column::Integers(paired(x, y, |x, y| i64::from(x <= y)).into()),
            _ => Column::Floats(paired(x, y, |x, y| float_of_two(function, x, y)).into()),
        },
        (Column::Integers(x), Column::Integers(y)) => {
            Column::Integers(paired(x, y, |x, y| integer_of_two(function, x, y)).into())
        }
        _ => Column::Floats(Vec::new().into()),
    }
}

fn paired<T: Copy, R>(x: &[T], y: &[T], each: impl Fn(T, T) -> R) -> Vec<R> {
    let count = x.len().max(y.len());
    spread(x, count)
        .zip(spread(y, count))
        .map(|(x, y)| each(x, y))
        .collect()
}

fn float_of_two(function: Binary, x: f32, y: f32) -> f32 {
    match function {
        Binary::Add => x + y,
        Binary::Sub => x - y,
        Binary::Mul => x * y,
        Binary::Div => x / y,
        Binary::Pow => x.powf(y),
        Binary::Min => lesser(x, y),
        Binary::Max => greater(x, y),
        _ => f32::NAN,
    }
}

/// NaN where either is.
pub(super) fn lesser(x: f32, y: f32) -> f32 {
    if x.is_nan() || y.is_nan() {
        f32::NAN
    } else {
        x.min(y)
    }
}

/// NaN where either is.
pub(super) fn greater(x: f32, y: f32) -> f32 {
    if x.is_nan() || y.is_nan() {
        f32::NAN
    } else {
        x.max(y)
    }
}

fn integer_of_two(function: Binary, x: i64, y: i64) -> i64 {
    match function {
        Binary::Add => x.wrapping_add(y),
        Binary::Sub => x.wrapping_sub(y),
        Binary::Mul => x.wrapping_mul(y),
        Binary::Min => x.min(y),
        Binary::Max => x.max(y),
        Binary::Equal => i64::from(x == y),
        Binary::Less => i64::from(x < y),
        Binary::LessOrEqual => i64::from(x <= y),
        Binary::And => x & y,
        Binary::Or => x | y,
        Binary::Xor | Binary::Div | Binary::Pow => x ^ y,
    }
}

fn select<'m>(condition: &Column, x: &Column, y: &Column) -> Column<'m> {
    let Column::Integers(condition) = condition else {
        return Column::Floats(Vec::new().into());
    };
    match (x, y) {
        (Column::Floats(x), Column::Floats(y)) => Column::Floats(chosen(condition, x, y).into()),
        (Column::Integers(x), Column::Integers(y)) => {
            Column::Integers(chosen(condition, x, y).into())
        }
        _ => Column::Floats(Vec::new().into()),
    }
}

fn chosen<T: Copy>(condition: &[i64], x: &[T], y: &[T]) -> Vec<T> {
    let count = condition.len().max(x.len()).max(y.len());
    let both = spread(x, count).zip(spread(y, count));
    let each = spread(condition, count).zip(both);
    each.map(|(condition, (x, y))| if condition != 0 { x } else { y })
        .collect()
}

fn cast<'m>(to: DataType, x: &Column) -> Column<'m> {
    match (x, to) {
        (Column::Floats(x), DataType::F32) => Column::Floats(x.to_vec().into()),
        (Column::Integers(x), DataType::F32) => {
            Column::Floats(x.iter().map(|x| *x as f32).collect())
        }
        (Column::Floats(x), DataType::Bool) => {
            Column::Integers(x.iter().map(|x| i64::from(*x != 0.0)).collect())
        }
        (Column::Integers(x), DataType::Bool) => {
            Column::Integers(x.iter().map(|x| i64::from(*x != 0)).collect())
        }
        (Column::Floats(x), _) => Column::Integers(x.iter().map(|x| *x as i64).collect()),
        (Column::Integers(x), _) => Column::Integers(x.to_vec().into()),
    }
}
