//! When enough requests were made: looks at a percentile after doubling numbers of them, which share one error.

use tare_units::Nanoseconds;

use crate::order::{
    CONFIDENCE, PercentileEstimate, Undecided, Worth, estimate_at, samples_needed_at,
};
use crate::percentile::Percentile;

/// A percentile is decided where half the width of its interval is at most this share of its value.
pub const DECIDED_WITHIN: f64 = 0.05;

/// The first look is made at so many times the requests that its interval takes: fewer do not tell their correlation.
const FIRST: u64 = 4;

/// Looks at one percentile of a series that grows.
///
/// The first look is made at four times the requests that its interval takes, each further one at twice as many. Correlated
/// requests are taken for as few independent ones as their correlation may leave of them. The k-th look
/// takes an interval of confidence 1 − 0.05/(k·(k + 1)). These errors sum up to 5% over any number of looks (Σ 1/(k·(k+1))
/// = 1; Bonferroni's inequality), so that all intervals hold the truth together with at least 95% confidence, and so does
/// the one at which the looks end, whatever ended them. How many looks there will be need not be known, as it must for
/// equal shares; a tenth look is 1.7 times as wide as a single one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Looks {
    percentile: Percentile,
    within: f64,
    made: u32,
    next: u64,
}

/// What one look saw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Looked {
    /// The percentile with an interval of this look's confidence, or why there is none.
    pub estimate: Result<PercentileEstimate, Undecided>,
    /// That of this look's interval, from 0 to 1.
    pub confidence: f64,
    /// Requests that it looked at.
    pub count: u64,
    /// Looks so far, this one included.
    pub looks: u32,
}

/// What follows from a look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decision {
    /// The percentile is known well enough.
    Decided(Looked),
    /// It is not; the next look is due when there are `at` requests.
    More {
        /// Requests in all.
        at: u64,
    },
    /// It is not, and there will be no more requests.
    NotDecided(Looked),
}

impl Looks {
    /// Until half the width of the interval of `percentile` is at most `within` of its value, such as [`DECIDED_WITHIN`].
    pub fn new(percentile: Percentile, within: f64) -> Self {
        let mut looks = Self {
            percentile,
            within,
            made: 0,
            next: 0,
        };
        looks.next = FIRST * samples_needed_at(percentile, looks.tail(1));
        looks
    }

    /// How many requests the next look is due at.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// What is beyond each end of the interval of the `look`-th look, from 1.
    fn tail(&self, look: u32) -> f64 {
        let look = f64::from(look);
        (1.0 - CONFIDENCE) / 2.0 / (look * (look + 1.0))
    }

    /// Looks at all requests so far, in issue order; `is_last` where there will be no more of them.
    ///
    /// A series that is worth fewer independent requests than an interval takes has none, and decides nothing.
    pub fn look(
        &mut self,
        latencies: impl ExactSizeIterator<Item = Nanoseconds> + Clone,
        is_last: bool,
    ) -> Decision {
        self.made += 1;
        let tail = self.tail(self.made);
        let count = latencies.len() as u64;
        let mut sorted: Vec<Nanoseconds> = latencies.clone().collect();
        sorted.sort_unstable();
        let how = (tail, Worth::AtLeast);
        let estimate = estimate_at(latencies, &sorted, self.percentile, how);
        let looked = Looked {
            estimate,
            confidence: 1.0 - 2.0 * tail,
            count,
            looks: self.made,
        };
        self.next = count.max(self.next).saturating_mul(2);
        match looked.estimate {
            Ok(one) if one.relative() <= self.within => Decision::Decided(looked),
            _ if is_last => Decision::NotDecided(looked),
            _ => Decision::More { at: self.next },
        }
    }
}

impl PercentileEstimate {
    /// Half the width of the interval as a share of the value; infinite of a value of zero.
    pub fn relative(&self) -> f64 {
        match self.value.as_nanos() {
            0 => f64::INFINITY,
            value => self.half_width_ns() / value as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(count: u64, spread: u64) -> Vec<Nanoseconds> {
        let latency = |place: u64| 1_000_000 + place * 7_919 % 1_009 * spread;
        (0..count)
            .map(|place| Nanoseconds::from_nanos(latency(place)))
            .collect()
    }

    fn look(looks: &mut Looks, samples: &[Nanoseconds], is_last: bool) -> Decision {
        looks.look(samples.iter().copied(), is_last)
    }

    #[test]
    fn a_narrow_percentile_is_decided_at_the_first_look() {
        let mut looks = Looks::new(Percentile::P50, DECIDED_WITHIN);
        assert_eq!(looks.next(), 28);
        let samples = series(looks.next(), 1);
        let Decision::Decided(looked) = look(&mut looks, &samples, false) else {
            panic!("28 alike samples decide")
        };
        assert_eq!((looked.count, looked.looks), (28, 1));
        assert!((looked.confidence - 0.975).abs() < 1e-12);
    }

    #[test]
    fn each_look_is_due_at_twice_the_requests_and_takes_more_confidence() {
        let mut looks = Looks::new(Percentile::P99, 1e-6);
        assert_eq!(looks.next(), 1_748);
        let mut confidences = Vec::new();
        for expected in [3_496, 6_992, 13_984] {
            let samples = series(looks.next(), 900);
            assert_eq!(
                look(&mut looks, &samples, false),
                Decision::More { at: expected }
            );
        }
        let samples = series(looks.next(), 900);
        if let Decision::NotDecided(looked) = look(&mut looks, &samples, true) {
            confidences.push(looked.confidence);
            assert_eq!((looked.looks, looked.count), (4, 13_984));
            assert!(looked.estimate.is_ok());
        }
        assert_eq!(confidences, [1.0 - 0.05 / 20.0]);
    }

    #[test]
    fn a_series_of_two_runs_is_worth_too_little_to_decide() {
        let mut looks = Looks::new(Percentile::P50, 0.6);
        let runs: Vec<Nanoseconds> = (0..400_u64)
            .map(|place| Nanoseconds::from_micros(10 + place / 200))
            .collect();
        assert_eq!(look(&mut looks, &runs, false), Decision::More { at: 800 });
    }

    #[test]
    fn too_few_and_failed_requests_are_not_decided_and_say_why() {
        let mut looks = Looks::new(Percentile::P99, DECIDED_WITHIN);
        let Decision::NotDecided(few) = look(&mut looks, &series(12, 1), true) else {
            panic!("12 samples decide no p99")
        };
        assert_eq!(
            few.estimate,
            Err(Undecided::TooFew {
                have: 12,
                need: 437
            })
        );
        let mut failing = series(1_000, 1);
        failing[..100].fill(Nanoseconds::MAX);
        let Decision::NotDecided(failed) = look(&mut looks, &failing, true) else {
            panic!("a p99 that fails is not decided")
        };
        let reason = Undecided::Failed {
            failed: 100,
            count: 1_000,
        };
        assert_eq!(failed.estimate, Err(reason));
    }
}
