//! Rules of `rten-shape-inference`, asked with concrete sizes and answered in checked arithmetic.

use rten_shape_inference::{InferShapes, InferShapesContext, SymExpr, SymTensor, SymbolGen};

use super::context::{Context, Failure, misfit, open};
use super::{Inferred, Shapes};

/// The crate's rule for the operator; the inputs numbered in `values` are given by value where they are constant.
///
/// The crate's sizes are 32-bit, so larger ones are refused here, and its answer is an expression, which is computed
/// here without overflow.
pub(super) fn infer(rule: &dyn InferShapes, context: &Context, values: &[usize]) -> Inferred {
    let operands = (0..context.operands.len())
        .map(|index| operand(context, index, values.contains(&index)))
        .collect::<Result<Vec<_>, _>>()?;
    let inferred = rule
        .infer_shapes(InferShapesContext::new(&operands), &mut SymbolGen::new())
        .map_err(|error| Failure::Misfit(error.to_string()))?;
    inferred.iter().map(concrete).collect::<Result<Shapes, _>>()
}

fn operand(context: &Context, index: usize, by_value: bool) -> Result<Option<SymTensor>, Failure> {
    if !context.has(index) {
        return Ok(None);
    }
    let shape = context.shape(index)?;
    if by_value && shape.len() <= 1 {
        let values = context.integers(index)?;
        let items = values
            .iter()
            .map(|value| narrow(*value))
            .collect::<Result<Vec<_>, _>>()?;
        return Ok(Some(match (shape, items.as_slice()) {
            ([], [item]) => SymTensor::from_scalar(item.clone()),
            _ => SymTensor::from_vec(items),
        }));
    }
    let sizes = shape.iter().map(|size| narrow(*size));
    Ok(Some(SymTensor::from_shape(
        sizes.collect::<Result<_, _>>()?,
    )))
}

fn narrow<T: TryInto<i32> + Copy + std::fmt::Display>(size: T) -> Result<SymExpr, Failure> {
    let narrowed = size.try_into().map(SymExpr::Value);
    narrowed.or_else(|_| misfit(format!("{size} is beyond 32 bits")))
}

fn concrete(tensor: &SymTensor) -> Result<Vec<usize>, Failure> {
    let Some(sizes) = tensor.shape() else {
        return open("its shape depends on more than sizes");
    };
    sizes
        .map(|size| match compute(&size) {
            Some(value) => {
                usize::try_from(value).or_else(|_| misfit(format!("{value} is no size")))
            }
            None => open("its shape depends on more than sizes"),
        })
        .collect()
}

fn compute(expression: &SymExpr) -> Option<i64> {
    let both = |a: &SymExpr, b: &SymExpr| Some((compute(a)?, compute(b)?));
    match expression {
        SymExpr::Value(value) => Some(i64::from(*value)),
        SymExpr::Var(_) => None,
        SymExpr::Neg(a) => compute(a)?.checked_neg(),
        SymExpr::Add(a, b) => both(a, b).and_then(|(a, b)| a.checked_add(b)),
        SymExpr::Sub(a, b) => both(a, b).and_then(|(a, b)| a.checked_sub(b)),
        SymExpr::Mul(a, b) => both(a, b).and_then(|(a, b)| a.checked_mul(b)),
        SymExpr::Div(a, b) => both(a, b).and_then(|(a, b)| a.checked_div_euclid(b)),
        SymExpr::DivCeil(a, b) => {
            both(a, b).and_then(|(a, b)| Some(-a.checked_neg()?.checked_div_euclid(b)?))
        }
        SymExpr::Max(a, b) => both(a, b).map(|(a, b)| a.max(b)),
        SymExpr::Min(a, b) => both(a, b).map(|(a, b)| a.min(b)),
        SymExpr::Broadcast(a, b) => match both(a, b)? {
            (a, b) if a == b => Some(a),
            (1, size) | (size, 1) => Some(size),
            _ => Some(-1),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_computed_without_overflow() {
        let huge = SymExpr::Value(i32::MAX) * SymExpr::Value(i32::MAX);
        assert_eq!(compute(&huge), Some(i64::from(i32::MAX).pow(2)));
        assert_eq!(compute(&(huge.clone() * huge.clone() * huge)), None);
        assert_eq!(compute(&(SymExpr::Value(1) / SymExpr::Value(0))), None);
        assert_eq!(
            compute(&SymExpr::Value(7).div_ceil(&SymExpr::Value(2))),
            Some(4)
        );
    }

    #[test]
    fn sizes_that_do_not_broadcast_give_no_size() {
        let sizes = SymExpr::Value(2).broadcast(&SymExpr::Value(3));
        assert!(concrete(&SymTensor::from_shape(vec![sizes])).is_err());
    }
}
