//! Element-wise programs as kernels: a thread a few elements that follow each other.

use std::fmt::Write as _;

use tare_models::DataType;

use super::index::Joint;
use super::source::{Writer, element_bytes, float};
use super::{Context, Launch, Made, THREADS, blocks};
use crate::expression::{Binary, Constant, Instruction, Program, Unary};
use crate::view::View;

/// Bytes that a thread reads at once, at most.
const WIDEST: u64 = 16;

impl Context<'_> {
    pub(super) fn map(&self, writer: &mut Writer, program: &Program) -> Result<Made, String> {
        let output = self.output()?;
        let launch = self.element_wise(writer, program, &self.step.inputs, output)?;
        Ok(launch.into())
    }

    /// A program over views of the shape of `output`.
    pub(super) fn element_wise(
        &self,
        writer: &mut Writer,
        program: &Program,
        inputs: &[View],
        output: &View,
    ) -> Result<Launch, String> {
        let dtypes: Vec<DataType> = inputs.iter().map(|view| self.dtype(view)).collect();
        let types = program.types(&dtypes)?;
        let views: Vec<&View> = inputs.iter().chain([output]).collect();
        let joint = Joint::of(&views);
        let width = self.width(&joint, &views);
        let elements = output.elements();
        let text = Text {
            width,
            elements,
            kinds: views
                .iter()
                .map(|view| self.typed(view))
                .collect::<Result<_, _>>()?,
            joint,
        };
        let body = format!("{}{}", text.places(), text.computed(program, &types));
        let name = if program.is_identity() { "copy" } else { "map" };
        Ok(Launch {
            kernel: writer.body(name, &body, THREADS),
            grid: blocks((elements / width) as u64)?,
            threads: THREADS,
            arguments: views.iter().map(|view| self.address(view)).collect(),
        })
    }

    /// How many elements a thread has: as many as all operands have next to each other, at places that they divide.
    fn width(&self, joint: &Joint, views: &[&View]) -> usize {
        let fits = |width: usize| {
            let axis = joint.shape.last().copied().unwrap_or(1);
            let each = views.iter().enumerate().all(|(index, view)| {
                let is_output = index + 1 == views.len();
                let bytes = element_bytes(self.dtype(view)) * width as u64;
                let outer = joint.strides[index]
                    .split_last()
                    .map_or(&[][..], |(_, outer)| outer);
                match joint.last(index) {
                    0 => !is_output,
                    1 => {
                        bytes <= WIDEST
                            && view.offset % width == 0
                            && outer.iter().all(|stride| stride % width as isize == 0)
                    }
                    _ => false,
                }
            });
            axis % width == 0 && each
        };
        [8, 4, 2]
            .into_iter()
            .find(|width| fits(*width))
            .unwrap_or(1)
    }
}

/// What the text of a kernel depends on; the last view is the output.
struct Text {
    /// Elements a thread.
    width: usize,
    elements: usize,
    kinds: Vec<&'static str>,
    joint: Joint,
}

impl Text {
    fn output(&self) -> usize {
        self.kinds.len() - 1
    }

    /// Whether a thread reads all its elements of an operand at once.
    fn is_packed(&self, operand: usize) -> bool {
        self.width > 1 && self.joint.last(operand) != 0
    }

    /// Where a thread's elements lie, and those that are read at once.
    fn places(&self) -> String {
        let Self {
            width, elements, ..
        } = self;
        let number = if *elements > u32::MAX as usize / 2 {
            "u64"
        } else {
            "u32"
        };
        let mut text = format!(
            "    {number} at = ({number}(blockIdx.x) * {THREADS}u + threadIdx.x) * {width}u;\n    if (at >= {elements}u) return;\n"
        );
        for (index, kind) in self.kinds.iter().enumerate() {
            let place = self.joint.place(index, "at");
            let constant = if index == self.output() { "" } else { "const " };
            let pack = format!("const Pack<{kind}, {width}>");
            let _ = writeln!(
                text,
                "    {constant}{kind} *p{index} = pointer<{constant}{kind}>(arguments, {index}) + ({place});"
            );
            if index != self.output() && self.is_packed(index) {
                let _ = writeln!(
                    text,
                    "    {pack} x{index} = *reinterpret_cast<{pack} *>(p{index});"
                );
            }
        }
        text
    }

