//! Einsum, determinants, and normalisation by a norm or a deviation.

use tch::Tensor;

use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("Det", |_| Ok(Kernel::unary(Tensor::f_linalg_det))),
    ("Einsum", einsum),
    ("LpNormalization", |node| Ok(lp_normalization(node))),
    ("MeanVarianceNormalization", |node| {
        Ok(mean_variance_normalization(node))
    }),
];

fn einsum(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let equation = node.string("equation", "").to_owned();
    if equation.is_empty() {
        return Err(Refusal::new("without an equation"));
    }
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let tensors: Vec<&Tensor> = inputs.present().collect();
        Tensor::f_einsum(&equation, &tensors, None::<&[i64]>)
    }))
}

fn lp_normalization(node: &Node<'_>) -> Kernel {
    let (axis, p) = (node.int("axis", -1), node.int("p", 2));
    Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        x.f_div(&x.f_norm_scalaropt_dim(p, [axis], true)?)
    })
}

/// Zero mean and unit variance over the axes, with the standard's 1e-9 beside the deviation.
fn mean_variance_normalization(node: &Node<'_>) -> Kernel {
    let axes = node.ints("axes").unwrap_or_else(|| vec![0, 2, 3]);
    Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let (variance, mean) = x.f_var_mean_dim(&axes, false, true)?;
        x.f_sub(&mean)?
            .f_div(&variance.f_sqrt()?.f_add_scalar(1e-9)?)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, one};

    #[test]
    fn equations_with_repeated_letters_take_the_diagonal() {
        let operator = one("Einsum", 12).string("equation", "...ii -> ...i");
        let found = operator.fed(floats(&[2, 2], &[1.0, 2.0, 3.0, 4.0])).first();
        assert_eq!(found, (vec![2], vec![1.0, 4.0]));
        assert_eq!(one("Einsum", 12).refusal(), "without an equation");
    }

    #[test]
    fn norms_divide_along_their_axis() {
        let operator = one("LpNormalization", 1).int("p", 1).int("axis", 0);
        let found = operator
            .fed(floats(&[2, 2], &[1.0, -2.0, 3.0, 6.0]))
            .first();
        assert_eq!(found.1, [0.25, -0.25, 0.75, 0.75]);
        let unit = one("LpNormalization", 1)
            .fed(floats(&[2], &[3.0, -4.0]))
            .first();
        assert!((unit.1[0] - 0.6).abs() < 1e-7 && (unit.1[1] + 0.8).abs() < 1e-7);
    }

    #[test]
    fn mean_and_deviation_are_those_of_the_named_axes() {
        let operator = one("MeanVarianceNormalization", 13).ints("axes", &[1]);
        let found = operator
            .fed(floats(&[2, 2], &[1.0, 3.0, 10.0, 20.0]))
            .first();
        assert!(
            found
                .1
                .iter()
                .zip([-1.0, 1.0, -1.0, 1.0])
                .all(|(a, b)| (a - b).abs() < 1e-6)
        );
    }

    #[test]
    fn determinants_are_of_the_last_two_axes() {
        let values = [1.0, 2.0, 3.0, 4.0, 2.0, 0.0, 0.0, 5.0];
        let found = one("Det", 11).fed(floats(&[2, 2, 2], &values)).first();
        assert_eq!(found.0, [2]);
        assert!((found.1[0] + 2.0).abs() < 1e-6 && (found.1[1] - 10.0).abs() < 1e-6);
    }
}
