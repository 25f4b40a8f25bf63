//! What repeats say together: their median, with the least and the greatest.

use tare_results::Spread;

/// Of at least one value, each wrapped by `unit`; `None` of none.
pub(crate) fn of<T>(values: &[f64], unit: impl Fn(f64) -> T) -> Option<Spread<T>> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(Spread {
        value: unit(median(&sorted)?),
        low: unit(*sorted.first()?),
        high: unit(*sorted.last()?),
        repeats: sorted.len() as u64,
    })
}

/// Of ascending values.
pub(crate) fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    match sorted.len() % 2 {
        0 => Some((sorted[middle - 1] + upper) / 2.0),
        _ => Some(upper),
    }
}

/// The largest; `None` of none.
pub(crate) fn greatest(values: &[f64]) -> Option<f64> {
    values.iter().copied().reduce(f64::max)
}

/// The median of values in any order; `None` of none.
pub(crate) fn middle(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    median(&sorted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_stands_between_least_and_greatest() {
        let spread = of(&[3.0, 1.0, 2.0], |value| value).unwrap();
        assert_eq!((spread.low, spread.value, spread.high), (1.0, 2.0, 3.0));
        assert_eq!(spread.repeats, 3);
        assert_eq!(middle(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(greatest(&[1.0, 4.0, 2.0]), Some(4.0));
    }

    #[test]
    fn nothing_has_no_spread() {
        assert_eq!(of(&[], |value| value), None);
        assert_eq!((middle(&[]), greatest(&[])), (None, None));
    }
}
