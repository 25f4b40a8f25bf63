//! Mean, spread and extremes of samples, exact enough for a million of them.

use tare_units::Nanoseconds;

/// Moments and extremes of at least one sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Arithmetic mean in nanoseconds.
    pub mean_ns: f64,
    /// Sample standard deviation (divisor n − 1) in nanoseconds; `None` of one sample.
    pub std_ns: Option<f64>,
    /// The smallest sample.
    pub min: Nanoseconds,
    /// The largest sample.
    pub max: Nanoseconds,
}

impl Moments {
    /// Of `sorted`, ascending; `None` of no samples.
    ///
    /// The sum is an exact integer, the squares are taken around the mean (two passes), so nothing cancels.
    pub fn of_sorted(sorted: &[Nanoseconds]) -> Option<Self> {
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let count = sorted.len() as f64;
        let sum: u128 = sorted
            .iter()
            .map(|sample| u128::from(sample.as_nanos()))
            .sum();
        let mean_ns = sum as f64 / count;
        let squares: f64 = sorted
            .iter()
            .map(|sample| (sample.as_nanos() as f64 - mean_ns).powi(2))
            .sum();
        let std_ns = (sorted.len() > 1).then(|| (squares / (count - 1.0)).sqrt());
        Some(Self {
            mean_ns,
            std_ns,
            min,
            max,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(nanos: &[u64]) -> Option<Moments> {
        let samples: Vec<_> = nanos.iter().copied().map(Nanoseconds::from_nanos).collect();
        Moments::of_sorted(&samples)
    }

    #[test]
    fn one_sample_has_a_mean_and_no_spread() {
        let moments = of(&[264_000_000]).unwrap();
        assert_eq!((moments.mean_ns, moments.std_ns), (264e6, None));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a_small_spread_on_a_large_offset_survives() {
        let base = 1_u64 << 50;
        let spread: Vec<u64> = (0..1_000_000)
            .map(|index| base + (index * 4) / 1_000_000)
            .collect();
        let moments = of(&spread).unwrap();
        assert_eq!(moments.mean_ns, base as f64 + 1.5);
        assert!((moments.std_ns.unwrap() - 1.25_f64.sqrt()).abs() < 1e-5);
    }

    #[test]
    fn the_largest_values_do_not_overflow() {
        let huge = vec![u64::MAX - 1; 1_000];
        let moments = of(&huge).unwrap();
        assert_eq!(
            (moments.mean_ns, moments.std_ns),
            (u64::MAX as f64, Some(0.0))
        );
    }
}
