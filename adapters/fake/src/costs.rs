//! What a request costs: a pure function of its number, its rows and the seed.

use tare_units::Nanoseconds;

/// Times that are waited for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Costs {
    pub(crate) load: Nanoseconds,
    pub(crate) run: Nanoseconds,
    pub(crate) per_sample: Nanoseconds,
    pub(crate) warmup_requests: u64,
    pub(crate) warmup: Nanoseconds,
    pub(crate) first_of_batch: Nanoseconds,
    pub(crate) jitter: Nanoseconds,
    pub(crate) seed: u64,
    pub(crate) work: Work,
    pub(crate) per_gflop: Nanoseconds,
    pub(crate) dispatch: Nanoseconds,
    pub(crate) noise: f64,
    pub(crate) drift: f64,
}

/// Arithmetic of a request: at the speed of the machine, and what it takes more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) floor: Nanoseconds,
    pub(crate) excess: Nanoseconds,
}

impl Costs {
    /// What the host spends on a session's request `number`, counted from one, beside dispatching operators.
    pub(crate) fn host(&self, number: u64) -> Nanoseconds {
        let cold = if number <= self.warmup_requests {
            self.warmup
        } else {
            Nanoseconds::ZERO
        };
        self.run + cold + self.jitter_of(number)
    }

    /// The work of a request with so many rows of a model with so many FLOPs.
    pub(crate) fn work(&self, rows: u64, flops: u64) -> Nanoseconds {
        let rows = Nanoseconds::from_nanos(self.per_sample.as_nanos().saturating_mul(rows));
        let counted = self.per_gflop.as_nanos() as f64 * (flops as f64 / 1e9);
        let counted = Nanoseconds::from_nanos_f64(counted);
        self.work.floor + self.work.excess + rows + counted
    }

    /// How many times as long a session's request `number` takes: normal noise around the session's own drift.
    pub(crate) fn factor(&self, number: u64) -> f64 {
        let session = normal(mix(self.seed ^ DRIFT));
        let request = normal(mix(self.seed ^ mix(number ^ NOISE)));
        (1.0 + self.drift * session + self.noise * request).max(0.0)
    }

    fn jitter_of(&self, number: u64) -> Nanoseconds {
        let bound = u128::from(self.jitter.as_nanos());
        let random = u128::from(mix(self.seed ^ mix(number)));
        Nanoseconds::from_nanos(((random * bound) >> 64) as u64)
    }
}

const DRIFT: u64 = 0x00d7_1f70;
const NOISE: u64 = 0x0000_9015_e000_0000;

/// A standard normal number from random bits, at most 5 from zero (Box and Muller, 1958).
fn normal(bits: u64) -> f64 {
    let uniform = |bits: u64| ((bits >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    let radius = (-2.0 * uniform(mix(bits)).ln()).sqrt();
    let angle = std::f64::consts::TAU * uniform(mix(bits ^ 1));
    (radius * angle.cos()).clamp(-5.0, 5.0)
}

/// The output function of SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) fn mix(state: u64) -> u64 {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COSTS: Costs = Costs {
        load: Nanoseconds::ZERO,
        run: Nanoseconds::from_micros(100),
        per_sample: Nanoseconds::from_micros(10),
        warmup_requests: 2,
        warmup: Nanoseconds::from_millis(1),
        first_of_batch: Nanoseconds::ZERO,
        jitter: Nanoseconds::ZERO,
        seed: 0,
        work: Work {
            floor: Nanoseconds::ZERO,
            excess: Nanoseconds::ZERO,
        },
        per_gflop: Nanoseconds::ZERO,
        dispatch: Nanoseconds::ZERO,
        noise: 0.0,
        drift: 0.0,
    };

    fn cost(costs: &Costs, number: u64, rows: u64) -> Nanoseconds {
        costs.host(number) + costs.work(rows, 0)
    }

    #[test]
    fn cost_is_linear_in_rows_and_higher_while_cold() {
        assert_eq!(cost(&COSTS, 3, 1), Nanoseconds::from_micros(110));
        assert_eq!(cost(&COSTS, 3, 8), Nanoseconds::from_micros(180));
        assert_eq!(cost(&COSTS, 2, 1), Nanoseconds::from_micros(1110));
    }

    #[test]
    fn jitter_stays_within_its_bound_and_repeats() {
        let costs = Costs {
            jitter: Nanoseconds::from_micros(7),
            ..COSTS
        };
        let plain = Nanoseconds::from_micros(110);
        let draws: Vec<_> = (3..103).map(|number| cost(&costs, number, 1)).collect();
        assert!(
            draws
                .iter()
                .all(|cost| *cost >= plain && *cost < plain + costs.jitter)
        );
        assert!(draws.windows(2).any(|pair| pair[0] != pair[1]));
        assert!(
            (3..103)
                .zip(&draws)
                .all(|(number, drawn)| cost(&costs, number, 1) == *drawn)
        );
        let other = Costs { seed: 1, ..costs };
        assert_ne!(cost(&other, 3, 1), cost(&costs, 3, 1));
    }

    #[test]
    fn costs_that_would_overflow_stay_at_the_largest() {
        let endless = Costs {
            per_sample: Nanoseconds::MAX,
            ..COSTS
        };
        assert_eq!(cost(&endless, 1, 2), Nanoseconds::MAX);
    }

    #[test]
    fn work_grows_with_rows_and_flops_beside_what_is_fixed() {
        let costs = Costs {
            work: Work {
                floor: Nanoseconds::from_micros(50),
                excess: Nanoseconds::from_micros(5),
            },
            per_gflop: Nanoseconds::from_millis(1),
            ..COSTS
        };
        assert_eq!(costs.work(2, 500_000_000), Nanoseconds::from_micros(575));
    }

    #[test]
    fn noise_is_symmetric_around_a_drift_that_the_session_keeps() {
        let costs = |seed| Costs {
            noise: 0.02,
            drift: 0.01,
            seed,
            ..COSTS
        };
        let median = |seed| {
            let mut factors: Vec<f64> =
                (0..2001).map(|number| costs(seed).factor(number)).collect();
            factors.sort_by(f64::total_cmp);
            factors[1000]
        };
        let medians: Vec<f64> = (0..200).map(median).collect();
        let mean = medians.iter().sum::<f64>() / 200.0;
        let squares: f64 = medians.iter().map(|median| (median - mean).powi(2)).sum();
        assert!((mean - 1.0).abs() < 0.003, "{mean}");
        assert!(((squares / 199.0).sqrt() / 0.01 - 1.0).abs() < 0.2);
        assert_eq!(COSTS.factor(7), 1.0);
    }
}
