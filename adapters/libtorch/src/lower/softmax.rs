//! Softmax and its logarithm.

use tch::{Kind, TchError, Tensor};

use super::host::from_first;
use super::{Entry, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("LogSoftmax", |node| {
        over(node, |x, axis| x.f_log_softmax(axis, None::<Kind>))
    }),
    ("Softmax", |node| {
        over(node, |x, axis| x.f_softmax(axis, None::<Kind>))
    }),
];

type Call = fn(&Tensor, i64) -> Result<Tensor, TchError>;

/// Before version 13 all axes from the given one on count as one.
fn over(node: &Node<'_>, call: Call) -> Result<Kernel, Refusal> {
    if node.opset() >= 13 {
        let axis = node.int("axis", -1);
        return Ok(Kernel::unary(move |x| call(x, axis)));
    }
    let axis = node.int("axis", 1);
    if let Some(shape) = node.shape(0) {
        let axis = from_first(axis, shape.len())?;
        if shape[axis + 1..].iter().all(|size| *size == 1) {
            return Ok(Kernel::unary(move |x| call(x, axis as i64)));
        }
    }
    Ok(Kernel::new(move |inputs: super::Inputs<'_>| {
        let x = inputs.at(0)?;
        let shape = x.size();
        let (before, after) = shape.split_at(from_first(axis, shape.len())?);
        let flat = x.f_reshape([before.iter().product::<i64>(), after.iter().product()])?;
        call(&flat, 1)?.f_reshape(shape)
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, one};

    #[test]
    fn before_version_13_all_axes_from_the_given_one_on_count_as_one() {
        let x = floats(&[1, 2, 2], &[0.0; 4]);
        let old = one("Softmax", 11).int("axis", 1).fed(x.clone());
        assert_eq!(old.first(), (vec![1, 2, 2], vec![0.25; 4]));
        let new = one("Softmax", 13).int("axis", 1).fed(x.clone());
        assert_eq!(new.first().1, [0.5; 4]);
        let last = one("Softmax", 11).int("axis", 2).fed(x);
        assert_eq!(last.first().1, [0.5; 4]);
    }

    #[test]
    fn the_logarithm_stays_finite_where_the_share_vanishes() {
        let found = one("LogSoftmax", 13)
            .fed(floats(&[2], &[0.0, 1000.0]))
            .first()
            .1;
        assert_eq!(found, [-1000.0, 0.0]);
    }
}
