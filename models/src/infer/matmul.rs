//! Matrix products.

use std::collections::BTreeMap;

use rten_shape_inference::einsum_parser::{EinsumExpr, expand_ellipsis};

use super::Inferred;
use super::context::{Context, Failure, misfit};
use super::dims::{agree, broadcast};

pub(super) fn matmul(context: &Context) -> Inferred {
    Ok(vec![product(context.shape(0)?, context.shape(1)?)?])
}

/// Quantised operands: each followed by its scale and zero point.
pub(super) fn quantised(context: &Context) -> Inferred {
    Ok(vec![product(context.shape(0)?, context.shape(3)?)?])
}

/// ONNX Runtime's product with transposed operands.
pub(super) fn fused(context: &Context) -> Inferred {
    let a = transposed(context.shape(0)?, context.flag("transA"));
    let b = transposed(context.shape(1)?, context.flag("transB"));
    if context.flag("transBatchA") || context.flag("transBatchB") {
        return super::context::open("batch axes are transposed");
    }
    Ok(vec![product(&a, &b)?])
}

/// The last two axes exchanged.
pub(crate) fn transposed(shape: &[usize], exchange: bool) -> Vec<usize> {
    let mut shape = shape.to_vec();
    let rank = shape.len();
    if exchange && rank >= 2 {
        shape.swap(rank - 2, rank - 1);
    }
    shape
}

/// The shape of `numpy.matmul`.
pub(super) fn product(a: &[usize], b: &[usize]) -> Result<Vec<usize>, Failure> {
    let (Some((&inner_a, left)), false) = (a.split_last(), b.is_empty()) else {
        return misfit("a matrix product needs operands of at least one axis");
    };
    let (batch_a, rows) = left.split_at(left.len().saturating_sub(1));
    let (batch_b, matrix) = b.split_at(b.len().saturating_sub(2));
    agree("the inner sizes", inner_a, matrix[0])?;
    let mut shape = broadcast(batch_a, batch_b)?;
    shape.extend_from_slice(rows);
    shape.extend_from_slice(&matrix[1..]);
    Ok(shape)
}

pub(super) fn gemm(context: &Context) -> Inferred {
    let a = transposed(context.shape_of_rank(0, 2)?, context.flag("transA"));
    let b = transposed(context.shape_of_rank(1, 2)?, context.flag("transB"));
    agree("the inner sizes", a[1], b[0])?;
    let shape = vec![a[0], b[1]];
    if let Some(bias) = context.optional_shape(2)?
        && broadcast(&shape, bias)? != shape
    {
        return misfit(format!("the bias {bias:?} does not broadcast to {shape:?}"));
    }
    Ok(vec![shape])
}

/// A quantised general product: A, scale, zero point, B, ….
pub(super) fn quantised_gemm(context: &Context) -> Inferred {
    let a = transposed(context.shape_of_rank(0, 2)?, context.flag("transA"));
    let b = transposed(context.shape_of_rank(3, 2)?, context.flag("transB"));
    agree("the inner sizes", a[1], b[0])?;
    Ok(vec![vec![a[0], b[1]]])
}

/// The sizes of an Einsum's labels and the labels of its output.
pub(crate) struct Einsum {
    /// By label; the axes that an ellipsis stands for are digits.
    pub sizes: BTreeMap<char, usize>,
    /// The labels of each input.
    pub inputs: Vec<String>,
    /// The output's labels.
    pub output: String,
}

impl Einsum {
    /// From the equation and the inputs' shapes, which must agree.
    pub fn of(context: &Context) -> Result<Self, Failure> {
        let equation = context.node.string("equation").unwrap_or_default();
        let shapes = (0..context.operands.len())
            .map(|index| context.shape(index))
            .collect::<Result<Vec<_>, _>>()?;
        let fault =
            || Failure::Misfit(format!("the equation {equation:?} does not fit the inputs"));
        let parsed = EinsumExpr::parse(equation).map_err(|_| fault())?;
        let ranks = shapes.iter().map(|shape| Some(shape.len()));
        let ellipsis = parsed.validate_inputs(ranks).map_err(|_| fault())?;
        let mut einsum = Self {
            sizes: BTreeMap::new(),
            inputs: parsed
                .inputs
                .iter()
                .map(|term| expand_ellipsis(term, ellipsis))
                .collect(),
            output: expand_ellipsis(&parsed.output, ellipsis),
        };
        for (term, shape) in einsum.inputs.iter().zip(shapes) {
            for (label, size) in term.chars().zip(shape) {
                match einsum.sizes.get(&label) {
                    Some(known) if *size != 1 && *known != 1 => {
                        agree("sizes of a label", *known, *size)?
                    }
                    Some(known) if *known != 1 => {}
                    _ => {
                        einsum.sizes.insert(label, *size);
                    }
                }
            }
        }
        Ok(einsum)
    }
}

pub(super) fn einsum(context: &Context) -> Inferred {
    let einsum = Einsum::of(context)?;
    let sizes = einsum
        .output
        .chars()
        .map(|label| einsum.sizes.get(&label).copied());
    match sizes.collect::<Option<Vec<_>>>() {
        Some(shape) => Ok(vec![shape]),
        None => misfit("the output has a label that no input has"),
    }
}

#[cfg(test)]
mod tests {
    use super::product;

    #[test]
    fn products_follow_numpy_for_vectors_matrices_and_batches() {
        assert_eq!(product(&[3], &[3]), Ok(vec![]));
        assert_eq!(product(&[3], &[3, 4]), Ok(vec![4]));
        assert_eq!(product(&[2, 3], &[3]), Ok(vec![2]));
        assert_eq!(product(&[7, 1, 2, 3], &[5, 3, 4]), Ok(vec![7, 5, 2, 4]));
        assert_eq!(product(&[3], &[2, 3, 4]), Ok(vec![2, 4]));
        assert!(product(&[4, 5], &[6, 7]).is_err());
        assert!(product(&[], &[1]).is_err());
    }
}
