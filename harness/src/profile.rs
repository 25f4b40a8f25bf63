//! The profiled pass in the worker: warm-up without the profiler, then a few requests under it, summed by operator.

mod arithmetic;
mod sum;

use tare_adapter_api::{Adapter, AdapterError, Session};
use tare_clock::Clock;
use tare_results::{Phase, Profile};

use crate::job::{JobError, Reporter, entered};
use crate::pool::Pool;
use crate::protocol::{Effort, Given, Job, Outcome};
use crate::warmup::{Warmup, warm_up};
pub use arithmetic::Arithmetic;
use sum::{busy, summed};

/// Requests under the profiler before those that count: its first may allocate.
const WARM: usize = 3;
/// Requests that are profiled however long they take.
const FEWEST: usize = 3;

/// Profiles requests of `job` with `adapter`.
pub fn profile(
    adapter: &dyn Adapter,
    job: &Job,
    effort: Effort,
    clock: &impl Clock,
    reporter: &mut dyn Reporter,
) -> Result<Outcome, JobError> {
    let pool = job.fill_pool()?;
    let own = job.own_bytes();
    reporter.phase(Phase::Load, own)?;
    let before = clock.now();
    let loaded = adapter.load(&job.load)?;
    let mut session = loaded.session()?;
    let load_ns = clock.now().saturating_sub(before);
    reporter.phase(Phase::Warmup, own)?;
    let pass = Pass {
        job,
        effort,
        pool: &pool,
        clock,
    };
    let mut profiled = None;
    session.enter(&mut |session| profiled = Some(pass.run(session, reporter)));
    let (warmup, profile) = entered(profiled)?;
    reporter.phase(Phase::Finish, own)?;
    drop(session);
    Ok(Outcome {
        runtime: loaded.runtime(),
        given: Given::Profiled {
            load: warmup.load(load_ns),
            profile,
        },
    })
}

struct Pass<'a, C> {
    job: &'a Job,
    effort: Effort,
    pool: &'a Pool,
    clock: &'a C,
}

impl<C: Clock> Pass<'_, C> {
    /// The warm-up, and the profile or why the adapter offers none.
    fn run(
        &self,
        session: &mut dyn Session,
        reporter: &mut dyn Reporter,
    ) -> Result<(Warmup, Result<Profile, String>), JobError> {
        let warmup = warm_up(session, self.pool, self.clock, self.job.warmup)?;
        match session.start_profile() {
            Err(error @ AdapterError::NotOffered(_)) => {
                return Ok((warmup, Err(error.to_string())));
            }
            started => started?,
        }
        let mut inputs = self.pool.own().iter().cycle();
        for inputs in inputs.by_ref().take(WARM) {
            session.run(inputs)?;
        }
        reporter.phase(Phase::Run, self.job.own_bytes())?;
        let mut latencies = Vec::new();
        let started = self.clock.now();
        for inputs in inputs {
            let before = self.clock.now();
            session.run(inputs)?;
            let after = self.clock.now();
            latencies.push(after.saturating_sub(before));
            let done = latencies.len() as u64 >= self.effort.max_requests
                || after.saturating_sub(started) >= self.effort.duration_ns;
            if done && latencies.len() >= FEWEST {
                break;
            }
        }
        let requests = session.end_profile()?;
        let told = requests.len();
        let expected = WARM + latencies.len();
        if told != expected {
            return Err(JobError::Profile(format!(
                "told of {told} requests where {expected} ran"
            )));
        }
        let mut profile = summed(&requests[WARM..], latencies)?;
        profile.device = match session.device_intervals() {
            Err(AdapterError::NotOffered(_)) => None,
            told => busy(told?.get(WARM..).unwrap_or_default()),
        };
        Ok((warmup, Ok(profile)))
    }
}
