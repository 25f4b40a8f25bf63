//! The check input: run once more when nothing is timed any longer, its outputs looked at and kept if they are asked for.

use serde::{Deserialize, Serialize};
use tare_adapter_api::{AdapterError, Session, Tensor};

use crate::inspect::{Inspection, inspect};
use crate::outputs;
use crate::pool::Pool;
use crate::protocol::Job;

/// What became of the check input.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What its outputs hold.
    pub inspection: Inspection,
    /// Whether they are in the file that was asked for, or why not; `None` where none was.
    pub written: Option<Result<(), String>>,
}

impl Check {
    /// That of a check input that gave no outputs, and why.
    pub fn failed(job: &Job, reason: String) -> Self {
        Self {
            written: job.outputs.as_ref().map(|_| Err(reason.clone())),
            inspection: Inspection {
                failed: Some(reason),
                ..Inspection::default()
            },
        }
    }
}

/// Runs the check input of `pool` and looks at the outputs.
pub fn check(session: &mut dyn Session, pool: &Pool, job: &Job) -> Check {
    match outputs_of(session, pool) {
        Ok(tensors) => Check {
            inspection: inspect(&tensors, &outputs::names(&job.load.outputs, tensors.len())),
            written: job
                .outputs
                .as_ref()
                .map(|path| outputs::write(path, &job.load.outputs, &tensors)),
        },
        Err(error) => Check::failed(job, error.to_string()),
    }
}

/// The outputs for the check input of `pool`.
pub fn outputs_of(session: &mut dyn Session, pool: &Pool) -> Result<Vec<Tensor>, AdapterError> {
    session.run(pool.check_input())?;
    session.outputs()
}
