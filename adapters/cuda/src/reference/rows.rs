//! Softmax, normalisation and reductions: what looks at all elements of a row.

use super::execute::add_residual;
use super::map::{greater, lesser};
use super::memory::Memory;
use crate::step::{Reduction, Step};

pub(super) fn softmax(memory: &mut Memory, step: &Step, log: bool) -> Result<(), String> {
    let (x, output) = ends(step)?;
    let width = x.shape.last().copied().unwrap_or(1);
    let mut values = memory.floats(x).into_owned();
    values
        .chunks_exact_mut(width)
        .for_each(|row| softmax_row(row, log));
    memory.write_floats(output, &values);
    Ok(())
}

/// In place; with `log`, its logarithm.
pub(super) fn softmax_row(row: &mut [f32], log: bool) {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = row.iter().map(|value| (value - largest).exp()).sum();
    for value in row {
        *value = match log {
            true => *value - largest - sum.ln(),
            false => (*value - largest).exp() / sum,
        };
    }
}

pub(super) fn layer_norm(memory: &mut Memory, step: &Step, epsilon: f32) -> Result<(), String> {
    let (x, output) = ends(step)?;
    let width = x.shape.last().copied().unwrap_or(1);
    let mut values = memory.floats(x).into_owned();
    add_residual(memory, step, &mut values);
    if let Some(sum) = step.outputs.get(1) {
        memory.write_floats(sum, &values);
    }
    let scale = step
        .input("scale")
        .map(|view| memory.floats(view).into_owned());
    let bias = step
        .input("bias")
        .map(|view| memory.floats(view).into_owned());
    for row in values.chunks_exact_mut(width) {
        let mean = row.iter().sum::<f32>() / width as f32;
        row.iter_mut().for_each(|value| *value -= mean);
        let variance = row.iter().map(|value| value * value).sum::<f32>() / width as f32;
        let deviation = (variance + epsilon).sqrt();
        row.iter_mut().for_each(|value| *value /= deviation);
        if let Some(scale) = &scale {
            row.iter_mut()
                .zip(scale)
                .for_each(|(value, scale)| *value *= scale);
        }
        if let Some(bias) = &bias {
            row.iter_mut()
                .zip(bias)
                .for_each(|(value, bias)| *value += bias);
        }
    }
    memory.write_floats(output, &values);
    Ok(())
}

pub(super) fn reduce(
    memory: &mut Memory,
    step: &Step,
    function: Reduction,
    axes: usize,
) -> Result<(), String> {
    let (x, output) = ends(step)?;
    let width: usize = x.shape[x.shape.len() - axes..].iter().product();
    let values: Vec<f32> = memory
        .floats(x)
        .chunks_exact(width)
        .map(|row| match function {
            Reduction::Sum => row.iter().sum(),
            Reduction::Mean => row.iter().sum::<f32>() / width as f32,
            Reduction::Max => row.iter().copied().fold(f32::NEG_INFINITY, greater),
            Reduction::Min => row.iter().copied().fold(f32::INFINITY, lesser),
            Reduction::Product => row.iter().product(),
        })
        .collect();
    memory.write_floats(output, &values);
    Ok(())
}

fn ends(step: &Step) -> Result<(&crate::view::View, &crate::view::View), String> {
    match (step.inputs.first(), step.outputs.first()) {
        (Some(input), Some(output)) => Ok((input, output)),
        _ => Err("it reads or writes nothing".to_owned()),
    }
}
