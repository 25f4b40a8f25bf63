//! Timed requests that go on until a percentile is known well enough: legs of the timed loop, and a look after each.

use tare_adapter_api::Session;
use tare_clock::Clock;
use tare_results::Missing;
use tare_scenarios::{Decision as Until, Schedule};
use tare_statistics::{DECIDED_WITHIN, Decision, Looked, Looks, Percentile};
use tare_units::Nanoseconds;

use crate::buffer::SampleBuffer;
use crate::drive::{Driven, Keep, RunDelaySource, drive};
use crate::figures::wall;
use crate::legs::Legs;
use crate::pool::Pool;

/// The last look, and what came of it.
#[derive(Debug, Clone, Copy)]
pub struct Settled {
    percentile: Percentile,
    looked: Looked,
    decided: bool,
}

/// Looks at the percentile of requests that go on for it.
pub struct Settling {
    percentile: Percentile,
    looks: Looks,
}

impl Settling {
    /// Of `percentile`, before any request.
    pub fn new(percentile: Percentile) -> Self {
        Self {
            percentile,
            looks: Looks::new(percentile, DECIDED_WITHIN),
        }
    }

    /// How many requests the next look is due at.
    pub fn next(&self) -> u64 {
        self.looks.next()
    }

    /// Looks at all requests so far, after which there are no more where it `is_last`; `None` where they go on.
    pub fn look(
        &mut self,
        latencies: impl ExactSizeIterator<Item = Nanoseconds> + Clone,
        is_last: bool,
    ) -> Option<Settled> {
        let (looked, decided) = match self.looks.look(latencies, is_last) {
            Decision::Decided(looked) => (looked, true),
            Decision::NotDecided(looked) => (looked, false),
            Decision::More { .. } => return None,
        };
        Some(Settled {
            percentile: self.percentile,
            looked,
            decided,
        })
    }
}

/// [`drive`] in legs until the percentile of `until` is decided, `schedule` is done, whose end its limit is, or `buffer` is
/// full.
///
/// Nothing is looked at while a request is timed: a leg ends at the number of requests at which a look is due. What looks
/// take is no part of the time that requests took, but the first request after one may find caches cold.
pub fn drive_until<S: Schedule + Clone>(
    session: &mut dyn Session,
    (pool, schedule): (&Pool, &S),
    (clock, delay): (&impl Clock, Option<&dyn RunDelaySource>),
    buffer: &mut SampleBuffer,
    until: Until,
) -> (Driven, Settled) {
    let mut settling = Settling::new(until.percentile);
    let mut legs = Legs::new(schedule.clone(), settling.next());
    let mut all: Option<Driven> = None;
    loop {
        let (before, due) = (buffer.samples().len(), settling.next());
        let driven = drive(session, pool, &mut legs, clock, delay, buffer);
        let leg = (buffer.samples().len() - before) as u64;
        let spent = driven.spent();
        let driven = match all.take() {
            None => driven,
            Some(all) => {
                buffer.issued_later(before, driven.started.saturating_sub(all.started));
                all.then(driven)
            }
        };
        let is_cut = (buffer.samples().len() as u64) < due || !buffer.has_room();
        let is_last = is_cut || driven.spent() >= until.limit;
        if let Some(settled) = settling.look(wall(buffer.samples()), is_last) {
            return (driven, settled);
        }
        legs.next_leg(settling.next(), (leg, spent));
        all = Some(driven);
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
