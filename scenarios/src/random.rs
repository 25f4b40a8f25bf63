//! Random numbers from a seed, the same on every machine and in every version.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

/// What everything that a schedule draws comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seed {
    /// The cell's.
    cell: u64,
    /// Which repeat of the cell.
    repeat: u64,
}

impl Seed {
    /// That of the repeat at this place of a cell with this seed. Each repeat draws anew, so that what differs between
    /// repeats is what differs between schedules too.
    pub const fn new(cell: u64, repeat: u64) -> Self {
        Self { cell, repeat }
    }

    /// That of a trial, from 0, before the repeat: no repeat and no other trial draws the same.
    pub const fn of_trial(self, trial: u32) -> Self {
        Self {
            cell: self.cell,
            repeat: self.repeat ^ ((trial as u64 + 1) << 32),
        }
    }

    pub(crate) const fn in_place(self, cell: u64) -> Self {
        Self { cell, ..self }
    }
}

/// What is drawn: each has a sequence of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stream {
    Arrivals = 1,
    Sizes = 2,
    ThinkTimes = 3,
    Coins = 4,
}

/// The coin of this seed: true as often as not.
pub fn coin(seed: Seed) -> bool {
    Random::new(seed, Stream::Coins).unit() <= 0.5
}

/// A sequence of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Random(Xoshiro256PlusPlus);

impl Random {
    pub(crate) fn new(seed: Seed, stream: Stream) -> Self {
        let parts = [seed.cell, seed.repeat, stream as u64];
        let mixed = parts.iter().fold(0, |state, part| {
            Xoshiro256PlusPlus::seed_from_u64(state ^ part).next_u64()
        });
        Self(Xoshiro256PlusPlus::seed_from_u64(mixed))
    }

    /// Uniform over (0, 1], in steps of 2⁻⁵³.
    #[inline]
    pub(crate) fn unit(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) + 1) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Exponential with a mean of 1, at most 36.8. The logarithm is one that rounds alike on every processor, which the
    /// platform's does not.
    #[inline]
    pub(crate) fn exponential(&mut self) -> f64 {
        -libm::log(self.unit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(seed: Seed, stream: Stream) -> [f64; 3] {
        let mut random = Random::new(seed, stream);
        std::array::from_fn(|_| random.unit())
    }

    #[test]
    fn cell_repeat_and_stream_each_give_another_sequence() {
        let mut all = Vec::new();
        for cell in 0..4 {
            for repeat in 0..4 {
                for stream in [Stream::Arrivals, Stream::Sizes, Stream::ThinkTimes] {
                    let drawn = drawn(Seed::new(cell, repeat), stream);
                    assert!(!all.contains(&drawn), "{cell} {repeat} {stream:?}");
                    assert!(drawn.iter().all(|unit| *unit > 0.0 && *unit <= 1.0));
                    all.push(drawn);
                }
            }
        }
        assert_eq!(
            drawn(Seed::new(3, 1), Stream::Sizes),
            drawn(Seed::new(9, 1).in_place(3), Stream::Sizes)
        );
    }

    #[test]
    fn exponential_numbers_are_positive_with_mean_and_variance_of_one() {
        let mut random = Random::new(Seed::new(7, 0), Stream::Arrivals);
        let drawn: Vec<f64> = (0..100_000).map(|_| random.exponential()).collect();
        let mean = drawn.iter().sum::<f64>() / 1e5;
        let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 1e5;
        assert!(drawn.iter().all(|x| (0.0..37.0).contains(x)));
        assert!((mean - 1.0).abs() < 0.013, "{mean}: four standard errors");
        assert!(
            (variance - 1.0).abs() < 0.036,
            "{variance}: four standard errors"
        );
    }
}
