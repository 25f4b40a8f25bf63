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
    let float = node.dtype(0).is_some_and(DataType::is_float);
    if !float && (alpha != 1.0 || beta != 1.0) {
        return Err(Refusal::new("of scaled integers"));
    }
    let added = node.has_input(2) && beta != 0.0;
    if !trans_a
        && trans_b
        && added
        && let Some(linear) = as_linear(node, alpha, beta)?
    {
        return Ok(linear);
    }
    let own_b = match alpha == 1.0 {
        true => None,
        false => scaled_at_load(node, 1, alpha)?,
    };
    let own_c = match added && beta != 1.0 {
        true => scaled_at_load(node, 2, beta)?,
        false => None,
    };
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let a = turn(inputs.at(0)?, trans_a)?;
        let b = match &own_b {
            Some(scaled) => turn(scaled, trans_b)?,
            None => scale(&turn(inputs.at(1)?, trans_b)?, alpha)?,
        };
        match (&own_c, inputs.get(2).filter(|_| added)) {
            (Some(scaled), _) => scaled.f_addmm(&a, &b),
            (None, Some(c)) => scale(c, beta)?.f_addmm(&a, &b),
            (None, None) => a.f_mm(&b),
        }
    }))
}

/// As the layer that PyTorch exports so, where the weight is constant and C a constant vector of its outputs.
fn as_linear(node: &Node<'_>, alpha: f64, beta: f64) -> Result<Option<Kernel>, Refusal> {
    let rows = node.shape(1).and_then(|weight| weight.first().copied());
    let vector = node
        .shape(2)
        .is_some_and(|bias| bias.len() == 1 && rows == bias.first().copied());
    if !(vector && node.is_constant(1) && node.is_constant(2)) {
        return Ok(None);
    }
    let weight = scaled_at_load(node, 1, alpha)?;
    let bias = scaled_at_load(node, 2, beta)?;
    Ok(weight
        .zip(bias)
        .map(|(weight, bias)| linear_with(weight, bias)))
}

/// A constant input times a number, multiplied once; `None` where the input is no constant.
fn scaled_at_load(node: &Node<'_>, index: usize, by: f64) -> Result<Option<Shared>, Refusal> {
    let Some(constant) = node.take(index)? else {
        return Ok(None);
    };
    if by == 1.0 {
        return Ok(Some(constant));
    }
    Ok(Some(Shared::new(constant.f_mul_scalar(by)?)))
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

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, one};

    #[test]
    fn factors_of_constants_and_of_what_is_fed_give_the_same() {
        let weight = || floats(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        for trans_b in [0, 1] {
            let gemm = || {
                let gemm = one("Gemm", 13).float("alpha", 0.5).float("beta", 3.0);
                gemm.int("transB", trans_b)
                    .fed(floats(&[1, 2], &[2.0, 4.0]))
            };
            let bias = || floats(&[2], &[1.0, -1.0]);
            let fed = gemm().fed(weight()).fed(bias()).first();
            let known = gemm().known(weight()).known(bias()).first();
            assert_eq!(known, fed);
            let expected = [[10.0, 7.0], [8.0, 8.0]][trans_b as usize];
            assert_eq!(known, (vec![1, 2], expected.to_vec()));
        }
    }
}
