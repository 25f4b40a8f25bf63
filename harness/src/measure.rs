//! One repeat, start to end, in the worker: inputs, load, check, warm-up, timed requests, figures.

use tare_adapter_api::{Adapter, AdapterError, Session, Tensor};
use tare_clock::Clock;
use tare_hardware::RunDelay;
use tare_models::DataType;
use tare_results::Phase;
use tare_scenarios::{CellSchedule, Limits};
use tare_units::{Bytes, Nanoseconds};

use crate::buffer::SampleBuffer;
use crate::drive::{Driven, RunDelaySource, drive};
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
    let own = Bytes::from_bytes(buffer.byte_len() + pool_bytes(&pool));
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
    pub non_finite: Vec<String>,
    pub driven: Driven,
    pub clock_ns: f64,
    pub run_delay_ns: Option<f64>,
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
    let delay = RunDelay::of_this_thread().ok();
    let run_delay_ns = delay.as_ref().and_then(|source| source.cost_ns(clock).ok());
    let clock_ns = tare_clock::reading_cost_ns(clock);
    let mut schedule = schedule_of(job)?;
    let mut non_finite = Vec::new();
    let mut check = |session: &dyn Session| non_finite = non_finite_outputs(session, job);
    let warmup = warm_up(session, pool, clock, job.warmup, &mut check)?;
    reporter.phase(Phase::Run, own)?;
    let source = delay
        .as_ref()
        .filter(|_| job.read_run_delay)
        .map(|source| source as &dyn RunDelaySource);
    let driven = drive(session, pool, &mut schedule, clock, source, buffer);
    Ok(Timed {
        warmup,
        non_finite,
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
    let count = (POOL_BYTES / job.inputs.byte_len().as_bytes().max(1)).clamp(1, POOL_INPUTS);
    (0..count).map(|index| job.inputs.generate(index)).collect()
}

fn pool_bytes(pool: &[Vec<Tensor>]) -> u64 {
    pool.iter()
        .flatten()
        .map(|tensor| tensor.bytes().len() as u64)
        .sum()
}

fn non_finite_outputs(session: &dyn Session, job: &Job) -> Vec<String> {
    let Ok(outputs) = session.outputs() else {
        return Vec::new();
    };
    outputs
        .iter()
        .enumerate()
        .filter(|(_, tensor)| !is_finite(tensor))
        .map(|(index, _)| output_name(job, index))
        .collect()
}

fn output_name(job: &Job, index: usize) -> String {
    let output = job.load.outputs.get(index);
    output.map_or_else(|| format!("output {index}"), |output| output.name.clone())
}

fn is_finite(tensor: &Tensor) -> bool {
    match tensor.dtype() {
        DataType::F32 => tensor
            .values::<f32>()
            .is_none_or(|values| values.iter().all(|value| value.is_finite())),
        DataType::F64 => tensor
            .values::<f64>()
            .is_none_or(|values| values.iter().all(|value| value.is_finite())),
        _ => true,
    }
}
