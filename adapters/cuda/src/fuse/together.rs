//! Products of one operand with several constants as one product with all of them side by side.

use tare_models::Tensor;

use super::web::Web;
use crate::draft::{Buffer, Draft, Role};
use crate::step::{Epilogue, Kind, Step};
use crate::view::View;

/// `x [w₁ w₂ …]` for `x w₁`, `x w₂`, …, as of queries, keys and values; readers see their part of the rows.
pub fn together(mut draft: Draft) -> Draft {
    let mut number = 0;
    while number < draft.steps.len() {
        let web = Web::of(&draft);
        let group = group(&web, number);
        if group.len() < 2 || join(&mut draft, &group).is_none() {
            number += 1;
        }
    }
    draft
}

/// This product and the later ones that may join it.
fn group(web: &Web, number: usize) -> Vec<usize> {
    let steps = &web.draft.steps;
    let Some(epilogue) = joinable(web, &steps[number]) else {
        return Vec::new();
    };
    let joins = |other: &usize| {
        let step = &steps[*other];
        joinable(web, step) == Some(epilogue) && step.inputs[0].is_same(&steps[number].inputs[0])
    };
    (number..steps.len()).filter(joins).collect()
}

/// The epilogue of a product of matrices with constants whose result is its own.
fn joinable(web: &Web, step: &Step) -> Option<Epilogue> {
    let Kind::Product { epilogue } = step.kind else {
        return None;
    };
    let output = step.outputs.first()?;
    let constant = step.inputs[1..]
        .iter()
        .all(|view| web.draft.is_weight(view));
    let own = web.draft.buffer(output.buffer).role == Role::Local && web.draft.is_all(output);
    let fits = constant && own && !epilogue.residual && output.shape.len() == 2;
    fits.then_some(epilogue)
}

fn join(draft: &mut Draft, group: &[usize]) -> Option<()> {
    let members = group.iter().map(|number| draft.steps[*number].clone());
    let members: Vec<Step> = members.collect();
    let first = members.first()?;
    let rows = first.outputs[0].shape[0];
    let widths = members.iter().map(|step| step.outputs[0].shape[1]);
    let widths: Vec<usize> = widths.collect();
    let width: usize = widths.iter().sum();
    let made = View::whole(first.outputs[0].buffer, &[rows, width]);
    let mut start = 0;
    let parts = members.iter().zip(&widths).map(|(member, own)| {
        start += own;
        (
            member.outputs[0].clone(),
            made.slice(1, start - own, 1, *own),
        )
    });
    let moved: Vec<(View, View)> = parts.collect();
    let steps = moved_readers(draft, &moved)?;
    let mut inputs = vec![first.inputs[0].clone()];
    for operand in 1..first.inputs.len() {
        let parts: Vec<&View> = members.iter().map(|step| &step.inputs[operand]).collect();
        inputs.push(side_by_side(draft, &parts, &widths)?);
    }
    let name = draft.buffer(made.buffer).name.clone();
    let whole = draft.add(Buffer {
        name,
        dtype: tare_models::DataType::F32,
        shape: vec![rows, width],
        role: Role::Local,
    });
    draft.steps = steps;
    let is_moved = |view: &View| moved.iter().any(|(own, _)| own.buffer == view.buffer);
    let read = draft.steps.iter_mut().flat_map(|step| &mut step.inputs);
    read.filter(|view| is_moved(view))
        .for_each(|view| view.buffer = whole.buffer);
    let sources = members.iter().flat_map(|step| step.sources.clone());
    draft.steps[group[0]] = Step {
        kind: first.kind.clone(),
        inputs,
        outputs: vec![whole],
        sources: sources.collect(),
    };
    draft.sort();
    draft.prune();
    Some(())
}

/// The steps with each view of a result replaced by the same view of its part; `None` where no strides do that.
fn moved_readers(draft: &Draft, moved: &[(View, View)]) -> Option<Vec<Step>> {
    let mut steps = draft.steps.clone();
    for step in &mut steps {
        for input in &mut step.inputs {
            let of = moved.iter().find(|(own, _)| own.buffer == input.buffer);
            if let Some((own, part)) = of {
                *input = split_rows(input, own, part)?;
            }
        }
    }
    Some(steps)
}

/// A view of a row-major matrix as the same view of columns of a wider one, whatever it makes of rows and columns.
fn split_rows(view: &View, own: &View, part: &View) -> Option<View> {
    let (width, wide) = (own.shape[1], part.strides[0]);
    let mut reach = view.offset % width;
    let mut strides = Vec::with_capacity(view.shape.len());
    for axis in 0..view.shape.len() {
        let step = view.step(axis);
        let along = usize::try_from(step).ok()?;
        if along >= width {
            if along % width != 0 {
                return None;
            }
            strides.push((along / width) as isize * wide);
        } else {
            reach += along * (view.shape[axis] - 1);
            strides.push(step);
        }
    }
    let row = (view.offset / width) * wide as usize;
    (reach < width).then(|| View {
        buffer: view.buffer,
        offset: part.offset + row + view.offset % width,
        shape: view.shape.clone(),
        strides,
    })
}

/// Constants with the same rows, or vectors, beside each other.
fn side_by_side(draft: &mut Draft, parts: &[&View], widths: &[usize]) -> Option<View> {
    let values: Option<Vec<Vec<f32>>> = parts.iter().map(|part| draft.floats(part)).collect();
    let values = values?;
    let width: usize = widths.iter().sum();
    let rows = values[0].len() / widths[0];
    let mut joined = Vec::with_capacity(rows * width);
    for row in 0..rows {
        for (part, own) in values.iter().zip(widths) {
            joined.extend_from_slice(&part[row * own..][..*own]);
        }
    }
    let shape = match parts[0].shape.len() {
        1 => vec![width],
        _ => vec![rows, width],
    };
    let name = draft.buffer(parts[0].buffer).name.clone();
    let tensor = Tensor::from_values(shape, joined).ok()?;
    Some(draft.add_weight(name, tensor))
}
