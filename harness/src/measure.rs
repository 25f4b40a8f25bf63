//! Timing requests in the worker: load, warm-up, timed requests, and only then a look at the outputs.

use tare_adapter_api::{Adapter, Loaded, Session};
use tare_clock::Clock;
use tare_hardware::{RunDelay, Waiting};
use tare_results::Phase;
use tare_scenarios::{CellSchedule, Limits};
use tare_units::Nanoseconds;

use crate::buffer::SampleBuffer;
use crate::check::{Check, check};
use crate::decide::{Settled, drive_until};
use crate::drive::{Driven, RunDelaySource, drive};
use crate::job::{JobError, Reporter, entered};
use crate::outcome::measured_of;
use crate::pool::Pool;
use crate::protocol::{Answer, Given, Job, Measured, Outcome, RunDelayOf, Stretch, Timing};
use crate::replay;
use crate::serve;
use crate::stretch::{Forgetful, Lasting};
use crate::warmup::{Warmup, warm_up};

impl RunDelaySource for RunDelay {
    #[inline]
    fn read_ns(&self) -> Option<u64> {
        self.read().ok().map(Nanoseconds::as_nanos)
    }
}

impl RunDelaySource for Waiting {
    fn read_ns(&self) -> Option<u64> {
        self.read().ok().map(Nanoseconds::as_nanos)
    }
}

/// Times requests of `job` with `adapter`.
pub fn measure(
    adapter: &dyn Adapter,
    job: &Job,
    timing: &Timing,
    clock: &(impl Clock + Clone + 'static),
    reporter: &mut dyn Reporter,
) -> Result<Outcome, JobError> {
    if let Some(serving) = timing.scenario.serving() {
        let served = (&serving, schedule as serve::Scheduling);
        return serve::measure(adapter, (job, timing), served, clock, reporter);
    }
    let pool = job.fill_pool()?;
    let capacity = usize::try_from(timing.max_requests).unwrap_or(usize::MAX);
    let mut buffer = SampleBuffer::with_capacity(capacity);
    let own = job.own_bytes();
    reporter.phase(Phase::Load, own)?;

    let before = clock.now();
    let loaded = adapter.load(&job.load)?;
    let mut session = loaded.session()?;
    let load_ns = clock.now().saturating_sub(before);
    reporter.phase(Phase::Warmup, own)?;

    let repeat = Repeat {
        job,
        timing,
        pool: &pool,
        clock,
    };
    let mut timed = None;
    session.enter(&mut |session| timed = Some(repeat.run(session, &mut buffer, reporter)));
    let timed = entered(timed)?;
    drop(session);
    let measured = measured_of(timing, load_ns, timed, buffer.samples())?;
    Ok(Outcome::of(&*loaded, measured))
}

impl Outcome {
    /// What timed requests gave, with the library that ran.
    pub(crate) fn of(loaded: &dyn Loaded, measured: Measured) -> Self {
        Self {
            runtime: loaded.runtime(),
            given: Given::Measured(Box::new(measured)),
        }
    }
}

/// What happened between loading and the check input.
pub struct Timed {
    pub warmup: Warmup,
    pub driven: Driven,
    pub settled: Option<Settled>,
    pub check: Check,
    pub clock_ns: f64,
    pub run_delay_ns: Result<f64, String>,
}

struct Repeat<'a, C> {
    job: &'a Job,
    timing: &'a Timing,
    pool: &'a Pool,
    clock: &'a C,
}

impl<C: Clock> Repeat<'_, C> {
    fn run(
        &self,
        session: &mut dyn Session,
        buffer: &mut SampleBuffer,
        reporter: &mut dyn Reporter,
    ) -> Result<Timed, JobError> {
        let own = self.job.own_bytes();
        let delay = RunDelay::of_this_thread();
        let run_delay_ns = delay.as_ref().map_err(ToString::to_string);
        let run_delay_ns = run_delay_ns.and_then(|source| {
            source
                .cost_ns(self.clock)
                .map_err(|error| error.to_string())
        });
        let clock_ns = tare_clock::reading_cost_ns(self.clock);
        let schedule = schedule(self.timing)?;
        let warmup = warm_up(session, self.pool, self.clock, self.job.warmup)?;
        reporter.phase(Phase::Run, own)?;
        let waiting = self.waiting();
        let source = match self.timing.run_delay {
            RunDelayOf::Nobody => None,
            RunDelayOf::Executing => delay.as_ref().ok().map(|one| one as &dyn RunDelaySource),
            RunDelayOf::All => waiting.as_ref().ok().map(|all| all as &dyn RunDelaySource),
        };
        let run_delay_ns = match self.timing.run_delay {
            RunDelayOf::All => waiting
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|all| all.cost_ns(self.clock).map_err(|error| error.to_string())),
            RunDelayOf::Nobody | RunDelayOf::Executing => run_delay_ns,
        };
        let (driven, settled) = self.requests(session, &schedule, source, buffer);
        driven.fed()?;
        // The parent reads the peak of memory before it answers: what follows is no part of it.
        let mut answer = reporter.timed(own)?;
        while let Answer::More(length) = answer {
            let lasting = Lasting::new(schedule.clone(), length);
            answer = reporter.stretched(self.stretch(session, lasting, source)?)?;
        }
        Ok(Timed {
            warmup,
            driven,
            settled,
            check: check(session, self.pool, self.job),
            clock_ns,
            run_delay_ns,
        })
    }

    /// What the waiting of all threads is read from, where that is asked for. Whether its cost is little beside a request, the parent
    /// has asked before, so that all processes of both sides of a gate pay it or none does.
    fn waiting(&self) -> Result<Waiting, String> {
        match self.timing.run_delay {
            RunDelayOf::All => Waiting::of_this_process().map_err(|error| error.to_string()),
            RunDelayOf::Nobody | RunDelayOf::Executing => Err("nobody asked for it".to_owned()),
        }
    }

    /// The timed ones, and what their looks came to where they go on for a percentile.
    fn requests(
        &self,
        session: &mut dyn Session,
        schedule: &CellSchedule,
        source: Option<&dyn RunDelaySource>,
        buffer: &mut SampleBuffer,
    ) -> (Driven, Option<Settled>) {
        let (pool, clock) = (self.pool, self.clock);
        if let Some(until) = self.timing.scenario.decision() {
            let asked = (pool, schedule);
            let (driven, settled) = drive_until(session, asked, (clock, source), buffer, until);
            return (driven, Some(settled));
        }
        let mut schedule = schedule.clone();
        let driven = drive(session, pool, &mut schedule, clock, source, buffer);
        (driven, None)
    }

    fn stretch(
        &self,
        session: &mut dyn Session,
        mut lasting: Lasting<CellSchedule>,
        source: Option<&dyn RunDelaySource>,
    ) -> Result<Stretch, JobError> {
        let mut kept = Forgetful::default();
        let driven = drive(
            session,
            self.pool,
            &mut lasting,
            self.clock,
            source,
            &mut kept,
        );
        driven.fed()?;
        Ok(driven.into())
    }
}

fn schedule(timing: &Timing) -> Result<CellSchedule, JobError> {
    let limits = Limits {
        duration: timing.duration_ns,
        max_requests: timing.max_requests,
        batch: timing.batch,
    };
    let scenario = &timing.scenario;
    let trace = replay::same(scenario, timing.trace_sha256.as_deref());
    let trace = trace.map_err(JobError::Job)?;
    let schedule = scenario.schedule(limits, timing.seed, trace.as_ref());
    schedule.map_err(|error| JobError::Job(error.to_string()))
}
