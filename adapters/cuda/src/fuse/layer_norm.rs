//! Layer normalisation, which older exports write in its parts, as one step; with its scale and shift.

use super::web::{Operation, Term, Web};
use super::{Rewrite, until_none};
use crate::draft::Draft;
use crate::expression::{Binary, Unary};
use crate::layout::reads;
use crate::step::{Kind, Reduction, Step};
use crate::view::View;

/// (x − mean) / √(variance + ε) over the last axis; then a factor and a summand that are vectors along it.
pub fn layer_norm(draft: Draft) -> Draft {
    until_none(until_none(draft, normalised), scaled)
}

fn normalised(web: &Web, number: usize) -> Option<Rewrite> {
    let (centred, deviation, mut steps) = match web.operation(number)? {
        Operation::Binary(Binary::Div, Term::View(x), Term::View(y)) => (x, y, vec![number]),
        Operation::Binary(Binary::Mul, Term::View(x), Term::View(y)) => {
            let inverse = web.column_maker(y)?;
            let Operation::Unary(Unary::Reciprocal, y) = web.operation(inverse)? else {
                return None;
            };
            (x, y, vec![number, inverse])
        }
        _ => return None,
    };
    let root = web
        .column_maker(deviation)
        .or_else(|| web.maker(deviation))?;
    let Operation::Unary(Unary::Sqrt, sum) = web.operation(root)? else {
        return None;
    };
    let (shifted, variance, epsilon) = shifted(web, sum)?;
    let (squares, mean) = mean(web, variance)?;
    let (x, centring) = centre(web, centred)?;
    let (square, other) = squared(web, squares)?;
    if !other.is_same(centred) && !centre(web, other).is_some_and(|(own, _)| own.is_same(x)) {
        return None;
    }
    steps.extend([root, shifted, mean, square]);
    steps.extend(centring);
    Some(Rewrite {
        at: number,
        with: Step {
            kind: Kind::LayerNorm {
                epsilon,
                residual: false,
                scale: false,
                bias: false,
            },
            inputs: vec![x.clone()],
            outputs: web.step(number).outputs.clone(),
            sources: web.sources(&steps),
        },
        without: Vec::new(),
    })
}

/// The step that made the view as a sum with a number, what it was added to, and the number.
fn shifted<'d>(web: &Web<'d>, view: &View) -> Option<(usize, &'d View, f32)> {
    let (step, Operation::Binary(Binary::Add, a, b)) = web.made_by(view)? else {
        return None;
    };
    match (a, b) {
        (Term::View(view), Term::Number(by)) | (Term::Number(by), Term::View(view)) => {
            Some((step, view, by))
        }
        _ => None,
    }
}

/// What the view, a column, is the mean of over the last axis, and the step.
fn mean<'d>(web: &Web<'d>, view: &View) -> Option<(&'d View, usize)> {
    let number = web.column_maker(view).or_else(|| web.maker(view))?;
    let step = web.step(number);
    let is_mean = Kind::Reduce {
        function: Reduction::Mean,
        axes: 1,
    };
    Some((step.inputs.first()?, number)).filter(|_| step.kind == is_mean)
}

/// What the view is without its mean, and the steps.
fn centre<'d>(web: &Web<'d>, view: &View) -> Option<(&'d View, [usize; 2])> {
    let (step, Operation::Binary(Binary::Sub, Term::View(x), Term::View(subtracted))) =
        web.made_by(view)?
    else {
        return None;
    };
    let (own, reduction) = mean(web, subtracted)?;
    own.is_same(x).then_some((x, [step, reduction]))
}

/// The step that made the view as a square, and of what.
fn squared<'d>(web: &Web<'d>, view: &View) -> Option<(usize, &'d View)> {
    let (step, operation) = web.made_by(view)?;
    match operation {
        Operation::Binary(Binary::Pow, Term::View(base), Term::Number(2.0)) => Some((step, base)),
        Operation::Binary(Binary::Mul, Term::View(a), Term::View(b)) if a.is_same(b) => {
            Some((step, a))
        }
        _ => None,
    }
}

/// A normalisation with the factor, or the summand, that its only reader applies.
fn scaled(web: &Web, number: usize) -> Option<Rewrite> {
    let step = web.step(number);
    let Kind::LayerNorm {
        epsilon,
        residual,
        scale,
        bias: false,
    } = step.kind
    else {
        return None;
    };
    let [normalised] = step.outputs.as_slice() else {
        return None;
    };
    let reader = web.only_reader(normalised.buffer)?;
    let Operation::Binary(function, Term::View(a), Term::View(b)) = web.operation(reader)? else {
        return None;
    };
    let vector = if a.is_same(normalised) { b } else { a };
    let other = if a.is_same(normalised) { a } else { b };
    if !other.is_same(normalised) || vector.buffer == normalised.buffer {
        return None;
    }
    let is_scale = match function {
        Binary::Mul if !scale => true,
        Binary::Add => false,
        _ => return None,
    };
    let kind = Kind::LayerNorm {
        epsilon,
        residual,
        scale: scale || is_scale,
        bias: !is_scale,
    };
    let vector = along_last(vector)?;
    let mut inputs = step.inputs.clone();
    inputs.push(vector);
    let last = inputs.len() - 1;
    reads(&kind, last, &inputs[last]).then(|| Rewrite {
        at: reader,
        with: Step {
            kind,
            inputs,
            outputs: web.step(reader).outputs.clone(),
            sources: web.sources(&[number, reader]),
        },
        without: vec![number],
    })
}

/// The vector that the view repeats along all but its last axis.
fn along_last(view: &View) -> Option<View> {
    let last = view.shape.len().checked_sub(1)?;
    let repeats = (0..last).all(|axis| view.step(axis) == 0);
    repeats.then(|| View {
        shape: vec![view.shape[last]],
        strides: vec![view.strides[last]],
        ..view.clone()
    })
}
