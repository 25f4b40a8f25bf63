//! The readings of one source, bounded in number, with what could not be true left out and counted.

use std::collections::VecDeque;

use tare_units::Nanoseconds;

use crate::energy::pace::{pace, updated};
use crate::energy::source::{Quantity, SourceSpec};

/// One reading: the value was the source's at some moment between two times on CLOCK_MONOTONIC.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// When it was asked for.
    pub asked: Nanoseconds,
    /// When it was there.
    pub answered: Nanoseconds,
    /// Joules or watts.
    pub value: f64,
}

/// A source's past: all that windows are computed from.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// What is known of the source.
    pub spec: SourceSpec,
    /// Oldest first; joules are unwrapped.
    pub readings: Vec<Reading>,
    /// Times at which a counter began anew, which no window may hold.
    pub breaks: Vec<Nanoseconds>,
    /// Readings that were no possible values.
    pub nonsense: u64,
    /// Readings with an earlier time than the one before.
    pub time_back: u64,
    /// Why the last poll gave nothing, where it did.
    pub silent: Option<String>,
}

impl History {
    /// What becomes of `readings` as they come in: wraps undone, breaks noted, the impossible left out and counted.
    pub fn of(spec: SourceSpec, readings: impl IntoIterator<Item = Reading>) -> Self {
        let mut series = Series::new(spec, usize::MAX >> 1);
        readings.into_iter().for_each(|one| series.push(one));
        series.history()
    }

    /// The usual time between two updates of the value, where that can be told.
    pub(crate) fn pace(&self) -> Option<Nanoseconds> {
        pace(&self.spec, self.readings.iter())
    }
}

/// No device, socket or wall outlet gives more than this, in watts.
const CEILING: f64 = 1e5;

#[derive(Debug)]
pub(crate) struct Series {
    spec: SourceSpec,
    readings: VecDeque<Reading>,
    capacity: usize,
    last: Option<Reading>,
    wrapped: f64,
    breaks: VecDeque<Nanoseconds>,
    nonsense: u64,
    time_back: u64,
    pub(crate) silent: Option<String>,
}

impl Series {
    /// Keeps the latest `capacity` readings.
    pub(crate) fn new(spec: SourceSpec, capacity: usize) -> Self {
        Self {
            spec,
            readings: VecDeque::new(),
            capacity: capacity.max(2),
            last: None,
            wrapped: 0.0,
            breaks: VecDeque::new(),
            nonsense: 0,
            time_back: 0,
            silent: None,
        }
    }

    pub(crate) fn push(&mut self, reading: Reading) {
        if !(0.0..=f64::MAX).contains(&reading.value) || reading.answered < reading.asked {
            self.nonsense += 1;
            return;
        }
        if self.last.is_some_and(|last| reading.asked < last.asked) {
            self.time_back += 1;
            return;
        }
        let is_possible = match self.spec.quantity {
            Quantity::Power => reading.value <= CEILING,
            Quantity::Energy => self.follow(reading),
        };
        if !is_possible {
            self.nonsense += 1;
            return;
        }
        self.last = Some(reading);
        self.keep(reading);
    }

    /// Whether a counter can stand there now; notes where it wrapped or began anew.
    fn follow(&mut self, reading: Reading) -> bool {
        let Some(last) = self.last else { return true };
        let possible = CEILING * (reading.answered - last.asked + self.spec.tick).as_secs_f64()
            + self.spec.quantum;
        let step = reading.value - last.value;
        if step >= 0.0 {
            return step <= possible;
        }
        match self.spec.wraps_at {
            Some(range) if step + range <= possible && step + range >= 0.0 => {
                self.wrapped += range;
            }
            _ => self.begin_anew(reading.asked),
        }
        true
    }

    fn begin_anew(&mut self, at: Nanoseconds) {
        if self.breaks.len() == self.capacity {
            self.breaks.pop_front();
        }
        self.breaks.push_back(at);
    }

