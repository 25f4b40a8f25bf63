//! One ONNX operator as its lowering sees it: attributes, constants, types.

use std::cell::Cell;

use tare_adapter_api::{DataType, Tensor as HostTensor};
use tare_models::{Attribute, ValueId, graph};
use tch::Kind;

use super::{Refusal, Scope, Target};
use crate::ffi::Shared;

/// An operator while it is lowered.
pub(crate) struct Node<'a> {
    pub(crate) node: &'a graph::Node,
    pub(crate) scope: &'a Scope<'a>,
    /// A bit for each of the first 64 inputs that the lowering took.
    taken: Cell<u64>,
}

impl<'a> Node<'a> {
    pub(crate) fn new(node: &'a graph::Node, scope: &'a Scope<'a>) -> Self {
        Self {
            node,
            scope,
            taken: Cell::new(0),
        }
    }

    /// The version of the operator set.
    pub(crate) fn opset(&self) -> i64 {
        let opsets = &self.scope.graph.opsets;
        opsets.get(&self.node.domain).copied().unwrap_or(1)
    }

    /// An integer attribute or its default.
    pub(crate) fn int(&self, name: &str, default: i64) -> i64 {
        self.node.int(name).unwrap_or(default)
    }

    /// An integer attribute that is 0 or 1, or its default.
    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        self.node.int(name).map_or(default, |value| value != 0)
    }

    /// A floating-point attribute or its default.
    pub(crate) fn float(&self, name: &str, default: f64) -> f64 {
        self.node.float(name).map_or(default, f64::from)
    }

    /// A list of integers; `None` where the attribute is left out.
    pub(crate) fn ints(&self, name: &str) -> Option<Vec<i64>> {
        self.node.ints(name).map(<[i64]>::to_vec)
    }

    /// A string attribute or its default.
    pub(crate) fn string(&self, name: &str, default: &'a str) -> &'a str {
        self.node.string(name).unwrap_or(default)
    }

    /// Any attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'a Attribute> {
        self.node.attributes.get(name)
    }

    /// How many inputs the node lists, those left out included.
    pub(crate) fn inputs(&self) -> usize {
        self.node.inputs.len()
    }

    /// How many outputs the node lists, those left out included.
    pub(crate) fn outputs(&self) -> usize {
        self.node.outputs.len()
    }

    /// Whether the input is there.
    pub(crate) fn has_input(&self, index: usize) -> bool {
        self.node.input(index).is_some()
    }

    /// Whether the output is wanted.
    pub(crate) fn has_output(&self, index: usize) -> bool {
        self.node.output(index).is_some()
    }

    /// The element type of an input, where it is known.
    pub(crate) fn dtype(&self, index: usize) -> Option<DataType> {
        self.type_of(self.node.input(index)).map(|known| known.0)
    }

    /// The shape of an input, where it is known.
    pub(crate) fn shape(&self, index: usize) -> Option<Vec<i64>> {
        self.type_of(self.node.input(index)).map(signed)
    }

    /// The number of axes of an input, which must be known.
    pub(crate) fn rank(&self, index: usize) -> Result<i64, Refusal> {
        let shape = self.shape(index);
        let rank = shape.map(|shape| shape.len() as i64);
        rank.ok_or_else(|| Refusal::new("where the number of axes is open until the model runs"))
    }

    /// The element type of an output, where it is known.
    pub(crate) fn output_dtype(&self, index: usize) -> Option<DataType> {
        self.type_of(self.node.output(index)).map(|known| known.0)
    }

    /// The shape of an output, where it is known.
    pub(crate) fn output_shape(&self, index: usize) -> Option<Vec<i64>> {
        self.type_of(self.node.output(index)).map(signed)
    }

    /// The kind that stands for a type here.
    pub(crate) fn kind(&self, dtype: DataType) -> Result<Kind, Refusal> {
        self.scope.target.kind(dtype)
    }

    /// Where tensors lie.
    pub(crate) fn target(&self) -> Target {
        self.scope.target
    }

    /// Whether the input is known at load.
    pub(crate) fn is_constant(&self, index: usize) -> bool {
        let value = self.node.input(index);
        value.is_some_and(|value| self.scope.is_constant(value))
    }

    /// The host's value of an input that is constant; the kernel finds it among its inputs all the same.
    pub(crate) fn constant(&self, index: usize) -> Option<&'a HostTensor> {
        self.scope.constant(self.node.input(index)?)
    }

    /// The integers of an input that must be constant; `None` where the input is left out.
    pub(crate) fn constant_ints(&self, index: usize) -> Result<Option<Vec<i64>>, Refusal> {
        if !self.has_input(index) {
            return Ok(None);
        }
        let values = self.constant(index).and_then(integers);
        values.map(Some).ok_or_else(|| {
            Refusal::new(format!(
                "where input {index} is known only once the model runs"
            ))
        })
    }

    /// The only element of a constant input, as a number; `None` where it is left out or not of that form.
    pub(crate) fn constant_scalar(&self, index: usize) -> Option<f64> {
        let host = self.constant(index).filter(|host| host.len() == 1)?;
        match host.dtype() {
            DataType::F32 => Some(f64::from(host.values::<f32>()?[0])),
            DataType::F64 => Some(host.values::<f64>()?[0]),
            _ => integers(host).map(|values| values[0] as f64),
        }
    }

    /// A constant input as a tensor for the kernel to own, which then does not find it among its inputs.
    pub(crate) fn take(&self, index: usize) -> Result<Option<Shared>, Refusal> {
        self.owned(index, |value| self.scope.tensor(value))
    }

    /// A constant matrix [from, to] as [to, from], taken as by [`Node::take`].
    pub(crate) fn weight(&self, index: usize) -> Result<Option<Shared>, Refusal> {
        self.owned(index, |value| self.scope.weight(value))
    }

    fn owned(
        &self,
        index: usize,
        make: impl FnOnce(ValueId) -> Result<Option<Shared>, Refusal>,
    ) -> Result<Option<Shared>, Refusal> {
        let Some(value) = self.node.input(index).filter(|_| index < 64) else {
            return Ok(None);
        };
        let tensor = make(value)?;
        if tensor.is_some() {
            self.taken.set(self.taken.get() | 1 << index);
        }
        Ok(tensor)
    }

    pub(crate) fn is_taken(&self, index: usize) -> bool {
        index < 64 && self.taken.get() & (1 << index) != 0
    }

    fn type_of(&self, value: Option<ValueId>) -> Option<&'a (DataType, Vec<usize>)> {
        self.scope.type_of(value?)
    }
}

fn signed((_, shape): &(DataType, Vec<usize>)) -> Vec<i64> {
    shape.iter().map(|size| *size as i64).collect()
}

fn integers(host: &HostTensor) -> Option<Vec<i64>> {
    macro_rules! widen {
        ($type:ty) => {
            Some(
                host.values::<$type>()?
                    .iter()
                    .map(|value| i64::from(*value))
                    .collect(),
            )
        };
    }
    match host.dtype() {
        DataType::I64 => host.values::<i64>().map(|values| values.into_owned()),
        DataType::I32 => widen!(i32),
        DataType::I16 => widen!(i16),
        DataType::I8 => widen!(i8),
        DataType::U8 | DataType::Bool => widen!(u8),
        _ => None,
    }
}
