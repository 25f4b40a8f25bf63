//! The energy of a window by a sensor of watts: trapezoids between its updates.

use tare_units::Joules;

use crate::energy::knots::{
    Knot, deviation, edges, knots, longest, rectangular, seconds, usual_step,
};
use crate::energy::series::Reading;
use crate::energy::source::SourceSpec;
use crate::energy::window::{Span, WindowEnergy, WindowFault};

/// At an edge the power is drawn as a line between the updates around it. Where it was a step instead, the error is at
/// most the range of the power there, held for the time between the updates.
pub(crate) fn window(
    spec: &SourceSpec,
    readings: &[Reading],
    span: Span,
) -> Result<WindowEnergy, WindowFault> {
    let knots = knots(spec, readings, span.from);
    let (begin, end) = edges(spec, readings, &knots, span)?;
    let length = span.length().as_secs_f64();
    let touched = &knots[begin..=end + 1];
    let gaps = readings.iter().map(|one| seconds(one.asked, span.from));
    let quantisation = rectangular(&[spec.quantum / 2.0]) * usual_step(touched).sqrt();
    Ok(WindowEnergy {
        energy: Joules::from_joules(trapezoids(touched, length)),
        length: span.length(),
        longest_still: still(readings, span),
        longest_gap: longest(gaps, length),
        edge: rectangular(&[
            edge(&knots, begin, 0.0, spec),
            edge(&knots, end, length, spec),
        ]),
        spread: spread(touched, spec.share).hypot(quantisation),
    })
}

/// The integral from 0 to `length`; the first and the last knot lie outside or on the edges.
fn trapezoids(knots: &[Knot], length: f64) -> f64 {
    let part = |pair: &[Knot]| {
        let (before, after) = (pair[0], pair[1]);
        let (from, to) = (before.at.max(0.0), after.at.min(length));
        let slope = (after.value - before.value) / (after.at - before.at);
        let value = |at: f64| before.value + slope * (at - before.at);
        (to - from).max(0.0) * (value(from) + value(to)) / 2.0
    };
    knots
        .windows(2)
        .filter(|pair| pair[1].at > pair[0].at)
        .map(part)
        .sum()
}

/// The half-width of the error at an edge, in joules.
fn edge(knots: &[Knot], index: usize, at: f64, spec: &SourceSpec) -> f64 {
    let (before, after) = (knots[index], knots[index + 1]);
    let blur = spec.averaged.map_or(0.0, |time| time.as_secs_f64());
    let between = after.at - before.at + before.half.max(after.half);
    let reach = between.max(blur);
    let near = knots.iter().enumerate().filter(|(other, knot)| {
        (knot.at - at).abs() <= reach || (index.saturating_sub(1)..=index + 2).contains(other)
    });
    let (low, high) = near.fold(
        (f64::INFINITY, f64::NEG_INFINITY),
        |(low, high), (_, knot)| (low.min(knot.value), high.max(knot.value)),
    );
    reach * (high - low)
}

fn spread(knots: &[Knot], share: f64) -> f64 {
    let values: Vec<f64> = knots.iter().map(|knot| knot.value).collect();
    deviation(&values) * ((1.0 - share).max(0.0) * usual_step(knots)).sqrt()
}

/// The longest time over which readings give one and the same value.
fn still(readings: &[Reading], span: Span) -> tare_units::Nanoseconds {
    let mut changes: Vec<f64> = Vec::new();
    let mut before: Option<&Reading> = None;
    for reading in readings {
        if before.is_none_or(|before| before.value != reading.value) {
            changes.push(seconds(reading.asked, span.from));
        }
        before = Some(reading);
    }
    changes.extend(before.map(|last| seconds(last.asked, span.from)));
    longest(changes.into_iter(), span.length().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::energy::synthetic::{power, reading, span};
    use tare_units::Nanoseconds;

    fn sampled(of: impl Fn(u64) -> f64) -> Vec<Reading> {
        (0..1_000u64)
            .map(|index| reading((index * 10, of(index * 10))))
            .collect()
    }

    fn exact() -> SourceSpec {
        SourceSpec {
            tick: Nanoseconds::ZERO,
            ..power("p")
        }
    }

    #[test]
    fn a_line_is_integrated_exactly_whatever_the_edges() {
        let ramp = sampled(|millis| millis as f64 / 100.0);
        let found = window(&exact(), &ramp, span(1_003, 7_456)).unwrap();
        let expected = (7.456f64.powi(2) - 1.003f64.powi(2)) / 2.0 * 10.0;
        let error = (found.energy.as_joules() - expected).abs();
        assert!(error < 1e-6, "{error}");
        assert!(found.random().as_joules() < 0.02 * expected);
    }

    #[test]
    fn a_step_between_two_readings_stays_within_the_uncertainty() {
        for offset in 0..10 {
            let begins = 2_000 + offset;
            let ends = begins + 3_000;
            let step = |millis| {
                if (begins..ends).contains(&millis) {
                    300.0
                } else {
                    60.0
                }
            };
            let found = window(&exact(), &sampled(step), span(begins, ends)).unwrap();
            let error = (found.energy.as_joules() - 900.0).abs();
            assert!(error <= found.random().as_joules(), "{offset}: {error}");
            assert!(found.random().as_joules() < 0.02 * 900.0);
        }
    }

    #[test]
    fn a_mean_over_a_second_blurs_the_edges() {
        let step = |millis: u64| if millis >= 2_500 { 300.0 } else { 60.0 };
        let sharp = window(&exact(), &sampled(step), span(2_000, 8_000)).unwrap();
        let spec = SourceSpec {
            averaged: Some(Nanoseconds::from_secs(1)),
            ..exact()
        };
        let blurred = window(&spec, &sampled(step), span(2_000, 8_000)).unwrap();
        assert!(blurred.edge > 100.0 && sharp.edge < 10.0);
    }

    #[test]
    fn an_unmoved_power_counts_as_known_and_shows() {
        let flat = sampled(|_| 70.0);
        let found = window(&power("p"), &flat, span(1_000, 9_000)).unwrap();
        assert!((found.energy.as_joules() - 560.0).abs() < 1e-6);
        assert!(found.longest_still.as_secs_f64() > 8.0);
        assert_eq!(
            window(&power("p"), &flat, span(1_000, 12_000)),
            Err(WindowFault::EndsTooLate)
        );
    }
}
