//! The energy of a window by a counter of joules that moves in ticks.

use crate::energy::knots::{
    Knot, deviation, edges, knots, longest, rectangular, seconds, usual_step,
};
use crate::energy::series::Reading;
use crate::energy::source::SourceSpec;
use crate::energy::window::{Span, WindowEnergy, WindowFault};
use tare_units::Joules;

/// Between the ticks around an edge the energy is taken to grow evenly. It lies between theirs, whatever the power did:
/// the further of the two is the half-width of its error.
pub(crate) fn window(
    spec: &SourceSpec,
    readings: &[Reading],
    span: Span,
) -> Result<WindowEnergy, WindowFault> {
    let knots = knots(spec, readings, span.from);
    let (begin, end) = edges(spec, readings, &knots, span)?;
    let length = span.length().as_secs_f64();
    let first = edge(&knots, begin, 0.0, spec);
    let last = edge(&knots, end, length, spec);
    let gaps = readings.iter().map(|one| seconds(one.asked, span.from));
    Ok(WindowEnergy {
        energy: Joules::from_joules(last.energy - first.energy),
        length: span.length(),
        longest_still: longest(knots.iter().map(|knot| knot.at), length),
        longest_gap: longest(gaps, length),
        edge: first.standard.hypot(last.standard),
        spread: spread(&knots[begin..=end + 1], spec.share),
    })
}

struct Edge {
    energy: f64,
    standard: f64,
}

fn edge(knots: &[Knot], index: usize, at: f64, spec: &SourceSpec) -> Edge {
    let (before, after) = (knots[index], knots[index + 1]);
    let (step, time) = (after.value - before.value, after.at - before.at);
    let share = (at - before.at) / time;
    let shape = share.max(1.0 - share) * step;
    let jitter = step / time * before.half.max(after.half);
    Edge {
        energy: before.value + share * step,
        standard: rectangular(&[shape, jitter, spec.quantum / 2.0]),
    }
}

/// Each tick tells the mean power of the part that the sensor looked at; the rest of the tick may differ by as much as
/// ticks differ from each other.
fn spread(knots: &[Knot], share: f64) -> f64 {
    let tick = usual_step(knots);
    if tick <= 0.0 || share >= 1.0 {
        return 0.0;
    }
    let power = |pair: &[Knot]| {
        let ticks = ((pair[1].at - pair[0].at) / tick).round().max(1.0);
        (pair[1].value - pair[0].value) / (ticks * tick)
    };
    let powers: Vec<f64> = knots.windows(2).map(power).collect();
    deviation(&powers) * ((1.0 - share) * tick).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::energy::synthetic::{counter, reading, span};

    /// 100 W in ticks of 100 ms, read each 20 ms.
    fn steady() -> Vec<Reading> {
        (0..600)
            .map(|index| reading((index * 20, (index / 5 * 10) as f64)))
            .collect()
    }

    #[test]
    fn a_steady_power_is_found_whatever_the_edges() {
        for (from, to) in [(1_000, 3_000), (1_037, 3_011), (990, 6_985)] {
            let found = window(&counter("c"), &steady(), span(from, to)).unwrap();
            let expected = (to - from) as f64 / 10.0;
            let error = (found.energy.as_joules() - expected).abs();
            assert!(error < 1e-6, "{error}");
            assert!(
                found.random().as_joules() > 10.0,
                "an edge can be a tick off"
            );
            assert!(found.random().as_joules() < 25.0);
        }
    }

    #[test]
    fn a_step_at_an_edge_stays_within_the_uncertainty() {
        let mut energy = 0.0;
        let readings: Vec<Reading> = (0..500)
            .map(|index| {
                let millis = index * 20;
                if millis % 100 == 0 {
                    let tick = millis..millis + 100;
                    let loaded = tick.filter(|at| (2_093..6_093).contains(at));
                    energy += 6.0 + loaded.count() as f64 * 0.44;
                }
                reading((millis, energy))
            })
            .collect();
        let found = window(&counter("c"), &readings, span(2_000, 6_000)).unwrap();
        let error = (found.energy.as_joules() - 2_000.0).abs();
        assert!(error <= found.random().as_joules(), "{error}");
        assert!(found.random().as_joules() < 0.05 * 2_000.0);
    }

    #[test]
    fn readings_that_end_early_begin_late_or_stand_still_are_reasons() {
        let outcome = |from, to| window(&counter("c"), &steady(), span(from, to)).unwrap_err();
        assert_eq!(outcome(2_000, 20_000), WindowFault::EndsTooLate);
        let late = window(&counter("c"), &steady()[100..], span(1_000, 3_000));
        assert_eq!(late.unwrap_err(), WindowFault::BeginsTooEarly);
        let stuck: Vec<Reading> = (0..600).map(|index| reading((index * 20, 5.0))).collect();
        let found = window(&counter("c"), &stuck, span(1_000, 3_000)).unwrap_err();
        assert!(
            matches!(found, WindowFault::Stuck { seconds: 12 | 11 }),
            "{found}"
        );
    }

    #[test]
    fn a_long_stretch_without_a_tick_shows() {
        let mut readings = steady();
        readings.retain(|one| !(3_000..5_000).contains(&(one.asked.as_nanos() / 1_000_000)));
        let found = window(&counter("c"), &readings, span(2_000, 8_000)).unwrap();
        assert!(found.longest_gap.as_secs_f64() >= 2.0);
        let still = found.longest_still.as_secs_f64();
        assert!((2.0..2.2).contains(&still), "{still}");
    }

    #[test]
    fn what_the_sensor_does_not_see_matters_only_where_ticks_differ() {
        let steady = window(&counter("c"), &steady(), span(1_000, 9_000)).unwrap();
        assert!(steady.spread < 1e-6, "{}", steady.spread);
        let mut energy = 0.0;
        let restless: Vec<Reading> = (0..600)
            .map(|index| {
                if index % 5 == 0 {
                    energy += if index % 10 == 0 { 5.0 } else { 15.0 };
                }
                reading((index * 20, energy))
            })
            .collect();
        let seen = |share| {
            let spec = SourceSpec {
                share,
                ..counter("c")
            };
            window(&spec, &restless, span(1_000, 9_000)).unwrap().spread
        };
        assert!(seen(0.25) > 10.0 && seen(0.25) < 30.0, "{}", seen(0.25));
        assert_eq!(seen(1.0), 0.0);
    }
}
