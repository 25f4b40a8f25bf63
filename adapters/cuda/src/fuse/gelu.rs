//! GELU, which exporters write in its parts, as one function.

use std::f32::consts::{FRAC_1_SQRT_2, FRAC_2_PI};

use super::web::{Operation, Term, Web, near};
use super::{Rewrite, until_none};
use crate::draft::Draft;
use crate::expression::{Binary, Program, Unary};
use crate::step::{Kind, Step};
use crate::view::View;

const CUBIC: f32 = 0.044_715;

/// x · ½ (1 + erf(x / √2)), and x · ½ (1 + tanh(√(2/π) (x + 0.044715 x³))), however the factors are ordered.
pub fn gelu(draft: Draft) -> Draft {
    until_none(draft, found)
}

fn found(web: &Web, number: usize) -> Option<Rewrite> {
    let output = web.step(number).outputs.first()?;
    let (outer, product, mut steps) = web.peeled(output);
    let (step, Operation::Binary(Binary::Mul, Term::View(p), Term::View(q))) =
        web.made_by(product)?
    else {
        return None;
    };
    steps.push(step);
    let (function, x, inner) = gate(web, outer, p, q).or_else(|| gate(web, outer, q, p))?;
    steps.extend(inner);
    Some(Rewrite {
        at: number,
        with: Step {
            kind: Kind::Map {
                program: Program::unary(function),
            },
            inputs: vec![x.clone()],
            outputs: vec![output.clone()],
            sources: web.sources(&steps),
        },
        without: Vec::new(),
    })
}

/// Where `factor · x · gate` is GELU: which, of what, and the steps.
fn gate<'d>(
    web: &Web<'d>,
    factor: f32,
    x: &'d View,
    gate: &'d View,
) -> Option<(Unary, &'d View, Vec<usize>)> {
    let (of_x, x, mut steps) = web.peeled(x);
    let (of_gate, gate, more) = web.peeled(gate);
    steps.extend(more);
    let (bent, step) = web.plus(gate, 1.0)?;
    steps.push(step);
    if !near(factor * of_x * of_gate, 0.5) {
        return None;
    }
    let (step, Operation::Unary(function, argument)) = web.made_by(bent)? else {
        return None;
    };
    steps.push(step);
    let (scale, argument, more) = web.peeled(argument);
    steps.extend(more);
    match function {
        Unary::Erf if argument.is_same(x) && near(scale, FRAC_1_SQRT_2) => {
            Some((Unary::Gelu, x, steps))
        }
        Unary::Tanh if near(scale, FRAC_2_PI.sqrt()) => {
            steps.extend(cubic(web, argument, x)?);
            Some((Unary::GeluTanh, x, steps))
        }
        _ => None,
    }
}

/// The steps that made the view as x + 0.044715 x³ or x (1 + 0.044715 x²).
fn cubic<'d>(web: &Web<'d>, view: &View, x: &View) -> Option<Vec<usize>> {
    let (step, Operation::Binary(function, Term::View(a), Term::View(b))) = web.made_by(view)?
    else {
        return None;
    };
    let other = match (a.is_same(x), b.is_same(x)) {
        (true, _) => b,
        (_, true) => a,
        _ => return None,
    };
    let (other, power, mut steps) = match function {
        Binary::Add => (other, 3, vec![step]),
        Binary::Mul => {
            let (square, plus) = web.plus(other, 1.0)?;
            (square, 2, vec![step, plus])
        }
        _ => return None,
    };
    let (factor, raised, more) = web.peeled(other);
    steps.extend(more);
    steps.extend(
        web.power(raised, x, power)
            .filter(|_| near(factor, CUBIC))?,
    );
    Some(steps)
}
