//! Clip: bounds that were attributes until version 10 and are inputs since, numbers where they are known at load.

use tare_adapter_api::DataType;
use tch::{TchError, Tensor};

use super::host::Number;
use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[("Clip", clip)];

fn clip(node: &Node<'_>) -> Result<Kernel, Refusal> {
    if node.opset() < 11 {
        let bound = |name: &str| node.attribute(name).map(|_| node.float(name, 0.0));
        let bounds = (bound("min"), bound("max"));
        return Ok(between(
            bounds.0.map(Number::Float),
            bounds.1.map(Number::Float),
        ));
    }
    let (least, most) = (known(node, 1), known(node, 2));
    let open = |index: usize, bound: Option<Number>| node.has_input(index) && bound.is_none();
    if open(1, least) || open(2, most) {
        return Ok(Kernel::new(at_run));
    }
    Ok(between(least, most))
}

fn known(node: &Node<'_>, index: usize) -> Option<Number> {
    if node.dtype(index).is_some_and(DataType::is_integer) {
        let values = node.constant_ints(index).ok()??;
        return values.first().copied().map(Number::Int);
    }
    node.constant_scalar(index).map(Number::Float)
}

fn between(least: Option<Number>, most: Option<Number>) -> Kernel {
    match (least, most) {
        (Some(least), Some(most)) => Kernel::unary(move |x| x.f_clamp(least, most)),
        (Some(least), None) => Kernel::unary(move |x| x.f_clamp_min(least)),
        (None, Some(most)) => Kernel::unary(move |x| x.f_clamp_max(most)),
        (None, None) => Kernel::same(),
    }
}

fn at_run(inputs: Inputs<'_>) -> Result<Tensor, TchError> {
    let x = inputs.at(0)?;
    match (inputs.get(1), inputs.get(2)) {
        (None, None) => Ok(x.shallow_clone()),
        (least, most) => x.f_clamp_tensor(least, most),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, longs, one};

    fn row() -> tare_adapter_api::Tensor {
        floats(&[4], &[-3.0, -1.0, 2.0, 9.0])
    }

    #[test]
    fn bounds_were_attributes_and_are_inputs() {
        let old = one("Clip", 10)
            .float("min", -2.0)
            .float("max", 4.0)
            .fed(row());
        assert_eq!(old.first().1, [-2.0, -1.0, 2.0, 4.0]);
        let new = one("Clip", 13).int("min", 0).fed(row());
        let known = new.known(floats(&[], &[-2.0])).known(floats(&[], &[4.0]));
        assert_eq!(known.first().1, [-2.0, -1.0, 2.0, 4.0]);
        let fed = one("Clip", 13).fed(row()).absent().fed(floats(&[], &[1.5]));
        assert_eq!(fed.first().1, [-3.0, -1.0, 1.5, 1.5]);
        assert_eq!(one("Clip", 13).fed(row()).first().1, [-3.0, -1.0, 2.0, 9.0]);
    }

    #[test]
    fn integers_are_bounded_by_integers() {
        let high = i64::MAX - 1;
        let operator = one("Clip", 12).fed(longs(&[2], &[i64::MAX, -7]));
        let found = operator
            .known(longs(&[], &[0]))
            .known(longs(&[], &[high]))
            .tensors();
        let tensor = found.expect("runs").remove(0);
        assert_eq!(tensor.kind(), tch::Kind::Int64);
        assert_eq!(tensor.int64_value(&[0]), high);
        assert_eq!(tensor.int64_value(&[1]), 0);
    }

    #[test]
    fn where_the_bounds_cross_the_upper_one_wins() {
        let crossed = one("Clip", 13).fed(row());
        let known = crossed
            .known(floats(&[], &[3.0]))
            .known(floats(&[], &[1.0]));
        assert_eq!(known.first().1, [1.0; 4]);
    }
}
