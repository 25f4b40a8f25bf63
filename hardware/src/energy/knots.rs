//! The moments at which a source's value changed, found between the readings around them.

use tare_units::Nanoseconds;

use crate::energy::pace::{SLOWEST, pace};
use crate::energy::series::Reading;
use crate::energy::source::{Quantity, SourceSpec};
use crate::energy::window::{Span, WindowFault};

/// The value became `value` at `at`, give or take `half`; seconds since the beginning of the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Knot {
    pub(crate) at: f64,
    pub(crate) half: f64,
    pub(crate) value: f64,
}

/// A reading's new value came after the reading before was asked for, and within a tick.
///
/// A power that stays the same for a tick has been updated to the same value, so such readings are knots as well. A
/// counter that stays the same has not been updated.
pub(crate) fn knots(spec: &SourceSpec, readings: &[Reading], origin: Nanoseconds) -> Vec<Knot> {
    let tick = spec.tick.as_secs_f64();
    let mut found: Vec<Knot> = Vec::new();
    let mut before: Option<Reading> = None;
    let mut since = f64::NEG_INFINITY;
    for reading in readings {
        let (asked, answered) = (
            seconds(reading.asked, origin),
            seconds(reading.answered, origin),
        );
        let is_new = before.is_none_or(|before| before.value != reading.value);
        let is_again = spec.quantity == Quantity::Power && asked > since && asked - since >= tick;
        if is_new {
            let earliest = before.map(|before| seconds(before.asked, origin));
            let low = earliest.map_or(asked - tick, |earliest| earliest.max(asked - tick));
            found.push(knot(low, answered, reading.value));
        } else if is_again {
            found.push(knot(asked, answered, reading.value));
        }
        if is_new || is_again {
            since = asked;
        }
        before = Some(*reading);
    }
    found
}

fn knot(low: f64, high: f64, value: f64) -> Knot {
    Knot {
        at: (low + high) / 2.0,
        half: (high - low) / 2.0,
        value,
    }
}

/// From `origin` to `time`, negative where it is earlier.
pub(crate) fn seconds(time: Nanoseconds, origin: Nanoseconds) -> f64 {
    time.saturating_sub(origin).as_secs_f64() - origin.saturating_sub(time).as_secs_f64()
}

/// The index of the last knot at or before `at`, with another one after `at`.
pub(crate) fn place(knots: &[Knot], at: f64) -> Option<usize> {
    let after = knots.partition_point(|knot| knot.at <= at);
    (after > 0 && after < knots.len()).then(|| after - 1)
}

/// Where both edges of a span lie among the knots.
pub(crate) fn edges(
    spec: &SourceSpec,
    readings: &[Reading],
    knots: &[Knot],
    span: Span,
) -> Result<(usize, usize), WindowFault> {
    if knots.is_empty() {
        return Err(WindowFault::NoReading);
    }
    if knots[0].at > 0.0 {
        return Err(WindowFault::BeginsTooEarly);
    }
    let length = span.length().as_secs_f64();
    match (place(knots, 0.0), place(knots, length)) {
        (Some(begin), Some(end)) => Ok((begin, end)),
        _ => Err(ended(spec, readings, knots, span)),
    }
}

fn ended(spec: &SourceSpec, readings: &[Reading], knots: &[Knot], span: Span) -> WindowFault {
    let last = readings.last().map(|last| seconds(last.asked, span.from));
    let moved = knots.last().map(|last| last.at);
    match (last, moved) {
        (Some(last), Some(moved)) if last - moved > still_after(spec, readings) => {
            WindowFault::Stuck {
                seconds: (last - moved) as u64,
            }
        }
        _ => WindowFault::EndsTooLate,
    }
}

/// How long a value may stand still before that is strange, in seconds; a meter of which no tick is known may print once a
/// second, or as seldom as it does.
pub(crate) fn still_after(spec: &SourceSpec, readings: &[Reading]) -> f64 {
    const TICKS: f64 = 10.0;
    const UPDATES: f64 = 3.0;
    if spec.tick > Nanoseconds::ZERO {
        return (TICKS * spec.tick.as_secs_f64()).max(1.0);
    }
    let pace = pace(spec, readings.iter()).filter(|pace| *pace <= SLOWEST);
    UPDATES * pace.map_or(1.0, Nanoseconds::as_secs_f64).max(1.0)
}

