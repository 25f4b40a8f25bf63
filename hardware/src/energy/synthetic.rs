//! Made-up sources for tests: a power curve seen by a sensor that ticks, looks at parts only, and is read with jitter.

use tare_units::Nanoseconds;

use crate::energy::series::{History, Reading, Series};
use crate::energy::source::{Quantity, SourceSpec};
use crate::energy::window::Span;

fn source(name: &str, quantity: Quantity) -> SourceSpec {
    SourceSpec {
        name: name.to_owned(),
        quantity,
        tick: Nanoseconds::from_millis(100),
        quantum: 1e-3,
        share: 1.0,
        gain: Some(0.05),
        wraps_at: None,
        averaged: None,
        device: None,
    }
}

pub(crate) fn counter(name: &str) -> SourceSpec {
    source(name, Quantity::Energy)
}

pub(crate) fn power(name: &str) -> SourceSpec {
    source(name, Quantity::Power)
}

/// At so many milliseconds.
pub(crate) fn reading((millis, value): (u64, f64)) -> Reading {
    let at = Nanoseconds::from_millis(millis);
    Reading {
        asked: at,
        answered: at,
        value,
    }
}

pub(crate) fn span(from_ms: u64, to_ms: u64) -> Span {
    Span {
        from: Nanoseconds::from_millis(from_ms),
        to: Nanoseconds::from_millis(to_ms),
    }
}

/// Numbers from 0 to 1 from a seed (splitmix64).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((word ^ (word >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Watts at each millisecond.
pub(crate) struct Curve(pub(crate) Vec<f64>);

impl Curve {
    /// Joules from one millisecond to another.
    pub(crate) fn joules(&self, from_ms: usize, to_ms: usize) -> f64 {
        self.0[from_ms..to_ms].iter().sum::<f64>() / 1e3
    }
}

/// How a sensor sees a curve.
pub(crate) struct Sensor {
    pub(crate) tick_ms: usize,
    /// Of each tick, the last so many milliseconds.
    pub(crate) seen_ms: usize,
    pub(crate) phase_ms: usize,
    pub(crate) period_ms: f64,
    /// Readings come up to so many milliseconds late.
    pub(crate) jitter_ms: f64,
}

impl Sensor {
    /// The mean power of what it sees before each tick, by tick.
    fn powers(&self, curve: &Curve) -> Vec<(usize, f64)> {
        let ticks = (self.phase_ms + self.tick_ms..curve.0.len()).step_by(self.tick_ms);
        ticks
            .map(|at| {
                let seen = curve.joules(at - self.seen_ms, at) * 1e3 / self.seen_ms as f64;
                (at, seen)
            })
            .collect()
    }

    /// What a reader of the sensor got.
    pub(crate) fn read(&self, curve: &Curve, spec: SourceSpec, chance: &mut Chance) -> History {
        let tick_s = self.tick_ms as f64 / 1e3;
        let mut total = 0.0;
        let updates: Vec<(usize, f64)> = self
            .powers(curve)
            .into_iter()
            .map(|(at, watts)| {
                total += watts * tick_s;
                let value = match spec.quantity {
                    Quantity::Energy => total,
                    Quantity::Power => watts,
                };
                (at, (value / spec.quantum).floor() * spec.quantum)
            })
            .collect();
        let mut series = Series::new(spec, usize::MAX >> 1);
        let mut at = 0.0;
        while at < curve.0.len() as f64 - self.jitter_ms - 1.0 {
            let asked = at + chance.next() * self.jitter_ms;
            let known = updates.partition_point(|(update, _)| *update as f64 <= asked);
            if let Some((_, value)) = known.checked_sub(1).and_then(|last| updates.get(last)) {
                let time = Nanoseconds::from_nanos_f64(asked * 1e6);
                series.push(Reading {
                    asked: time,
                    answered: time + Nanoseconds::from_micros(50),
                    value: *value,
                });
            }
            at += self.period_ms;
        }
        series.history()
    }
}
