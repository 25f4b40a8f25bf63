//! A run from its first worker to its last: the harness's own cost, the pilot, then every turn of the plan.

mod attempt;
mod cost;
mod references;
mod repeats;
mod turn;
mod twins;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use tare_clock::Clock;
use tare_hardware::nvml::{Nvml, NvmlError};
use tare_results::store::{RunWriter, StoreError};
use tare_results::{Event, Kind, Record, Run};

use crate::compose::Harness;
use crate::energy::EnergyMeter;
use crate::estimate::Estimate;
use crate::peaks::PeakMeter;
use crate::pilot::Pilot;
use crate::plan::Plan;
use crate::supervise::WorkerProgram;
use crate::twin::Hollow;
use references::References;
pub use repeats::Repeats;
pub use twins::Weighing;

/// Everything a run needs.
pub struct RunRequest<'a> {
    /// As it stands in the store.
    pub run: Run,
    /// Its cells with what their workers need.
    pub plan: Plan,
    /// Records of an earlier go at the same run.
    pub done: Vec<Record>,
    /// The program whose workers measure the harness itself.
    pub program: WorkerProgram,
    /// Where records go.
    pub writer: RunWriter,
    /// Who tells of GPUs.
    pub nvml: Result<Nvml, NvmlError>,
    /// What tells joules.
    pub energy: EnergyMeter,
    /// What tells peaks.
    pub peaks: Box<dyn PeakMeter>,
    /// What makes hollow twins.
    pub weighing: Weighing,
    /// Set when the run is to stop.
    pub stop: &'a AtomicBool,
}

/// Who is told of what happens.
pub trait Progress {
    /// Something happened.
    fn event(&mut self, event: &Event);
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RunOutcome {
    /// Every record, those of an earlier go included.
    pub records: Vec<Record>,
    /// Workers of this go that failed, references and twins left out: they cost a comparison or a split and no cell.
    pub failed: u64,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A record could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is nothing to make repeats of.
    #[error("the plan of the run has no cell: ask for one")]
    NoCell,
}

/// Runs what is left of `request`; what is done is kept whatever happens.
///
/// # Errors
/// Where a record cannot be written. A worker that fails costs its repeat only.
pub fn execute(
    request: RunRequest,
    clock: &impl Clock,
    progress: &mut dyn Progress,
) -> Result<RunOutcome, RunError> {
    let mut going = Going::new(request, clock, progress);
    let (turns, done) = going.turns_left();
    going.tell(Event::RunStarted {
        workers: done + turns.len() as u64,
        done,
    });
    going.measure_harness()?;
    for (place, turn) in turns.iter().enumerate() {
        if going.stopped() {
            break;
        }
        going.take(*turn, &turns[place + 1..])?;
    }
    Ok(going.finish())
}

struct Going<'a, C: Clock> {
    request: RunRequest<'a>,
    clock: &'a C,
    progress: &'a mut dyn Progress,
    estimate: Estimate,
    records: Vec<Record>,
    failed: u64,
    /// Cells of which a worker of a kind was killed at its deadline, and how that was told.
    hung: BTreeMap<(Kind, String), String>,
    /// By place in the plan, once they were looked for.
    twins: BTreeMap<usize, Result<Hollow, String>>,
    references: References,
    harness: Harness,
    /// Whether repeats tell how long their requests waited for a core also where no latency is corrected by it.
    watches_waiting: bool,
    /// By place in the plan.
    pilots: BTreeMap<usize, Pilot>,
}

impl<'a, C: Clock> Going<'a, C> {
    fn new(request: RunRequest<'a>, clock: &'a C, progress: &'a mut dyn Progress) -> Self {
        let outputs = request.writer.outputs_dir();
        Self {
            clock,
            progress,
            estimate: Estimate::default(),
            records: request.done.clone(),
            failed: 0,
            hung: BTreeMap::new(),
            twins: BTreeMap::new(),
            references: References::found(&request.plan.references, &request.done, outputs),
            harness: Harness::default(),
            watches_waiting: false,
            pilots: BTreeMap::new(),
            request,
        }
    }

    fn finish(mut self) -> RunOutcome {
        let interrupted = self.stopped();
        if !interrupted {
            self.references.remove();
        }
        let failed = self.failed;
        self.tell(Event::RunFinished {
            failed,
            interrupted,
        });
        RunOutcome {
            records: self.records,
            failed,
            interrupted,
        }
    }

    fn stopped(&self) -> bool {
        self.request.stop.load(Ordering::SeqCst)
    }

    fn tell(&mut self, event: Event) {
        self.request.writer.event(&event);
        self.progress.event(&event);
    }
}