    /// A thread's elements, one after the other, and where they are written.
    fn computed(&self, program: &Program, types: &[DataType]) -> String {
        let (out, width) = (self.output(), self.width);
        let pack = format!("Pack<{}, {width}>", self.kinds[out]);
        let mut text = format!(
            "    {pack} made;\n#pragma unroll\n    for (int each = 0; each < {width}; each++) {{\n"
        );
        for (number, instruction) in program.instructions.iter().enumerate() {
            let value = value(instruction, types, |operand| {
                match self.is_packed(operand) {
                    true => format!("wide(x{operand}.at[each])"),
                    false => format!("wide(*p{operand})"),
                }
            });
            let _ = writeln!(text, "        const auto t{number} = {value};");
        }
        let last = program.instructions.len().saturating_sub(1);
        let kind = self.kinds[out];
        let _ = writeln!(
            text,
            "        made.at[each] = narrow<{kind}>(t{last});\n    }}\n    *reinterpret_cast<{pack} *>(p{out}) = made;"
        );
        text
    }
}

/// An instruction's expression; `read` gives that of an operand's element.
fn value(instruction: &Instruction, types: &[DataType], read: impl Fn(usize) -> String) -> String {
    match instruction {
        Instruction::Operand(operand) => read(*operand),
        Instruction::Constant(constant) => number(*constant),
        Instruction::Unary(function, x) => of_one(*function, &format!("t{x}")),
        Instruction::Binary(function, x, y) => {
            of_two(*function, &format!("t{x}"), &format!("t{y}"))
        }
        Instruction::Select(condition, x, y) => format!("t{condition} ? t{x} : t{y}"),
        Instruction::Cast(to, x) => cast(*to, types[*x], &format!("t{x}")),
    }
}

fn number(constant: Constant) -> String {
    match constant {
        Constant::Float(value) => float(value),
        Constant::Integer(DataType::I32, value) => format!("int(0x{:08x}u)", value as u32),
        Constant::Integer(_, value) => format!("i64(0x{value:016x}ull)"),
        Constant::Boolean(value) => value.to_string(),
    }
}

fn of_one(function: Unary, x: &str) -> String {
    let name = match function {
        Unary::Not => return format!("!{x}"),
        Unary::Abs => "magnitude",
        Unary::Ceil => "ceilf",
        Unary::Cos => "cosf",
        Unary::Erf => "erff",
        Unary::Exp => "expf",
        Unary::Floor => "floorf",
        Unary::Gelu => "gelu",
        Unary::GeluTanh => "gelu_tanh",
        Unary::Log => "logf",
        Unary::Neg => "negative",
        Unary::Reciprocal => "reciprocal",
        Unary::Relu => "relu",
        Unary::Round => "rintf",
        Unary::Sigmoid => "sigmoid",
        Unary::Sign => "sign",
        Unary::Sin => "sinf",
        Unary::Sqrt => "sqrtf",
        Unary::Tanh => "tanhf",
    };
    format!("{name}({x})")
}

fn of_two(function: Binary, x: &str, y: &str) -> String {
    match function {
        Binary::Add => format!("plus({x}, {y})"),
        Binary::Sub => format!("minus({x}, {y})"),
        Binary::Mul => format!("times({x}, {y})"),
        Binary::Div => format!("{x} / {y}"),
        Binary::Pow => format!("powf({x}, {y})"),
        Binary::Min => format!("lesser({x}, {y})"),
        Binary::Max => format!("greater({x}, {y})"),
        Binary::Equal => format!("{x} == {y}"),
        Binary::Less => format!("{x} < {y}"),
        Binary::LessOrEqual => format!("{x} <= {y}"),
        Binary::And => format!("{x} && {y}"),
        Binary::Or => format!("{x} || {y}"),
        Binary::Xor => format!("{x} != {y}"),
    }
}

fn cast(to: DataType, from: DataType, x: &str) -> String {
    let whole = match from {
        DataType::F32 => format!("truncated({x})"),
        _ => x.to_owned(),
    };
    match to {
        DataType::Bool => format!("{x} != 0"),
        DataType::I32 => format!("int({whole})"),
        DataType::I64 => format!("i64({whole})"),
        _ => format!("float({x})"),
    }
}
