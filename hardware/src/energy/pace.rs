//! How often a source's value is updated, and so how long the machine must rest for idle to be known by it.

use tare_units::Nanoseconds;

use crate::energy::series::Reading;
use crate::energy::source::{Quantity, SourceSpec};

/// A source that is updated less often is not waited for: its figures are missing where they need it.
pub(crate) const SLOWEST: Nanoseconds = Nanoseconds::from_secs(5);
/// The latest updates that tell how far apart they usually are.
const UPDATES: usize = 9;
/// The readings among which these are looked for.
const LOOKED_AT: usize = 2_000;
/// The least time of rest, and the most.
const REST: [Nanoseconds; 2] = [Nanoseconds::from_secs(1), Nanoseconds::from_secs(15)];
/// The updates that a rest holds where it may be so long.
const UPDATES_OF_IDLE: u64 = 5;

/// The times of the latest updates, newest first: each reading of a power is one, and each change of a counter.
fn updates<'a>(
    quantity: Quantity,
    readings: impl DoubleEndedIterator<Item = &'a Reading>,
) -> impl Iterator<Item = Nanoseconds> {
    let mut readings = readings.rev().take(LOOKED_AT).peekable();
    std::iter::from_fn(move || {
        loop {
            let newer = readings.next()?;
            let is_update = readings
                .peek()
                .is_none_or(|older| quantity == Quantity::Power || older.value != newer.value);
            if is_update {
                return Some(newer.asked);
            }
        }
    })
}

/// The usual time between two updates: the tick where one is known, else the middle of the latest that were seen, and
/// `None` where fewer than two were.
pub(crate) fn pace<'a>(
    spec: &SourceSpec,
    readings: impl DoubleEndedIterator<Item = &'a Reading>,
) -> Option<Nanoseconds> {
    if spec.tick > Nanoseconds::ZERO {
        return Some(spec.tick);
    }
    let times: Vec<Nanoseconds> = updates(spec.quantity, readings).take(UPDATES).collect();
    let mut steps: Vec<Nanoseconds> = times
        .windows(2)
        .map(|pair| pair[0].saturating_sub(pair[1]))
        .collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied()
}

/// When the value was updated last, or asked for where its tick is known.
pub(crate) fn updated<'a>(
    spec: &SourceSpec,
    mut readings: impl DoubleEndedIterator<Item = &'a Reading>,
) -> Option<Nanoseconds> {
    match spec.tick > Nanoseconds::ZERO {
        true => readings.next_back().map(|latest| latest.asked),
        false => updates(spec.quantity, readings).next(),
    }
}

/// How long the machine must rest in all for sources whose updates are so far apart: several of the slowest that is
/// still waited for, a second at the least.
pub fn resting(paces: &[Nanoseconds]) -> Nanoseconds {
    let [least, most] = REST;
    let waited_for = paces.iter().filter(|pace| **pace <= SLOWEST);
    let slowest = waited_for.max().copied().unwrap_or(Nanoseconds::ZERO);
    let wanted = Nanoseconds::from_nanos(slowest.as_nanos().saturating_mul(UPDATES_OF_IDLE));
    wanted.clamp(least, most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::energy::synthetic::{counter, power, reading};

    fn untold(spec: SourceSpec) -> SourceSpec {
        SourceSpec {
            tick: Nanoseconds::ZERO,
            ..spec
        }
    }

    fn paced(spec: &SourceSpec, readings: &[Reading]) -> Option<u64> {
        pace(spec, readings.iter()).map(|pace| pace.as_nanos() / 1_000_000)
    }

    #[test]
    fn a_power_is_updated_at_each_reading_and_a_counter_at_each_change() {
        let steps = [
            (0, 5.0),
            (500, 5.0),
            (1_000, 9.0),
            (1_500, 9.0),
            (2_000, 12.0),
        ];
        let readings = steps.map(reading);
        assert_eq!(paced(&untold(power("meter")), &readings), Some(500));
        assert_eq!(paced(&untold(counter("meter")), &readings), Some(1_000));
        let updated = |spec: &SourceSpec| updated(spec, readings[..4].iter());
        let at = |millis| Some(Nanoseconds::from_millis(millis));
        assert_eq!(updated(&untold(power("meter"))), at(1_500));
        assert_eq!(updated(&untold(counter("meter"))), at(1_000));
        assert_eq!(updated(&counter("rapl")), at(1_500), "asked, not told");
    }

    #[test]
    fn a_known_tick_is_the_pace_and_one_update_tells_none() {
        let readings = [(0, 5.0), (20, 6.0)].map(reading);
        assert_eq!(paced(&counter("rapl"), &readings), Some(100));
        assert_eq!(paced(&untold(power("meter")), &readings[..1]), None);
        assert_eq!(paced(&untold(power("meter")), &[]), None);
    }

    #[test]
    fn one_late_line_does_not_make_a_meter_slow() {
        let times = [0, 1_000, 2_000, 6_000, 7_000, 8_000];
        let readings = times.map(|at| reading((at, 5.0)));
        assert_eq!(paced(&untold(power("meter")), &readings), Some(1_000));
    }

    #[test]
    fn a_rest_holds_several_updates_of_the_slowest_within_its_bounds() {
        let rest = |paces_ms: &[u64]| {
            let paces = paces_ms.iter().copied().map(Nanoseconds::from_millis);
            let paces: Vec<Nanoseconds> = paces.collect();
            resting(&paces).as_secs_f64()
        };
        assert_eq!(rest(&[]), 1.0);
        assert_eq!(rest(&[2, 100]), 1.0);
        assert_eq!(rest(&[100, 1_000]), 5.0);
        assert_eq!(rest(&[5_000]), 15.0);
        assert_eq!(rest(&[1_000, 60_000]), 5.0, "too slow for any rest");
    }
}
