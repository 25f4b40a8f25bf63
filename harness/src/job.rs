//! A job, start to end, in the worker: inputs, load, then what it is for.

use std::num::NonZeroUsize;

use tare_adapter_api::{Adapter, AdapterError};
use tare_clock::Clock;
use tare_hardware::cupti::Cupti;
use tare_results::Phase;
use tare_results::samples::Sample;
use tare_units::Bytes;

use crate::batches::{around, each_once};
use crate::measure::measure;
use crate::pool::Pool;
use crate::profile::profile;
use crate::protocol::{Answer, Job, Outcome, Purpose, Stretch};
use crate::reference::refer;
use crate::trace::{Tracer, Untraced};

/// Why a job gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The adapter refused or failed.
    #[error(transparent)]
    Adapter(#[from] AdapterError),
    /// The job itself is wrong.
    #[error("the job is wrong: {0}")]
    Job(String),
    /// The framework's profiler told something that cannot be.
    #[error("the framework's profiler {0}")]
    Profile(String),
    /// The samples could not be written.
    #[error("{0}")]
    Samples(String),
    /// The outputs could not be written.
    #[error("{0}")]
    Outputs(String),
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
    fn phase(&mut self, phase: Phase, own: Bytes) -> Result<(), JobError>;

    /// The timed requests are done; whether further ones are wanted before the worker goes on to [`Phase::Finish`].
    ///
    /// # Errors
    /// Where the parent is gone.
    fn timed(&mut self, own: Bytes) -> Result<Answer, JobError> {
        self.phase(Phase::Finish, own).map(|()| Answer::Go)
    }

    /// Further requests are done; whether still more are wanted.
    ///
    /// # Errors
    /// Where the parent is gone.
    fn stretched(&mut self, _stretch: Stretch) -> Result<Answer, JobError> {
        Ok(Answer::Go)
    }
}

/// Does `job` with `adapter`, and watches no device.
///
/// # Errors
/// Where the adapter refuses or fails, or the parent is gone. Requests that fail while timed are counted instead.
pub fn perform(
    adapter: &dyn Adapter,
    job: &Job,
    clock: &(impl Clock + Clone + 'static),
    reporter: &mut dyn Reporter,
) -> Result<Outcome, JobError> {
    perform_traced(adapter, job, clock, reporter, &Untraced)
}

/// The same, and `tracer` watches the GPU in the profiled pass.
///
/// # Errors
/// As [`perform`]; that a device cannot be watched is a reason in the outcome.
pub fn perform_traced(
    adapter: &dyn Adapter,
    job: &Job,
    clock: &(impl Clock + Clone + 'static),
    reporter: &mut dyn Reporter,
    tracer: &dyn Tracer,
) -> Result<Outcome, JobError> {
    match &job.purpose {
        Purpose::Measure(timing) => measure(adapter, job, timing, clock, reporter),
        Purpose::Profile(effort) => profile(adapter, job, *effort, clock, reporter, tracer),
        Purpose::Reference => refer(adapter, job, reporter),
    }
}

impl Job {
    /// Memory that is the harness's own in the worker: every sample's place, the pool of inputs and what is recorded of a GPU,
    /// in bytes.
    pub fn own_bytes(&self) -> Bytes {
        let inputs = match self.purpose {
            Purpose::Measure(_) => Pool::byte_len(&self.inputs, self.largest_batch()),
            Purpose::Profile(_) => Pool::byte_len(&self.inputs, None),
            Purpose::Reference => self.inputs.byte_len(),
        };
        let samples = match &self.purpose {
            Purpose::Measure(timing) => timing.room(),
            Purpose::Profile(_) | Purpose::Reference => 0,
        };
        let samples = samples.saturating_mul(size_of::<Sample>() as u64);
        let traced = match &self.purpose {
            Purpose::Profile(effort) if effort.watches(self.load.device) => Cupti::own_bytes(),
            _ => Bytes::from_bytes(0),
        };
        let own = samples.saturating_add(inputs.as_bytes());
        Bytes::from_bytes(own.saturating_add(traced.as_bytes()))
    }

    /// The largest batch of its requests, where they have several.
    fn largest_batch(&self) -> Option<usize> {
        self.load.largest_batch.map(NonZeroUsize::get)
    }

    /// The inputs that requests take in turn, the check input among them. A profile is of the cell's own batch.
    pub(crate) fn fill_pool(&self) -> Result<Pool, JobError> {
        match (&self.purpose, self.largest_batch()) {
            (Purpose::Reference, _) => Ok(Pool::of_one_batch(vec![self.inputs.generate(0)])),
            (Purpose::Measure(timing), Some(largest)) => {
                let pool = Pool::filled_up_to(&self.inputs, largest)?;
                match (timing.drawn(), timing.scenario.serving()) {
                    (Some(batches), _) => pool.met_in(each_once(batches)),
                    (None, Some(serving)) => {
                        let together = around(1, serving.max_batch).into_iter();
                        pool.met_in(together.map(|count| count * timing.batch).collect())
                    }
                    (None, None) => Ok(pool),
                }
            }
            (Purpose::Measure(_), None) | (Purpose::Profile(_), _) => {
                Ok(Pool::filled(&self.inputs))
            }
        }
    }
}

/// What the body of a session gave, or that it never ran.
pub(crate) fn entered<T>(given: Option<Result<T, JobError>>) -> Result<T, JobError> {
    given.ok_or_else(|| JobError::Job("the adapter never entered its session".into()))?
}
