//! Timed requests that go on until a percentile is known well enough: legs of the timed loop, and a look after each.

use tare_adapter_api::{Session, Tensor};
use tare_clock::Clock;
use tare_results::{Missing, samples::Sample};
use tare_scenarios::{Decision as Until, Schedule};
use tare_statistics::{DECIDED_WITHIN, Decision, Looked, Looks, Percentile};
use tare_units::Nanoseconds;

use crate::buffer::SampleBuffer;
use crate::drive::{Driven, Keep, RunDelaySource, drive};
use crate::figures::wall;
use crate::stretch::Lasting;

/// The last look, and what came of it.
#[derive(Debug, Clone, Copy)]
pub struct Settled {
    percentile: Percentile,
    looked: Looked,
    decided: bool,
}

/// [`drive`], as often as `schedule` is done, until the percentile of `until` is decided, its limit is reached, or `buffer`
/// is full.
///
/// Nothing is looked at while a request is timed: a leg ends at the number of requests at which a look is due. What looks
/// take is no part of the time that requests took, but the first request after one may find caches cold.
pub fn drive_until<S: Schedule + Clone>(
    session: &mut dyn Session,
    (pool, schedule): (&[Vec<Tensor>], &S),
    (clock, delay): (&impl Clock, Option<&dyn RunDelaySource>),
    buffer: &mut SampleBuffer,
    until: Until,
) -> (Driven, Settled) {
    let mut looks = Looks::new(until.percentile, DECIDED_WITHIN);
    let mut all: Option<Driven> = None;
    loop {
        let spent = all.as_ref().map_or(Nanoseconds::ZERO, Driven::spent);
        let before = buffer.samples().len();
        let due = usize::try_from(looks.next()).unwrap_or(usize::MAX);
        let mut leg = Lasting::new(schedule.clone(), until.limit.saturating_sub(spent));
        let mut kept = UpTo { buffer, due };
        let driven = drive(session, pool, &mut leg, clock, delay, &mut kept);
        let driven = match all.take() {
            None => driven,
            Some(all) => {
                buffer.issued_later(before, driven.started.saturating_sub(all.started));
                all.then(driven)
            }
        };
        let is_cut = buffer.samples().len() < due || !buffer.has_room();
        let is_last = is_cut || driven.spent() >= until.limit;
        let (looked, decided) = match looks.look(wall(buffer.samples()), is_last) {
            Decision::Decided(looked) => (looked, true),
            Decision::NotDecided(looked) => (looked, false),
            Decision::More { .. } => {
                all = Some(driven);
                continue;
            }
        };
        let percentile = until.percentile;
        let settled = Settled {
            percentile,
            looked,
            decided,
        };
        return (driven, settled);
    }
}

/// Room for samples up to the next look.
struct UpTo<'a> {
    buffer: &'a mut SampleBuffer,
    due: usize,
}

impl Keep for UpTo<'_> {
    #[inline]
    fn has_room(&self) -> bool {
        self.buffer.samples().len() < self.due && self.buffer.has_room()
    }

    #[inline]
    fn keep(&mut self, sample: Sample) {
        self.buffer.keep(sample);
    }
}

impl Settled {
    /// As it stands in a record, with the reason for what is not known in `missing`.
    pub fn told(&self, missing: &mut Missing) -> tare_results::Decision {
        let looked = &self.looked;
        let estimate = looked.estimate.as_ref().map_err(|reason| {
            for name in ["reach", "value_ns", "low_ns", "high_ns"] {
                missing.insert(format!("decision.{name}"), reason.to_string());
            }
        });
        let estimate = estimate.ok();
        let nanos = |of: Option<Nanoseconds>| of.map(|of| of.as_nanos() as f64);
        tare_results::Decision {
            percentile: self.percentile.to_string(),
            decided: self.decided,
            wanted: DECIDED_WITHIN,
            reach: estimate.map(|one| one.relative()),
            value_ns: nanos(estimate.map(|one| one.value)),
            low_ns: nanos(estimate.map(|one| one.low)),
            high_ns: nanos(estimate.map(|one| one.high)),
            confidence: looked.confidence,
            looks: u64::from(looked.looks),
            count: looked.count,
        }
    }
}
