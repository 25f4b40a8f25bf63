//! Plans cells, spawns a fresh worker for each repeat, drives the schedule, and writes records.
#![forbid(unsafe_code)]

mod buffer;
mod check;
mod compose;
mod desk;
mod drive;
mod energy;
mod estimate;
mod failure;
pub mod fidelity;
mod figures;
mod inspect;
mod job;
mod measure;
mod observe;
mod order;
mod outcome;
mod outputs;
mod patience;
mod peaks;
mod pilot;
pub mod plan;
mod profile;
pub mod protocol;
mod reference;
mod replay;
mod run;
pub mod serve;
mod stretch;
mod supervise;
mod twin;
mod warmup;
pub mod worker;

pub use buffer::SampleBuffer;
pub use desk::{Absent, Consideration, Description, Desk, LinkedDesk, Refusal, WorkerDesk};
pub use drive::{Driven, Keep, RunDelaySource, drive};
pub use energy::EnergyMeter;
pub use figures::{latency_of, wall};
pub use job::{JobError, Reporter, perform};
pub use observe::NO_PROBES;
pub use peaks::{NoPeakMeter, PeakMeter};
pub use plan::{Plan, PlanError, Selection};
pub use run::{Progress, RunError, RunOutcome, RunRequest, Weighing, execute};
pub use supervise::{Ended, Limits, WorkerProgram};
pub use twin::{Hollow, RungBook, TwinMaker, TwinSolver};
pub use warmup::{Warmup, warm_up};
