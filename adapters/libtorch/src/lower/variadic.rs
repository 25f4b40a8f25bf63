//! Operators on any number of tensors: the largest, the smallest, the sum and the mean of each element.

use tch::{TchError, Tensor};

use super::{Entry, Inputs, Kernel, Node};

pub(super) const TABLE: &[Entry] = &[
    ("Max", |node| {
        Ok(fold(node, Tensor::f_maximum, |x, _| Ok(x)))
    }),
    ("Mean", |node| {
        Ok(fold(node, Tensor::f_add, |sum, count| {
            sum.f_div_scalar(count)
        }))
    }),
    ("Min", |node| {
        Ok(fold(node, Tensor::f_minimum, |x, _| Ok(x)))
    }),
    ("Sum", |node| Ok(fold(node, Tensor::f_add, |x, _| Ok(x)))),
];

type Pair = fn(&Tensor, &Tensor) -> Result<Tensor, TchError>;

/// What is left to do once all are folded, given how many there were.
type Last = fn(Tensor, f64) -> Result<Tensor, TchError>;

fn fold(node: &Node<'_>, pair: Pair, last: Last) -> Kernel {
    let count = node.inputs();
    Kernel::new(move |inputs: Inputs<'_>| {
        let mut folded = inputs.at(0)?.shallow_clone();
        for other in inputs.present().skip(1) {
            folded = pair(&folded, other)?;
        }
        last(folded, count as f64)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, one};

    #[test]
    fn any_number_of_tensors_is_folded() {
        let of = |op: &str, count: f32| {
            let mut operator = one(op, 13);
            for number in 0..count as i32 {
                operator = operator.fed(floats(&[2], &[number as f32, 4.0 - number as f32]));
            }
            operator.first().1
        };
        assert_eq!(of("Mean", 3.0), [1.0, 3.0]);
        assert_eq!(of("Sum", 3.0), [3.0, 9.0]);
        assert_eq!(of("Max", 3.0), [2.0, 4.0]);
        assert_eq!(of("Min", 3.0), [0.0, 2.0]);
        assert_eq!(of("Sum", 1.0), [0.0, 4.0]);
    }
}
