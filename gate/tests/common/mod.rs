//! Seeded draws, blocks made of them, and gates that are given such.
#![allow(dead_code, reason = "not every test needs all of it")]

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use tare_gate::{Block, Conditions, Contention, Gate, Metric, Next, Outcome, Side, SideFigure};

/// A seeded stream of numbers.
pub struct Random(Xoshiro256PlusPlus);

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

/// One thread, whose run delay is read.
pub const ALONE: Conditions = Conditions {
    single_threaded: true,
    run_delay: true,
};
/// Several, whose waiting corrects nothing.
pub const POOL: Conditions = Conditions {
    single_threaded: false,
    run_delay: true,
};

/// By the metric's own limits.
pub fn gate(metric: Metric, conditions: Conditions) -> Gate {
    Gate::new(metric, metric.limits(), conditions).expect("the metric's own limits")
}

/// Pushes what `block` gives until the gate is over.
pub fn run(gate: &mut Gate, mut block: impl FnMut() -> Block) -> Outcome {
    while let Next::More { blocks } = gate.next() {
        while gate.evidence().blocks().len() < blocks {
            let block = block();
            let is_whole = block.figures().is_some();
            gate.push(block);
            if !is_whole {
                break;
            }
        }
    }
    gate.outcome()
}

/// How a gate of such blocks ends.
pub fn ended(metric: Metric, conditions: Conditions, block: impl FnMut() -> Block) -> Outcome {
    run(&mut gate(metric, conditions), block)
}
