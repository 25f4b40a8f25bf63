//! The smallest load generator, on times made up by the test: what every schedule is driven with.

use tare_units::Nanoseconds;

use crate::{CellSchedule, Limits, Progress, Schedule, Seed, Step};

/// What a schedule did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Trace {
    pub scheduled: Vec<u64>,
    pub issued: Vec<u64>,
    pub samples: u64,
    pub most_in_flight: u64,
    pub ended: u64,
}

impl Trace {
    pub(crate) fn requests(&self) -> u64 {
        self.issued.len() as u64
    }
}

pub(crate) fn limits(duration: u64, max_requests: u64, batch: u64) -> Limits {
    Limits {
        duration: Nanoseconds::from_nanos(duration),
        max_requests,
        batch,
    }
}

pub(crate) fn schedule(spec: &str, limits: Limits) -> CellSchedule {
    spec.parse::<crate::ScenarioSpec>()
        .unwrap()
        .schedule(limits, Seed::new(7, 0), None)
        .unwrap()
}

fn complete(now: &mut u64, progress: &mut Progress, ends: &mut Vec<u64>) {
    let end = ends.remove(0);
    *now = end.max(*now);
    progress.ended = Nanoseconds::from_nanos(end);
    progress.completed += 1;
}

/// Runs `schedule` from time `start` with up to `room` requests in flight; request `i` takes `cost(i)`.
pub(crate) fn run(
    schedule: &mut impl Schedule,
    start: u64,
    room: usize,
    cost: impl Fn(u64) -> u64,
) -> Trace {
    let mut now = start;
    let mut progress = Progress::starting_at(Nanoseconds::from_nanos(start));
    let mut trace = Trace::default();
    let mut ends: Vec<u64> = Vec::new();
    loop {
        ends.sort_unstable();
        let step = schedule.next(Nanoseconds::from_nanos(now), &progress);
        match step {
            Step::Issue { scheduled, samples } if ends.len() < room => {
                trace.scheduled.push(scheduled.as_nanos());
                trace.issued.push(now);
                trace.samples += samples;
                ends.push(now + cost(progress.issued));
                progress.issued += 1;
                trace.most_in_flight = trace.most_in_flight.max(progress.in_flight());
            }
            Step::Issue { .. } | Step::WaitForCompletion => {
                complete(&mut now, &mut progress, &mut ends);
            }
            Step::WaitUntil(time) => match ends.first().copied() {
                Some(end) if end <= time.as_nanos() => {
                    complete(&mut now, &mut progress, &mut ends);
                }
                _ => now = now.max(time.as_nanos()),
            },
            Step::Done => break,
        }
    }
    trace.ended = ends.last().copied().unwrap_or(now).max(now);
    trace
}
