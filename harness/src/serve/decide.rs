//! Requests under load that go on until a percentile is known well enough: legs of the schedule, and a look after each.

use std::sync::Arc;

use tare_clock::Clock;
use tare_scenarios::{CellSchedule, Decision, Serving};
use tare_units::Nanoseconds;

use super::engine::Engine;
use super::generator::Issued;
use super::round::Worked;
use super::served::Served;
use super::slots::Slots;
use crate::decide::{Settled, Settling};
use crate::legs::Legs;

/// What came of the timed requests of a repeat.
pub struct Done {
    /// What was served.
    pub served: Served,
    /// Its last part.
    pub last: LastLeg,
    /// What the last look said; `None` where requests do not go on for a percentile.
    pub settled: Option<Settled>,
}

/// The requests since nobody waited: all of them, or those after the last look but one.
#[derive(Debug, Clone, Copy)]
pub struct LastLeg {
    /// The number of the first of them.
    pub first: usize,
    /// The share of the servers' time that they would have needed, were all of them done.
    pub load: f64,
}

impl Done {
    /// Of requests without a look.
    pub fn in_one_leg(served: Served, serving: &Serving) -> Self {
        let load = served.load(serving.workers, served.issued.due);
        Self {
            served,
            last: LastLeg { first: 0, load },
            settled: None,
        }
    }
}

/// Serves `schedule` in legs until the percentile of `decision` is decided, the schedule is done, whose end its limit is, or
/// `slots` are full. Each leg waits for its requests until what `until` says of what is left of the schedule's `length`.
///
/// A leg ends at the number of requests at which a look is due, and what is under way is waited for: nothing is looked at
/// while a request is timed. The next leg begins as the repeat did, with nothing waiting, and its arrivals go on where those
/// of the last one ended.
pub fn serve_until<C: Clock + Clone + 'static>(
    engine: &mut Engine<C>,
    (schedule, length, serving): (&CellSchedule, Nanoseconds, &Serving),
    slots: &Arc<Slots>,
    until: impl Fn(Nanoseconds) -> Nanoseconds,
    decision: Decision,
) -> Done {
    let mut settling = Settling::new(decision.percentile);
    let mut legs = Legs::new(schedule.clone(), settling.next());
    let mut all: Option<Served> = None;
    loop {
        let (first, spent) = all.as_ref().map_or((0, Nanoseconds::ZERO), |all| {
            (all.issued.due as usize, all.issuing)
        });
        let end = until(length.saturating_sub(spent));
        let leg = engine.serve_on(&mut legs, (Arc::clone(slots), first), end);
        let load = leg.load(serving.workers, leg.issued.due);
        let went = (leg.issued.due, leg.issuing);
        let served = match all.take() {
            None => leg,
            Some(all) => all.then(leg, slots),
        };
        let due = served.issued.due;
        let is_cut = served.is_cut() || due < settling.next();
        let is_full = due >= slots.capacity() as u64;
        let is_last = is_cut || is_full || served.issuing >= decision.limit;
        if let Some(settled) = settling.look(slots.latencies(due as usize), is_last) {
            return Done {
                served,
                last: LastLeg { first, load },
                settled: Some(settled),
            };
        }
        legs.next_leg(settling.next(), went);
        all = Some(served);
    }
}

impl Served {
    /// With what was served `later`, whose slots are counted from where the first leg began.
    fn then(self, later: Self, slots: &Slots) -> Self {
        let (first, due) = (self.issued.due, self.issued.due + later.issued.due);
        let earlier = later.issued.started.saturating_sub(self.issued.started);
        slots.issued_later(first as usize, due as usize, earlier);
        Self {
            issued: Issued {
                started: self.issued.started,
                until: later.issued.until,
                due,
                queued: self.issued.queued + later.issued.queued,
                most_waiting: self.issued.most_waiting.max(later.issued.most_waiting),
                cut: later.issued.cut,
            },
            worked: Worked {
                done: self.worked.done + later.worked.done,
                executed: self.worked.executed + later.worked.executed,
                batches: self.worked.batches + later.worked.batches,
                idle: self.worked.idle + later.worked.idle,
                last_end: self.worked.last_end.max(later.worked.last_end),
            },
            ended: later.ended,
            issuing: self.issuing + later.issuing,
            serving: self.serving + later.serving,
            left_waiting: later.left_waiting,
            batches: self.batches.and(later.batches),
            first_error: self.first_error.or(later.first_error),
        }
    }
}
