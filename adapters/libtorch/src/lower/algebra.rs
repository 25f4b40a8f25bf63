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
    Ok(Kernel::new(1, move |inputs: Inputs<'_>| {
        let tensors: Vec<&Tensor> = inputs.present().collect();
        Tensor::f_einsum(&equation, &tensors, None::<&[i64]>)
    }))
}

fn lp_normalization(node: &Node<'_>) -> Kernel {
    let (axis, p) = (node.int("axis", -1), node.int("p", 2));
    Kernel::new(2, move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        x.f_div(&x.f_norm_scalaropt_dim(p, [axis], true)?)
    })
}

/// Zero mean and unit variance over the axes, with the standard's 1e-9 beside the deviation.
fn mean_variance_normalization(node: &Node<'_>) -> Kernel {
    let axes = node.ints("axes").unwrap_or_else(|| vec![0, 2, 3]);
    Kernel::new(5, move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let (variance, mean) = x.f_var_mean_dim(&axes, false, true)?;
        x.f_sub(&mean)?
            .f_div(&variance.f_sqrt()?.f_add_scalar(1e-9)?)
    })
}
