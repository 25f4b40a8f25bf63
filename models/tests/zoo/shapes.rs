//! The shape rules of single operators that the trace needs.

use tare_models::proto::NodeProto;

/// An integer attribute.
pub fn int(node: &NodeProto, key: &str) -> Option<i64> {
    node.attribute
        .iter()
        .find(|attribute| attribute.name.as_deref() == Some(key))
        .and_then(|attribute| attribute.i)
}

pub fn ints<'n>(node: &'n NodeProto, key: &str) -> &'n [i64] {
    let found = node
        .attribute
        .iter()
        .find(|attribute| attribute.name.as_deref() == Some(key));
    &found
        .unwrap_or_else(|| panic!("no `{key}` in {node:?}"))
        .ints
}

pub fn with(shape: &[i64], axis: usize, size: i64) -> Vec<i64> {
    let mut shape = shape.to_vec();
    shape[axis] = size;
    shape
}

pub fn unsqueeze(x: &[i64], axes: &[i64]) -> Vec<i64> {
    let mut shape = x.to_vec();
    let rank = (x.len() + axes.len()) as i64;
    axes.iter()
        .for_each(|axis| shape.insert(axis.rem_euclid(rank) as usize, 1));
    shape
}

pub fn reshape(x: &[i64], to: &[i64]) -> Vec<i64> {
    let mut shape: Vec<i64> = to
        .iter()
        .enumerate()
        .map(|(axis, size)| if *size == 0 { x[axis] } else { *size })
        .collect();
    let (total, known): (i64, i64) = (
        x.iter().product(),
        shape.iter().filter(|size| **size > 0).product(),
    );
    shape
        .iter_mut()
        .filter(|size| **size == -1)
        .for_each(|size| *size = total / known);
    assert_eq!(shape.iter().product::<i64>(), total, "{x:?} as {to:?}");
    shape
}

pub fn slice(x: &[i64], start: i64, end: i64, axis: usize) -> Vec<i64> {
    let end = if end < 0 {
        x[axis] + end
    } else {
        end.min(x[axis])
    };
    with(x, axis, end - start)
}

pub fn windows(node: &NodeProto, sides: &[i64]) -> Vec<i64> {
    let (kernel, pads, strides) = (
        ints(node, "kernel_shape"),
        ints(node, "pads"),
        ints(node, "strides"),
    );
    let side = |(axis, size): (usize, &i64)| {
        (size + pads[axis] + pads[axis + sides.len()] - kernel[axis]) / strides[axis] + 1
    };
    sides.iter().enumerate().map(side).collect()
}

pub fn matmul(x: &[i64], y: &[i64]) -> Vec<i64> {
    let (x_outer, x_inner) = x.split_at(x.len() - 2);
    let (y_outer, y_inner) = y.split_at(y.len() - 2);
    assert_eq!(x_inner[1], y_inner[0], "{x:?} times {y:?}");
    [broadcast(x_outer, y_outer), vec![x_inner[0], y_inner[1]]].concat()
}

pub fn broadcast(left: &[i64], right: &[i64]) -> Vec<i64> {
    let rank = left.len().max(right.len());
    let at = |shape: &[i64], axis: usize| {
        (axis + shape.len())
            .checked_sub(rank)
            .map_or(1, |axis| shape[axis])
    };
    let size = |axis| match (at(left, axis), at(right, axis)) {
        (1, size) | (size, 1) => size,
        (size, other) => {
            assert_eq!(size, other, "{left:?} does not broadcast with {right:?}");
            size
        }
    };
    (0..rank).map(size).collect()
}
