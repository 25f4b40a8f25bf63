//! Operators that change a tensor's shape or put tensors together; views stay views.

use tch::{TchError, Tensor};

use super::host::{Ints, from_first};
use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("Concat", concat),
    ("Dropout", dropout),
    ("Expand", expand),
    ("Flatten", flatten),
    ("Identity", |_| Ok(Kernel::same())),
    ("Reshape", reshape),
    ("Shape", shape),
    ("Split", split),
    ("Squeeze", squeeze),
    ("Transpose", transpose),
    ("Unsqueeze", unsqueeze),
];

fn concat(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let axis = node.int("axis", 1);
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let parts: Vec<&Tensor> = inputs.present().collect();
        Tensor::f_cat(&parts, axis)
    }))
}

/// Nothing is dropped at inference; the mask, where it is wanted, keeps everything.
fn dropout(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let training = node.opset() >= 12 && node.has_input(2);
    if training && node.constant_scalar(2) != Some(0.0) {
        return Err(Refusal::new("in training mode"));
    }
    if !node.has_output(1) {
        return Ok(Kernel::same());
    }
    Ok(Kernel::new(|inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let kept = x.f_ones_like()?.f_to_kind(tch::Kind::Bool)?;
        Ok((x.shallow_clone(), kept))
    }))
}

fn expand(node: &Node<'_>) -> Result<Kernel, Refusal> {
    if let Some(shape) = node.output_shape(0) {
        return Ok(Kernel::unary(move |x| x.f_expand(&shape, false)));
    }
    let shape = Ints::input(node, 1).ok_or_else(|| Refusal::new("without a shape"))?;
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        x.f_expand(broadcast(&x.size(), &shape.read(inputs)?), false)
    }))
}

/// The shape that two shapes broadcast to, where they do.
fn broadcast(a: &[i64], b: &[i64]) -> Vec<i64> {
    let rank = a.len().max(b.len());
    let size = |shape: &[i64], axis: usize| match (axis + shape.len()).checked_sub(rank) {
        Some(own) => shape[own],
        None => 1,
    };
    let axes = (0..rank).map(|axis| match (size(a, axis), size(b, axis)) {
        (1, other) | (other, _) => other,
    });
    axes.collect()
}

fn flatten(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let axis = node.int("axis", 1);
    if axis == 1 && node.rank(0).is_ok_and(|rank| rank >= 2) {
        return Ok(Kernel::unary(|x| x.f_flatten(1, -1)));
    }
    Ok(Kernel::unary(move |x| {
        let shape = x.size();
        let axis = match usize::try_from(axis) {
            Ok(axis) if axis == shape.len() => axis,
            _ => from_first(axis, shape.len())?,
        };
        let (before, after) = shape.split_at(axis);
        x.f_reshape([before.iter().product::<i64>(), after.iter().product()])
    }))
}

fn reshape(node: &Node<'_>) -> Result<Kernel, Refusal> {
    if let Some(shape) = node.output_shape(0) {
        if node.shape(0).as_ref() == Some(&shape) {
            return Ok(Kernel::same());
        }
        return Ok(Kernel::unary(move |x| x.f_reshape(&shape)));
    }
    let keep_zero = node.flag("allowzero", false);
    let wanted = Ints::attribute_or_input(node, "shape", 1)
        .ok_or_else(|| Refusal::new("without a shape"))?;
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let mut shape = wanted.read(inputs)?.into_owned();
        if !keep_zero {
            for (size, own) in shape.iter_mut().zip(x.size()) {
                *size = if *size == 0 { own } else { *size };
            }
        }
        x.f_reshape(shape)
    }))
}

fn shape(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let (start, end) = (node.int("start", 0), node.int("end", i64::MAX));
    let cut = move |sizes: &[i64]| {
        let rank = sizes.len() as i64;
        let place = |axis: i64| (if axis < 0 { axis + rank } else { axis }).clamp(0, rank) as usize;
        let (start, end) = (place(start), place(end));
        sizes[start..end.max(start)].to_vec()
    };
    counted(node, cut)
}

