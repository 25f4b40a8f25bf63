//! Operators that rearrange elements without dropping any.

use super::Inferred;
use super::context::{Context, Failure, misfit};
use super::dims::{
    add, agree, axes_of, axis_of, broadcast, divide, elements, multiply, size_of, sizes_of,
};

pub(super) fn reshape(context: &Context) -> Inferred {
    let target = context.integers(1)?;
    let has_shape = context
        .operand(0)
        .is_some_and(|known| known.shape.is_some());
    if !has_shape && target.iter().all(|size| *size > 0) {
        return Ok(vec![sizes_of(&target)?]);
    }
    let from = context.shape(0)?;
    Ok(vec![reshaped(from, &target, context.flag("allowzero"))?])
}

/// The target with its 0 (keep) and −1 (the rest) replaced.
fn reshaped(from: &[usize], target: &[i64], zero_is_size: bool) -> Result<Vec<usize>, Failure> {
    let mut shape = Vec::with_capacity(target.len());
    let mut rest = None;
    for (axis, size) in target.iter().enumerate() {
        shape.push(match size {
            -1 if rest.is_some() => return misfit("-1 appears twice in the target shape"),
            -1 => {
                rest = Some(axis);
                1
            }
            0 if !zero_is_size => *from.get(axis).ok_or_else(|| {
                Failure::Misfit(format!("0 at axis {axis} keeps a size that {from:?} lacks"))
            })?,
            size => size_of(*size)?,
        });
    }
    let (have, need) = (elements(from)?, elements(&shape)?);
    match rest {
        Some(axis) => shape[axis] = divide(have, need.max(1))?,
        None if have != need => {
            return misfit(format!(
                "{from:?} has {have} elements, {target:?} needs {need}"
            ));
        }
        None => {}
    }
    Ok(shape)
}

pub(super) fn flatten(context: &Context) -> Inferred {
    let shape = context.shape(0)?;
    let axis = context.int("axis", 1);
    let rank = i64::try_from(shape.len()).unwrap_or(i64::MAX);
    let split = match axis == rank {
        true => shape.len(),
        false => axis_of(axis, shape.len())?,
    };
    let (outer, inner) = shape.split_at(split);
    Ok(vec![vec![elements(outer)?, elements(inner)?]])
}

pub(super) fn squeeze(context: &Context) -> Inferred {
    let shape = context.shape(0)?;
    let drop = match context.attribute_or_input("axes", 1)? {
        Some(axes) => axes_of(&axes, shape.len())?,
        None => (0..shape.len()).filter(|axis| shape[*axis] == 1).collect(),
    };
    if let Some(axis) = drop.iter().find(|axis| shape[**axis] != 1) {
        return misfit(format!("axis {axis} of {shape:?} is not 1"));
    }
    let kept = (0..shape.len()).filter(|axis| !drop.contains(axis));
    Ok(vec![kept.map(|axis| shape[axis]).collect()])
}

pub(super) fn unsqueeze(context: &Context) -> Inferred {
    let shape = context.shape(0)?;
    let Some(axes) = context.attribute_or_input("axes", 1)? else {
        return misfit("axes are missing");
    };
    let rank = add(shape.len(), axes.len())?;
    let new = axes_of(&axes, rank)?;
    let mut rest = shape.iter();
    let sizes = (0..rank).map(|axis| match new.binary_search(&axis) {
        Ok(_) => 1,
        Err(_) => rest.next().copied().unwrap_or(1),
    });
    Ok(vec![sizes.collect()])
}

pub(super) fn transpose(context: &Context) -> Inferred {
    let shape = context.shape(0)?;
    let order = permutation(context, shape.len())?;
    Ok(vec![order.into_iter().map(|axis| shape[axis]).collect()])
}

/// Which input axis each output axis of a transposition is.
pub(crate) fn permutation(context: &Context, rank: usize) -> Result<Vec<usize>, Failure> {
    let Some(order) = context.node.ints("perm") else {
        return Ok((0..rank).rev().collect());
    };
    let order = sizes_of(order)?;
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..rank) {
        return misfit(format!("{order:?} is no permutation of {rank} axes"));
    }
    Ok(order)
}

