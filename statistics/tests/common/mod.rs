//! What the tests share: tables of reference figures, the series behind them, and noise from a seed.
#![allow(dead_code, reason = "each test file uses a part")]

pub mod queue;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use tare_statistics::{Percentile, nearest_rank};
use tare_units::Nanoseconds;

/// The rows of a table of numbers, its header left out.
pub fn rows<const COLUMNS: usize>(table: &str) -> Vec<[f64; COLUMNS]> {
    let row = |line: &str| {
        let numbers: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        numbers.try_into().unwrap()
    };
    table.lines().skip(1).map(row).collect()
}

/// The integer series that `reference/make.py` makes: each value keeps `memory`/8 of the last one.
pub fn series(seed: f64, count: f64, modulus: u64, memory: u64) -> Vec<Nanoseconds> {
    let (mut state, mut value) = (seed as u64, 0);
    let next = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        value = (memory * value + (8 - memory) * ((state >> 33) % modulus)) / 8;
        Nanoseconds::from_nanos(1_000 + value)
    };
    (0..count as u64).map(next).collect()
}

pub fn sorted(samples: &[Nanoseconds]) -> Vec<Nanoseconds> {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted
}

pub fn quantile(samples: &[Nanoseconds], percentile: Percentile) -> Nanoseconds {
    nearest_rank(&sorted(samples), percentile).unwrap()
}

pub fn per_mille(number: f64) -> Percentile {
    Percentile::from_per_mille(number as u16).unwrap()
}

/// Noise that is the same on every run.
pub struct Noise(Xoshiro256PlusPlus);

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// Strictly between 0 and 1.
    pub fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Standard normal (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// 1 ms with normal deviations of 1%, each correlated by `phi` with the one before.
    pub fn autoregressive(&mut self, phi: f64, count: usize) -> Vec<Nanoseconds> {
        let mut level = self.normal();
        let next = |_| {
            let sample = Nanoseconds::from_nanos_f64(MEDIAN_NS + DEVIATION_NS * level);
            level = phi * level + (1.0 - phi * phi).sqrt() * self.normal();
            sample
        };
        (0..count).map(next).collect()
    }
}

pub const MEDIAN_NS: f64 = 1e6;
pub const DEVIATION_NS: f64 = 1e4;
