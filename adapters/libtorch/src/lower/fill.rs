//! Tensors made from a shape or a few numbers: ConstantOfShape, EyeLike, OneHot, Range, Trilu.

use tare_adapter_api::DataType;
use tare_models::Attribute;
use tch::{Kind, TchError, Tensor};

use super::host::{self, Ints, Number, along};
use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("ConstantOfShape", constant_of_shape),
    ("EyeLike", eye_like),
    ("OneHot", |node| Ok(one_hot(node))),
    ("Range", range),
    ("Trilu", trilu),
];

fn constant_of_shape(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let shape = Ints::input(node, 0).ok_or_else(|| Refusal::new("without a shape"))?;
    let device = node.target().device;
    let (value, kind) = match node.attribute("value") {
        Some(Attribute::Tensor(host)) => {
            let tensor = node.target().tensor(host)?;
            (Number::of(&tensor)?, tensor.f_kind()?)
        }
        _ => (Number::Float(0.0), node.kind(DataType::F32)?),
    };
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        Tensor::f_full(shape.read(inputs)?.as_ref(), value, (kind, device))
    }))
}

/// Ones on the diagonal that is `k` right of the main one.
fn eye_like(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let k = node.int("k", 0);
    let asked = node.node.int("dtype").and_then(|number| {
        let number = i32::try_from(number).ok()?;
        DataType::from_onnx(number)
    });
    let dtype = asked.or_else(|| node.dtype(0));
    let kind = dtype.map(|dtype| node.kind(dtype)).transpose()?;
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let options = (kind.map_or_else(|| x.f_kind(), Ok)?, x.device());
        match *x.size() {
            [rows, columns] if k == 0 => Tensor::f_eye_m(rows, columns, options),
            [rows, columns] => Tensor::f_ones([rows, columns], options)?
                .f_triu(k)?
                .f_tril(k),
            ref shape => Err(TchError::Shape(format!("{shape:?} is no matrix"))),
        }
    }))
}

/// Indices outside [−depth, depth) name no class; `one_hot` of torch knows neither those nor other values than 0 and 1.
fn one_hot(node: &Node<'_>) -> Kernel {
    let axis = node.int("axis", -1);
    Kernel::new(move |inputs: Inputs<'_>| {
        let indices = host::indices(inputs.at(0)?)?;
        let depth = Number::of(inputs.at(1)?)?.to_f64() as i64;
        let rank = indices.dim() as i64 + 1;
        let axis = axis.rem_euclid(rank);
        let from_start = indices
            .f_add_scalar(depth)?
            .f_where_self(&indices.f_lt(0)?, &indices)?;
        let classes = Tensor::f_arange(depth, (Kind::Int64, indices.device()))?
            .f_reshape(along(axis, rank as usize)?)?;
        let hot = from_start.f_unsqueeze(axis)?.f_eq_tensor(&classes)?;
        let values = inputs.at(2)?;
        values
            .f_select(0, 1)?
            .f_where_self(&hot, &values.f_select(0, 0)?)
    })
}

fn range(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let device = node.target().device;
    let dtype = node
        .dtype(0)
        .ok_or_else(|| Refusal::new("where the element type is open until the model runs"))?;
    let kind = node.kind(dtype)?;
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let number = |index: usize| Number::of(inputs.at(index)?);
        let (start, limit, delta) = (number(0)?, number(1)?, number(2)?);
        let steps = (limit.to_f64() - start.to_f64()) / delta.to_f64();
        if steps <= 0.0 {
            return Tensor::f_zeros([0], (kind, device));
        }
        Tensor::f_arange_start_step(start, limit, delta, (kind, device))
    }))
}

fn trilu(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let upper = node.flag("upper", true);
    let diagonal = Ints::input(node, 1).unwrap_or(Ints::Known(vec![0]));
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let (x, diagonal) = (inputs.at(0)?, diagonal.read_one(inputs)?);
        if upper {
            x.f_triu(diagonal)
        } else {
            x.f_tril(diagonal)
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, longs, one};
    use super::*;

    #[test]
    fn a_shape_is_filled_with_the_value_and_its_type() {
        let large = (1i64 << 53) + 1;
        let value = Attribute::Tensor(longs(&[1], &[large]));
        let filled = one("ConstantOfShape", 9)
            .with("value", value)
            .fed(longs(&[1], &[2]));
        let tensor = filled.tensors().expect("runs").remove(0);
        assert_eq!(tensor.kind(), Kind::Int64);
        assert_eq!(tensor.int64_value(&[1]), large);
        let zeros = one("ConstantOfShape", 9).known(longs(&[2], &[1, 3]));
        assert_eq!(zeros.first(), (vec![1, 3], vec![0.0; 3]));
        let scalar = one("ConstantOfShape", 9).fed(longs(&[0], &[])).first();
        assert_eq!(scalar, (vec![], vec![0.0]));
    }

    #[test]
    fn the_diagonal_is_where_k_puts_it() {
        let eye = |k: i64| {
            let operator = one("EyeLike", 9).int("k", k);
            operator.fed(floats(&[2, 3], &[0.0; 6])).first().1
        };
        assert_eq!(eye(0), [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        assert_eq!(eye(1), [0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(eye(-1), [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn indices_that_name_no_class_are_cold() {
        let operator = one("OneHot", 11)
            .int("axis", 0)
            .fed(longs(&[4], &[1, -1, 3, -4]));
        let operator = operator
            .fed(longs(&[1], &[3]))
            .fed(floats(&[2], &[-1.0, 5.0]));
        let (shape, values) = operator.first();
        assert_eq!(shape, [3, 4]);
        assert_eq!(values[..4], [-1.0; 4]);
        assert_eq!(values[4..8], [5.0, -1.0, -1.0, -1.0]);
        assert_eq!(values[8..], [-1.0, 5.0, -1.0, -1.0]);
    }

    #[test]
    fn ranges_go_either_way_or_are_empty() {
        let range = |start: i64, limit: i64, delta: i64| {
            let number = |value| longs(&[], &[value]);
            let operator = one("Range", 11).fed(number(start)).fed(number(limit));
            operator.fed(number(delta)).first()
        };
        assert_eq!(range(1, 6, 2), (vec![3], vec![1.0, 3.0, 5.0]));
        assert_eq!(range(5, 0, -3), (vec![2], vec![5.0, 2.0]));
        assert_eq!(range(5, 0, 3), (vec![0], vec![]));
    }

    #[test]
    fn triangles_reach_to_their_diagonal() {
        let part = |upper: i64, k: i64| {
            let operator = one("Trilu", 14).int("upper", upper);
            let operator = operator.fed(longs(&[2, 2], &[1, 2, 3, 4]));
            operator.fed(longs(&[], &[k])).first().1
        };
        assert_eq!(part(1, 0), [1.0, 2.0, 0.0, 4.0]);
        assert_eq!(part(1, 1), [0.0, 2.0, 0.0, 0.0]);
        assert_eq!(part(0, -1), [0.0, 0.0, 3.0, 0.0]);
    }
}
