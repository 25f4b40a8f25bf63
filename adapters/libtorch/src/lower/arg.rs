//! Where the largest elements are: ArgMax, ArgMin, TopK, Hardmax.

use tch::{TchError, Tensor};

use super::host::{Ints, from_first, size_at};
use super::{Entry, Inputs, Kernel, Node, Outputs, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("ArgMax", |node| {
        Ok(arg(node, |x, axis, keep| x.f_argmax(axis, keep)))
    }),
    ("ArgMin", |node| {
        Ok(arg(node, |x, axis, keep| x.f_argmin(axis, keep)))
    }),
    ("Hardmax", hardmax),
    ("TopK", top_k),
];

type Arg = fn(&Tensor, i64, bool) -> Result<Tensor, TchError>;

/// torch names the first of equal elements; the last is found from the other end.
fn arg(node: &Node<'_>, call: Arg) -> Kernel {
    let (axis, keep) = (node.int("axis", 0), node.flag("keepdims", true));
    if !node.flag("select_last_index", false) {
        return Kernel::unary(move |x| call(x, axis, keep));
    }
    Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let last = size_at(x, axis)? - 1;
        call(&x.f_flip([axis])?, axis, keep)?.f_rsub_scalar(last)
    })
}

/// One where the largest element of the axis is first met, zero elsewhere; before version 13 over all axes from it on.
fn hardmax(node: &Node<'_>) -> Result<Kernel, Refusal> {
    if node.opset() >= 13 {
        let axis = node.int("axis", -1);
        return Ok(Kernel::new(move |inputs: Inputs<'_>| {
            one_hot_of_largest(inputs.at(0)?, axis)
        }));
    }
    let axis = node.int("axis", 1);
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let shape = x.size();
        let axis = from_first(axis, shape.len())?;
        let rows: i64 = shape[..axis].iter().product();
        let flat = x.f_reshape([rows, shape[axis..].iter().product()])?;
        one_hot_of_largest(&flat, 1)?.f_reshape(shape)
    }))
}

fn one_hot_of_largest(x: &Tensor, axis: i64) -> Result<Tensor, TchError> {
    let index = x.f_argmax(axis, true)?;
    x.f_zeros_like()?.f_scatter_value(axis, &index, 1.0)
}

/// Of equal elements the one with the lower index comes first, which `topk` does not promise: a stable sort does.
fn top_k(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let (axis, largest) = (node.int("axis", -1), node.flag("largest", true));
    let one = node.int("k", 0);
    let k = match Ints::input(node, 1) {
        Some(k) => k,
        None => Ints::Known(vec![one]),
    };
    if !node.has_output(1) {
        let sorted = node.flag("sorted", true);
        return Ok(Kernel::new(move |inputs: Inputs<'_>| {
            let k = k.read_one(inputs)?;
            let (values, _) = inputs.at(0)?.f_topk(k, axis, largest, sorted)?;
            Ok(Outputs::One(values))
        }));
    }
    if k.known() == Some(&[1]) {
        let best = if largest {
            Tensor::f_max_dim
        } else {
            Tensor::f_min_dim
        };
        return Ok(Kernel::new(move |inputs: Inputs<'_>| {
            best(inputs.at(0)?, axis, true)
        }));
    }
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let k = k.read_one(inputs)?;
        let (values, indices) = inputs.at(0)?.f_sort_stable(true, axis, largest)?;
        Ok((values.f_narrow(axis, 0, k)?, indices.f_narrow(axis, 0, k)?))
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, longs, one};

    fn ties() -> tare_adapter_api::Tensor {
        floats(&[2, 4], &[1.0, 5.0, 5.0, 0.0, 7.0, 7.0, 0.0, 7.0])
    }

    #[test]
    fn the_first_or_the_last_of_equal_elements_is_named() {
        let arg = |op: &str, last: i64| {
            let operator = one(op, 13).int("axis", -1).int("select_last_index", last);
            operator.int("keepdims", 0).fed(ties()).first()
        };
        assert_eq!(arg("ArgMax", 0), (vec![2], vec![1.0, 0.0]));
        assert_eq!(arg("ArgMax", 1), (vec![2], vec![2.0, 3.0]));
        assert_eq!(arg("ArgMin", 1), (vec![2], vec![3.0, 2.0]));
        let default = one("ArgMin", 13).fed(ties()).first();
        assert_eq!(default, (vec![1, 4], vec![0.0, 0.0, 1.0, 0.0]));
    }

    #[test]
    fn of_equal_elements_the_lower_index_is_first() {
        let top = |k: i64, largest: i64| {
            let operator = one("TopK", 11).int("largest", largest).fed(ties());
            operator
                .known(longs(&[1], &[k]))
                .outputs(2)
                .run()
                .expect("runs")
        };
        assert_eq!(
            top(3, 1)[1],
            (vec![2, 3], vec![1.0, 2.0, 0.0, 0.0, 1.0, 3.0])
        );
        assert_eq!(top(3, 0)[0].1, [0.0, 1.0, 5.0, 0.0, 7.0, 7.0]);
        assert_eq!(
            top(1, 1),
            [(vec![2, 1], vec![5.0, 7.0]), (vec![2, 1], vec![1.0, 0.0])]
        );
    }

    #[test]
    fn values_alone_need_no_order_among_equals() {
        let values = one("TopK", 11)
            .int("axis", 1)
            .fed(ties())
            .fed(longs(&[1], &[2]));
        assert_eq!(values.first(), (vec![2, 2], vec![5.0, 5.0, 7.0, 7.0]));
    }

    #[test]
    fn before_version_13_hardmax_takes_all_axes_from_the_given_one_on() {
        let cube = || floats(&[1, 2, 2], &[1.0, 3.0, 2.0, 9.0]);
        let old = one("Hardmax", 11).fed(cube()).first();
        assert_eq!(old, (vec![1, 2, 2], vec![0.0, 0.0, 0.0, 1.0]));
        let new = one("Hardmax", 13).fed(cube()).first();
        assert_eq!(new, (vec![1, 2, 2], vec![0.0, 1.0, 0.0, 1.0]));
    }
}
