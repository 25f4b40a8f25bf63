//! Numbers as a person reads them: three significant digits, a unit that suits, an interval beside.

use tare_results::Percentile;
use tare_units::Nanoseconds;

/// Three significant digits and, from 1,000 on, separated thousands: `0.00123`, `31.4`, `12,346`.
pub fn significant(value: f64) -> String {
    let magnitude = value.abs().log10().floor();
    let decimals = match magnitude {
        m if !m.is_finite() => 0,
        m => (2.0 - m).clamp(0.0, 9.0) as usize,
    };
    let text = format!("{value:.decimals$}");
    let whole = text.split('.').next().unwrap_or(&text);
    match whole.len() {
        0..=3 => text,
        _ => separated(whole),
    }
}

/// A count with separated thousands: `12,346`.
pub fn thousands(count: u64) -> String {
    separated(&count.to_string())
}

/// A share from 0 to 1 as a percentage of up to one decimal, or as many nines as it has: `50%`, `99.9%`, `99.99%`, `<0.1%`.
pub fn nines(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        0.0 => "0%".to_owned(),
        percent if percent.abs() < 0.1 => "<0.1%".to_owned(),
        percent if (99.95..100.0).contains(&percent) => {
            let nines = (-(1.0 - share).log10() + 1e-9).floor().min(9.0) as usize;
            let text = format!("{percent:.*}", nines.saturating_sub(1));
            format!("{}%", text.trim_end_matches('0'))
        }
        percent if (percent - percent.round()).abs() < 0.05 => format!("{percent:.0}%"),
        percent => format!("{percent:.1}%"),
    }
}

fn separated(whole: &str) -> String {
    let digits = whole.len();
    let separated = whole.chars().enumerate().flat_map(|(index, digit)| {
        let comma = (index > 0 && (digits - index).is_multiple_of(3)).then_some(',');
        comma.into_iter().chain([digit])
    });
    separated.collect()
}

/// A time with the unit that suits: `31.9 ms`.
pub fn time(nanos: f64) -> String {
    Nanoseconds::from_nanos_f64(nanos).to_string()
}

/// A time that may lie below zero: `−1.2 µs`.
pub fn signed_time(nanos: f64) -> String {
    match nanos < 0.0 {
        true => format!("−{}", time(-nanos)),
        false => time(nanos),
    }
}

/// The 95% interval around a percentile: `±1.2%`, or `[31.5, 32.3]` in the value's unit where it is lopsided and
/// `is_wide`; the farther end decides where it is lopsided and not.
pub fn interval(percentile: &Percentile, is_wide: bool) -> Option<String> {
    let value = percentile.value_ns;
    let (low, high) = (percentile.low_ns?, percentile.high_ns?);
    let (below, above) = (value - low, high - value);
    if is_wide && (below - above).abs() > LOPSIDED * value {
        return Some(bounds(value, low, high));
    }
    Some(match below.max(above) / value * 100.0 {
        share if share < 0.05 => "±<0.1%".to_owned(),
        share if share < 9.95 => format!("±{share:.1}%"),
        share => format!("±{share:.0}%"),
    })
}

const LOPSIDED: f64 = 0.0005;

fn bounds(value: f64, low: f64, high: f64) -> String {
    let unit = match value {
        v if v < 1e3 => 1.0,
        v if v < 1e6 => 1e3,
        v if v < 1e9 => 1e6,
        _ => 1e9,
    };
    format!(
        "[{}, {}]",
        significant(low / unit),
        significant(high / unit)
    )
}

/// A share in whole percent.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent > 0.0 && percent < 1.0 => "<1%".to_owned(),
        percent => format!("{percent:.0}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percentile(value_ns: f64, low: f64, high: f64) -> Percentile {
        Percentile {
            value_ns,
            low_ns: Some(low),
            high_ns: Some(high),
            tau: None,
            effective_count: None,
        }
    }

    #[test]
    fn three_digits_whatever_the_size() {
        let shown = [
            0.0, 0.001_234, 0.5, 2.868, 31.41, 99.96, 999.4, 12_345.6, 1e6,
        ];
        let texts = [
            "0",
            "0.00123",
            "0.500",
            "2.87",
            "31.4",
            "100.0",
            "999",
            "12,346",
            "1,000,000",
        ];
        assert_eq!(shown.map(significant), texts);
    }

    #[test]
    fn shares_have_a_decimal_where_they_need_it() {
        let shown = [0.0, 0.5, 0.999, 0.1234, 0.0004].map(nines);
        assert_eq!(shown, ["0%", "50%", "99.9%", "12.3%", "<0.1%"]);
        let nearly_all = [0.9994, 0.9996, 0.9999, 0.99999, 1.0].map(nines);
        assert_eq!(nearly_all, ["99.9%", "99.96%", "99.99%", "99.999%", "100%"]);
        assert_eq!(thousands(22_713_216), "22,713,216");
    }

    #[test]
    fn an_even_interval_is_a_share_of_the_value() {
        let shown = |reach: f64| interval(&percentile(1e6, 1e6 - reach, 1e6 + reach), true);
        assert_eq!(shown(12_340.0).as_deref(), Some("±1.2%"));
        assert_eq!(shown(123_400.0).as_deref(), Some("±12%"));
        assert_eq!(shown(100.0).as_deref(), Some("±<0.1%"));
    }

    #[test]
    fn a_lopsided_interval_shows_its_ends_where_there_is_room() {
        let lopsided = percentile(31.9e6, 31.5e6, 32.5e6);
        assert_eq!(interval(&lopsided, true).as_deref(), Some("[31.5, 32.5]"));
        assert_eq!(interval(&lopsided, false).as_deref(), Some("±1.9%"));
    }

    #[test]
    fn without_bounds_there_is_no_interval() {
        let mut bare = percentile(1e6, 0.0, 0.0);
        bare.low_ns = None;
        assert_eq!(interval(&bare, true), None);
    }
}
