//! A graph made ready: steps over numbered slots, executed one after another.

use std::ops::Range;

use tch::{TchError, Tensor};

use crate::ffi::Shared;
use crate::lower::{Inputs, Outputs, Run};
use crate::shim::told;

/// The number of an operand that is left out, and of a result that nobody wants.
pub(super) const NONE: u32 = u32::MAX;

/// How many operands are gathered without an allocation.
const FEW: usize = 12;

/// One operator: which slots it reads, writes, and frees.
pub(crate) struct Step {
    pub(super) run: Run,
    pub(super) kind: Box<str>,
    pub(super) name: Box<str>,
    pub(super) operands: Range<usize>,
    pub(super) results: Range<usize>,
    pub(super) freed: Range<usize>,
}

/// Steps in execution order over slots; constants have slots of their own.
#[derive(Default)]
pub(crate) struct Program {
    pub(super) steps: Vec<Step>,
    /// The slots that steps refer to by ranges.
    pub(super) slots: Vec<u32>,
    pub(super) count: usize,
    pub(super) constants: Vec<(u32, Shared)>,
    /// Slots of the graph's inputs; `NONE` where nothing reads one.
    pub(super) inputs: Vec<u32>,
    pub(super) outputs: Vec<u32>,
    /// Slots that are full after the last step and not constant.
    pub(super) left: Vec<u32>,
}

/// The tensors of one execution.
pub(crate) struct Frame(Vec<Option<Tensor>>);

/// A step that failed.
#[derive(Debug, thiserror::Error)]
#[error("{step}: {}", told(error))]
pub(crate) struct Failed {
    step: String,
    error: TchError,
}

impl Program {
    /// Slots with the constants in them.
    pub(crate) fn frame(&self) -> Frame {
        let mut slots: Vec<Option<Tensor>> = (0..self.count).map(|_| None).collect();
        for (slot, tensor) in &self.constants {
            slots[*slot as usize] = Some(tensor.shallow_clone());
        }
        Frame(slots)
    }

    /// Frees what the last execution left.
    pub(crate) fn clear(&self, frame: &mut Frame) {
        for slot in &self.left {
            frame.0[*slot as usize] = None;
        }
    }

    /// Frees all but the constants, whichever step came last.
    pub(crate) fn reset(&self, frame: &mut Frame) {
        *frame = self.frame();
    }

    /// Puts the tensor at an input of the graph; dropped where nothing reads it.
    pub(crate) fn feed(&self, frame: &mut Frame, input: usize, tensor: Tensor) {
        if let Some(slot) = frame.0.get_mut(self.inputs[input] as usize) {
            *slot = Some(tensor);
        }
    }

