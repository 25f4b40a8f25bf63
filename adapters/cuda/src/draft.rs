//! The intermediate graph: steps over buffers that have no place in memory yet, which passes rewrite.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tare_models::{DataType, Tensor};

use crate::expression::{Constant, Instruction, Program};
use crate::step::{Kind, Source, Step};
use crate::view::{BufferId, View};

/// What a buffer is.
#[derive(Debug, Clone, PartialEq)]
pub enum Role {
    /// The model's input of this number.
    Input(usize),
    /// The model's output of this number.
    Output(usize),
    /// A constant.
    Weight(Tensor),
    /// Between steps.
    Local,
}

/// A row-major array that steps read and write; the parts that several steps write do not overlap.
#[derive(Debug, Clone, PartialEq)]
pub struct Buffer {
    /// After the model's value.
    pub name: String,
    /// Of its elements.
    pub dtype: DataType,
    /// The model's shape.
    pub shape: Vec<usize>,
    /// What it is.
    pub role: Role,
}

/// Steps in an order in which each follows those that it reads from, and their buffers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// By number.
    pub buffers: Vec<Buffer>,
    /// In execution order.
    pub steps: Vec<Step>,
}

impl Buffer {
    /// How many elements.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }
}

impl Draft {
    /// A buffer of the draft.
    pub fn buffer(&self, id: BufferId) -> &Buffer {
        &self.buffers[id.0]
    }

    /// Adds a buffer and shows all of it.
    pub fn add(&mut self, buffer: Buffer) -> View {
        let view = View::whole(BufferId(self.buffers.len()), &buffer.shape);
        self.buffers.push(buffer);
        view
    }

    /// Adds a constant and shows all of it.
    pub fn add_weight(&mut self, name: String, tensor: Tensor) -> View {
        self.add(Buffer {
            name,
            dtype: tensor.dtype(),
            shape: tensor.shape().to_vec(),
            role: Role::Weight(tensor),
        })
    }

    /// All of a new row-major buffer for values such as `view` shows.
    pub fn like(&mut self, view: &View) -> View {
        let from = self.buffer(view.buffer);
        let made = Buffer {
            name: from.name.clone(),
            dtype: from.dtype,
            shape: view.shape.clone(),
            role: Role::Local,
        };
        self.add(made)
    }

    /// A copy of what `view` shows into a new row-major buffer: the step, and all of the buffer.
    pub fn copied(&mut self, view: &View, sources: Vec<Source>) -> (Step, View) {
        let made = self.like(view);
        let step = Step {
            kind: Kind::Map {
                program: Program::identity(),
            },
            inputs: vec![view.clone()],
            outputs: vec![made.clone()],
            sources,
        };
        (step, made)
    }

    /// The numbers of a constant of 32-bit floats as the view shows them.
    pub fn floats(&self, view: &View) -> Option<Vec<f32>> {
        let Role::Weight(tensor) = &self.buffer(view.buffer).role else {
            return None;
        };
        let values = tensor.values::<f32>()?;
        let mut shown = Vec::with_capacity(view.elements());
        view.places(|place| shown.push(values[place]));
        Some(shown)
    }

    /// Whether the view shows a constant.
    pub fn is_weight(&self, view: &View) -> bool {
        matches!(self.buffer(view.buffer).role, Role::Weight(_))
    }

    /// Whether the view shows all of its buffer in row-major order.
    pub fn is_all(&self, view: &View) -> bool {
        view.is_all_of(self.buffer(view.buffer).elements())
    }

