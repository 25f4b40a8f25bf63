//! Matrix products: linear layers where the right side is constant.

use tare_adapter_api::DataType;
use tch::{TchError, Tensor};

use super::{Entry, Inputs, Kernel, Node, Refusal};
use crate::ffi::Shared;

pub(super) const TABLE: &[Entry] = &[("Gemm", gemm), ("MatMul", matmul)];

/// What the rewriting makes of a product with a constant and the sum with another one.
pub(super) const OWN: &[Entry] = &[("linear", linear)];

/// A product with a constant matrix is a linear layer without bias.
fn matmul(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let float = node.dtype(1).is_some_and(DataType::is_float);
    if float
        && node.shape(1).is_some_and(|shape| shape.len() == 2)
        && let Some(weight) = node.weight(1)?
    {
        return Ok(Kernel::unary(move |x| x.f_linear(&weight, None::<&Tensor>)));
    }
    Ok(Kernel::binary(Tensor::f_matmul))
}

/// `x · w + b`: the constants are the inputs 1 and 2; with `stored` the weight is [to, from] already.
fn linear(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let constant = || Refusal::new("whose weight or bias is no constant");
    let weight = match node.flag("stored", false) {
        true => node.take(1)?,
        false => node.weight(1)?,
    };
    let weight = weight.ok_or_else(constant)?;
    let bias = node.take(2)?.ok_or_else(constant)?;
    Ok(linear_with(weight, bias))
}

fn linear_with(weight: Shared, bias: Shared) -> Kernel {
    Kernel::unary(move |x| x.f_linear(&weight, Some(&*bias)))
}

/// `α · A · B + β · C`, with A and B transposed where asked for.
fn gemm(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let (alpha, beta) = (node.float("alpha", 1.0), node.float("beta", 1.0));
    let (trans_a, trans_b) = (node.flag("transA", false), node.flag("transB", false));
    let plain = alpha == 1.0 && beta == 1.0 && !trans_a;
    let vector = node.shape(2).is_some_and(|shape| shape.len() == 1)
        && node.shape(2).map(|shape| shape[0]) == node.output_shape(0).map(|shape| shape[1]);
    if plain && trans_b && node.is_constant(1) && node.is_constant(2) && vector {
        let (weight, bias) = (node.take(1)?, node.take(2)?);
        if let (Some(weight), Some(bias)) = (weight, bias) {
            return Ok(linear_with(weight, bias));
        }
    }
    let float = node.dtype(0).is_some_and(DataType::is_float);
    if !float && (alpha != 1.0 || beta != 1.0) {
        return Err(Refusal::new("of scaled integers"));
    }
    let added = node.has_input(2) && beta != 0.0;
    let turned = u64::from(trans_a) + u64::from(trans_b);
    let scaled = u64::from(alpha != 1.0) + u64::from(added && beta != 1.0);
    Ok(Kernel::new(
        1 + turned + scaled,
        move |inputs: Inputs<'_>| {
            let a = turn(inputs.at(0)?, trans_a)?;
            let b = scale(&turn(inputs.at(1)?, trans_b)?, alpha)?;
            match inputs.get(2).filter(|_| added) {
                Some(c) => scale(c, beta)?.f_addmm(&a, &b),
                None => a.f_mm(&b),
            }
        },
    ))
}

fn turn(matrix: &Tensor, wanted: bool) -> Result<Tensor, TchError> {
    if wanted {
        matrix.f_transpose(0, 1)
    } else {
        Ok(matrix.shallow_clone())
    }
}

fn scale(tensor: &Tensor, by: f64) -> Result<Tensor, TchError> {
    if by == 1.0 {
        Ok(tensor.shallow_clone())
    } else {
        tensor.f_mul_scalar(by)
    }
}
