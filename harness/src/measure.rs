//! One repeat, start to end, in the worker: inputs, load, check, warm-up, timed requests, figures.

use tare_adapter_api::{Adapter, AdapterError, Session, Tensor};
use tare_clock::Clock;
use tare_hardware::RunDelay;
use tare_results::Phase;
use tare_results::samples::Sample;
use tare_scenarios::{CellSchedule, Limits};
use tare_units::{Bytes, Nanoseconds};

use crate::buffer::SampleBuffer;
use crate::drive::{Driven, RunDelaySource, drive};
use crate::inspect::{Inspection, inspect};
use crate::outcome::outcome_of;
use crate::protocol::{Job, Outcome};
use crate::warmup::{Warmup, warm_up};

/// Inputs in the pool at the most.
const POOL_INPUTS: u64 = 16;
/// Bytes of inputs in the pool at the most; one input is always there.
const POOL_BYTES: u64 = 64 << 20;

/// Why a repeat gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The adapter refused or failed.
    #[error(transparent)]
    Adapter(#[from] AdapterError),
    /// The job itself is wrong.
    #[error("the job is wrong: {0}")]
    Job(String),
    /// The samples could not be written.
    #[error("{0}")]
    Samples(String),
    /// The parent is gone.
    #[error("the parent is gone: {0}")]
    Parent(String),
}

impl Job {
    /// Memory that is the harness's own in the worker: every sample's place and the pool of inputs, in bytes.
    pub fn own_bytes(&self) -> Bytes {
        let input = self.inputs.byte_len().as_bytes();
        let samples = self.max_requests.saturating_mul(size_of::<Sample>() as u64);
        Bytes::from_bytes(samples.saturating_add(input.saturating_mul(self.pool_inputs())))
    }

    fn pool_inputs(&self) -> u64 {
        (POOL_BYTES / self.inputs.byte_len().as_bytes().max(1)).clamp(1, POOL_INPUTS)
    }
}

/// Whom the worker tells what it does next; returns once it may go on.
pub trait Reporter: Send {
    /// The worker goes on to `phase` and holds `own` bytes of the harness.
    ///
    /// # Errors
    /// Where the parent is gone.
    fn phase(&mut self, phase: Phase, own: Bytes) -> Result<(), MeasureError>;
}

impl RunDelaySource for RunDelay {
    #[inline]
    fn read_ns(&self) -> Option<u64> {
        self.read().ok().map(Nanoseconds::as_nanos)
    }
}

/// Does one repeat of `job` with `adapter`.
///
/// # Errors
/// Where the adapter refuses or fails before timing, or the parent is gone. Requests that fail while timed are counted
/// instead.
pub fn measure(
    adapter: &dyn Adapter,
    job: &Job,
    clock: &impl Clock,
    reporter: &mut dyn Reporter,
) -> Result<Outcome, MeasureError> {
    let pool = fill_pool(job);
    let mut buffer =
        SampleBuffer::with_capacity(usize::try_from(job.max_requests).unwrap_or(usize::MAX));
    let own = job.own_bytes();
    reporter.phase(Phase::Load, own)?;

    let before = clock.now();
    let loaded = adapter.load(&job.load)?;
    let mut session = loaded.session()?;
    let load_ns = clock.now().saturating_sub(before);
    reporter.phase(Phase::Warmup, own)?;

    let mut entered: Option<Result<Timed, MeasureError>> = None;
    session.enter(&mut |session| {
        entered = Some(timed_part(
            session,
            job,
            &pool,
            clock,
            &mut buffer,
            reporter,
            own,
        ));
    });
    let timed = entered
        .ok_or_else(|| MeasureError::Job("the adapter never entered its session".into()))??;
    reporter.phase(Phase::Finish, own)?;
    drop(session);
    outcome_of(loaded.as_ref(), job, load_ns, timed, buffer.samples())
}

/// What happened between loading and the last timed request.
pub(crate) struct Timed {
    pub warmup: Warmup,
    pub inspection: Inspection,
    pub driven: Driven,
    pub clock_ns: f64,
    pub run_delay_ns: Result<f64, String>,
}

fn timed_part(
    session: &mut dyn Session,
    job: &Job,
    pool: &[Vec<Tensor>],
    clock: &impl Clock,
    buffer: &mut SampleBuffer,
    reporter: &mut dyn Reporter,
    own: Bytes,
) -> Result<Timed, MeasureError> {
    let delay = RunDelay::of_this_thread();
    let run_delay_ns = delay.as_ref().map_err(ToString::to_string);
    let run_delay_ns =
        run_delay_ns.and_then(|source| source.cost_ns(clock).map_err(|reason| reason.to_string()));
    let clock_ns = tare_clock::reading_cost_ns(clock);
    let mut schedule = schedule_of(job)?;
    let mut inspection = Inspection::default();
    let mut check = |session: &dyn Session| inspection = inspect(session, &job.load.outputs);
    let warmup = warm_up(session, pool, clock, job.warmup, &mut check)?;
    reporter.phase(Phase::Run, own)?;
    let source = delay
        .as_ref()
        .ok()
        .filter(|_| job.read_run_delay)
        .map(|source| source as &dyn RunDelaySource);
    let driven = drive(session, pool, &mut schedule, clock, source, buffer);
    Ok(Timed {
        warmup,
        inspection,
        driven,
        clock_ns,
        run_delay_ns,
    })
}

fn schedule_of(job: &Job) -> Result<CellSchedule, MeasureError> {
    job.scenario
        .schedule(Limits {
            duration: job.duration_ns,
            max_requests: job.max_requests,
            batch: job.batch,
        })
        .map_err(|error| MeasureError::Job(error.to_string()))
}

fn fill_pool(job: &Job) -> Vec<Vec<Tensor>> {
    (0..job.pool_inputs())
        .map(|index| job.inputs.generate(index))
        .collect()
}
