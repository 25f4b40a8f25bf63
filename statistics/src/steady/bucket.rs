//! A bounded, unbiased picture of any number of successive latencies.

use tare_units::Nanoseconds;

/// Counts and sums latencies and keeps a uniform draw of them.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    kept: [u64; KEPT],
    count: u64,
    span: Nanoseconds,
    random: u64,
}

const KEPT: usize = 31;

impl Bucket {
    pub(super) fn new() -> Self {
        Self {
            kept: [0; KEPT],
            count: 0,
            span: Nanoseconds::ZERO,
            random: 0x9E37_79B9_7F4A_7C15,
        }
    }

    /// Adds one latency: kept with equal chance for all (Vitter's algorithm R, from a fixed seed).
    pub(super) fn add(&mut self, latency: Nanoseconds) {
        let place = if self.count < KEPT as u64 {
            self.count
        } else {
            self.below(self.count + 1)
        };
        if let Some(slot) = self.kept.get_mut(place as usize) {
            *slot = latency.as_nanos();
        }
        self.count += 1;
        self.span = self.span + latency;
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The sum of the latencies.
    pub(super) fn span(&self) -> Nanoseconds {
        self.span
    }

    /// The natural logarithm of the median in nanoseconds of what was kept; empties the bucket.
    pub(super) fn take_level(&mut self) -> f64 {
        let kept = &mut self.kept[..(self.count as usize).min(KEPT)];
        let middle = kept.len() / 2;
        let (_, median, _) = kept.select_nth_unstable(middle);
        let level = (*median).max(1) as f64;
        self.count = 0;
        self.span = Nanoseconds::ZERO;
        level.ln()
    }

    /// The next number below `bound`, from xorshift64 (Marsaglia, 2003).
    fn below(&mut self, bound: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        ((u128::from(self.random) * u128::from(bound)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_latencies_have_their_exact_median_and_the_bucket_is_empty_after() {
        let mut bucket = Bucket::new();
        for nanos in [700, 100, 300] {
            bucket.add(Nanoseconds::from_nanos(nanos));
        }
        assert_eq!(
            (bucket.count(), bucket.span()),
            (3, Nanoseconds::from_nanos(1_100))
        );
        assert_eq!(bucket.take_level(), 300_f64.ln());
        assert_eq!((bucket.count(), bucket.span()), (0, Nanoseconds::ZERO));
    }

    #[test]
    fn what_is_kept_of_many_is_drawn_evenly_from_all_of_them() {
        let mut bucket = Bucket::new();
        let levels = (0..400).map(|_| {
            (0..10_000).for_each(|nanos| bucket.add(Nanoseconds::from_nanos(nanos)));
            bucket.take_level().exp()
        });
        let mean = levels.sum::<f64>() / 400.0;
        assert!((mean - 5_000.0).abs() < 150.0, "{mean}");
    }
}
