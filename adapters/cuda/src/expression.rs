//! Element-wise arithmetic as data: a short program that gives each element of a result from those of its operands.

use serde::{Deserialize, Serialize};
use tare_models::DataType;

/// A function of one number; of 32-bit floats unless it says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Unary {
    /// Of any number.
    Abs,
    Ceil,
    Cos,
    Erf,
    Exp,
    Floor,
    /// x · ½ (1 + erf(x / √2)).
    Gelu,
    /// x · ½ (1 + tanh(√(2/π) (x + 0.044715 x³))).
    GeluTanh,
    Log,
    /// Of any number.
    Neg,
    /// Of a boolean.
    Not,
    Reciprocal,
    /// Of any number.
    Relu,
    /// To the nearest integer, halves to the even one.
    Round,
    Sigmoid,
    /// Of any number.
    Sign,
    Sin,
    Sqrt,
    Tanh,
}

/// A function of two numbers of one type; division and powers of floats only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Min,
    Max,
    Equal,
    Less,
    LessOrEqual,
    And,
    Or,
    Xor,
}

/// A number that stands in a program.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Constant {
    /// A 32-bit float.
    Float(#[serde(with = "float")] f32),
    /// An integer of 32 or 64 bits.
    Integer(DataType, i64),
    /// A boolean.
    Boolean(bool),
}

/// One instruction; numbers refer to the results of earlier ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Instruction {
    /// The element of the operand of this number.
    Operand(usize),
    /// A number.
    Constant(Constant),
    /// A function of one result.
    Unary(Unary, usize),
    /// A function of two results.
    Binary(Binary, usize, usize),
    /// The second result where the first is true, else the third.
    Select(usize, usize, usize),
    /// A result as another type.
    Cast(DataType, usize),
}

/// Instructions in order; the last one's result is the element.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Program {
    /// The instructions.
    pub instructions: Vec<Instruction>,
}

/// Whether steps can hold elements of this type.
pub fn is_held(dtype: DataType) -> bool {
    matches!(
        dtype,
        DataType::F32 | DataType::I32 | DataType::I64 | DataType::Bool
    )
}

/// The type that elements of this type are computed with: floats of 16 bits as those of 32.
pub fn computed(dtype: DataType) -> DataType {
    match dtype {
        DataType::F16 | DataType::Bf16 => DataType::F32,
        other => other,
    }
}

impl Program {
    /// The operand itself.
    pub fn identity() -> Self {
        Self {
            instructions: vec![Instruction::Operand(0)],
        }
    }

    /// A function of one operand.
    pub fn unary(function: Unary) -> Self {
        let mut program = Self::identity();
        program.push(Instruction::Unary(function, 0));
        program
    }

    /// A function of two operands.
    pub fn binary(function: Binary) -> Self {
        let mut program = Self::identity();
        let other = program.push(Instruction::Operand(1));
        program.push(Instruction::Binary(function, 0, other));
        program
    }

    /// Appends an instruction and gives its number.
    pub fn push(&mut self, instruction: Instruction) -> usize {
        self.instructions.push(instruction);
        self.instructions.len() - 1
    }

    /// Whether it is the operand itself.
    pub fn is_identity(&self) -> bool {
        self.instructions == [Instruction::Operand(0)]
    }

    /// The type of each instruction's result, given those of the operands.
    ///
    /// # Errors
    /// Where an instruction is not defined for the types that reach it.
    pub fn types(&self, operands: &[DataType]) -> Result<Vec<DataType>, String> {
        let mut types: Vec<DataType> = Vec::with_capacity(self.instructions.len());
        for instruction in &self.instructions {
            types.push(result_type(instruction, operands, &types)?);
        }
        Ok(types)
    }

    /// With the program `inner` in place of its operand `at`; `operands[i]` is the new number of the operand `i` of this one,
    /// `inner_operands[i]` of that one.
    pub fn inline(
        &self,
        at: usize,
        inner: &Self,
        operands: &[usize],
        inner_operands: &[usize],
    ) -> Self {
        let mut program = Self::default();
        let mut inlined = None;
        let mut numbers = Vec::with_capacity(self.instructions.len());
        for instruction in &self.instructions {
            let number = match instruction {
                Instruction::Operand(operand) if *operand == at => {
                    *inlined.get_or_insert_with(|| program.append(inner, inner_operands))
                }
                other => program.push(renumbered(other, &numbers, operands)),
            };
            numbers.push(number);
        }
        program
    }

    fn append(&mut self, other: &Self, operands: &[usize]) -> usize {
        let mut numbers = Vec::with_capacity(other.instructions.len());
        for instruction in &other.instructions {
            let number = self.push(renumbered(instruction, &numbers, operands));
            numbers.push(number);
        }
        numbers.last().copied().unwrap_or(0)
    }
}

