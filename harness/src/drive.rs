//! The timed loop: a function of a session, a schedule and a clock. Nothing in it allocates or does I/O.

use tare_adapter_api::{AdapterError, Session, Tensor};
use tare_clock::Clock;
use tare_results::samples::Sample;
use tare_scenarios::{Progress, Schedule, Step};
use tare_units::Nanoseconds;

use crate::batches::BatchCounts;
use crate::job::JobError;
use crate::pool::{Pool, no_inputs};

/// Where the loop reads how long this thread was runnable but not running.
pub trait RunDelaySource {
    /// The thread's run delay since it began, in nanoseconds; `None` where it cannot be read.
    fn read_ns(&self) -> Option<u64>;
}

/// Where the loop leaves its samples; neither question nor answer allocates.
pub trait Keep {
    /// Whether another one may come.
    fn has_room(&self) -> bool;

    /// Takes `sample`.
    fn keep(&mut self, sample: Sample);
}

/// What the loop did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driven {
    /// When the first request was issued.
    pub started: Nanoseconds,
    /// When the last request was done.
    pub ended: Nanoseconds,
    /// What of the time between was not spent on requests.
    pub paused: Nanoseconds,
    /// Samples that the requests carried, failed requests left out.
    pub samples_done: u64,
    /// The first error a request met.
    pub first_error: Option<AdapterError>,
    /// Whether every request's run delay was read.
    pub delay_read: bool,
    /// The batches of the requests, where they have several.
    pub batches: BatchCounts,
    /// The samples of a request that was due and for which there are no inputs: none was issued after it.
    pub unfed: Option<u64>,
}

impl Driven {
    /// Time spent on requests.
    pub fn spent(&self) -> Nanoseconds {
        let between = self.ended.saturating_sub(self.started);
        between.saturating_sub(self.paused)
    }

    /// With what the loop did when it went on `later`.
    pub fn then(self, later: Self) -> Self {
        let pause = later.started.saturating_sub(self.ended);
        Self {
            started: self.started,
            ended: later.ended,
            paused: self.paused + pause + later.paused,
            samples_done: self.samples_done + later.samples_done,
            first_error: self.first_error.or(later.first_error),
            delay_read: self.delay_read && later.delay_read,
            batches: self.batches.and(later.batches),
            unfed: self.unfed.or(later.unfed),
        }
    }
}

/// Issues requests as `schedule` says until it is done or `kept` has no room.
///
/// A request's latency counts from its scheduled time to the moment its outputs are ready. With `delay`, the order of
/// readings is clock, delay, work, delay, clock, so the recorded latency includes two delay readings. A request for
/// whose samples `pool` has no inputs is not issued, and ends it.
pub fn drive(
    session: &mut dyn Session,
    pool: &Pool,
    schedule: &mut impl Schedule,
    clock: &impl Clock,
    delay: Option<&dyn RunDelaySource>,
    kept: &mut impl Keep,
) -> Driven {
    let batches = BatchCounts::up_to(pool.largest());
    let started = clock.now();
    let mut progress = Progress::starting_at(started);
    let mut driven = Driven {
        delay_read: delay.is_some(),
        batches,
        ..Driven::nothing_yet(started)
    };
    let mut turn = 0;
    while kept.has_room() {
        match schedule.next(clock.now(), &progress) {
            Step::Issue { scheduled, samples } => {
                let Some(input) = pool.of(samples, turn) else {
                    driven.unfed = Some(samples);
                    break;
                };
                turn += 1;
                driven.batches.count(samples);
                progress.issued += 1;
                let mut request = one_request(session, input, scheduled, clock, delay);
                request.sample.issued -= started.as_nanos();
                driven.ended = request.end;
                driven.delay_read &= request.delay_read;
                match request.result {
                    Ok(()) => driven.samples_done += samples,
                    Err(error) => {
                        driven.first_error.get_or_insert(error);
                    }
                }
                kept.keep(request.sample);
                (progress.completed, progress.ended) = (progress.completed + 1, request.end);
            }
            Step::WaitUntil(deadline) => clock.wait_until(deadline),
            // Every request is complete when it returns, so there is nothing to wait for.
            Step::WaitForCompletion => {}
            Step::Done => break,
        }
    }
    driven
}

impl Driven {
    fn nothing_yet(started: Nanoseconds) -> Self {
        Self {
            started,
            ended: started,
            paused: Nanoseconds::ZERO,
            samples_done: 0,
            first_error: None,
            delay_read: true,
            batches: BatchCounts::default(),
            unfed: None,
        }
    }

    /// That every request which was due had inputs.
    ///
    /// # Errors
    /// `Job` where one had none.
    pub fn fed(&self) -> Result<(), JobError> {
        match self.unfed {
            None => Ok(()),
            Some(samples) => Err(no_inputs(samples)),
        }
    }
}

struct Timed {
    sample: Sample,
    end: Nanoseconds,
    result: Result<(), AdapterError>,
    delay_read: bool,
}

/// Never inlined: callgrind counts between its entry and its end, which it knows by name.
#[inline(never)]
fn one_request(
    session: &mut dyn Session,
    input: &[Tensor],
    scheduled: Nanoseconds,
    clock: &impl Clock,
    delay: Option<&dyn RunDelaySource>,
) -> Timed {
    let issued = clock.now();
    let delay_before = delay.and_then(RunDelaySource::read_ns);
    let result = session.run(input);
    let delay_after = delay.and_then(RunDelaySource::read_ns);
    let end = clock.now();
    let latency = match result {
        Ok(()) => end.saturating_sub(scheduled).as_nanos(),
        Err(_) => u64::MAX,
    };
    let delay = delay_before.zip(delay_after);
    let sample = Sample {
        issued: issued.as_nanos(),
        latency,
        skew: saturate(issued.saturating_sub(scheduled).as_nanos()),
        delay: delay.map_or(0, |(before, after)| saturate(after.saturating_sub(before))),
    };
    Timed {
        sample,
        end,
        result,
        delay_read: delay.is_some(),
    }
}

fn saturate(nanos: u64) -> u32 {
    u32::try_from(nanos).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_between_two_legs_is_no_time_of_requests() {
        let ns = Nanoseconds::from_nanos;
        let leg = |started, ended| Driven {
            ended: ns(ended),
            samples_done: 3,
            ..Driven::nothing_yet(ns(started))
        };
        let all = leg(10, 40).then(leg(70, 90)).then(leg(95, 100));
        assert_eq!((all.started, all.ended), (ns(10), ns(100)));
        assert_eq!((all.spent(), all.samples_done), (ns(55), 9));
    }
}
