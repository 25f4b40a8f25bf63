//! To quantised numbers and back, as ONNX rounds and clips them.

use tare_adapter_api::DataType;
use tch::{Kind, TchError, Tensor};

use super::host::{along, size_at};
use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("DequantizeLinear", dequantize),
    ("DynamicQuantizeLinear", |_| {
        Ok(Kernel::new(16, dynamic_quantize))
    }),
    ("QuantizeLinear", quantize),
];

/// How scales lie along the tensor.
#[derive(Debug, Clone, Copy)]
struct Layout {
    axis: i64,
    block: i64,
}

impl Layout {
    fn of(node: &Node<'_>) -> Self {
        Self {
            axis: node.int("axis", 1),
            block: node.int("block_size", 0),
        }
    }

    /// `parameter` shaped to meet `x`: one number, one for each place on the axis, or one for each block of places.
    fn meet(self, parameter: &Tensor, x: &Tensor) -> Result<Tensor, TchError> {
        if parameter.numel() == 1 {
            return parameter.f_reshape([0i64; 0]);
        }
        if self.block > 0 {
            let repeated = parameter.f_repeat_interleave_self_int(self.block, self.axis, None)?;
            return repeated.f_narrow(self.axis, 0, size_at(x, self.axis)?);
        }
        parameter.f_reshape(along(self.axis, x.dim())?)
    }
}

/// The smallest and the largest number of a quantised type.
pub(super) fn range(kind: Kind) -> Result<(i64, i64), Refusal> {
    match kind {
        Kind::Uint8 => Ok((0, 255)),
        Kind::Int8 => Ok((-128, 127)),
        Kind::Int16 => Ok((-32_768, 32_767)),
        Kind::Int => Ok((i64::from(i32::MIN), i64::from(i32::MAX))),
        other => Err(Refusal::new(format!("to {other:?}"))),
    }
}

fn quantize(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let asked = i32::try_from(node.int("output_dtype", 0)).ok();
    let dtype = node
        .dtype(2)
        .or_else(|| asked.and_then(DataType::from_onnx))
        .unwrap_or(DataType::U8);
    if node.int("precision", 0) != 0 {
        return Err(Refusal::new("with the attribute 'precision'"));
    }
    let (kind, layout) = (node.kind(dtype)?, Layout::of(node));
    let (least, most) = range(kind)?;
    Ok(Kernel::new(7, move |inputs: Inputs<'_>| {
        let (x, scale) = (inputs.at(0)?, inputs.at(1)?);
        let scale = layout.meet(scale, x)?;
        let steps = x.f_to_kind(scale.f_kind()?)?.f_div(&scale)?;
        let mut whole = steps.f_to_kind(Kind::Double)?.f_round()?;
        if let Some(zero) = inputs.get(2) {
            whole = whole.f_add(&layout.meet(zero, x)?)?;
        }
        whole.f_clamp(least, most)?.f_to_kind(kind)
    }))
}

fn dequantize(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let layout = Layout::of(node);
    let asked = i32::try_from(node.int("output_dtype", 0)).ok();
    let asked = asked.and_then(DataType::from_onnx);
    let kind = asked.map(|dtype| node.kind(dtype)).transpose()?;
    Ok(Kernel::new(4, move |inputs: Inputs<'_>| {
        let (x, scale) = (inputs.at(0)?, inputs.at(1)?);
        let mut steps = x.f_to_kind(Kind::Int)?;
        if let Some(zero) = inputs.get(2) {
            steps = steps.f_sub(&layout.meet(zero, x)?)?;
        }
        let scale = layout.meet(scale, x)?;
        let numbers = steps.f_to_kind(scale.f_kind()?)?.f_mul(&scale)?;
        match kind {
            Some(kind) => numbers.f_to_kind(kind),
            None => Ok(numbers),
        }
    }))
}

/// Unsigned bytes whose range spans zero and all elements: the numbers, their scale and their zero point.
fn dynamic_quantize(inputs: Inputs<'_>) -> Result<Vec<Tensor>, TchError> {
    let x = inputs.at(0)?;
    let (least, most) = (x.f_min()?.f_clamp_max(0.0)?, x.f_max()?.f_clamp_min(0.0)?);
    let scale = most.f_sub(&least)?.f_div_scalar(255.0)?;
    let zero = least
        .f_neg()?
        .f_div(&scale)?
        .f_round()?
        .f_clamp(0.0, 255.0)?;
    let bytes = x.f_div(&scale)?.f_round()?.f_add(&zero)?;
    let bytes = bytes.f_clamp(0.0, 255.0)?.f_to_kind(Kind::Uint8)?;
    Ok(vec![bytes, scale, zero.f_to_kind(Kind::Uint8)?])
}
