//! Sums, products, quotients and powers, and the few functions that exporters write activations with.

use tare_adapter_api::DataType;
use tch::{Device, TchError, Tensor};

use super::host::Number;
use super::{Entry, Inputs, Kernel, Node, Refusal};
use crate::ffi::Shared;

pub(super) const TABLE: &[Entry] = &[
    ("Add", |node| binary(node, Tensor::f_add)),
    ("Div", div),
    ("Erf", |_| Ok(Kernel::unary(Tensor::f_erf))),
    ("Mul", |node| binary(node, Tensor::f_mul)),
    ("Pow", pow),
    ("Sqrt", |_| Ok(Kernel::unary(Tensor::f_sqrt))),
    ("Sub", |node| binary(node, Tensor::f_sub)),
];

type Binary = fn(&Tensor, &Tensor) -> Result<Tensor, TchError>;

fn binary(node: &Node<'_>, call: Binary) -> Result<Kernel, Refusal> {
    if node.attribute("axis").is_some() {
        return Err(Refusal::new(
            "with the attribute 'axis' of operator sets before 7: export the model anew",
        ));
    }
    match (number(node, 0)?, number(node, 1)?) {
        (None, None) => Ok(Kernel::binary(call)),
        (Some(left), _) => Ok(Kernel::new(move |inputs: Inputs<'_>| {
            call(&left, inputs.at(1)?)
        })),
        (None, Some(right)) => Ok(Kernel::new(move |inputs: Inputs<'_>| {
            call(inputs.at(0)?, &right)
        })),
    }
}

/// A constant number beside a tensor on a device: kept on the host, from where libtorch passes it with the call.
fn number(node: &Node<'_>, index: usize) -> Result<Option<Shared>, Refusal> {
    let on_host = node.target().device == Device::Cpu;
    let scalar = node.shape(index).is_some_and(|shape| shape.is_empty());
    if on_host || !scalar || node.is_constant(1 - index) {
        return Ok(None);
    }
    let tensor = node.take(index)?;
    let moved = tensor
        .map(|tensor| tensor.f_to_device(Device::Cpu))
        .transpose()?;
    Ok(moved.map(Shared::new))
}

/// Integers divide towards zero.
fn div(node: &Node<'_>) -> Result<Kernel, Refusal> {
    match node.dtype(0).or(node.output_dtype(0)) {
        Some(dtype) if dtype.is_float() => binary(node, Tensor::f_div),
        Some(_) => binary(node, towards_zero),
        None => binary(node, |a, b| match Number::is_floating(a.f_kind()?) {
            true => a.f_div(b),
            false => towards_zero(a, b),
        }),
    }
}

fn towards_zero(a: &Tensor, b: &Tensor) -> Result<Tensor, TchError> {
    a.f_div_tensor_mode(b, "trunc")
}

/// The result has the type of the base.
fn pow(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let types = node.dtype(0).zip(node.dtype(1));
    let same = types.is_some_and(|(base, exponent)| base == exponent);
    let float = node.dtype(0).is_some_and(DataType::is_float);
    if float
        && let Some(exponent) = node
            .constant_scalar(1)
            .filter(|_| node.shape(1) == Some(vec![]))
    {
        node.take(1)?;
        return Ok(Kernel::unary(move |x| x.f_pow_tensor_scalar(exponent)));
    }
    if same {
        return Ok(Kernel::binary(|x, y| x.f_pow(y)));
    }
    Ok(Kernel::new(|inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        x.f_pow(inputs.at(1)?)?.f_to_kind(x.f_kind()?)
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{bytes, floats, longs, one};

    #[test]
    fn integers_divide_towards_zero_and_floats_do_not() {
        let found = one("Div", 17)
            .fed(longs(&[4], &[7, -7, 7, -7]))
            .fed(longs(&[4], &[2, 2, -2, -2]));
        assert_eq!(found.first().1, [3.0, -3.0, -3.0, 3.0]);
        let found = one("Div", 17)
            .fed(bytes(&[2], &[7, 255]))
            .fed(bytes(&[], &[2]));
        assert_eq!(found.first().1, [3.0, 127.0]);
        let found = one("Div", 17)
            .fed(floats(&[2], &[7.0, -7.0]))
            .known(floats(&[], &[2.0]));
        assert_eq!(found.first().1, [3.5, -3.5]);
    }

    #[test]
    fn a_power_has_the_type_of_its_base() {
        let exponents = floats(&[2], &[2.0, 0.5]);
        let found = one("Pow", 17).fed(longs(&[2], &[-3, 10])).fed(exponents);
        assert_eq!(found.first().1, [9.0, 3.0]);
        let tensors = one("Pow", 17)
            .fed(longs(&[1], &[3]))
            .known(floats(&[], &[2.0]))
            .tensors();
        assert_eq!(tensors.expect("runs")[0].kind(), tch::Kind::Int64);
        let found = one("Pow", 17)
            .fed(floats(&[2], &[2.0, 3.0]))
            .known(floats(&[], &[3.0]));
        assert_eq!(found.first().1, [8.0, 27.0]);
    }

    #[test]
    fn numbers_broadcast_on_either_side() {
        let found = one("Sub", 17)
            .known(floats(&[], &[1.0]))
            .fed(floats(&[1, 2], &[0.25, 3.0]));
        assert_eq!(found.first(), (vec![1, 2], vec![0.75, -2.0]));
        let found = one("Mul", 17)
            .fed(floats(&[2, 1], &[1.0, 2.0]))
            .fed(floats(&[2], &[3.0, 4.0]));
        assert_eq!(found.first(), (vec![2, 2], vec![3.0, 4.0, 6.0, 8.0]));
    }

    #[test]
    fn the_axis_of_old_operator_sets_is_refused() {
        let x = floats(&[1], &[1.0]);
        let refusal = one("Add", 9).int("axis", 1).fed(x.clone()).fed(x).refusal();
        assert!(refusal.contains("before 7"), "{refusal}");
    }
}