/// 64-bit integers made from the sizes of the input.
fn counted(
    node: &Node<'_>,
    count: impl Fn(&[i64]) -> Vec<i64> + Send + Sync + 'static,
) -> Result<Kernel, Refusal> {
    let device = node.target().device;
    Ok(Kernel::unary(move |x| {
        let numbers = count(&x.size());
        Tensor::f_from_slice(&numbers)?.f_to_device(device)
    }))
}

fn split(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let axis = node.int("axis", 0);
    let count = node.outputs() as i64;
    let sizes = Ints::attribute_or_input(node, "split", 1);
    if let Some(sizes) = sizes {
        if let Some([first, rest @ ..]) = sizes.known()
            && rest.iter().all(|size| size == first)
            && *first > 0
        {
            let size = *first;
            return Ok(Kernel::new(move |inputs: Inputs<'_>| {
                inputs.at(0)?.f_split(size, axis)
            }));
        }
        return Ok(Kernel::new(move |inputs: Inputs<'_>| {
            inputs
                .at(0)?
                .f_split_with_sizes(sizes.read(inputs)?.as_ref(), axis)
        }));
    }
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let shape = x.size();
        let size = shape[from_first(axis, shape.len())?];
        x.f_split_with_sizes(even_parts(size, count), axis)
    }))
}

/// Equal parts, the last one smaller where they do not come out even.
fn even_parts(size: i64, count: i64) -> Vec<i64> {
    let part = (size + count - 1) / count;
    (0..count)
        .map(|index| part.min(size - part * index).max(0))
        .collect()
}

fn squeeze(node: &Node<'_>) -> Result<Kernel, Refusal> {
    match Ints::attribute_or_input(node, "axes", 1) {
        None => Ok(Kernel::unary(Tensor::f_squeeze)),
        Some(Ints::Known(axes)) if axes.len() == 1 => {
            Ok(Kernel::unary(move |x| x.f_squeeze_dim(axes[0])))
        }
        Some(axes) => Ok(Kernel::new(move |inputs: Inputs<'_>| {
            inputs.at(0)?.f_squeeze_dims(axes.read(inputs)?.as_ref())
        })),
    }
}

fn unsqueeze(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let axes =
        Ints::attribute_or_input(node, "axes", 1).ok_or_else(|| Refusal::new("without axes"))?;
    if let Some([axis]) = axes.known() {
        let axis = *axis;
        return Ok(Kernel::unary(move |x| x.f_unsqueeze(axis)));
    }
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let axes = axes.read(inputs)?;
        let rank = x.dim() + axes.len();
        let places = axes.iter().map(|axis| from_first(*axis, rank));
        let mut places = places.collect::<Result<Vec<_>, TchError>>()?;
        places.sort_unstable();
        let mut out = x.shallow_clone();
        for place in places {
            out = out.f_unsqueeze(place as i64)?;
        }
        Ok(out)
    }))
}

