//! What a rule may ask about the operator it looks at.

use crate::data_type::DataType;
use crate::evaluate::{floats, integers};
use crate::graph::{Attribute, Node};
use crate::tensor::Tensor;

/// What is known of a value before anything runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// Element type.
    pub dtype: Option<DataType>,
    /// Size of each axis.
    pub shape: Option<Vec<usize>>,
    /// The elements, where they are constant and few enough to hold.
    pub value: Option<Tensor>,
}

impl Known {
    /// All there is to know of a constant.
    pub fn constant(tensor: Tensor) -> Self {
        Self {
            dtype: Some(tensor.dtype()),
            shape: Some(tensor.shape().to_vec()),
            value: Some(tensor),
        }
    }
}

/// Why a rule gives no shapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The operator cannot run on these inputs.
    Misfit(String),
    /// The shapes are known only once the operator runs.
    Open(String),
}

/// An operator that cannot run on its inputs.
pub(crate) fn misfit<T>(reason: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Misfit(reason.into()))
}

/// A shape that only running decides.
pub(crate) fn open<T>(reason: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Open(reason.into()))
}

/// An operator with what is known of its inputs.
pub(crate) struct Context<'a> {
    /// The operator.
    pub node: &'a Node,
    /// By position; `None` where an input is left out.
    pub operands: &'a [Option<&'a Known>],
    /// Version of the operator set that the operator is from.
    pub opset: i64,
}

impl<'a> Context<'a> {
    /// What is known of input `index`, where it is given.
    pub fn operand(&self, index: usize) -> Option<&'a Known> {
        self.operands.get(index).copied().flatten()
    }

    /// Whether input `index` is given.
    pub fn has(&self, index: usize) -> bool {
        self.operand(index).is_some()
    }

    fn required(&self, index: usize) -> Result<&'a Known, Failure> {
        self.operand(index)
            .ok_or_else(|| Failure::Misfit(format!("input {index} is missing")))
    }

    /// Element type of input `index`.
    pub fn dtype(&self, index: usize) -> Option<DataType> {
        self.operand(index)?.dtype
    }

    /// Shape of input `index`.
    pub fn shape(&self, index: usize) -> Result<&'a [usize], Failure> {
        match &self.required(index)?.shape {
            Some(shape) => Ok(shape),
            None => open(format!("the shape of input {index} is not known")),
        }
    }

    /// Shape of input `index`, where that input is given.
    pub fn optional_shape(&self, index: usize) -> Result<Option<&'a [usize]>, Failure> {
        match self.operand(index) {
            Some(_) => self.shape(index).map(Some),
            None => Ok(None),
        }
    }

    /// Shape of input `index`, which must have `rank` axes.
    pub fn shape_of_rank(&self, index: usize, rank: usize) -> Result<&'a [usize], Failure> {
        let shape = self.shape(index)?;
        if shape.len() != rank {
            return misfit(format!("input {index} must have {rank} axes"));
        }
        Ok(shape)
    }

    /// Elements of input `index`, where they are constant.
    pub fn value(&self, index: usize) -> Option<&'a Tensor> {
        self.operand(index)?.value.as_ref()
    }

    /// Elements of a constant integer input that decides a shape; `None` where the input is left out.
    pub fn optional_integers(&self, index: usize) -> Result<Option<Vec<i64>>, Failure> {
        if !self.has(index) {
            return Ok(None);
        }
        match self.value(index) {
            Some(tensor) if tensor.len() > MOST_SIZES => {
                misfit(format!("input {index} holds too many numbers for a shape"))
            }
            Some(tensor) => match integers(tensor) {
                Some(values) => Ok(Some(values)),
                None => misfit(format!("input {index} must hold integers")),
            },
            None => open(format!("input {index} decides the shape and is computed")),
        }
    }

    /// Elements of a constant integer input that decides a shape.
    pub fn integers(&self, index: usize) -> Result<Vec<i64>, Failure> {
        self.required(index)?;
        Ok(self.optional_integers(index)?.unwrap_or_default())
    }

    /// Elements of a constant floating-point input; `None` where it holds something else or is left out.
    pub fn floats(&self, index: usize) -> Result<Option<Vec<f64>>, Failure> {
        match self.value(index) {
            Some(tensor) if tensor.len() > MOST_SIZES => {
                misfit(format!("input {index} holds too many numbers for a shape"))
            }
            Some(tensor) => Ok(floats(tensor)),
            None if self.has(index) => {
                open(format!("input {index} decides the shape and is computed"))
            }
            None => Ok(None),
        }
    }

    /// The one element of a constant integer input that decides a shape.
    pub fn integer(&self, index: usize) -> Result<i64, Failure> {
        match self.integers(index)?.as_slice() {
            [value] => Ok(*value),
            _ => misfit(format!("input {index} must hold one number")),
        }
    }

    /// Integers from an attribute, as older operator sets have them, or else from input `index`.
    pub fn attribute_or_input(
        &self,
        attribute: &str,
        index: usize,
    ) -> Result<Option<Vec<i64>>, Failure> {
        match self.node.ints(attribute) {
            Some(values) => Ok(Some(values.to_vec())),
            None => self.optional_integers(index),
        }
    }

    /// An integer attribute or its default.
    pub fn int(&self, name: &str, default: i64) -> i64 {
        self.node.int(name).unwrap_or(default)
    }

    /// A switch, on where it is not zero.
    pub fn flag(&self, name: &str) -> bool {
        self.int(name, 0) != 0
    }

    /// A tensor attribute.
    pub fn tensor(&self, name: &str) -> Option<&'a Tensor> {
        match self.node.attributes.get(name) {
            Some(Attribute::Tensor(tensor)) => Some(tensor),
            _ => None,
        }
    }
}

const MOST_SIZES: usize = 1 << 12;