    /// Puts the steps into an order in which each follows those that it reads from, otherwise as they are; those that wait for
    /// each other come last.
    pub fn sort(&mut self) {
        let mut writers: BTreeMap<BufferId, Vec<usize>> = BTreeMap::new();
        for (number, step) in self.steps.iter().enumerate() {
            for output in &step.outputs {
                writers.entry(output.buffer).or_default().push(number);
            }
        }
        let mut waits: Vec<BTreeSet<usize>> = Vec::with_capacity(self.steps.len());
        let mut next: Vec<Vec<usize>> = vec![Vec::new(); self.steps.len()];
        for (number, step) in self.steps.iter().enumerate() {
            let read = step
                .inputs
                .iter()
                .filter_map(|input| writers.get(&input.buffer));
            let before: BTreeSet<usize> = read.flatten().copied().collect();
            before
                .iter()
                .for_each(|earlier| next[*earlier].push(number));
            waits.push(before);
        }
        let mut ready: BTreeSet<usize> =
            (0..waits.len()).filter(|n| waits[*n].is_empty()).collect();
        let mut order = Vec::with_capacity(self.steps.len());
        while let Some(number) = ready.pop_first() {
            order.push(number);
            for later in &next[number] {
                waits[*later].remove(&number);
                if waits[*later].is_empty() {
                    ready.insert(*later);
                }
            }
        }
        let mut steps: Vec<Option<Step>> = self.steps.drain(..).map(Some).collect();
        self.steps = order
            .iter()
            .filter_map(|number| steps[*number].take())
            .collect();
        self.steps.extend(steps.into_iter().flatten());
    }

    /// Removes the steps, and the second outputs of steps, that nothing reads.
    pub fn prune(&mut self) {
        let mut read: BTreeSet<BufferId> = BTreeSet::new();
        let mut kept: VecDeque<Step> = VecDeque::with_capacity(self.steps.len());
        for mut step in std::mem::take(&mut self.steps).into_iter().rev() {
            let is_used = |view: &View| {
                read.contains(&view.buffer)
                    || matches!(self.buffers[view.buffer.0].role, Role::Output(_))
            };
            if !step.outputs.iter().any(is_used) {
                continue;
            }
            if step.outputs.len() > 1 && !is_used(&step.outputs[1]) {
                step.outputs.truncate(1);
            }
            read.extend(step.inputs.iter().map(|input| input.buffer));
            kept.push_front(step);
        }
        self.steps = kept.into();
    }

    /// Leaves out the buffers that no step reads or writes and that are no inputs or outputs.
    pub fn compact(&mut self) {
        let mut used: BTreeSet<BufferId> = BTreeSet::new();
        for step in &self.steps {
            used.extend(
                step.inputs
                    .iter()
                    .chain(&step.outputs)
                    .map(|view| view.buffer),
            );
        }
        let mut numbers = vec![BufferId(0); self.buffers.len()];
        let mut buffers = Vec::with_capacity(used.len());
        for (number, buffer) in std::mem::take(&mut self.buffers).into_iter().enumerate() {
            let stays = matches!(buffer.role, Role::Input(_) | Role::Output(_));
            if stays || used.contains(&BufferId(number)) {
                numbers[number] = BufferId(buffers.len());
                buffers.push(buffer);
            }
        }
        self.buffers = buffers;
        for step in &mut self.steps {
            for view in step.inputs.iter_mut().chain(&mut step.outputs) {
                view.buffer = numbers[view.buffer.0];
            }
        }
    }
}

impl Draft {
    /// Operands without those that occur twice, and the program over them.
    pub fn without_repeats(program: &Program, operands: &[View]) -> (Program, Vec<View>) {
        let mut kept: Vec<View> = Vec::new();
        let mut numbers = Vec::with_capacity(operands.len());
        for operand in operands {
            let known = kept.iter().position(|other| other.is_same(operand));
            numbers.push(known.unwrap_or_else(|| {
                kept.push(operand.clone());
                kept.len() - 1
            }));
        }
        let mut program = program.clone();
        for instruction in &mut program.instructions {
            if let Instruction::Operand(number) = instruction {
                *number = numbers[*number];
            }
        }
        (program, kept)
    }

    /// The number that a constant of one element is, of a type that programs have.
    pub fn number(tensor: &Tensor) -> Option<Constant> {
        if tensor.len() != 1 {
            return None;
        }
        Some(match tensor.dtype() {
            DataType::F32 => Constant::Float(tensor.values::<f32>()?[0]),
            DataType::I64 => Constant::Integer(DataType::I64, tensor.values::<i64>()?[0]),
            DataType::I32 => Constant::Integer(DataType::I32, tensor.values::<i32>()?[0].into()),
            DataType::Bool => Constant::Boolean(tensor.values::<u8>()?[0] != 0),
            _ => return None,
        })
    }
}
