//! Timing requests under load in the worker: load, warm every session up, serve, and only then a look at the outputs.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tare_adapter_api::{Adapter, Loaded};
use tare_clock::Clock;
use tare_results::samples::Sample;
use tare_results::{Phase, RateSearch};
use tare_scenarios::{CellSchedule, Limits, Serving};
use tare_units::{Bytes, Nanoseconds};

use super::allowed::Allowed;
use super::decide::{Done, serve_until};
use super::dispatch::Dispatch;
use super::engine::{Engine, Setup};
use super::highest::Searching;
use super::outcome::measured_of;
use super::served::Served;
use super::slots::{Counts, Slots};
use super::unserved::unserved;
use crate::check::Check;
use crate::job::{JobError, Reporter};
use crate::protocol::{Answer, Job, Outcome, Timing};
use crate::stretch::Lasting;
use crate::warmup::Warmup;

/// What a search may take beyond its time: servers hear of the end of the last trial, and its requests are looked at.
const SEARCHED: Nanoseconds = Nanoseconds::from_millis(500);

/// What makes the schedule of a cell's timed requests.
pub type Scheduling = fn(&Timing) -> Result<CellSchedule, JobError>;

/// What happened between loading and the check input.
pub struct Timed {
    pub load_ns: Nanoseconds,
    pub warmup: Warmup,
    pub done: Done,
    pub samples: Vec<Sample>,
    pub counts: Counts,
    pub check: Check,
    pub clock_ns: f64,
    pub is_open: bool,
    pub search: Option<RateSearch>,
}