pub(super) fn expand(context: &Context) -> Inferred {
    let target = sizes_of(&context.integers(1)?)?;
    Ok(vec![broadcast(context.shape(0)?, &target)?])
}

pub(super) fn tile(context: &Context) -> Inferred {
    let shape = context.shape(0)?;
    let repeats = sizes_of(&context.integers(1)?)?;
    agree(
        "the axes of the repeats and of the data",
        repeats.len(),
        shape.len(),
    )?;
    let sizes = shape
        .iter()
        .zip(repeats)
        .map(|(size, by)| multiply(*size, by));
    Ok(vec![sizes.collect::<Result<_, _>>()?])
}

pub(super) fn concat(context: &Context) -> Inferred {
    let first = context.shape(0)?;
    let axis = axis_of(context.int("axis", 0), first.len())?;
    let mut shape = first.to_vec();
    for index in 1..context.operands.len() {
        let next = context.shape(index)?;
        let fits = next.len() == first.len()
            && (0..first.len()).all(|other| other == axis || next[other] == first[other]);
        if !fits {
            return misfit(format!(
                "{first:?} and {next:?} do not join along axis {axis}"
            ));
        }
        shape[axis] = add(shape[axis], next[axis])?;
    }
    Ok(vec![shape])
}

pub(super) fn depth_to_space(context: &Context) -> Inferred {
    let shape = context.shape_of_rank(0, 4)?;
    let block = size_of(context.int("blocksize", 0))?;
    let channels = divide(shape[1], multiply(block, block)?)?;
    let (height, width) = (multiply(shape[2], block)?, multiply(shape[3], block)?);
    Ok(vec![vec![shape[0], channels, height, width]])
}

pub(super) fn space_to_depth(context: &Context) -> Inferred {
    let shape = context.shape_of_rank(0, 4)?;
    let block = size_of(context.int("blocksize", 0))?;
    let channels = multiply(shape[1], multiply(block, block)?)?;
    let (height, width) = (divide(shape[2], block)?, divide(shape[3], block)?);
    Ok(vec![vec![shape[0], channels, height, width]])
}

/// The sizes of axes `start..end`.
pub(super) fn shape(context: &Context) -> Inferred {
    let rank = context.shape(0)?.len();
    Ok(vec![vec![shape_range(context, rank).len()]])
}

/// Which axes a Shape operator reports.
pub(crate) fn shape_range(context: &Context, rank: usize) -> std::ops::Range<usize> {
    let rank = i64::try_from(rank).unwrap_or(i64::MAX);
    let place = |name: &str, default: i64| {
        let at = context.int(name, default);
        let at = if at < 0 { at.saturating_add(rank) } else { at };
        usize::try_from(at.clamp(0, rank)).unwrap_or(0)
    };
    let (start, end) = (place("start", 0), place("end", rank));
    start..end.max(start)
}

pub(super) fn scalar(_: &Context) -> Inferred {
    Ok(vec![vec![]])
}

#[cfg(test)]
mod tests {
    use super::reshaped;

    #[test]
    fn a_target_shape_keeps_and_infers_sizes() {
        assert_eq!(reshaped(&[2, 3, 4], &[0, -1], false), Ok(vec![2, 12]));
        assert_eq!(reshaped(&[2, 3, 4], &[-1], false), Ok(vec![24]));
        assert_eq!(reshaped(&[0, 3], &[3, 0], true), Ok(vec![3, 0]));
        assert_eq!(reshaped(&[], &[1, 1], false), Ok(vec![1, 1]));
    }

    #[test]
    fn a_target_shape_that_does_not_hold_the_elements_is_refused() {
        assert!(reshaped(&[2, 3], &[4, -1], false).is_err());
        assert!(reshaped(&[2, 3], &[5], false).is_err());
        assert!(reshaped(&[2, 3], &[-1, -1], false).is_err());
        assert!(reshaped(&[2], &[2, 0], false).is_err());
        assert!(reshaped(&[2], &[-2], false).is_err());
    }
}