    fn keep(&mut self, reading: Reading) {
        if self.readings.len() == self.capacity {
            self.readings.pop_front();
        }
        self.readings.push_back(Reading {
            value: reading.value + self.wrapped,
            ..reading
        });
    }

    pub(crate) fn history(&self) -> History {
        History {
            spec: self.spec.clone(),
            readings: self.readings.iter().copied().collect(),
            breaks: self.breaks.iter().copied().collect(),
            nonsense: self.nonsense,
            time_back: self.time_back,
            silent: self.silent.clone(),
        }
    }

    pub(crate) fn tick(&self) -> Nanoseconds {
        self.spec.tick
    }

    /// The usual time between two updates, where that is known yet.
    pub(crate) fn pace(&self) -> Option<Nanoseconds> {
        pace(&self.spec, self.readings.iter())
    }

    /// When the value was updated last, or asked for where its tick is known.
    pub(crate) fn updated(&self) -> Option<Nanoseconds> {
        updated(&self.spec, self.readings.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::energy::synthetic::{counter, power};

    fn at(millis: u64, value: f64) -> Reading {
        let time = Nanoseconds::from_millis(millis);
        Reading {
            asked: time,
            answered: time,
            value,
        }
    }

    fn values(series: &Series) -> Vec<f64> {
        let history = series.history();
        history.readings.iter().map(|one| one.value).collect()
    }

    #[test]
    fn a_counter_that_wraps_goes_on() {
        let mut series = Series::new(
            SourceSpec {
                wraps_at: Some(1_000.0),
                ..counter("c")
            },
            9,
        );
        for (millis, value) in [(0, 990.0), (100, 999.0), (200, 8.0), (300, 20.0)] {
            series.push(at(millis, value));
        }
        assert_eq!(values(&series), [990.0, 999.0, 1_008.0, 1_020.0]);
        assert!(series.history().breaks.is_empty());
    }

    #[test]
    fn a_counter_that_goes_back_without_a_wrap_leaves_a_break() {
        let mut series = Series::new(counter("c"), 9);
        for (millis, value) in [(0, 500.0), (100, 510.0), (200, 3.0), (300, 9.0)] {
            series.push(at(millis, value));
        }
        assert_eq!(values(&series), [500.0, 510.0, 3.0, 9.0]);
        assert_eq!(series.history().breaks, [Nanoseconds::from_millis(200)]);
        let mut far = Series::new(
            SourceSpec {
                wraps_at: Some(1e9),
                ..counter("c")
            },
            9,
        );
        far.push(at(0, 500.0));
        far.push(at(100, 400.0));
        assert_eq!(
            far.history().breaks.len(),
            1,
            "a wrap would be a billion joules in a tenth of a second"
        );
    }

    #[test]
    fn what_cannot_be_true_is_left_out_and_counted() {
        let mut series = Series::new(power("p"), 9);
        let wrong = [f64::NAN, f64::INFINITY, -1.0, 1e9];
        series.push(at(10, 70.0));
        for value in wrong {
            series.push(at(20, value));
        }
        series.push(at(5, 70.0));
        series.push(at(30, 71.0));
        assert_eq!(values(&series), [70.0, 71.0]);
        let history = series.history();
        assert_eq!((history.nonsense, history.time_back), (4, 1));
        let mut counted = Series::new(counter("c"), 9);
        counted.push(at(0, 1.0));
        counted.push(at(10, 1e8));
        counted.push(at(20, 2.0));
        assert_eq!(
            values(&counted),
            [1.0, 2.0],
            "10 GW for a hundredth of a second"
        );
    }

    #[test]
    fn memory_is_bounded_and_the_latest_stay() {
        let mut series = Series::new(power("p"), 4);
        for index in 0..100 {
            series.push(at(index, index as f64));
        }
        assert_eq!(values(&series), [96.0, 97.0, 98.0, 99.0]);
        assert_eq!(series.updated(), Some(Nanoseconds::from_millis(99)));
    }
}