/// Times requests of `job` with `adapter`, which `serving` says how to serve, as `schedule` issues them.
pub fn measure(
    adapter: &dyn Adapter,
    (job, timing): (&Job, &Timing),
    (serving, schedule): (&Serving, Scheduling),
    clock: &(impl Clock + Clone + 'static),
    reporter: &mut dyn Reporter,
) -> Result<Outcome, JobError> {
    let own = job.own_bytes();
    let mut allowed = Allowed::new(clock, timing.deadline_ns);
    let mut slots = Arc::new(Slots::with_capacity(count(timing.room())));
    let feed = job.fill_pool()?;
    allowed.waiting(|| reporter.phase(Phase::Load, own))?;

    let before = clock.now();
    let loaded: Arc<dyn Loaded> = Arc::from(adapter.load(&job.load)?);
    let setup = setup(serving, job.load.threads);
    let mut engine = Engine::start(&loaded, feed, setup, clock.clone())?;
    let load_ns = engine.first_session().saturating_sub(before);
    allowed.waiting(|| reporter.phase(Phase::Warmup, own))?;

    let clock_ns = tare_clock::reading_cost_ns(clock);
    let warmup = engine.warm_up(job.warmup)?;
    let at = (warmup.usual, &allowed, clock);
    let (timing, search) = found(&mut engine, (timing, serving), &mut slots, at, schedule)?;
    let Some(timing) = timing else {
        let ready = (load_ns, &warmup, clock_ns);
        let check = engine.check(&Arc::new(job.clone()));
        let untimed = unserved(serving, search, ready, check);
        return Ok(Outcome::of(&*loaded, untimed));
    };
    let schedule = schedule(&timing)?;
    allowed.waiting(|| reporter.phase(Phase::Run, own))?;
    let (asked, parent) = ((&timing, serving, warmup.usual), (reporter, own));
    let lasting = (&schedule, &slots);
    let done = timed(&mut engine, asked, lasting, &mut allowed, parent)?;
    let (samples, counts) = kept(slots, count(done.served.issued.due));
    let timed = Timed {
        load_ns,
        warmup,
        done,
        samples,
        counts,
        check: engine.check(&Arc::new(job.clone())),
        clock_ns,
        is_open: !tare_scenarios::Schedule::heeds_completions(&schedule),
        search,
    };
    let measured = measured_of(&timing, serving, timed)?;
    Ok(Outcome::of(&*loaded, measured))
}

/// Serves the timed requests, and further ones as long as the parent wants them.
fn timed(
    engine: &mut Engine<impl Clock + Clone + 'static>,
    (timing, serving, usual): (&Timing, &Serving, Nanoseconds),
    (schedule, slots): (&CellSchedule, &Arc<Slots>),
    allowed: &mut Allowed<'_, impl Clock>,
    (reporter, own): (&mut dyn Reporter, Bytes),
) -> Result<Done, JobError> {
    let lasting = (schedule, length(timing, schedule, usual));
    let until = |length: Nanoseconds| allowed.until(length + timing.drain_ns);
    let done = requests(engine, (timing, serving), lasting, slots, until);
    let mut answer = allowed.waiting(|| reporter.timed(own))?;
    while let Answer::More(length) = answer {
        let until = allowed.until(length + timing.drain_ns);
        let further = stretch(engine, schedule, (length, until));
        answer = allowed.waiting(|| reporter.stretched(further.told(timing.batch)))?;
    }
    Ok(done)
}

/// The timing of the rate that is served, and the search for it where there is one; no timing where that found no rate.
fn found<C: Clock + Clone + 'static>(
    engine: &mut Engine<C>,
    (timing, serving): (&Timing, &Serving),
    slots: &mut Arc<Slots>,
    (usual, allowed, clock): (Nanoseconds, &Allowed<'_, C>, &C),
    schedule: Scheduling,
) -> Result<(Option<Timing>, Option<RateSearch>), JobError> {
    let Some(budget) = timing.scenario.budget() else {
        return Ok((Some(timing.clone()), None));
    };
    let searching = Searching {
        engine,
        timing,
        serving,
        usual,
        slots,
        allowed: allowed.before(after_search(timing)),
        clock,
    };
    let (timing, search) = searching.run(budget, schedule)?;
    Ok((timing, Some(search)))
}

/// What a search leaves of a worker's time for the requests that it is made for.
fn after_search(timing: &Timing) -> Nanoseconds {
    timing.duration_ns + timing.drain_ns + SEARCHED
}

/// Serves the timed requests.
fn requests(
    engine: &mut Engine<impl Clock + Clone + 'static>,
    (timing, serving): (&Timing, &Serving),
    (schedule, length): (&CellSchedule, Nanoseconds),
    slots: &Arc<Slots>,
    until: impl Fn(Nanoseconds) -> Nanoseconds,
) -> Done {
    if let Some(decision) = timing.scenario.decision() {
        let lasting = (schedule, length, serving);
        return serve_until(engine, lasting, slots, until, decision);
    }
    let end = until(length);
    let served = engine.serve(&mut schedule.clone(), Arc::clone(slots), end);
    Done::in_one_leg(served, serving)
}

/// How long `schedule` lasts; where that depends on the requests, about as long as it does if each takes `usual`.
pub(super) fn length(timing: &Timing, schedule: &CellSchedule, usual: Nanoseconds) -> Nanoseconds {
    let limits = Limits {
        duration: timing.duration_ns,
        max_requests: timing.max_requests,
        batch: timing.batch,
    };
    let by_usual = || timing.scenario.timed(limits, usual).unwrap_or_default();
    let length = schedule.length().unwrap_or_else(by_usual);
    length.max(timing.duration_ns)
}

/// The samples of the requests that were due, without a copy where no thread that hangs still holds their slots.
fn kept(slots: Arc<Slots>, due: usize) -> (Vec<Sample>, Counts) {
    match Arc::try_unwrap(slots) {
        Ok(slots) => slots.into_samples(due),
        Err(shared) => shared.to_samples(due),
    }
}

/// Serves for `length`, and keeps no more of it than how many samples were done.
fn stretch(
    engine: &mut Engine<impl Clock + Clone + 'static>,
    schedule: &CellSchedule,
    (length, until): (Nanoseconds, Nanoseconds),
) -> Served {
    let mut lasting = Lasting::new(schedule.clone(), length);
    let nothing_kept = Arc::new(Slots::with_capacity(0));
    engine.serve(&mut lasting, nothing_kept, until)
}

fn count(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Whoever has a core of its own may spin: the generator and each server where there are enough for all their threads.
fn setup(serving: &Serving, threads: NonZeroUsize) -> Setup {
    let servers = count(serving.workers).max(1);
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Setup {
        servers,
        dispatch: Dispatch::of(serving),
        queue: count(serving.queue),
        spins: servers.saturating_mul(threads.get()) < processors,
    }
}

#[cfg(test)]
mod tests {
    use tare_clock::SimulatedClock;

    use super::*;
    use crate::protocol::RunDelayOf;

    #[test]
    fn a_search_that_takes_all_of_its_time_leaves_the_timed_requests_theirs_and_what_they_are_waited_for()
     {
        let clock = SimulatedClock::new();
        let timing = Timing {
            scenario: "server:rate=max,slo=p90<30ms".parse().expect("a scenario"),
            batch: 1,
            seed: Default::default(),
            trace_sha256: None,
            duration_ns: Nanoseconds::from_millis(500),
            max_requests: 1_000,
            drain_ns: Nanoseconds::from_secs(1),
            run_delay: RunDelayOf::Nobody,
            deadline_ns: Nanoseconds::from_secs(8),
            samples: None,
        };
        let allowed = Allowed::new(&clock, timing.deadline_ns);
        let search = allowed.before(after_search(&timing)).left();
        assert!(search > Nanoseconds::from_secs(4), "{search}");
        clock.advance(search + SEARCHED);
        let needed = timing.duration_ns + timing.drain_ns;
        assert_eq!(allowed.until(needed), clock.now() + needed);
    }
}
