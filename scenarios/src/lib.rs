//! When requests are issued, decided purely from the time and the counts that come in; and suites of cells, as data.
#![forbid(unsafe_code)]

mod bounds;
mod catalogue;
mod closed_loop;
mod error;
mod offline;
mod schedule;
mod serving;
pub mod search;
#[cfg(test)]
mod simulation;
mod spec;
pub mod suite;

pub use catalogue::{Description, describe};
pub use closed_loop::ClosedLoop;
pub use error::{LimitsError, SpecError};
pub use offline::Offline;
pub use schedule::{Progress, Schedule, Step};
pub use serving::{Objective, Serving};
pub use spec::{CellSchedule, Limits, ScenarioSpec};
pub use suite::{Suite, SuiteError};
