//! Small numbers that an operator reads on the host: known at load, or fetched from a tensor when the model runs.

use std::borrow::Cow;

use tch::{Kind, Scalar, TchError, Tensor};

use super::{Inputs, Node};
use crate::shim;

/// The integers of an input or attribute, such as axes or a shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ints {
    /// Known at load.
    Known(Vec<i64>),
    /// At this input, to be read when the model runs: that waits for a device.
    At(usize),
}

impl Ints {
    /// Those at an input; `None` where it is left out.
    pub(super) fn input(node: &Node<'_>, index: usize) -> Option<Self> {
        if !node.has_input(index) {
            return None;
        }
        Some(match node.constant_ints(index) {
            Ok(Some(values)) => Self::Known(values),
            _ => Self::At(index),
        })
    }

    /// Those of an attribute in old versions of an operator, of an input in newer ones.
    pub(super) fn attribute_or_input(node: &Node<'_>, name: &str, index: usize) -> Option<Self> {
        node.ints(name)
            .map(Self::Known)
            .or_else(|| Self::input(node, index))
    }

    /// The integers, where they are known at load.
    pub(super) fn known(&self) -> Option<&[i64]> {
        match self {
            Self::Known(values) => Some(values),
            Self::At(_) => None,
        }
    }

    /// The integers of this request.
    pub(super) fn read(&self, inputs: Inputs<'_>) -> Result<Cow<'_, [i64]>, TchError> {
        match self {
            Self::Known(values) => Ok(Cow::Borrowed(values)),
            Self::At(index) => integers(inputs.at(*index)?).map(Cow::Owned),
        }
    }

    /// The only integer of this request.
    pub(super) fn read_one(&self, inputs: Inputs<'_>) -> Result<i64, TchError> {
        match *self.read(inputs)? {
            [value] => Ok(value),
            ref values => Err(TchError::Shape(format!(
                "one integer was expected, not {values:?}"
            ))),
        }
    }
}

/// A number that keeps its precision: 64-bit integers are not exact as floats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Float(f64),
    Int(i64),
}

impl Number {
    /// The only element of a tensor.
    pub(super) fn of(tensor: &Tensor) -> Result<Self, TchError> {
        let float = Self::is_floating(tensor.f_kind()?);
        let first = if float {
            numbers(tensor)?.first().copied().map(Self::Float)
        } else {
            integers(tensor)?.first().copied().map(Self::Int)
        };
        first
            .ok_or_else(|| TchError::Shape("a number was expected, not an empty tensor".to_owned()))
    }

    pub(super) fn is_floating(kind: Kind) -> bool {
        matches!(
            kind,
            Kind::Float | Kind::Double | Kind::Half | Kind::BFloat16
        )
    }

    pub(super) fn to_f64(self) -> f64 {
        match self {
            Self::Float(value) => value,
            Self::Int(value) => value as f64,
        }
    }
}

impl From<Number> for Scalar {
    fn from(number: Number) -> Self {
        match number {
            Number::Float(value) => Self::float(value),
            Number::Int(value) => Self::int(value),
        }
    }
}

/// A tensor's elements as integers, in row-major order.
pub(super) fn integers(tensor: &Tensor) -> Result<Vec<i64>, TchError> {
    refuse_traced(tensor)?;
    let mut values = vec![0i64; tensor.numel()];
    let wide = indices(tensor)?.f_contiguous()?;
    wide.f_copy_data(&mut values, tensor.numel())?;
    Ok(values)
}

/// Indices as torch takes them.
pub(super) fn indices(tensor: &Tensor) -> Result<Tensor, TchError> {
    match tensor.f_kind()? {
        Kind::Int64 => Ok(tensor.shallow_clone()),
        _ => tensor.f_to_kind(Kind::Int64),
    }
}

/// A tensor's elements as numbers, in row-major order.
pub(super) fn numbers(tensor: &Tensor) -> Result<Vec<f64>, TchError> {
    refuse_traced(tensor)?;
    let mut values = vec![0f64; tensor.numel()];
    let wide = tensor.f_to_kind(Kind::Double)?.f_contiguous()?;
    wide.f_copy_data(&mut values, tensor.numel())?;
    Ok(values)
}

/// A trace would keep the numbers that it saw, whatever the inputs of later requests hold.
fn refuse_traced(tensor: &Tensor) -> Result<(), TchError> {
    if !shim::is_traced(tensor) {
        return Ok(());
    }
    Err(TchError::Io(std::io::Error::other(
        "it reads numbers that the inputs decide",
    )))
}

/// An axis counted from the first one.
pub(super) fn from_first(axis: i64, rank: usize) -> Result<usize, TchError> {
    let rank_signed = rank as i64;
    let axis_positive = if axis < 0 { axis + rank_signed } else { axis };
    if (0..rank_signed).contains(&axis_positive) {
        return Ok(axis_positive as usize);
    }
    Err(TchError::Shape(format!(
        "axis {axis} is outside {rank} axes"
    )))
}

/// A shape with all elements on one axis of `rank`, for a vector to meet a tensor there.
pub(super) fn along(axis: i64, rank: usize) -> Result<Vec<i64>, TchError> {
    let mut shape = vec![1; rank];
    shape[from_first(axis, rank)?] = -1;
    Ok(shape)
}

/// The size of an axis.
pub(super) fn size_at(tensor: &Tensor, axis: i64) -> Result<i64, TchError> {
    let shape = tensor.size();
    Ok(shape[from_first(axis, shape.len())?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_is_read_in_row_major_order_whatever_its_layout() {
        let tensor = Tensor::from_slice(&[1i32, 2, 3, 4]).reshape([2, 2]).tr();
        assert_eq!(integers(&tensor).expect("host"), [1, 3, 2, 4]);
        assert_eq!(numbers(&tensor).expect("host"), [1.0, 3.0, 2.0, 4.0]);
    }

    #[test]
    fn integers_come_from_the_request_where_they_are_not_known() {
        let axes = Tensor::from_slice(&[-1i64, 1]);
        let operands = [None, Some(&axes)];
        let inputs = Inputs(&operands);
        assert_eq!(Ints::At(1).read(inputs).expect("given").as_ref(), [-1, 1]);
        assert!(Ints::At(0).read(inputs).is_err());
        assert!(Ints::At(1).read_one(inputs).is_err());
        assert_eq!(Ints::Known(vec![7]).read_one(inputs).expect("one"), 7);
        assert_eq!(Ints::At(1).known(), None);
    }

    #[test]
    fn axes_count_from_either_end() {
        assert_eq!(from_first(-1, 3).expect("within"), 2);
        assert_eq!(from_first(0, 3).expect("within"), 0);
        assert!(from_first(3, 3).is_err());
        assert!(from_first(-4, 3).is_err());
    }
}
