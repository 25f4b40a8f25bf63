//! Running sums, distinct elements, and sequences in reverse.

use tch::{Kind, TchError, Tensor};

use super::host::{Ints, along, from_first, size_at};
use super::{Entry, Inputs, Kernel, Node, Refusal};

pub(super) const TABLE: &[Entry] = &[
    ("CumSum", cum_sum),
    ("ReverseSequence", |node| Ok(reverse_sequence(node))),
    ("Unique", |node| Ok(unique(node))),
];

fn cum_sum(node: &Node<'_>) -> Result<Kernel, Refusal> {
    let axis = Ints::input(node, 1).ok_or_else(|| Refusal::new("without an axis"))?;
    let (exclusive, reverse) = (node.flag("exclusive", false), node.flag("reverse", false));
    Ok(Kernel::new(move |inputs: Inputs<'_>| {
        let (x, axis) = (inputs.at(0)?, axis.read_one(inputs)?);
        if !reverse {
            return sum_along(x, axis, exclusive);
        }
        sum_along(&x.f_flip([axis])?, axis, exclusive)?.f_flip([axis])
    }))
}

/// Sums up to each element; where `exclusive`, without it.
fn sum_along(x: &Tensor, axis: i64, exclusive: bool) -> Result<Tensor, TchError> {
    let kind = x.f_kind()?;
    let size = size_at(x, axis)?;
    if !exclusive || size == 0 {
        return x.f_cumsum(axis, kind);
    }
    let sums = x.f_narrow(axis, 0, size - 1)?.f_cumsum(axis, kind)?;
    let first = x.f_narrow(axis, 0, 1)?.f_zeros_like()?;
    Tensor::f_cat(&[first, sums], axis)
}

/// The first `sequence_lens[b]` steps of each batch `b` in reverse, the others as they are.
fn reverse_sequence(node: &Node<'_>) -> Kernel {
    let (batch_axis, time_axis) = (node.int("batch_axis", 1), node.int("time_axis", 0));
    Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let options = (Kind::Int64, x.device());
        let steps = Tensor::f_arange(size_at(x, time_axis)?, options)?;
        let steps = steps.f_reshape(along(time_axis, x.dim())?)?;
        let lengths = inputs.at(1)?.f_reshape(along(batch_axis, x.dim())?)?;
        let mirrored = lengths.f_sub(&steps)?.f_sub_scalar(1)?;
        let places = mirrored.f_where_self(&steps.f_lt_tensor(&lengths)?, &steps)?;
        x.f_gather(time_axis, &places.f_expand(x.size(), false)?, false)
    })
}

/// Distinct elements or slices, where each is first met, which of them each element is, and how often each is met.
fn unique(node: &Node<'_>) -> Kernel {
    let axis = node.node.int("axis");
    let sorted = node.flag("sorted", true);
    Kernel::new(move |inputs: Inputs<'_>| {
        let x = inputs.at(0)?;
        let (axis, (values, inverse, counts)) = match axis {
            Some(axis) => {
                let axis = from_first(axis, x.dim())? as i64;
                (axis, x.f_unique_dim(axis, true, true, true)?)
            }
            None => (0, x.f_internal_unique2(true, true, true)?),
        };
        let inverse = inverse.f_reshape([-1])?;
        let first = first_met(&inverse, &counts)?;
        if sorted {
            return Ok(vec![values, first, inverse, counts]);
        }
        let order = first.f_argsort(0, false)?;
        let place = order.f_argsort(0, false)?;
        Ok(vec![
            values.f_index_select(axis, &order)?,
            first.f_index_select(0, &order)?,
            place.f_index_select(0, &inverse)?,
            counts.f_index_select(0, &order)?,
        ])
    })
}

/// The lowest position at which `inverse` names each of the values that were counted.
fn first_met(inverse: &Tensor, counts: &Tensor) -> Result<Tensor, TchError> {
    let options = (Kind::Int64, inverse.device());
    let positions = Tensor::f_arange(inverse.numel() as i64, options)?;
    let beyond = counts.f_full_like(inverse.numel() as i64)?;
    beyond.f_internal_scatter_reduce(0, inverse, &positions, "amin", true)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{floats, longs, one};

    #[test]
    fn sums_run_either_way_with_or_without_the_element() {
        let sum = |exclusive: i64, reverse: i64| {
            let operator = one("CumSum", 14)
                .int("exclusive", exclusive)
                .int("reverse", reverse);
            let operator = operator.fed(longs(&[1, 3], &[1, 2, 4]));
            operator.known(longs(&[], &[-1])).first().1
        };
        assert_eq!(sum(0, 0), [1.0, 3.0, 7.0]);
        assert_eq!(sum(1, 0), [0.0, 1.0, 3.0]);
        assert_eq!(sum(0, 1), [7.0, 6.0, 4.0]);
        assert_eq!(sum(1, 1), [6.0, 4.0, 0.0]);
        assert_eq!(
            one("CumSum", 14).fed(longs(&[0], &[])).refusal(),
            "without an axis"
        );
    }

    #[test]
    fn distinct_elements_come_sorted_or_as_they_are_met() {
        let unique = |sorted: i64| {
            let operator = one("Unique", 11).int("sorted", sorted).outputs(4);
            let found = operator
                .fed(floats(&[6], &[2.0, 1.0, 1.0, 3.0, 4.0, 3.0]))
                .run();
            found
                .expect("runs")
                .into_iter()
                .map(|(_, values)| values)
                .collect::<Vec<_>>()
        };
        let sorted = unique(1);
        assert_eq!(sorted[0], [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(sorted[1], [1.0, 0.0, 3.0, 4.0]);
        assert_eq!(sorted[2], [1.0, 0.0, 0.0, 2.0, 3.0, 2.0]);
        assert_eq!(sorted[3], [2.0, 1.0, 2.0, 1.0]);
        let met = unique(0);
        assert_eq!(met[0], [2.0, 1.0, 3.0, 4.0]);
        assert_eq!(met[1], [0.0, 1.0, 3.0, 4.0]);
        assert_eq!(met[2], [0.0, 1.0, 1.0, 2.0, 3.0, 2.0]);
        assert_eq!(met[3], [1.0, 2.0, 2.0, 1.0]);
    }

    #[test]
    fn distinct_slices_are_compared_whole() {
        let rows = floats(&[3, 2], &[1.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
        let operator = one("Unique", 11).int("axis", -2).outputs(2).fed(rows);
        let found = operator.run().expect("runs");
        assert_eq!(found[0], (vec![2, 2], vec![0.0, 1.0, 1.0, 0.0]));
        assert_eq!(found[1].1, [1.0, 0.0]);
    }

    #[test]
    fn sequences_are_reversed_up_to_their_length() {
        let operator = one("ReverseSequence", 10)
            .int("batch_axis", 0)
            .int("time_axis", 1);
        let operator = operator.fed(floats(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        let found = operator.fed(longs(&[2], &[2, 3])).first();
        assert_eq!(found.1, [2.0, 1.0, 3.0, 6.0, 5.0, 4.0]);
    }
}
