//! Seeded draws, and blocks made of them.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use tare_gate::{Block, Contention, Side, SideFigure};

/// A seeded stream of numbers.
pub struct Random(Xoshiro256PlusPlus);

#[allow(dead_code, reason = "not every test needs all of it")]
impl Random {
    /// The same stream for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// Strictly between 0 and 1.
    pub fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Around 0, within `spread` on either side, the likelier the nearer.
    pub fn around(&mut self, spread: f64) -> f64 {
        spread * (self.uniform() - self.uniform())
    }

    /// A block of quiet processes of 5 ms whose candidate is worse by `worse`, a logarithm, and whose figures scatter by `spread`.
    pub fn block(&mut self, worse: f64, spread: f64) -> Block {
        let mut figure = |shift: f64| SideFigure {
            value: 5e6 * (shift + self.around(spread)).exp(),
            requests: 60,
            contention: Some(Contention {
                delayed: 0.01,
                waited: 0.002,
            }),
        };
        Block {
            first: Side::Baseline,
            baseline: Ok(figure(0.0)),
            candidate: Ok(figure(worse)),
        }
    }
}
