//! Where an axis has its ticks, and how large numbers are written at them.

/// At most about `most` round values within `low..=high` of a logarithmic axis.
pub fn logarithmic(low: f64, high: f64, most: usize) -> Vec<f64> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let within = |multiples: &[f64], step: usize| -> Vec<f64> {
        let decades = (first..=last).step_by(step);
        let values = decades.flat_map(|decade| multiples.iter().map(move |m| m * ten(decade)));
        values
            .filter(|value| (low * 0.999..=high * 1.001).contains(value))
            .collect()
    };
    for multiples in [&[1.0, 2.0, 5.0][..], &[1.0, 3.0], &[1.0]] {
        let ticks = within(multiples, 1);
        if (2..=most).contains(&ticks.len()) {
            return ticks;
        }
    }
    match within(&[1.0], 1).len() {
        0 | 1 => linear(low, high, most),
        many => within(&[1.0], many.div_ceil(most.max(1))),
    }
}

/// At most about `most` round values within `low..=high`.
pub fn linear(low: f64, high: f64, most: usize) -> Vec<f64> {
    let rough = (high - low) / most.max(1) as f64;
    if !(rough > 0.0 && rough.is_finite()) {
        return vec![low];
    }
    let decade = 10f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|multiple| multiple * decade);
    let step = steps.into_iter().find(|step| *step >= rough * 0.999);
    let step = step.unwrap_or(10.0 * decade);
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last).map(|count| count as f64 * step).collect()
}

fn ten(decade: i32) -> f64 {
    match decade {
        0.. => 10f64.powi(decade),
        below => 1.0 / 10f64.powi(-below),
    }
}

/// A value with the prefix that suits before its unit: `10 µs`, `2.5 GFLOP`; without a unit `20k`.
pub fn si(value: f64, unit: &str) -> String {
    const PREFIXES: [(&str, f64); 9] = [
        ("T", 1e12),
        ("G", 1e9),
        ("M", 1e6),
        ("k", 1e3),
        ("", 1.0),
        ("m", 1e-3),
        ("µ", 1e-6),
        ("n", 1e-9),
        ("p", 1e-12),
    ];
    if value == 0.0 {
        return spaced("0", "", unit);
    }
    if unit.is_empty() && value.abs() < 1.0 {
        let decimals = (2.0 - value.abs().log10().floor()).clamp(0.0, 12.0) as usize;
        return format!("{value:.decimals$}")
            .trim_end_matches('0')
            .to_owned();
    }
    let fits = |(_, size): &&(&str, f64)| value.abs() >= size * 0.999_5;
    let (prefix, size) = PREFIXES.iter().find(fits).unwrap_or(&("p", 1e-12));
    spaced(&short(value / size), prefix, unit)
}

fn spaced(number: &str, prefix: &str, unit: &str) -> String {
    match unit {
        "" => format!("{number}{prefix}"),
        _ => format!("{number} {prefix}{unit}"),
    }
}

/// Three digits without closing zeros.
fn short(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_decades_have_two_and_five_and_many_have_powers_of_ten() {
        assert_eq!(logarithmic(1.0, 10.0, 6), [1.0, 2.0, 5.0, 10.0]);
        assert_eq!(logarithmic(0.8, 1200.0, 6), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(logarithmic(1.0, 1e12, 6).len(), 5);
        assert_eq!(logarithmic(3.1, 3.9, 5), linear(3.1, 3.9, 5));
    }

    #[test]
    fn linear_ticks_are_round_and_few() {
        assert_eq!(
            linear(0.0, 1.0, 5),
            [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]
        );
        assert_eq!(linear(0.0, 47.0, 5), [0.0, 10.0, 20.0, 30.0, 40.0]);
        assert_eq!(linear(3.0, 3.0, 5), [3.0]);
    }

    #[test]
    fn numbers_take_the_prefix_that_suits() {
        let shown = [1e-5, 2.5e9, 999.96, 0.0, 1.0, 12.34, 1e-9].map(|value| si(value, "s"));
        let texts = ["10 µs", "2.5 Gs", "1 ks", "0 s", "1 s", "12.3 s", "1 ns"];
        assert_eq!(shown, texts);
        assert_eq!(
            [20_000.0, 0.5, 0.02].map(|value| si(value, "")),
            ["20k", "0.5", "0.02"]
        );
    }
}
