//! Whether a candidate is worse than its baseline, decided from blocks of both with a stated error rate.
//!
//! A *block* is one fresh process of each side, one after the other, and its *difference* the logarithm of the candidate's figure
//! over the baseline's. Nothing here measures, waits, or flips coins: a runner does, and asks.
//! - [`Metric`]: what is compared; its [`Limits`], the [`Statistic`] that really decides, how many [`Requests`] a process times.
//! - [`Statistic::of`]: the requests of one process → its [`SideFigure`].
//! - [`Gate`]: blocks pushed one by one → what next, at last an [`Outcome`] with its [`Verdict`]. Before the first,
//!   [`Gate::size`] and [`Gate::affordable`] say how many blocks it takes and whether a budget has room for them.
//! - [`Errors::shared_by`], [`ExitClass::of_all`]: many gates together.
//! - [`against`]: a candidate against a stored record, the weaker test.
//! - [`estimate`]: a location of differences with its interval.
//!
//! ```
//! use tare_gate::{Block, Conditions, Gate, Metric, Next, Request, Side, Verdict};
//! use tare_units::Nanoseconds;
//!
//! let conditions = Conditions { single_threaded: true, run_delay: true };
//! let mut gate = Gate::new(Metric::P50, Metric::P50.limits(), conditions)?;
//! // A runner starts a fresh process here and times its requests.
//! let process = |micros: u64| {
//!     let request = Request {
//!         latency: Nanoseconds::from_micros(micros),
//!         delay: Some(Nanoseconds::ZERO),
//!         samples: 1,
//!     };
//!     gate.statistic().of(&[request; 50]).expect("requests")
//! };
//! let block = Block {
//!     first: Side::Baseline,
//!     baseline: Ok(process(5_000)),
//!     candidate: Ok(process(5_500)),
//! };
//! while let Next::More { .. } = gate.next() {
//!     gate.push(block.clone());
//! }
//! assert_eq!(gate.outcome().verdict, Verdict::Regression);
//! # Ok::<(), tare_gate::PlanError>(())
//! ```
#![forbid(unsafe_code)]

mod against;
mod block;
mod contrasts;
mod estimate;
mod evidence;
mod gate;
mod limits;
mod metric;
mod plan;
mod size;
mod statistic;
mod verdict;

pub use against::{DAYS, PROCESSES, Stored, Unpaired, against};
pub use block::{Block, Contention, Fault, Side, SideFigure};
pub use contrasts::{Contrasts, Counts, Design, NullDistribution};
pub use estimate::{Estimate, estimate};
pub use evidence::Evidence;
pub use gate::{Gate, Next};
pub use limits::{Errors, Limits, PlanError};
pub use metric::{Conditions, Direction, Metric, Repeatability, Requests, UnknownMetric};
pub use plan::{Decision, Look, Plan, Seen, Step};
pub use size::{Affordable, BudgetTooSmall, Size, TYPICAL_SPREAD, expected_blocks};
pub use statistic::{Basis, Request, Statistic};
pub use verdict::{Effect, ExitClass, Flaw, Obstacle, Outcome, SideEvidence, Verdict};
