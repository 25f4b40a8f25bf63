//! Plans cells, spawns a fresh worker for each repeat, drives the schedule, and writes records.
#![forbid(unsafe_code)]

mod buffer;
mod compose;
mod desk;
mod drive;
mod estimate;
mod failure;
mod figures;
mod inspect;
mod measure;
mod memory;
mod order;
mod outcome;
mod pilot;
pub mod plan;
pub mod protocol;
mod run;
mod supervise;
mod warmup;
pub mod worker;

pub use buffer::SampleBuffer;
pub use desk::{Absent, Consideration, Description, Desk, LinkedDesk, Refusal, WorkerDesk};
pub use drive::{Driven, RunDelaySource, drive};
pub use figures::{latency_of, wall};
pub use measure::{MeasureError, Reporter, measure};
pub use plan::{Plan, PlanError, Selection};
pub use run::{Progress, RunError, RunOutcome, RunRequest, execute};
pub use supervise::{Ended, Limits, WorkerProgram};
pub use warmup::{Warmup, warm_up};
