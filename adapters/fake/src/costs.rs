//! What a request costs: a pure function of its number, its rows and the seed.

use tare_units::Nanoseconds;

/// Times that are waited for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Costs {
    pub(crate) load: Nanoseconds,
    pub(crate) run: Nanoseconds,
    pub(crate) per_sample: Nanoseconds,
    pub(crate) warmup_requests: u64,
    pub(crate) warmup: Nanoseconds,
    pub(crate) jitter: Nanoseconds,
    pub(crate) seed: u64,
}

impl Costs {
    /// Of a session's request `number`, counted from one, with so many rows.
    pub(crate) fn request(&self, number: u64, rows: u64) -> Nanoseconds {
        let rows = Nanoseconds::from_nanos(self.per_sample.as_nanos().saturating_mul(rows));
        let cold = if number <= self.warmup_requests {
            self.warmup
        } else {
            Nanoseconds::ZERO
        };
        self.run + rows + cold + self.jitter_of(number)
    }

    fn jitter_of(&self, number: u64) -> Nanoseconds {
        let bound = u128::from(self.jitter.as_nanos());
        let random = u128::from(mix(self.seed ^ mix(number)));
        Nanoseconds::from_nanos(((random * bound) >> 64) as u64)
    }
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
        jitter: Nanoseconds::ZERO,
        seed: 0,
    };

    #[test]
    fn cost_is_linear_in_rows_and_higher_while_cold() {
        assert_eq!(COSTS.request(3, 1), Nanoseconds::from_micros(110));
        assert_eq!(COSTS.request(3, 8), Nanoseconds::from_micros(180));
        assert_eq!(COSTS.request(2, 1), Nanoseconds::from_micros(1110));
    }

    #[test]
    fn jitter_stays_within_its_bound_and_repeats() {
        let costs = Costs {
            jitter: Nanoseconds::from_micros(7),
            ..COSTS
        };
        let plain = Nanoseconds::from_micros(110);
        let draws: Vec<_> = (3..103).map(|number| costs.request(number, 1)).collect();
        assert!(
            draws
                .iter()
                .all(|cost| *cost >= plain && *cost < plain + costs.jitter)
        );
        assert!(draws.windows(2).any(|pair| pair[0] != pair[1]));
        assert!(
            (3..103)
                .zip(&draws)
                .all(|(number, cost)| costs.request(number, 1) == *cost)
        );
        let other = Costs { seed: 1, ..costs };
        assert_ne!(other.request(3, 1), costs.request(3, 1));
    }

    #[test]
    fn costs_that_would_overflow_stay_at_the_largest() {
        let endless = Costs {
            per_sample: Nanoseconds::MAX,
            ..COSTS
        };
        assert_eq!(endless.request(1, 2), Nanoseconds::MAX);
    }
}