/// How long each update of its own time may tell one and the same value before that is strange, in seconds: a steady load
/// reads 100.0 W for a while. `None` where only a change of the value is an update.
pub(crate) fn alike_after(spec: &SourceSpec) -> Option<f64> {
    const STEADY: f64 = 60.0;
    (spec.tick == Nanoseconds::ZERO && spec.quantity == Quantity::Power).then_some(STEADY)
}

/// The longest step between neighbours that touches the window, in time.
pub(crate) fn longest(times: impl Iterator<Item = f64>, length: f64) -> Nanoseconds {
    let (mut before, mut longest) = (None, 0.0f64);
    for time in times {
        if let Some(before) = before.filter(|before| *before < length && time > 0.0) {
            longest = longest.max(time - before);
        }
        before = Some(time);
    }
    Nanoseconds::from_nanos_f64(longest * 1e9)
}

/// The middle of the steps between neighbours.
pub(crate) fn usual_step(knots: &[Knot]) -> f64 {
    let mut steps: Vec<f64> = knots
        .windows(2)
        .map(|pair| pair[1].at - pair[0].at)
        .collect();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len() / 2).copied().unwrap_or_default()
}

/// The standard deviation that neighbours' differences tell (von Neumann 1941), which a slow trend does not enter.
pub(crate) fn deviation(values: &[f64]) -> f64 {
    let squares: f64 = values
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).powi(2))
        .sum();
    let pairs = values.len().saturating_sub(1).max(1) as f64;
    (squares / (2.0 * pairs)).sqrt()
}

/// Of errors that lie anywhere within half-widths: each contributes a third of its square (JCGM 100:2008, 4.3.7).
pub(crate) fn rectangular(halves: &[f64]) -> f64 {
    let squares: f64 = halves.iter().map(|half| half * half).sum();
    (squares / 3.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::energy::synthetic::{counter, power, reading};

    fn spec(quantity: Quantity, tick_ms: u64) -> SourceSpec {
        let base = match quantity {
            Quantity::Energy => counter("c"),
            Quantity::Power => power("p"),
        };
        SourceSpec {
            tick: Nanoseconds::from_millis(tick_ms),
            ..base
        }
    }

    #[test]
    fn a_change_lies_between_the_readings_around_it() {
        let readings = [(0, 1.0), (20, 1.0), (40, 3.0), (60, 3.0)].map(reading);
        let found = knots(&spec(Quantity::Energy, 100), &readings, Nanoseconds::ZERO);
        assert_eq!(found.len(), 2);
        assert!((found[1].at - 0.030).abs() < 1e-12 && (found[1].half - 0.010).abs() < 1e-12);
        let quick = knots(&spec(Quantity::Energy, 2), &readings, Nanoseconds::ZERO);
        assert!((quick[1].at - 0.039).abs() < 1e-12, "within a tick before");
    }

    #[test]
    fn an_unmoved_power_is_known_anew_each_tick_and_an_unmoved_counter_is_not() {
        let readings = [(0, 5.0), (60, 5.0), (120, 5.0), (180, 5.0), (200, 9.0)].map(reading);
        let times = |quantity| {
            let found = knots(&spec(quantity, 100), &readings, Nanoseconds::ZERO);
            found.iter().map(|knot| knot.value).collect::<Vec<_>>()
        };
        assert_eq!(times(Quantity::Power), [5.0, 5.0, 9.0]);
        assert_eq!(times(Quantity::Energy), [5.0, 9.0]);
    }

    #[test]
    fn steps_count_where_they_touch_the_window() {
        let gap = |times: &[f64]| longest(times.iter().copied(), 1.0).as_secs_f64();
        assert_eq!(gap(&[-9.0, -0.25, 0.5, 1.5, 9.0]), 1.0);
        assert_eq!(gap(&[-9.0, -1.0, -0.5]), 0.0);
    }

    #[test]
    fn a_trend_is_no_deviation_and_an_alternation_is() {
        let ramp: Vec<f64> = (0..1_000).map(f64::from).collect();
        assert!(deviation(&ramp) < 1.0);
        let flip: Vec<f64> = (0..1_000).map(|i| f64::from(i % 2) * 10.0).collect();
        assert!((deviation(&flip) - 10.0 / 2f64.sqrt()).abs() < 1e-9);
        assert_eq!(deviation(&[]), 0.0);
    }
}
