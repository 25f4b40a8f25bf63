//! To quantised numbers and back, as ONNX rounds and clips them.

use tare_adapter_api::DataType;
use tch::{Kind, TchError, Tensor};

use super::host::{along, size_at};
use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("DequantizeLinear", dequantize),
    ("DynamicQuantizeLinear", |_| {
        Ok(Kernel::new(dynamic_quantize))
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
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
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
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
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

#[cfg(test)]
mod tests {
    use super::super::testing::{One, bytes, floats, longs, one};
    use super::*;

    fn signed(values: &[i8]) -> tare_adapter_api::Tensor {
        tare_adapter_api::Tensor::from_values(vec![values.len()], values.to_vec()).expect("fits")
    }

    #[test]
    fn halves_round_to_even_before_the_zero_point_is_added() {
        let quantise = |x: &[f32]| {
            let operator = one("QuantizeLinear", 13).fed(floats(&[x.len()], x));
            operator.fed(floats(&[], &[2.0]))
        };
        let with_zero = quantise(&[1.0, 3.0, -5.0, 600.0, -600.0]).fed(bytes(&[], &[1]));
        assert_eq!(with_zero.first().1, [1.0, 3.0, 0.0, 255.0, 0.0]);
        let signed = quantise(&[1.0, 3.0, -5.0, 600.0, -600.0]).fed(signed(&[1]));
        assert_eq!(signed.first().1, [1.0, 3.0, -1.0, 127.0, -128.0]);
        let bare = quantise(&[1.0, 7.0]).tensors().expect("runs").remove(0);
        assert_eq!(bare.kind(), Kind::Uint8);
        assert_eq!(bare.int64_value(&[1]), 4);
    }

    #[test]
    fn scales_are_for_all_for_an_axis_or_for_blocks() {
        let x = || bytes(&[2, 4], &[1, 2, 3, 4, 5, 6, 7, 8]);
        let scaled = |operator: One, shape: &[usize], scale: &[f32]| {
            operator.fed(x()).fed(floats(shape, scale)).first().1
        };
        let operator = || one("DequantizeLinear", 21);
        let axis = scaled(operator().int("axis", 0), &[2], &[1.0, 10.0]);
        assert_eq!(axis, [1.0, 2.0, 3.0, 4.0, 50.0, 60.0, 70.0, 80.0]);
        let last = scaled(operator().int("axis", -1), &[4], &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(last, [1.0, 4.0, 9.0, 16.0, 5.0, 12.0, 21.0, 32.0]);
        let blocks = operator().int("axis", 1).int("block_size", 3);
        let blocks = scaled(blocks, &[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(blocks, [1.0, 2.0, 3.0, 8.0, 15.0, 18.0, 21.0, 32.0]);
    }

    #[test]
    fn zero_points_leave_the_range_of_a_byte() {
        let operator = one("DequantizeLinear", 13).fed(bytes(&[2], &[0, 255]));
        let found = operator
            .fed(floats(&[1], &[0.5]))
            .fed(bytes(&[1], &[200]))
            .first();
        assert_eq!(found.1, [-100.0, 27.5]);
    }

    #[test]
    fn the_dynamic_range_spans_zero() {
        let operator = one("DynamicQuantizeLinear", 11).outputs(3);
        let found = operator
            .fed(floats(&[3], &[1.0, 2.0, 5.1]))
            .run()
            .expect("runs");
        assert_eq!(found[0].1, [50.0, 100.0, 255.0]);
        assert!((found[1].1[0] - 0.02).abs() < 1e-8);
        assert_eq!(found[2].1, [0.0]);
    }

    #[test]
    fn what_is_not_exact_is_refused() {
        let x = || {
            one("QuantizeLinear", 23)
                .fed(floats(&[1], &[1.0]))
                .fed(floats(&[], &[1.0]))
        };
        let precise = x().int("precision", 10);
        assert_eq!(precise.refusal(), "with the attribute 'precision'");
        let wide = x().fed(longs(&[], &[0]));
        assert_eq!(wide.refusal(), "to Int64");
        let narrow = x().int("output_dtype", 22);
        assert_eq!(narrow.refusal(), "on i4, which libtorch lacks");
    }
}