fn transpose(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let Some(perm) = node.ints("perm") else {
        return Ok(Kernel::unary(|x| {
            x.f_permute((0..x.dim() as i64).rev().collect::<Vec<_>>())
        }));
    };
    let moved = (0..).zip(&perm).filter(|(from, to)| from != *to);
    match moved.map(|(from, _)| from).collect::<Vec<i64>>()[..] {
        [] => Ok(Kernel::same()),
        [a, b] => Ok(Kernel::unary(move |x| x.f_transpose(a, b))),
        _ => Ok(Kernel::unary(move |x| x.f_permute(&perm))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_broadcast_from_the_last_axis_on() {
        assert_eq!(broadcast(&[3, 1], &[2, 1, 6]), [2, 3, 6]);
        assert_eq!(broadcast(&[], &[2]), [2]);
        assert_eq!(broadcast(&[0], &[1]), [0]);
    }

    #[test]
    fn parts_are_even_but_the_last() {
        assert_eq!(even_parts(7, 3), [3, 3, 1]);
        assert_eq!(even_parts(6, 3), [2, 2, 2]);
        assert_eq!(even_parts(2, 3), [1, 1, 0]);
    }

    use super::super::testing::{floats, longs, one};

    fn counted(shape: &[usize]) -> tare_adapter_api::Tensor {
        let values: Vec<f32> = (0..shape.iter().product::<usize>())
            .map(|v| v as f32)
            .collect();
        floats(shape, &values)
    }

    #[test]
    fn a_shape_that_each_request_brings_is_followed() {
        let node = |keep_zero: i64, x: &[usize], wanted: &[i64]| {
            let node = one("Reshape", 17)
                .int("allowzero", keep_zero)
                .fed(counted(x));
            node.fed(longs(&[wanted.len()], wanted))
                .run()
                .map(|found| found[0].0.clone())
        };
        assert_eq!(node(0, &[2, 3, 4], &[0, -1]), Ok(vec![2, 12]));
        assert_eq!(node(1, &[0, 3], &[3, 0]), Ok(vec![3, 0]));
        assert!(node(0, &[2, 3], &[4, 2]).is_err());
        let expanded = one("Expand", 17)
            .fed(counted(&[3, 1]))
            .fed(longs(&[3], &[2, 1, 2]));
        assert_eq!(expanded.first().0, [2, 3, 2]);
    }

    #[test]
    fn axes_come_and_go_in_any_order() {
        let added = |axes: &[i64]| {
            let node = one("Unsqueeze", 17).fed(counted(&[2]));
            node.known(longs(&[axes.len()], axes)).first().0
        };
        assert_eq!(added(&[-1]), [2, 1]);
        assert_eq!(added(&[3, 0, -3]), [1, 1, 2, 1]);
        let dropped = one("Squeeze", 17)
            .fed(counted(&[1, 2, 1]))
            .known(longs(&[2], &[0, 2]));
        assert_eq!(dropped.first().0, [2]);
        assert_eq!(one("Squeeze", 17).fed(counted(&[1, 2, 1])).first().0, [2]);
    }

    #[test]
    fn permutations_and_flattening_move_no_more_than_asked() {
        let x = counted(&[2, 3, 4]);
        let turned = |perm: &[i64]| {
            one("Transpose", 17)
                .ints("perm", perm)
                .fed(x.clone())
                .first()
        };
        assert_eq!(turned(&[0, 2, 1]).0, [2, 4, 3]);
        assert_eq!(turned(&[2, 0, 1]).0, [4, 2, 3]);
        assert_eq!(turned(&[0, 1, 2]).1[..3], [0.0, 1.0, 2.0]);
        assert_eq!(one("Transpose", 17).fed(x.clone()).first().0, [4, 3, 2]);
        let flat = |axis: i64| {
            one("Flatten", 17)
                .int("axis", axis)
                .fed(x.clone())
                .first()
                .0
        };
        assert_eq!(
            [flat(0), flat(1), flat(-1), flat(3)],
            [[1, 24], [2, 12], [6, 4], [24, 1]]
        );
    }

    #[test]
    fn shapes_are_told_whole_or_in_part() {
        let shape = |start: i64, end: i64| {
            let node = one("Shape", 17).int("start", start).int("end", end);
            node.fed(counted(&[2, 3, 4])).first().1
        };
        assert_eq!(shape(0, i64::MAX), [2.0, 3.0, 4.0]);
        assert_eq!(shape(-2, -1), [3.0]);
        assert_eq!(shape(2, 1), [0.0; 0]);
    }

    #[test]
    fn a_tensor_is_split_evenly_or_as_told() {
        let parts = |node: super::super::testing::One| -> Vec<Vec<f64>> {
            let found = node.outputs(3).run().expect("runs");
            found.into_iter().map(|(_, values)| values).collect()
        };
        let x = counted(&[6]);
        let even = parts(one("Split", 18).fed(x.clone()));
        assert_eq!(even, [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]);
        let told = parts(one("Split", 18).fed(x).known(longs(&[3], &[1, 3, 2])));
        assert_eq!(told, [vec![0.0], vec![1.0, 2.0, 3.0], vec![4.0, 5.0]]);
    }

    #[test]
    fn nothing_is_dropped_at_inference_and_training_is_refused() {
        let node = || {
            one("Dropout", 13)
                .fed(counted(&[3]))
                .known(floats(&[], &[0.5]))
        };
        let found = node().outputs(2).run().expect("runs");
        assert_eq!(
            (found[0].1.as_slice(), found[1].1.as_slice()),
            (&[0.0, 1.0, 2.0][..], &[1.0; 3][..])
        );
        let truth = tare_adapter_api::Tensor::from_bools(vec![], &[true]).expect("fits");
        assert_eq!(node().known(truth).refusal(), "in training mode");
    }
}
