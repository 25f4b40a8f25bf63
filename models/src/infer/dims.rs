//! Checked arithmetic on axes and sizes.

use super::context::{Failure, misfit};

/// The number of elements of a shape.
pub(crate) fn elements(shape: &[usize]) -> Result<usize, Failure> {
    shape
        .iter()
        .try_fold(1usize, |product, size| product.checked_mul(*size))
        .ok_or_else(too_large)
}

/// The failure of a size beyond what can be addressed.
pub(crate) fn too_large() -> Failure {
    Failure::Misfit("a size is larger than the address space".into())
}

/// An axis, counted from the end where negative, of `rank` axes.
pub(crate) fn axis_of(axis: i64, rank: usize) -> Result<usize, Failure> {
    let rank_signed = i64::try_from(rank).map_err(|_| too_large())?;
    let positive = if axis < 0 {
        axis.checked_add(rank_signed)
    } else {
        Some(axis)
    };
    match positive.and_then(|axis| usize::try_from(axis).ok()) {
        Some(axis) if axis < rank => Ok(axis),
        _ => misfit(format!("axis {axis} is outside {rank} axes")),
    }
}

/// Axes, each counted from the end where negative, none twice, in ascending order.
pub(crate) fn axes_of(axes: &[i64], rank: usize) -> Result<Vec<usize>, Failure> {
    let mut found = axes
        .iter()
        .map(|axis| axis_of(*axis, rank))
        .collect::<Result<Vec<_>, _>>()?;
    found.sort_unstable();
    if found.windows(2).any(|pair| pair[0] == pair[1]) {
        return misfit(format!("an axis appears twice in {axes:?}"));
    }
    Ok(found)
}

/// A size from a file.
pub(crate) fn size_of(value: i64) -> Result<usize, Failure> {
    usize::try_from(value).or_else(|_| misfit(format!("{value} is no size")))
}

/// Sizes from a file.
pub(crate) fn sizes_of(values: &[i64]) -> Result<Vec<usize>, Failure> {
    values.iter().map(|value| size_of(*value)).collect()
}

/// The shape of two operands combined element by element (multidirectional broadcasting of the ONNX standard).
pub(crate) fn broadcast(a: &[usize], b: &[usize]) -> Result<Vec<usize>, Failure> {
    let rank = a.len().max(b.len());
    (0..rank)
        .map(|axis| {
            let (x, y) = (size_at(a, axis, rank), size_at(b, axis, rank));
            match (x, y) {
                (x, y) if x == y => Ok(x),
                (1, size) | (size, 1) => Ok(size),
                _ => misfit(format!("{a:?} and {b:?} do not broadcast")),
            }
        })
        .collect()
}

fn size_at(shape: &[usize], axis: usize, rank: usize) -> usize {
    (axis + shape.len())
        .checked_sub(rank)
        .map_or(1, |index| shape[index])
}

/// `a + b` of sizes.
pub(crate) fn add(a: usize, b: usize) -> Result<usize, Failure> {
    a.checked_add(b).ok_or_else(too_large)
}

/// `a · b` of sizes.
pub(crate) fn multiply(a: usize, b: usize) -> Result<usize, Failure> {
    a.checked_mul(b).ok_or_else(too_large)
}

/// `a / b` of sizes, which must come out even.
pub(crate) fn divide(a: usize, b: usize) -> Result<usize, Failure> {
    match a.checked_rem(b) {
        Some(0) => Ok(a / b),
        _ => misfit(format!("{a} is not divisible by {b}")),
    }
}

/// Whether two sizes that must agree do.
pub(crate) fn agree(what: &str, a: usize, b: usize) -> Result<(), Failure> {
    if a == b {
        return Ok(());
    }
    misfit(format!("{what} differ: {a} and {b}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_broadcast_from_the_last_axis() {
        assert_eq!(broadcast(&[2, 1, 4], &[3, 1]), Ok(vec![2, 3, 4]));
        assert_eq!(broadcast(&[], &[5]), Ok(vec![5]));
        assert_eq!(broadcast(&[0], &[1]), Ok(vec![0]));
        assert!(broadcast(&[2, 3], &[3, 2]).is_err());
    }

    #[test]
    fn axes_count_from_the_end_where_negative_and_stay_inside() {
        assert_eq!(axis_of(-1, 3), Ok(2));
        assert!(axis_of(3, 3).is_err());
        assert!(axis_of(i64::MIN, 3).is_err());
        assert_eq!(axes_of(&[-1, 0], 3), Ok(vec![0, 2]));
        assert!(axes_of(&[2, -1], 3).is_err());
    }

    #[test]
    fn sizes_beyond_the_address_space_are_refused() {
        assert!(elements(&[usize::MAX, 2]).is_err());
        assert!(multiply(usize::MAX, 2).is_err());
        assert!(add(usize::MAX, 1).is_err());
        assert!(divide(7, 0).is_err());
        assert!(size_of(-1).is_err());
    }
}