fn renumbered(instruction: &Instruction, numbers: &[usize], operands: &[usize]) -> Instruction {
    match instruction {
        Instruction::Operand(operand) => Instruction::Operand(operands[*operand]),
        Instruction::Constant(constant) => Instruction::Constant(*constant),
        Instruction::Unary(function, x) => Instruction::Unary(*function, numbers[*x]),
        Instruction::Binary(function, x, y) => {
            Instruction::Binary(*function, numbers[*x], numbers[*y])
        }
        Instruction::Select(condition, x, y) => {
            Instruction::Select(numbers[*condition], numbers[*x], numbers[*y])
        }
        Instruction::Cast(dtype, x) => Instruction::Cast(*dtype, numbers[*x]),
    }
}

fn result_type(
    instruction: &Instruction,
    operands: &[DataType],
    types: &[DataType],
) -> Result<DataType, String> {
    let of = |number: &usize| types[*number];
    match instruction {
        Instruction::Operand(operand) => operands
            .get(*operand)
            .map(|dtype| computed(*dtype))
            .filter(|dtype| is_held(*dtype))
            .ok_or_else(|| "an operand is missing or of a type that no step holds".to_owned()),
        Instruction::Constant(Constant::Float(_)) => Ok(DataType::F32),
        Instruction::Constant(Constant::Integer(dtype, _)) => Ok(*dtype),
        Instruction::Constant(Constant::Boolean(_)) => Ok(DataType::Bool),
        Instruction::Unary(function, x) => unary_type(*function, of(x)),
        Instruction::Binary(function, x, y) => binary_type(*function, of(x), of(y)),
        Instruction::Select(condition, x, y) => {
            match of(condition) == DataType::Bool && of(x) == of(y) {
                true => Ok(of(x)),
                false => Err(format!(
                    "no choice by {} of {} and {}",
                    of(condition),
                    of(x),
                    of(y)
                )),
            }
        }
        Instruction::Cast(dtype, _) if is_held(*dtype) => Ok(*dtype),
        Instruction::Cast(dtype, _) => Err(format!("no conversion to {dtype}")),
    }
}

fn unary_type(function: Unary, dtype: DataType) -> Result<DataType, String> {
    let fits = match function {
        Unary::Not => dtype == DataType::Bool,
        Unary::Abs | Unary::Neg | Unary::Relu | Unary::Sign => dtype != DataType::Bool,
        _ => dtype == DataType::F32,
    };
    match fits {
        true => Ok(dtype),
        false => Err(format!("no {function:?} of {dtype}")),
    }
}

fn binary_type(function: Binary, x: DataType, y: DataType) -> Result<DataType, String> {
    let (fits, result) = match function {
        Binary::And | Binary::Or | Binary::Xor => (x == DataType::Bool, DataType::Bool),
        Binary::Equal => (true, DataType::Bool),
        Binary::Less | Binary::LessOrEqual => (x != DataType::Bool, DataType::Bool),
        Binary::Div | Binary::Pow => (x == DataType::F32, x),
        _ => (x != DataType::Bool, x),
    };
    match fits && x == y {
        true => Ok(result),
        false => Err(format!("no {function:?} of {x} and {y}")),
    }
}

/// Floats in JSON, which has no infinities and no NaN: those as words.
mod float {
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(f32),
        Word(String),
    }

    pub(super) fn serialize<S: Serializer>(value: &f32, serializer: S) -> Result<S::Ok, S::Error> {
        match value.is_finite() {
            true => serializer.serialize_f32(*value),
            false => serializer.serialize_str(&value.to_string()),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Number(value) => Ok(value),
            Written::Word(word) => word.parse().map_err(serde::de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_in_place_of_an_operand_is_computed_once() {
        let mut square = Program::identity();
        square.push(Instruction::Binary(Binary::Mul, 0, 0));
        let inlined = square.inline(0, &Program::binary(Binary::Add), &[9], &[0, 1]);
        assert_eq!(
            inlined.instructions,
            [
                Instruction::Operand(0),
                Instruction::Operand(1),
                Instruction::Binary(Binary::Add, 0, 1),
                Instruction::Binary(Binary::Mul, 2, 2),
            ]
        );
    }

    #[test]
    fn types_follow_the_instructions_and_misfits_are_refused() {
        let types = |program: Program, operands: &[DataType]| {
            program.types(operands).map(|types| types.last().copied())
        };
        let (float, integer, boolean) = (DataType::F32, DataType::I64, DataType::Bool);
        let less = Program::binary(Binary::Less);
        assert_eq!(types(less.clone(), &[integer, integer]), Ok(Some(boolean)));
        assert!(types(less, &[integer, float]).is_err());
        assert!(types(Program::binary(Binary::Div), &[integer, integer]).is_err());
        assert!(types(Program::unary(Unary::Exp), &[integer]).is_err());
        assert_eq!(
            types(Program::unary(Unary::Neg), &[integer]),
            Ok(Some(integer))
        );
        assert_eq!(
            types(Program::identity(), &[DataType::F16]),
            Ok(Some(float))
        );
        assert!(types(Program::identity(), &[DataType::F64]).is_err());
    }

    #[test]
    fn infinities_survive_being_written() {
        for value in [1.5f32, f32::NEG_INFINITY, f32::INFINITY] {
            let text = serde_json::to_string(&Constant::Float(value)).expect("written");
            let read: Constant = serde_json::from_str(&text).expect("read");
            assert_eq!(read, Constant::Float(value), "{text}");
        }
    }
}
