//! Who writes and who reads each buffer, and what element-wise steps compute, while a pass looks for its pattern.

use crate::draft::{Draft, Role};
use crate::expression::{Binary, Constant, Instruction, Unary};
use crate::step::{Source, Step};
use crate::view::{BufferId, View};

/// How far a constant may be from the one that a formula has: files round to half precision at worst.
const NEAR: f32 = 1e-3;

pub(super) struct Web<'d> {
    pub(super) draft: &'d Draft,
    writers: Vec<Vec<usize>>,
    readers: Vec<Vec<usize>>,
}

/// An operand of one function.
#[derive(Debug, Clone, Copy)]
pub(super) enum Term<'d> {
    View(&'d View),
    Number(f32),
}

/// What an element-wise step of one function computes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operation<'d> {
    Unary(Unary, &'d View),
    Binary(Binary, Term<'d>, Term<'d>),
}

impl<'d> Web<'d> {
    pub(super) fn of(draft: &'d Draft) -> Self {
        let mut writers = vec![Vec::new(); draft.buffers.len()];
        let mut readers = vec![Vec::new(); draft.buffers.len()];
        for (number, step) in draft.steps.iter().enumerate() {
            step.outputs
                .iter()
                .for_each(|view| writers[view.buffer.0].push(number));
            for view in &step.inputs {
                let list: &mut Vec<usize> = &mut readers[view.buffer.0];
                if list.last() != Some(&number) {
                    list.push(number);
                }
            }
        }
        Self {
            draft,
            writers,
            readers,
        }
    }

    pub(super) fn step(&self, number: usize) -> &'d Step {
        &self.draft.steps[number]
    }

    /// The only step that writes the buffer.
    pub(super) fn writer(&self, buffer: BufferId) -> Option<usize> {
        match self.writers[buffer.0].as_slice() {
            [writer] => Some(*writer),
            _ => None,
        }
    }

    /// The step that reads the buffer, where there is one and the buffer is no output of the model.
    pub(super) fn only_reader(&self, buffer: BufferId) -> Option<usize> {
        match self.readers[buffer.0].as_slice() {
            [reader] if self.draft.buffer(buffer).role == Role::Local => Some(*reader),
            _ => None,
        }
    }

    /// The step that wrote, as its first output, just what the view shows.
    pub(super) fn maker(&self, view: &View) -> Option<usize> {
        let number = self.writer(view.buffer)?;
        let output = self.step(number).outputs.first()?;
        output.is_same(view).then_some(number)
    }

    /// The step that wrote what the view shows repeatedly along its last axis.
    pub(super) fn column_maker(&self, view: &View) -> Option<usize> {
        let number = self.writer(view.buffer)?;
        let output = self.step(number).outputs.first()?;
        let shows = |column: View| {
            column
                .broadcast(&view.shape)
                .is_some_and(|column| column.is_same(view))
        };
        let is_column = output.shape.last() == Some(&1) && output.shape.len() == view.shape.len();
        let is_flat = output.shape.len() + 1 == view.shape.len();
        let fits = (is_column && shows(output.clone()))
            || (is_flat && shows(output.unsqueeze(output.shape.len())));
        fits.then_some(number)
    }

    /// What a step computes, where it is element-wise and of one function.
    pub(super) fn operation(&self, number: usize) -> Option<Operation<'d>> {
        let step = self.step(number);
        let (last, leaves) = step.program()?.instructions.split_last()?;
        let term = |number: &usize| match leaves.get(*number)? {
            Instruction::Operand(operand) => Some(Term::View(step.inputs.get(*operand)?)),
            Instruction::Constant(Constant::Float(value)) => Some(Term::Number(*value)),
            _ => None,
        };
        match last {
            Instruction::Unary(function, x) => match term(x)? {
                Term::View(view) => Some(Operation::Unary(*function, view)),
                Term::Number(_) => None,
            },
            Instruction::Binary(function, x, y) => {
                Some(Operation::Binary(*function, term(x)?, term(y)?))
            }
            _ => None,
        }
    }

    /// The operation that made the view, and its step.
    pub(super) fn made_by(&self, view: &View) -> Option<(usize, Operation<'d>)> {
        let number = self.maker(view)?;
        Some((number, self.operation(number)?))
    }

    /// The operators of these steps, in execution order.
    pub(super) fn sources(&self, steps: &[usize]) -> Vec<Source> {
        let mut steps = steps.to_vec();
        steps.sort_unstable();
        steps.dedup();
        let sources = steps
            .iter()
            .flat_map(|number| self.step(*number).sources.clone());
        let mut distinct: Vec<Source> = Vec::new();
        for source in sources {
            if !distinct.contains(&source) {
                distinct.push(source);
            }
        }
        distinct
    }

    /// The view without constant factors that it was multiplied or divided by, their product, and the steps that did it.
    pub(super) fn peeled(&self, view: &'d View) -> (f32, &'d View, Vec<usize>) {
        let (mut factor, mut inner, mut steps) = (1.0, view, Vec::new());
        while let Some((number, Operation::Binary(function, x, y))) = self.made_by(inner) {
            (factor, inner) = match (function, x, y) {
                (Binary::Mul, Term::View(x), Term::Number(by))
                | (Binary::Mul, Term::Number(by), Term::View(x)) => (factor * by, x),
                (Binary::Div, Term::View(x), Term::Number(by)) => (factor / by, x),
                _ => break,
            };
            steps.push(number);
        }
        (factor, inner, steps)
    }

    /// The other operand of a sum with this number, and the step.
    pub(super) fn plus(&self, view: &View, number: f32) -> Option<(&'d View, usize)> {
        match self.made_by(view)? {
            (step, Operation::Binary(Binary::Add, Term::View(x), Term::Number(by)))
            | (step, Operation::Binary(Binary::Add, Term::Number(by), Term::View(x)))
                if near(by, number) =>
            {
                Some((x, step))
            }
            _ => None,
        }
    }

    /// The steps that made the view as `x` to the power of 2 or 3.
    pub(super) fn power(&self, view: &View, x: &View, power: u8) -> Option<Vec<usize>> {
        let (step, operation) = self.made_by(view)?;
        match operation {
            Operation::Binary(Binary::Pow, Term::View(base), Term::Number(by)) => {
                (base.is_same(x) && by == f32::from(power)).then(|| vec![step])
            }
            Operation::Binary(Binary::Mul, Term::View(a), Term::View(b)) if power == 2 => {
                (a.is_same(x) && b.is_same(x)).then(|| vec![step])
            }
            Operation::Binary(Binary::Mul, Term::View(a), Term::View(b)) => {
                let other = if a.is_same(x) { b } else { a };
                let is_x = a.is_same(x) || b.is_same(x);
                let mut steps = self.power(other, x, power - 1).filter(|_| is_x)?;
                steps.push(step);
                Some(steps)
            }
            _ => None,
        }
    }
}

/// Whether a constant is the one that a formula has.
pub(super) fn near(value: f32, wanted: f32) -> bool {
    (value - wanted).abs() <= NEAR * wanted.abs()
}
