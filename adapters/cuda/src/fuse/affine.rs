//! A constant factor and summand a channel, as a batch normalisation is at inference, folded into the weights before it.

use tare_models::Tensor;

use super::Rewrite;
use super::epilogue::along_channel;
use super::web::{Operation, Term, Web};
use crate::draft::Draft;
use crate::expression::{Binary, Instruction};
use crate::step::{Kind, Step};
use crate::view::View;

/// `(x w + b) · factor + shift` as `x w' + b'`, of products and convolutions with constant weights.
pub fn affine(mut draft: Draft) -> Draft {
    loop {
        let web = Web::of(&draft);
        let found = (0..draft.steps.len()).find_map(|number| found(&web, number));
        let Some(found) = found else {
            return draft;
        };
        let weight = draft.add_weight(found.names[0].clone(), found.weight);
        let bias = draft.add_weight(found.names[1].clone(), found.bias);
        let mut rewrite = found.rewrite;
        rewrite.with.inputs.splice(1.., [weight, bias]);
        rewrite.apply(&mut draft);
    }
}

/// A step with the new weights that it will have.
struct Folded {
    rewrite: Rewrite,
    weight: Tensor,
    bias: Tensor,
    names: [String; 2],
}

fn found(web: &Web, number: usize) -> Option<Folded> {
    let step = web.step(number);
    let epilogue = *step.kind.epilogue()?;
    if epilogue.residual || epilogue.activation.is_some() {
        return None;
    }
    let output = step.outputs.first()?;
    let reader = web.only_reader(output.buffer)?;
    let (factor, shift, acc) = parts(web, reader, output)?;
    let made = web.step(reader).outputs.first()?;
    let whole = web.draft.is_all(acc) && web.draft.is_all(made) && web.draft.is_all(output);
    let channels = channel_axis(&step.kind);
    let count = step.outputs.first()?.shape[output.shape.len() - channels];
    let along = |view: Option<&View>, otherwise: f32| match view {
        None => Some(vec![otherwise; count]),
        Some(view) => web.draft.floats(&along_channel(view, output, channels)?),
    };
    let (factor, shift) = (along(factor, 1.0)?, along(shift, 0.0)?);
    if !whole {
        return None;
    }
    let weight = step.inputs.get(1)?;
    let values = scaled(&step.kind, web.draft.floats(weight)?, &factor);
    let bias = along(None, 0.0).filter(|_| step.input("bias").is_none());
    let bias = bias.or_else(|| web.draft.floats(step.input("bias")?))?;
    let each = bias.iter().zip(&factor).zip(&shift);
    let bias = each.map(|((bias, by), plus)| bias * by + plus);
    let mut kind = step.kind.clone();
    kind.epilogue_mut()?.bias = true;
    let name = |view: &View| web.draft.buffer(view.buffer).name.clone();
    Some(Folded {
        weight: Tensor::from_values(weight.shape.clone(), values).ok()?,
        bias: Tensor::from_values(vec![count], bias.collect()).ok()?,
        names: [name(weight), format!("{}.bias", name(weight))],
        rewrite: Rewrite {
            at: number,
            with: Step {
                kind,
                inputs: step.inputs.clone(),
                outputs: vec![made.reshape(&output.shape)?],
                sources: web.sources(&[number, reader]),
            },
            without: vec![reader],
        },
    })
}

/// How far from the end the axis of the channels is.
pub(super) fn channel_axis(kind: &Kind) -> usize {
    match kind {
        Kind::Convolution { .. } => 3,
        _ => 1,
    }
}

/// The factor and the summand of a step that computes `x · f`, `x + s` or `x · f + s`, and its operand x.
fn parts<'d>(
    web: &Web<'d>,
    reader: usize,
    x: &View,
) -> Option<(Option<&'d View>, Option<&'d View>, &'d View)> {
    let step = web.step(reader);
    let own = |view: &&View| view.buffer == x.buffer;
    let both = [
        Instruction::Operand(0),
        Instruction::Operand(1),
        Instruction::Binary(Binary::Mul, 0, 1),
        Instruction::Operand(2),
        Instruction::Binary(Binary::Add, 2, 3),
    ];
    if let (Some(program), [acc, factor, shift]) = (step.program(), step.inputs.as_slice())
        && program.instructions == both
    {
        return Some((Some(factor), Some(shift), acc)).filter(|_| own(&acc));
    }
    let Operation::Binary(function, Term::View(a), Term::View(b)) = web.operation(reader)? else {
        return None;
    };
    let (acc, other) = if own(&a) { (a, b) } else { (b, a) };
    match function {
        _ if !own(&acc) || own(&other) => None,
        Binary::Mul => Some((Some(other), None, acc)),
        Binary::Add => Some((None, Some(other), acc)),
        _ => None,
    }
}

/// The weights of channel c times the factor of c: the first axis of a convolution's, the last of a product's.
fn scaled(kind: &Kind, mut values: Vec<f32>, factor: &[f32]) -> Vec<f32> {
    match kind {
        Kind::Convolution { .. } => {
            let each = values.len() / factor.len();
            let channels = values.chunks_exact_mut(each).zip(factor);
            channels.for_each(|(channel, by)| channel.iter_mut().for_each(|value| *value *= by));
        }
        _ => {
            let rows = values.chunks_exact_mut(factor.len());
            rows.for_each(|row| {
                row.iter_mut()
                    .zip(factor)
                    .for_each(|(value, by)| *value *= by)
            });
        }
    }
    values
}