    /// The tensor at an output of the graph, once it was executed.
    pub(crate) fn output<'f>(&self, frame: &'f Frame, output: usize) -> Option<&'f Tensor> {
        frame.0.get(self.outputs[output] as usize)?.as_ref()
    }

    /// Replaces the tensor at an output.
    pub(crate) fn replace_output(&self, frame: &mut Frame, output: usize, tensor: Tensor) {
        frame.0[self.outputs[output] as usize] = Some(tensor);
    }

    /// How many outputs the graph has.
    pub(crate) fn outputs(&self) -> usize {
        self.outputs.len()
    }

    /// Executes all steps on what was fed, and tells `done` the name of each after it.
    pub(crate) fn run(&self, frame: &mut Frame, mut done: impl FnMut(&str)) -> Result<(), Failed> {
        for step in &self.steps {
            let outputs = self.call(step, frame).map_err(|error| Failed {
                step: format!("{} '{}'", step.kind, step.name),
                error,
            })?;
            self.store(step, frame, outputs);
            for slot in &self.slots[step.freed.clone()] {
                frame.0[*slot as usize] = None;
            }
            done(&step.name);
        }
        Ok(())
    }

    fn call(&self, step: &Step, frame: &Frame) -> Result<Outputs, TchError> {
        let operands = &self.slots[step.operands.clone()];
        let tensor = |slot: &u32| frame.0.get(*slot as usize).and_then(Option::as_ref);
        if operands.len() > FEW {
            let many: Vec<Option<&Tensor>> = operands.iter().map(tensor).collect();
            return (step.run)(Inputs(&many));
        }
        let mut few = [None; FEW];
        for (place, slot) in few.iter_mut().zip(operands) {
            *place = tensor(slot);
        }
        (step.run)(Inputs(&few[..operands.len()]))
    }

    fn store(&self, step: &Step, frame: &mut Frame, outputs: Outputs) {
        let slots = &self.slots[step.results.clone()];
        let mut put = |slot: Option<&u32>, tensor| {
            if let Some(place) = slot.and_then(|slot| frame.0.get_mut(*slot as usize)) {
                *place = Some(tensor);
            }
        };
        match outputs {
            Outputs::One(tensor) => put(slots.first(), tensor),
            Outputs::Many(tensors) => {
                for (index, tensor) in tensors.into_iter().enumerate() {
                    put(slots.get(index), tensor);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::Kernel;

    fn step(program: &mut Program, kernel: Kernel, slots: [&[u32]; 3]) {
        let mut ranges = slots.map(|slots| {
            let start = program.slots.len();
            program.slots.extend(slots);
            start..program.slots.len()
        });
        program.steps.push(Step {
            run: kernel.run,
            kind: "Sum".into(),
            name: "step".into(),
            operands: std::mem::take(&mut ranges[0]),
            results: std::mem::take(&mut ranges[1]),
            freed: std::mem::take(&mut ranges[2]),
        });
    }

    fn sum_of_all() -> Kernel {
        Kernel::new(|inputs: Inputs<'_>| {
            let parts: Vec<&Tensor> = inputs.present().collect();
            Tensor::f_stack(&parts, 0)?.f_sum(None)
        })
    }

    fn filled(program: &Program, values: &[f32]) -> Frame {
        let mut frame = program.frame();
        for (index, value) in values.iter().enumerate() {
            program.feed(&mut frame, index, Tensor::from(*value));
        }
        frame
    }

    #[test]
    fn many_operands_are_gathered_in_order_and_those_left_out_stay_out() {
        let count = FEW as u32 + 4;
        let mut program = Program {
            count: count as usize + 1,
            inputs: (0..count).collect(),
            outputs: vec![count],
            left: vec![count],
            ..Program::default()
        };
        let mut operands: Vec<u32> = (0..count).collect();
        operands[3] = NONE;
        step(&mut program, sum_of_all(), [&operands, &[count], &[]]);
        let values: Vec<f32> = (0..count).map(|value| value as f32).collect();
        let mut frame = filled(&program, &values);
        program.run(&mut frame, |_| {}).expect("runs");
        let sum = f32::try_from(program.output(&frame, 0).expect("an output"));
        assert_eq!(sum.expect("a number"), values.iter().sum::<f32>() - 3.0);
    }

    #[test]
    fn slots_are_emptied_as_told_and_constants_stay() {
        let mut program = Program {
            count: 3,
            inputs: vec![0],
            outputs: vec![2],
            left: vec![2],
            constants: vec![(1, Shared::new(Tensor::from(5.0f32)))],
            ..Program::default()
        };
        step(&mut program, sum_of_all(), [&[0, 1], &[2], &[0]]);
        let mut frame = filled(&program, &[1.0]);
        program.run(&mut frame, |_| {}).expect("runs");
        let full = |frame: &Frame| -> Vec<bool> { frame.0.iter().map(Option::is_some).collect() };
        assert_eq!(full(&frame), [false, true, true]);
        program.clear(&mut frame);
        assert_eq!(full(&frame), [false, true, false]);
        program.feed(&mut frame, 0, Tensor::from(2.0f32));
        program.reset(&mut frame);
        assert_eq!(full(&frame), [false, true, false]);
    }

    #[test]
    fn a_failure_names_its_step() {
        let mut program = Program {
            count: 1,
            inputs: vec![NONE],
            outputs: vec![0],
            left: vec![0],
            ..Program::default()
        };
        step(
            &mut program,
            Kernel::unary(Tensor::f_relu),
            [&[NONE], &[0], &[]],
        );
        let mut frame = filled(&program, &[1.0]);
        let failure = program
            .run(&mut frame, |_| {})
            .expect_err("nothing to read");
        assert_eq!(
            failure.to_string(),
            "Sum 'step': invalid shape: input 0 is missing"
        );
        assert!(program.output(&frame, 0).is_none());
    }
}
