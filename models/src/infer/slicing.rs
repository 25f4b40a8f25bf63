//! Operators that cut out or surround parts of a tensor.

use super::context::{Context, Failure, misfit};
use super::dims::{add, agree, axes_of, axis_of, divide, size_of, sizes_of, too_large};
use super::{Inferred, Shapes};

/// One axis of a slice, resolved: `steps` elements from `start`, `step` apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    pub axis: usize,
    pub start: usize,
    pub step: i64,
    pub steps: usize,
}

/// Start, end and step of each axis that a Slice cuts.
pub(crate) fn cuts(context: &Context, shape: &[usize]) -> Result<Vec<Cut>, Failure> {
    let listed = |name: &str, index: usize| context.attribute_or_input(name, index);
    let (Some(starts), Some(ends)) = (listed("starts", 1)?, listed("ends", 2)?) else {
        return misfit("starts or ends are missing");
    };
    let axes = match listed("axes", 3)? {
        Some(axes) => axes,
        None => (0..).take(starts.len()).collect(),
    };
    let steps = context
        .optional_integers(4)?
        .unwrap_or_else(|| vec![1; starts.len()]);
    agree("the number of starts and ends", starts.len(), ends.len())?;
    agree("the number of starts and axes", starts.len(), axes.len())?;
    agree("the number of starts and steps", starts.len(), steps.len())?;
    axes_of(&axes, shape.len())?;
    (0..starts.len())
        .map(|i| {
            let axis = axis_of(axes[i], shape.len())?;
            cut(axis, shape[axis], starts[i], ends[i], steps[i])
        })
        .collect()
}

fn cut(axis: usize, size: usize, start: i64, end: i64, step: i64) -> Result<Cut, Failure> {
    let size = i64::try_from(size).map_err(|_| too_large())?;
    let place = |at: i64| if at < 0 { at.saturating_add(size) } else { at };
    let (start, end, distance) = match step {
        0 => return misfit("a slice's step is zero"),
        1.. => {
            let start = place(start).clamp(0, size);
            let end = place(end).clamp(0, size);
            (start, end, end - start)
        }
        _ => {
            let start = place(start).clamp(0, (size - 1).max(0));
            let end = place(end).clamp(-1, size - 1);
            (start, end, start - end)
        }
    };
    let _ = end;
    let steps = if size == 0 || distance <= 0 {
        0
    } else {
        (distance as u64).div_ceil(step.unsigned_abs())
    };
    Ok(Cut {
        axis,
        start: size_of(start)?,
        step,
        steps: usize::try_from(steps).map_err(|_| too_large())?,
    })
}

pub(super) fn slice(context: &Context) -> Inferred {
    let mut shape = context.shape(0)?.to_vec();
    for cut in cuts(context, &shape.clone())? {
        shape[cut.axis] = cut.steps;
    }
    Ok(vec![shape])
}

pub(super) fn split(context: &Context) -> Inferred {
    let shape = context.shape(0)?;
    let axis = axis_of(context.int("axis", 0), shape.len())?;
    let parts = match context.attribute_or_input("split", 1)? {
        Some(parts) => sizes_of(&parts)?,
        None => equal_parts(context, shape[axis])?,
    };
    let total = parts.iter().try_fold(0, |sum, part| add(sum, *part))?;
    agree("the sum of the parts and the axis", total, shape[axis])?;
    Ok(parts
        .into_iter()
        .map(|part| {
            let mut piece = shape.to_vec();
            piece[axis] = part;
            piece
        })
        .collect::<Shapes>())
}

fn equal_parts(context: &Context, size: usize) -> Result<Vec<usize>, Failure> {
    let outputs = context.node.outputs.len();
    let parts = size_of(context.int("num_outputs", outputs as i64))?;
    agree("num_outputs and the outputs", parts, outputs)?;
    if context.opset < 18 {
        return Ok(vec![divide(size, parts)?; parts]);
    }
    let part = size.div_ceil(parts.max(1));
    Ok((0..parts)
        .map(|index| size.saturating_sub(part.saturating_mul(index)).min(part))
        .collect())
}

pub(super) fn pad(context: &Context) -> Inferred {
    let shape = context.shape(0)?;
    let pads = match context.node.ints("paddings") {
        Some(pads) => pads.to_vec(),
        None => context
            .attribute_or_input("pads", 1)?
            .ok_or_else(|| Failure::Misfit("pads are missing".into()))?,
    };
    let axes = match context.optional_integers(3)? {
        Some(axes) => axes
            .iter()
            .map(|axis| axis_of(*axis, shape.len()))
            .collect::<Result<Vec<_>, _>>()?,
        None => (0..shape.len()).collect(),
    };
    agree("the pads and twice the axes", pads.len(), 2 * axes.len())?;
    let mut padded = shape.to_vec();
    for (i, axis) in axes.iter().enumerate() {
        let size = padded[*axis] as i128 + i128::from(pads[i]) + i128::from(pads[axes.len() + i]);
        padded[*axis] =
            usize::try_from(size).map_err(|_| Failure::Misfit(format!("{size} is no size")))?;
    }
    Ok(vec![padded])
}

pub(super) fn center_crop_pad(context: &Context) -> Inferred {
    let mut shape = context.shape(0)?.to_vec();
    let sizes = sizes_of(&context.integers(1)?)?;
    let axes = match context.node.ints("axes") {
        Some(axes) => axes
            .iter()
            .map(|axis| axis_of(*axis, shape.len()))
            .collect::<Result<Vec<_>, _>>()?,
        None => (0..shape.len()).collect(),
    };
    agree("the sizes and the axes", sizes.len(), axes.len())?;
    for (axis, size) in axes.into_iter().zip(sizes) {
        shape[axis] = size;
    }
    Ok(vec![shape])
}

#[cfg(test)]
mod tests {
    use super::cut;

    fn steps(size: usize, start: i64, end: i64, step: i64) -> usize {
        cut(0, size, start, end, step).expect("a cut").steps
    }

    #[test]
    fn slices_clamp_to_the_axis_in_both_directions() {
        assert_eq!(steps(10, 2, 8, 1), 6);
        assert_eq!(steps(10, -3, i64::MAX, 1), 3);
        assert_eq!(steps(10, 0, 10, 3), 4);
        assert_eq!(steps(10, 9, i64::MIN, -1), 10);
        assert_eq!(steps(10, 20, 0, -1), 9);
        assert_eq!(steps(10, 8, 2, 1), 0);
        assert_eq!(steps(0, 0, 5, 1), 0);
        assert_eq!(steps(0, -1, i64::MIN, -1), 0);
        assert!(cut(0, 10, 0, 5, 0).is_err());
    }
}
