//! Attention in its parts as one step that never writes the scores.

use super::web::{Operation, Term, Web};
use super::{Rewrite, until_none};
use crate::draft::Draft;
use crate::expression::Binary;
use crate::layout::{reads, writes};
use crate::step::{Epilogue, Kind, Step};
use crate::view::View;

/// The axes before the matrices that a step takes: batch and heads.
const LEADING: usize = 2;

/// `softmax(q kᵀ · scale + mask) v`, the factor before or after the product, with or without a mask.
pub fn attention(draft: Draft) -> Draft {
    until_none(draft, found)
}

/// How scores were made.
struct Scores<'d> {
    product: &'d Step,
    scale: f32,
    mask: Option<&'d View>,
    steps: Vec<usize>,
}

fn found(web: &Web, number: usize) -> Option<Rewrite> {
    let step = web.step(number);
    let plain = Kind::Product {
        epilogue: Epilogue::default(),
    };
    let [weights, v] = step.inputs.as_slice() else {
        return None;
    };
    let softmax = web.maker(weights)?;
    let is_softmax = web.step(softmax).kind == Kind::Softmax { log: false };
    if step.kind != plain || !is_softmax || web.only_reader(weights.buffer) != Some(number) {
        return None;
    }
    let scores = scores(web, web.step(softmax).inputs.first()?, softmax)?;
    let [q, k] = scores.product.inputs.as_slice() else {
        return None;
    };
    let (of_q, q, mut steps) = web.peeled(q);
    let mut turned: Vec<usize> = (0..k.shape.len()).collect();
    turned.swap(k.shape.len() - 2, k.shape.len() - 1);
    let (of_k, k, more) = peeled_view(web, &k.permute(&turned));
    steps.extend(more);
    steps.extend(&scores.steps);
    steps.extend([softmax, number]);
    let kind = Kind::Attention {
        scale: scores.scale * of_q * of_k,
        mask: scores.mask.is_some(),
    };
    let mut inputs = vec![q.clone(), k, v.clone()];
    inputs.extend(scores.mask.cloned());
    let fits = inputs
        .iter()
        .enumerate()
        .all(|(index, view)| reads(&kind, index, view));
    if !fits || q.shape.len() > LEADING + 2 || !writes(&kind, step.outputs.first()?) {
        return None;
    }
    Some(Rewrite {
        at: number,
        with: Step {
            kind,
            inputs,
            outputs: step.outputs.clone(),
            sources: web.sources(&steps),
        },
        without: Vec::new(),
    })
}

/// The product behind scores that only `reader` reads, with factors and one mask on the way.
fn scores<'d>(web: &Web<'d>, view: &'d View, reader: usize) -> Option<Scores<'d>> {
    if web.only_reader(view.buffer) != Some(reader) {
        return None;
    }
    let number = web.maker(view)?;
    let step = web.step(number);
    if let Kind::Product { epilogue } = &step.kind {
        return (*epilogue == Epilogue::default()).then(|| Scores {
            product: step,
            scale: 1.0,
            mask: None,
            steps: vec![number],
        });
    }
    let (mut inner, factor, mask) = match web.operation(number)? {
        Operation::Binary(Binary::Mul, Term::View(x), Term::Number(by))
        | Operation::Binary(Binary::Mul, Term::Number(by), Term::View(x)) => {
            (scores(web, x, number)?, by, None)
        }
        Operation::Binary(Binary::Div, Term::View(x), Term::Number(by)) => {
            (scores(web, x, number)?, 1.0 / by, None)
        }
        Operation::Binary(Binary::Add, Term::View(x), Term::View(y)) => {
            match scores(web, x, number) {
                Some(inner) => (inner, 1.0, Some(y)),
                None => (scores(web, y, number)?, 1.0, Some(x)),
            }
        }
        _ => return None,
    };
    if inner.mask.is_some() {
        return None;
    }
    inner.scale *= factor;
    inner.mask = mask;
    inner.steps.push(number);
    Some(inner)
}

/// As [`Web::peeled`], of a view that may show what was scaled in another order.
fn peeled_view(web: &Web, view: &View) -> (f32, View, Vec<usize>) {
    let scaled = || {
        let number = web.writer(view.buffer)?;
        let made = web.step(number).outputs.first()?;
        let (factor, inner, steps) = web.peeled(made);
        let through = view.through(made, inner)?;
        (!steps.is_empty()).then_some((factor, through, steps))
    };
    scaled().unwrap_or_else(|| (1.0, view.clone(), Vec::new()))
}
