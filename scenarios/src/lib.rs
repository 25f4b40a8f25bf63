//! When requests are issued, decided purely from the time and the counts that come in; and suites of cells, as data.
#![forbid(unsafe_code)]

mod arrivals;
mod bounds;
mod catalogue;
mod clients;
mod closed_loop;
mod error;
mod offline;
mod open_loop;
mod random;
mod rate;
mod schedule;
pub mod search;
mod serving;
#[cfg(test)]
mod simulation;
mod sizes;
mod spec;
pub mod suite;
mod trace;
mod written;

pub use catalogue::{DescribedOption, Description, describe, described};
pub use clients::Clients;
pub use closed_loop::ClosedLoop;
pub use error::{LimitsError, Near, SpecError};
pub use offline::Offline;
pub use open_loop::OpenLoop;
pub use random::{Seed, coin};
pub use rate::RequestRate;
pub use schedule::{Progress, Schedule, Step};
pub use serving::{Objective, Serving};
pub use sizes::BatchSizes;
pub use spec::{CellSchedule, Decision, Limits, ScenarioSpec};
pub use suite::{Suite, SuiteError};
pub use trace::{Trace, TraceError};
