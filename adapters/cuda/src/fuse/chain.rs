//! Element-wise steps that follow each other as one, so that nothing between them reaches memory.

use super::web::Web;
use super::{Rewrite, until_none};
use crate::draft::Draft;
use crate::expression::Program;
use crate::step::{Kind, Step};
use crate::view::View;

/// The most operands and instructions of one step.
const MOST_OPERANDS: usize = 8;
const MOST_INSTRUCTIONS: usize = 64;

/// An element-wise step within the only one that reads its result, where that computes as many elements.
pub fn chains(draft: Draft) -> Draft {
    until_none(draft, found)
}

fn found(web: &Web, number: usize) -> Option<Rewrite> {
    let step = web.step(number);
    let inner = step.program()?;
    let [output] = step.outputs.as_slice() else {
        return None;
    };
    let reader = web.only_reader(output.buffer)?;
    let outer = web.step(reader);
    let alone = web.writer(output.buffer) == Some(number) && web.draft.is_all(output);
    let made = outer.outputs.first()?;
    if !alone || made.elements() != output.elements() {
        return None;
    }
    let mut reading =
        (0..outer.inputs.len()).filter(|operand| outer.inputs[*operand].buffer == output.buffer);
    let (at, None) = (reading.next()?, reading.next()) else {
        return None;
    };
    let through = |operand: &View| outer.inputs[at].through(output, operand);
    let operands: Option<Vec<View>> = step.inputs.iter().map(through).collect();
    let (program, inputs) = inlined(outer.program()?, &outer.inputs, at, inner, &operands?);
    if inputs.len() > MOST_OPERANDS || program.instructions.len() > MOST_INSTRUCTIONS {
        return None;
    }
    Some(Rewrite {
        at: reader,
        with: Step {
            kind: Kind::Map { program },
            inputs,
            outputs: outer.outputs.clone(),
            sources: web.sources(&[number, reader]),
        },
        without: vec![number],
    })
}

/// The program `outer` with `inner` in place of its operand `at`, and the operands of both.
fn inlined(
    outer: &Program,
    operands: &[View],
    at: usize,
    inner: &Program,
    inner_operands: &[View],
) -> (Program, Vec<View>) {
    let mut all: Vec<View> = operands.to_vec();
    all.remove(at);
    let kept = all.len();
    all.extend(inner_operands.iter().cloned());
    let numbers: Vec<usize> = (0..operands.len())
        .map(|number| if number > at { number - 1 } else { number })
        .collect();
    let inner_numbers: Vec<usize> = (kept..all.len()).collect();
    let program = outer.inline(at, inner, &numbers, &inner_numbers);
    Draft::without_repeats(&program, &all)
}
