//! Changes of element type, and the choice between two tensors.

use tare_adapter_api::DataType;
use tch::Tensor;

use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("Cast", cast),
    ("CastLike", cast_like),
    ("Where", |_| {
        Ok(Kernel::new(|inputs: Inputs<'_>| {
            inputs.at(1)?.f_where_self(inputs.at(0)?, inputs.at(2)?)
        }))
    }),
];

fn cast(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let number = node.int("to", 0);
    let to = i32::try_from(number).ok().and_then(DataType::from_onnx);
    to_type(
        node,
        to.ok_or_else(|| Refusal::new(format!("to the unknown type {number}")))?,
    )
}

fn to_type(node: &Node<'_>, to: DataType) -> Result<Kernel, Refusal> {
    let kind = node.kind(to)?;
    let from = node.dtype(0).map(|from| node.kind(from)).transpose()?;
    if from == Some(kind) {
        return Ok(Kernel::same());
    }
    Ok(Kernel::unary(move |x| x.f_to_kind(kind)))
}

fn cast_like(node: &Node<'_>) -> Result<Kernel, Refusal> {
    if let Some(to) = node.dtype(1) {
        return to_type(node, to);
    }
    Ok(Kernel::binary(|x: &Tensor, like: &Tensor| {
        x.f_to_kind(like.f_kind()?)
    }))
}

#[cfg(test)]
mod tests {
    use tare_adapter_api::Tensor as HostTensor;

    use super::super::testing::{floats, longs, one};

    #[test]
    fn floats_become_integers_towards_zero_and_truths_by_being_something() {
        let x = floats(&[3], &[1.75, -1.75, 0.0]);
        let to = |number: i64| one("Cast", 17).int("to", number).fed(x.clone());
        assert_eq!(to(7).first().1, [1.0, -1.0, 0.0]);
        assert_eq!(to(9).first().1, [1.0, 1.0, 0.0]);
        assert_eq!(to(10).tensors().expect("runs")[0].kind(), tch::Kind::Half);
    }

    #[test]
    fn types_that_libtorch_lacks_are_refused() {
        let to = |number: i64| one("Cast", 17).int("to", number).fed(floats(&[1], &[1.0]));
        assert_eq!(to(13).refusal(), "on u64, which libtorch lacks");
        assert_eq!(to(99).refusal(), "to the unknown type 99");
    }

    #[test]
    fn a_cast_follows_the_type_of_another_tensor() {
        let like = one("CastLike", 17)
            .fed(floats(&[1], &[2.5]))
            .fed(longs(&[1], &[0]));
        assert_eq!(like.tensors().expect("runs")[0].kind(), tch::Kind::Int64);
    }

    #[test]
    fn where_chooses_element_by_element() {
        let choice = HostTensor::from_bools(vec![2], &[true, false]).expect("fits");
        let found = one("Where", 17)
            .fed(choice)
            .fed(floats(&[], &[1.0]))
            .fed(floats(&[2], &[5.0, 6.0]));
        assert_eq!(found.first().1, [1.0, 6.0]);
    }
}
