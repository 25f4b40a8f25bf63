//! Einsum, determinants, norms, and normalisation over channels or axes.

use tch::Tensor;

use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("Det", |_| Ok(Kernel::unary(Tensor::f_linalg_det))),
    ("Einsum", einsum),
    ("GlobalLpPool", global_lp_pool),
    ("LRN", lrn),
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

/// The norm over all spatial axes, which stay with size 1.
fn global_lp_pool(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let p = node.int("p", 2);
    Ok(Kernel::unary(move |x| {
        let spatial: Vec<i64> = (2..x.dim() as i64).collect();
        x.f_norm_scalaropt_dim(p, spatial, true)
    }))
}

fn lp_normalization(node: &Node<'_>) -> Kernel {
    let (axis, p) = (node.int("axis", -1), node.int("p", 2));
    Kernel::new(2, move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        x.f_div(&x.f_norm_scalaropt_dim(p, [axis], true)?)
    })
}

/// The calls of torch's `local_response_norm`: squares averaged over neighbouring channels.
fn lrn(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let size = node.int("size", 0);
    if size < 1 || node.rank(0)? < 3 {
        return Err(Refusal::new("without a size, or without spatial axes"));
    }
    let (alpha, beta) = (node.float("alpha", 1e-4), node.float("beta", 0.75));
    let bias = node.float("bias", 1.0);
    Ok(Kernel::new(9, move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let shape = x.size();
        let squares = x.f_square()?;
        let planes = squares.f_reshape([shape[0], 1, shape[1], shape[2], -1])?;
        let padded = planes.f_pad([0, 0, 0, 0, (size - 1) / 2, size / 2], "constant", 0.0)?;
        let means = padded.f_avg_pool3d([size, 1, 1], 1, 0, false, true, None::<i64>)?;
        let scale = means.f_reshape(&shape)?.f_mul_scalar(alpha)?.f_add_scalar(bias)?;
        x.f_div(&scale.f_pow_tensor_scalar(beta)?)
    }))
}

/// Zero mean and unit variance over the axes, with the standard's 1e-9 beside the deviation.
fn mean_variance_normalization(node: &Node<'_>) -> Kernel {
    let axes = node.ints("axes").unwrap_or_else(|| vec![0, 2, 3]);
    Kernel::new(5, move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let (variance, mean) = x.f_var_mean_dim(&axes, false, true)?;
        x.f_sub(&mean)?.f_div(&variance.f_sqrt()?.f_add_scalar(1e-9)?)
    })
}

