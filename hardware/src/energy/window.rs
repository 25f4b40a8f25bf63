//! What a window of time cost by one source, with the random part of its uncertainty as a function of its length.

use tare_units::{Joules, Nanoseconds, Watts};

use crate::energy::series::{History, Reading};
use crate::energy::source::Quantity;
use crate::energy::{counter, power};

/// A stretch of time on CLOCK_MONOTONIC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its beginning.
    pub from: Nanoseconds,
    /// Its end, not before its beginning.
    pub to: Nanoseconds,
}

impl Span {
    /// Its length.
    pub fn length(self) -> Nanoseconds {
        self.to.saturating_sub(self.from)
    }
}

/// The energy of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowEnergy {
    /// All of it.
    pub energy: Joules,
    /// Length of the window.
    pub length: Nanoseconds,
    /// The longest stretch in which the value did not move.
    pub longest_still: Nanoseconds,
    /// The longest stretch without a reading.
    pub longest_gap: Nanoseconds,
    /// Standard uncertainty of the two edges, in joules.
    pub(crate) edge: f64,
    /// Standard uncertainty of what the sensor did not look at, in joules for each square root of a second.
    pub(crate) spread: f64,
}

/// Of standard uncertainties to half the width of a 95% interval (JCGM 100:2008, 6.3.3).
const COVERAGE: f64 = 2.0;
const LONGEST: f64 = 3_600.0;

impl WindowEnergy {
    /// Standard uncertainty of the random part, in joules.
    pub(crate) fn standard(&self) -> f64 {
        self.edge
            .hypot(self.spread * self.length.as_secs_f64().sqrt())
    }

    /// Half the width of the 95% interval of the random part.
    pub fn random(&self) -> Joules {
        expanded(self.standard())
    }

    /// Mean power.
    pub fn power(&self) -> Watts {
        self.energy / self.length
    }

    /// Whether the random part is more than `bound` as a share of the energy.
    pub fn exceeds(&self, bound: f64) -> bool {
        self.random().as_joules() > bound * self.energy.as_joules()
    }

    /// The length at which the random part falls below `bound` as a share of the energy, at the same mean power.
    ///
    /// The edges stay as they are while the rest grows with the root of the length T: k²(A² + B²T) = (bPT)².
    /// `None` where an hour would not do.
    pub fn needed_window(&self, bound: f64) -> Option<Nanoseconds> {
        let wanted = bound * self.power().as_watts();
        if !(wanted.is_finite() && wanted > 0.0) {
            return None;
        }
        let (edge, spread) = (
            COVERAGE * self.edge / wanted,
            COVERAGE * self.spread / wanted,
        );
        let half = spread * spread / 2.0;
        let seconds = half + half.hypot(edge);
        (seconds <= LONGEST).then(|| Nanoseconds::from_nanos_f64((seconds * 1e9).ceil()))
    }
}

pub(crate) fn expanded(standard: f64) -> Joules {
    Joules::from_joules(COVERAGE * standard)
}

/// Why a source cannot answer for a window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WindowFault {
    /// The window has no length.
    #[error("the window is empty")]
    Empty,
    /// The source gave no reading that could be used.
    #[error("no reading was taken")]
    NoReading,
    /// Readings begin after the window's beginning.
    #[error(
        "the window begins before the oldest reading that is kept; begin reading earlier or keep more"
    )]
    BeginsTooEarly,
    /// Readings end before the window's end.
    #[error("the window ends after the last change of the value; go on reading for some ticks")]
    EndsTooLate,
    /// The value does not move.
    #[error("the value stands still since {seconds} s; reload the driver or look after the meter")]
    Stuck {
        /// For how long, in whole seconds.
        seconds: u64,
    },
    /// The counter lost its count within the window.
    #[error(
        "the counter went back within the window, as after a restart of the driver or the meter; repeat the measurement"
    )]
    WentBack,
}

/// The energy of `span` by `history`'s source.
///
/// # Errors
/// Where the readings do not cover the span or cannot be trusted in it.
pub fn window(history: &History, span: Span) -> Result<WindowEnergy, WindowFault> {
    if span.length() == Nanoseconds::ZERO {
        return Err(WindowFault::Empty);
    }
    let readings = around(history, span)?;
    match history.spec.quantity {
        Quantity::Energy => counter::window(&history.spec, readings, span),
        Quantity::Power => power::window(&history.spec, readings, span),
    }
}

/// The readings between the last break before the span and the first after it.
fn around(history: &History, span: Span) -> Result<&[Reading], WindowFault> {
    let is_within = |at: &Nanoseconds| *at > span.from && *at <= span.to;
    if history.breaks.iter().any(is_within) {
        return Err(WindowFault::WentBack);
    }
    let begin = history.breaks.iter().rfind(|at| **at <= span.from);
    let end = history.breaks.iter().find(|at| **at > span.to);
    let index = |at: Nanoseconds| history.readings.partition_point(|one| one.asked < at);
    let first = begin.map_or(0, |at| index(*at));
    let last = end.map_or(history.readings.len(), |at| index(*at));
    match history.readings.get(first..last) {
        Some(readings) if !readings.is_empty() => Ok(readings),
        _ => Err(WindowFault::NoReading),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(edge: f64, spread: f64) -> WindowEnergy {
        WindowEnergy {
            energy: Joules::from_joules(200.0),
            length: Nanoseconds::from_secs(2),
            longest_still: Nanoseconds::ZERO,
            longest_gap: Nanoseconds::ZERO,
            edge,
            spread,
        }
    }

    #[test]
    fn the_random_part_is_twice_the_root_of_the_squares() {
        assert_eq!(known(3.0, 0.0).random(), Joules::from_joules(6.0));
        let both = known(3.0, 4.0 / 2f64.sqrt()).random().as_joules();
        assert!((both - 10.0).abs() < 1e-9, "{both}");
        assert_eq!(known(0.0, 0.0).power(), Watts::from_watts(100.0));
    }

    #[test]
    fn a_window_of_the_needed_length_meets_the_bound_exactly() {
        for (edge, spread) in [(3.0, 0.0), (0.0, 2.0), (1.5, 4.0)] {
            let short = known(edge, spread);
            let needed = short.needed_window(0.02).unwrap();
            let long = WindowEnergy {
                energy: short.power() * needed,
                length: needed,
                ..short
            };
            let share = long.random().as_joules() / long.energy.as_joules();
            assert!((share - 0.02).abs() < 1e-6, "{share}");
        }
    }

    #[test]
    fn no_window_helps_where_nothing_is_drawn_or_an_hour_is_too_short() {
        let nothing = WindowEnergy {
            energy: Joules::ZERO,
            ..known(1.0, 1.0)
        };
        assert_eq!(nothing.needed_window(0.02), None);
        assert_eq!(known(1e5, 0.0).needed_window(0.02), None);
        assert_eq!(known(0.0, 0.0).needed_window(0.02), Some(Nanoseconds::ZERO));
    }
}
