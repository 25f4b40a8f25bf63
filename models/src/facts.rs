//! What a model needs at given shapes: parameters, arithmetic, and bytes that must move.

mod count;
mod liveness;
mod nested;
#[cfg(test)]
mod published;
mod render;
mod sums;
mod traffic;

use serde::Serialize;
use tare_units::{Bytes, Flops};

pub use crate::cost::Class;
use crate::resolve::Resolved;
pub use render::render;

/// The needs of a model at concrete shapes.
///
/// Where an operator's cost or shape is not known it is listed in `unknown_cost`, and the sums are those of the others:
/// lower bounds. A `Loop` of counted trips and a `Scan` cost as often what their body costs, an `If` what its costlier
/// branch does. Sums saturate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Facts {
    /// Numbers in the weights, each weight once; running means and variances left out.
    pub parameters: u64,
    /// Operators executed, once what is constant is folded.
    pub operators: usize,
    /// Floating-point operations, a fused multiply-add counting two.
    pub flops: Flops,
    /// Multiply-adds of all products and convolutions, attention included.
    pub macs: u64,
    /// Multiply-adds of products and convolutions with a constant weight: linear and convolution layers.
    pub macs_linear: u64,
    /// `macs_linear`, and four for each element that a batch, layer, group or instance normalisation normalises: the
    /// count that papers report from fvcore and similar tools, without attention's two products.
    pub macs_paper: u64,
    /// Bytes that must move: constants once, of a table the rows that the indices select, inputs and outputs once.
    pub bytes_min: Bytes,
    /// Bytes that move when each operator reads its inputs and writes its outputs; views move nothing.
    pub bytes_unfused: Bytes,
    /// All inputs.
    pub input_bytes: Bytes,
    /// All outputs.
    pub output_bytes: Bytes,
    /// Most bytes of inputs, outputs and values between operators that live at once in execution order.
    pub peak_activation_bytes: Bytes,
    /// Operations by class, most first.
    pub by_class: Vec<ClassFacts>,
    /// Sums over the operators of each kind, most operations first.
    pub by_kind: Vec<KindFacts>,
    /// Operators whose cost is not known.
    pub unknown_cost: Vec<UnknownCost>,
    /// Every operator in execution order.
    pub per_operator: Vec<OperatorFacts>,
}

/// Operations of one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassFacts {
    /// Which class.
    pub class: Class,
    /// Operations.
    pub flops: Flops,
}

/// Sums over the operators of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KindFacts {
    /// Such as `MatMul`; of another domain than ONNX's own, `com.microsoft::Gelu`.
    pub kind: String,
    /// How many operators.
    pub count: usize,
    /// Operations of those whose cost is known.
    pub flops: Flops,
    /// Multiply-adds of products.
    pub macs: u64,
    /// Bytes read and written.
    pub bytes: Bytes,
}

/// One operator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OperatorFacts {
    /// Its name.
    pub name: String,
    /// Such as `MatMul`.
    pub op_type: String,
    /// Shape of the first output, where it is known.
    pub shape: Option<Vec<usize>>,
    /// What kind of work; `None` where the cost is not known.
    pub class: Option<Class>,
    /// Operations.
    pub flops: Option<Flops>,
    /// Multiply-adds of products.
    pub macs: Option<u64>,
    /// Of its inputs.
    pub bytes_read: Option<Bytes>,
    /// Of its outputs.
    pub bytes_written: Option<Bytes>,
}

/// An operator whose cost is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownCost {
    /// Its name.
    pub name: String,
    /// Such as `Loop`.
    pub op_type: String,
    /// Its operator set; empty for ONNX's own.
    pub domain: String,
    /// Why.
    pub reason: String,
}

impl Facts {
    /// Of a graph at concrete shapes.
    pub fn of(resolved: &Resolved) -> Self {
        sums::sum(resolved, &count::operators(resolved))
    }
}
