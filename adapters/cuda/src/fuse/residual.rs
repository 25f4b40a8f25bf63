//! A sum and the layer normalisation of it as one step, which also writes the sum where others read it.

use super::web::{Operation, Term, Web};
use super::{Rewrite, until_none};
use crate::draft::Draft;
use crate::expression::Binary;
use crate::layout::reads;
use crate::step::{Kind, Step};

/// `layer_norm(x + residual)` of two operands of the same shape.
pub fn residual(draft: Draft) -> Draft {
    until_none(draft, found)
}

fn found(web: &Web, number: usize) -> Option<Rewrite> {
    let step = web.step(number);
    let Kind::LayerNorm {
        epsilon,
        residual: false,
        scale,
        bias,
    } = step.kind
    else {
        return None;
    };
    let (sum, vectors) = step.inputs.split_first()?;
    let before = web.writer(sum.buffer)?;
    let made = web.step(before).outputs.first()?;
    let Operation::Binary(Binary::Add, Term::View(a), Term::View(b)) = web.operation(before)?
    else {
        return None;
    };
    let whole = web.draft.is_all(sum) && web.draft.is_all(made);
    if !whole || !vectors.iter().all(|vector| web.draft.is_weight(vector)) {
        return None;
    }
    let kind = Kind::LayerNorm {
        epsilon,
        residual: true,
        scale,
        bias,
    };
    let mut inputs = vec![a.reshape(&sum.shape)?, b.reshape(&sum.shape)?];
    let fits = |(index, view)| reads(&kind, index, view) && view.distinct() == sum.elements();
    if !inputs.iter().enumerate().all(fits) {
        return None;
    }
    inputs.extend(vectors.iter().cloned());
    Some(Rewrite {
        at: number,
        with: Step {
            kind,
            inputs,
            outputs: vec![step.outputs.first()?.clone(), sum.clone()],
            sources: web.sources(&[before, number]),
        },
        without: vec![before],
    })
}
