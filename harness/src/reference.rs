//! Giving outputs to compare with, in the worker: load, the check input, its outputs into a file.

use tare_adapter_api::Adapter;
use tare_results::Phase;

use crate::check::outputs_of;
use crate::inspect::inspect;
use crate::job::{JobError, Reporter, entered};
use crate::outputs;
use crate::protocol::{Given, Job, Outcome};

/// Writes the outputs of the check input of `job` with `adapter`.
pub fn refer(
    adapter: &dyn Adapter,
    job: &Job,
    reporter: &mut dyn Reporter,
) -> Result<Outcome, JobError> {
    let pool = job.fill_pool()?;
    let own = job.own_bytes();
    let path = job
        .outputs
        .as_ref()
        .ok_or_else(|| JobError::Job("a reference needs a file for its outputs".into()))?;
    reporter.phase(Phase::Load, own)?;
    let loaded = adapter.load(&job.load)?;
    let mut session = loaded.session()?;
    reporter.phase(Phase::Warmup, own)?;
    let mut tensors = None;
    session.enter(&mut |session| {
        tensors = Some(outputs_of(session, &pool).map_err(JobError::from));
    });
    let tensors = entered(tensors)?;
    reporter.phase(Phase::Finish, own)?;
    let names = outputs::names(&job.load.outputs, tensors.len());
    let inspection = inspect(&tensors, &names);
    outputs::write(path, &job.load.outputs, &tensors).map_err(JobError::Outputs)?;
    drop(session);
    Ok(Outcome {
        runtime: loaded.runtime(),
        given: Given::Referred(inspection),
    })
}
