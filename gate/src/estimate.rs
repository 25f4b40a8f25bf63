//! How much slower the candidate is: Hodges and Lehmann's estimate, with the interval that belongs to the signed ranks.
//!
//! J. L. Hodges and E. L. Lehmann, "Estimates of location based on rank tests", Annals of Mathematical Statistics 34 (1963)
//! 598–611.

use crate::contrasts::{Contrasts, Design, NullDistribution};

/// A location of differences, and the bounds of its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The median of the means of all pairs, each difference paired with itself too.
    pub value: f64,
    /// Lower bound; `None` where there are too few differences for one.
    pub low: Option<f64>,
    /// Upper bound.
    pub high: Option<f64>,
}

/// The location of `differences` with its two-sided interval at `confidence`, such as 0.95; `None` of none.
pub fn estimate(differences: &[f64], confidence: f64) -> Option<Estimate> {
    let contrasts = Contrasts::of_differences(differences);
    let tail = (1.0 - confidence) / 2.0;
    let outside = NullDistribution::of(Design::Paired, differences.len()).cut_off(tail);
    Some(Estimate {
        value: contrasts.median()?,
        low: outside.and_then(|outside| contrasts.at(outside)),
        high: outside.and_then(|outside| contrasts.from_above(outside)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_is_the_median_of_the_means_of_pairs() {
        let of = |values: &[f64]| estimate(values, 0.95).expect("values").value;
        assert_eq!(of(&[3.0]), 3.0);
        assert_eq!(of(&[1.0, 3.0]), 2.0);
        assert_eq!(
            of(&[1.0, 2.0, 100.0]),
            26.25,
            "of 1, 1.5, 2, 50.5, 51 and 100"
        );
        assert_eq!(estimate(&[], 0.95), None);
    }

    #[test]
    fn too_few_differences_have_no_interval() {
        let few = estimate(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.95).expect("five");
        assert_eq!((few.value, few.low, few.high), (3.0, None, None));
    }

    #[test]
    fn six_differences_have_their_range_for_an_interval() {
        let six = estimate(&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0], 0.95).expect("six");
        assert_eq!((six.low, six.high), (Some(1.0), Some(32.0)));
    }
}
