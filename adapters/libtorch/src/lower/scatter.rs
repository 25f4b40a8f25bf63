//! Elements written at places that a tensor names: ScatterElements, ScatterND, TensorScatter.

use tch::{Kind, TchError, Tensor};

use super::host::{self, along, size_at};
use super::pick::{Along, coordinates, from_start};
use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("Scatter", scatter_elements),
    ("ScatterElements", scatter_elements),
    ("ScatterND", scatter_nd),
    ("TensorScatter", |node| Ok(tensor_scatter(node))),
];

/// How updates are combined with what is there, in torch's words; `None` where they replace it.
fn reduction(node: &Node<'_>) -> Result<Option<&'static str>, Refusal> {
    match node.string("reduction", "none") {
        "none" => Ok(None),
        "add" => Ok(Some("sum")),
        "mul" => Ok(Some("prod")),
        "max" => Ok(Some("amax")),
        "min" => Ok(Some("amin")),
        other => Err(Refusal::new(format!("with reduction '{other}'"))),
    }
}

fn scatter_elements(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let (axis, reduction) = (node.int("axis", 0), reduction(node)?);
    let indices = Along::read(node, axis);
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let (x, updates) = (inputs.at(0)?, inputs.at(2)?);
        let call = |indices: &Tensor| match reduction {
            None => x.f_scatter(axis, indices, updates),
            Some("sum") => x.f_scatter_add(axis, indices, updates),
            Some(reduce) => x.f_internal_scatter_reduce(axis, indices, updates, reduce, true),
        };
        indices.call(inputs.at(1)?, x, call)
    }))
}

fn scatter_nd(node: &Node<'_>) -> Result<Kernel, Refusal> {
    match reduction(node)? {
        None => Ok(Kernel::new(|inputs| put(inputs, false))),
        Some("sum") => Ok(Kernel::new(|inputs| put(inputs, true))),
        Some(reduce) => Ok(Kernel::new(move |inputs| reduce_at(inputs, reduce))),
    }
}

fn put(inputs: Inputs<'_>, accumulate: bool) -> Result<Tensor, TchError> {
    let indices = host::indices(inputs.at(1)?)?;
    let places = coordinates(&indices)?;
    inputs
        .at(0)?
        .f_index_put(&places, inputs.at(2)?, accumulate)
}

/// Rows of the tensor with its indexed axes flattened into one.
fn reduce_at(inputs: Inputs<'_>, reduce: &str) -> Result<Tensor, TchError> {
    let (x, updates) = (inputs.at(0)?, inputs.at(2)?);
    let indices = host::indices(inputs.at(1)?)?.f_unbind(-1)?;
    let shape = x.size();
    let mut rows = Tensor::f_zeros([1], (Kind::Int64, x.device()))?;
    for (index, size) in indices.iter().zip(&shape) {
        rows = rows
            .f_mul_scalar(*size)?
            .f_add(&from_start(index, *size)?)?;
    }
    let mut row = vec![-1];
    row.extend(shape.iter().skip(indices.len()));
    let flat = |tensor: &Tensor| tensor.f_reshape(&row);
    let reduced =
        flat(x)?.f_index_reduce(0, &rows.f_reshape([-1])?, &flat(updates)?, reduce, true)?;
    reduced.f_reshape(shape)
}

/// Writes the update into each batch's rows from its own start on, round the end where `mode` is circular.
fn tensor_scatter(node: &Node<'_>) -> Kernel {
    let (axis, circular) = (
        node.int("axis", -2),
        node.string("mode", "linear") == "circular",
    );
    Kernel::new(move |inputs: Inputs<'_>| {
        let (cache, update) = (inputs.at(0)?, inputs.at(1)?);
        let options = (Kind::Int64, cache.device());
        let steps = Tensor::f_arange(size_at(update, axis)?, options)?;
        let mut rows = steps.f_reshape(along(axis, update.dim())?)?;
        if let Some(starts) = inputs.get(2) {
            rows = rows.f_add(&starts.f_reshape(along(0, update.dim())?)?)?;
        }
        if circular {
            rows = rows.f_remainder(size_at(cache, axis)?)?;
        }
        cache.f_scatter(axis, &rows.f_expand(update.size(), false)?, update)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, longs, one};

    #[test]
    fn elements_are_replaced_or_combined() {
        let scatter = |reduction: &str| {
            let operator = one("ScatterElements", 18).string("reduction", reduction);
            let operator = operator.fed(floats(&[4], &[1.0, 2.0, 3.0, 4.0]));
            operator
                .fed(longs(&[3], &[1, -1, 1]))
                .fed(floats(&[3], &[5.0, -3.0, 5.0]))
        };
        assert_eq!(scatter("none").first().1, [1.0, 5.0, 3.0, -3.0]);
        assert_eq!(scatter("add").first().1, [1.0, 12.0, 3.0, 1.0]);
        assert_eq!(scatter("mul").first().1, [1.0, 50.0, 3.0, -12.0]);
        assert_eq!(scatter("max").first().1, [1.0, 5.0, 3.0, 4.0]);
        assert_eq!(scatter("min").first().1, [1.0, 2.0, 3.0, -3.0]);
        assert_eq!(scatter("mean").refusal(), "with reduction 'mean'");
    }

    #[test]
    fn slices_are_replaced_or_combined_at_coordinates() {
        let scatter = |reduction: &str| {
            let operator = one("ScatterND", 18).string("reduction", reduction);
            let operator = operator.fed(floats(&[2, 2], &[1.0, 2.0, 3.0, 4.0]));
            let operator = operator.fed(longs(&[2, 1], &[-1, 1]));
            operator
                .fed(floats(&[2, 2], &[2.0, 3.0, 2.0, 5.0]))
                .first()
                .1
        };
        assert_eq!(scatter("add"), [1.0, 2.0, 7.0, 12.0]);
        assert_eq!(scatter("mul"), [1.0, 2.0, 12.0, 60.0]);
        assert_eq!(scatter("max"), [1.0, 2.0, 3.0, 5.0]);
        assert_eq!(scatter("min"), [1.0, 2.0, 2.0, 3.0]);
        let single = one("ScatterND", 13).fed(floats(&[2, 2], &[1.0, 2.0, 3.0, 4.0]));
        let single = single
            .fed(longs(&[1, 2], &[0, -1]))
            .fed(floats(&[1], &[9.0]));
        assert_eq!(single.first().1, [1.0, 9.0, 3.0, 4.0]);
    }

    #[test]
    fn a_cache_is_written_from_each_batchs_own_place_on() {
        let write = |mode: &str, starts: &[i64]| {
            let operator = one("TensorScatter", 24).string("mode", mode);
            let operator = operator.fed(floats(&[2, 3, 1], &[0.0; 6]));
            let update = floats(&[2, 2, 1], &[1.0, 2.0, 3.0, 4.0]);
            operator.fed(update).fed(longs(&[2], starts))
        };
        assert_eq!(
            write("linear", &[0, 1]).first().1,
            [1.0, 2.0, 0.0, 0.0, 3.0, 4.0]
        );
        assert_eq!(
            write("circular", &[2, 1]).first().1,
            [2.0, 0.0, 1.0, 0.0, 3.0, 4.0]
        );
        assert!(write("linear", &[2, 0]).run().is_err());
    }
}
