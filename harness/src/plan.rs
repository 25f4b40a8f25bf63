//! From what was asked for to the cells that will be measured, every error found before a worker starts.

mod absent;
mod again;
mod asked;
mod batches;
mod error;
mod lone;
mod memory;
mod opened;
mod outlook;
mod rates;
mod room;
mod settle;
mod shaped;
mod sides;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use tare_adapter_api::{AdapterSpec, Device, LoadRequest, Precision};
use tare_models::{InputSpec, Inputs};
use tare_results::{Doubt, Missing, PlannedCell};
use tare_scenarios::{Limits, ScenarioSpec, Seed};
use tare_units::Nanoseconds;

pub use absent::{LeftOut, Named, leave_out};
pub use again::replan;
use asked::{check_counts, check_symbols, symbols_of};
pub use error::PlanError;
use memory::Memory;
use opened::Opened;
pub use outlook::{Outlay, Outlook, outlook};
pub use rates::Rates;
pub use settle::Refusing;
use settle::{check_adapter, refer, settle};
use shaped::{Place, Shaped};
pub use sides::put_beside;

use crate::desk::Desk;
use crate::profile::Arithmetic;
use crate::replay;
use crate::supervise::WorkerProgram;

/// A model file under the name it was asked for by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelChoice {
    /// A zoo name, or the file's name.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Sizes for symbols that were not asked for.
    pub default_symbols: BTreeMap<String, usize>,
    /// The inputs of a file that does not declare its own (TorchScript).
    pub inputs: Vec<InputSpec>,
    /// What the file holds, where that is known without reading it.
    pub zoo: Option<ZooFile>,
}

/// A file that the zoo has made, or would make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZooFile {
    /// The zoo's name with its options.
    pub name: String,
    /// The SHA-256 of the file, in hexadecimal; of one that is not made yet, any text that no other has.
    pub sha256: String,
    /// Its hollow twin, which adapters are asked about in place of the file: the same operators with next to no weights.
    pub twin: PathBuf,
}

/// Whose outputs the others' are compared with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ReferenceChoice {
    /// The best adapter that is here, and is another one.
    #[default]
    Default,
    /// Nobody's.
    None,
    /// This adapter's.
    Named(AdapterSpec),
}

/// The matrix of cells that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Models.
    pub models: Vec<ModelChoice>,
    /// Adapters with their options.
    pub adapters: Vec<AdapterSpec>,
    /// Scenarios with their options.
    pub scenarios: Vec<ScenarioSpec>,
    /// Samples a request; empty takes the scenario's, else 1.
    pub batches: Vec<u64>,
    /// Sizes by symbol, one map a cell; empty takes the defaults.
    pub shapes: Vec<BTreeMap<String, u64>>,
    /// Arithmetics asked for; empty keeps the file's.
    pub precisions: Vec<Precision>,
    /// Where operators execute.
    pub devices: Vec<Device>,
    /// Threads that may execute operators.
    pub threads: Vec<u64>,
    /// Seed of the inputs.
    pub seed: u64,
    /// Whose outputs the cells' are compared with.
    pub reference: ReferenceChoice,
}

/// A cell and what its workers need.
#[derive(Debug, Clone)]
pub struct Work {
    /// As it stands in the run.
    pub planned: PlannedCell,
    /// The adapter with its version and options.
    pub spec: AdapterSpec,
    /// The program whose workers run it.
    pub program: WorkerProgram,
    /// Whether its outputs can be compared with another framework's.
    pub computes: bool,
    /// What the adapter loads, and how.
    pub load: LoadRequest,
    /// What it is asked about beforehand: the load, or that of the model's hollow twin.
    pub question: LoadRequest,
    /// What requests are fed.
    pub inputs: Inputs,
    /// The scenario with its options.
    pub scenario: ScenarioSpec,
    /// The SHA-256 of the arrivals that it replays; `None` where it replays none.
    pub trace_sha256: Option<String>,
    /// Environment variables that the worker starts with.
    pub environment: Vec<(String, String)>,
    /// The file's own precision.
    pub file_precision: String,
    /// The place in [`Plan::references`] of the cell whose outputs its own are compared with, or why there is none.
    pub reference: Result<usize, String>,
    /// Known before anything is measured.
    pub doubts: Vec<Doubt>,
    /// Facts that are not there, with the reason.
    pub missing: Missing,
    /// What operators compute.
    pub arithmetic: Arc<Arithmetic>,
    /// The selections that have it, by their places.
    pub selections: Vec<usize>,
}

/// The cells of a run, each of them once.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// In the order of the table.
    pub cells: Vec<Work>,
    /// What is executed once for its outputs.
    pub references: Vec<Work>,
    /// What was asked for and is not among the cells, a line each.
    pub left_out: Vec<String>,
}

impl Plan {
    /// Whether every cell's scenario can keep these limits of a repeat.
    ///
    /// # Errors
    /// The first scenario that cannot.
    pub fn check_limits(&self, duration: Nanoseconds, max_requests: u64) -> Result<(), PlanError> {
        for work in &self.cells {
            work.check_limits(duration, max_requests)?;
        }
        Ok(())
    }
}

impl Work {
    /// What bounds a repeat: what the scenario says, else these.
    pub fn limits(&self, duration: Nanoseconds, max_requests: u64) -> Limits {
        self.scenario.limits(Limits {
            duration,
            max_requests,
            batch: self.planned.cell.batch,
        })
    }

    /// Whether its hollow twin tells its tax: under load a latency holds what requests wait for each other as well.
    pub fn is_weighed(&self) -> bool {
        self.computes && self.scenario.serving().is_none()
    }

    fn check_limits(&self, duration: Nanoseconds, max_requests: u64) -> Result<(), PlanError> {
        let limits = self.limits(duration, max_requests);
        let replay = replay::of(&self.scenario).map_err(PlanError::Trace)?;
        let Some(replay) = replay else {
            return Ok(self.scenario.check(limits)?);
        };
        let seed = Seed::new(self.planned.cell.seed, 0);
        let schedule = self.scenario.schedule(limits, seed, Some(&replay.trace));
        Ok(schedule.map(|_| ())?)
    }
}

/// Expands `selection` into cells.
///
/// # Errors
/// The first thing that is wrong with what was asked for.
pub fn plan(selection: &Selection, desk: &dyn Desk) -> Result<Plan, PlanError> {
    plan_all(std::slice::from_ref(selection), Refusing::Ends, desk)
}

/// The cells of all `selections`, each once however many of them have it; the reference is the first one's. One that its
/// adapter refuses ends the plan, or is left out and told, as `refusing` says.
///
/// # Errors
/// The first thing that is wrong with what was asked for.
pub fn plan_all(
    selections: &[Selection],
    refusing: Refusing,
    desk: &dyn Desk,
) -> Result<Plan, PlanError> {
    let named = selections.iter().cloned().map(|selection| Named {
        experiment: None,
        selection,
    });
    plan_named(&named.collect::<Vec<_>>(), refusing, desk)
}

/// As [`plan_all`], of a suite's experiments. Where refused cells are left out, so is an experiment over several precisions
/// of which one is left: nothing could be compared.
///
/// # Errors
/// Those of [`plan_all`].
pub fn plan_named(
    matrices: &[Named],
    refusing: Refusing,
    desk: &dyn Desk,
) -> Result<Plan, PlanError> {
    let first = matrices.first().ok_or(PlanError::Nothing("cell"))?;
    let selections: Vec<&Selection> = matrices.iter().map(|matrix| &matrix.selection).collect();
    let desk = Memory::of(desk);
    let (mut cells, mut left_out) = settle(cells(&selections, &desk)?, refusing, &desk)?;
    left_out.extend(lone::leave_out(&mut cells, matrices));
    Ok(Plan {
        left_out,
        ..refer(cells, &first.selection.reference, &desk)?
    })
}

/// The cells of `selections`, one model in memory at a time.
fn cells(selections: &[&Selection], desk: &dyn Desk) -> Result<Vec<Work>, PlanError> {
    for selection in selections {
        check_counts(selection)?;
        for adapter in &selection.adapters {
            check_adapter(desk, adapter)?;
        }
    }
    let mut symbols = vec![BTreeSet::new(); selections.len()];
    let mut parts: BTreeMap<(usize, usize), Result<Vec<Work>, PlanError>> = BTreeMap::new();
    for choice in choices(selections) {
        let model = Opened::open(choice)?;
        for (place, selection) in selections.iter().enumerate() {
            let Some(rank) = selection.models.iter().position(|own| own == choice) else {
                continue;
            };
            symbols[place].extend(symbols_of(model.graph()));
            parts.insert((place, rank), expand((place, selection), &model));
        }
    }
    for (selection, known) in selections.iter().zip(symbols) {
        check_symbols(selection, known)?;
    }
    let parts = parts.into_values().collect::<Result<Vec<_>, _>>()?;
    Ok(each_once(parts.into_iter().flatten()))
}

/// Every model of the selections once.
fn choices<'a>(selections: &[&'a Selection]) -> Vec<&'a ModelChoice> {
    let mut choices: Vec<&ModelChoice> = Vec::new();
    for choice in selections.iter().flat_map(|selection| &selection.models) {
        if !choices.contains(&choice) {
            choices.push(choice);
        }
    }
    choices
}

/// The cells of one model in the selection at `place`.
fn expand(
    (place, selection): (usize, &Selection),
    model: &Opened<'_>,
) -> Result<Vec<Work>, PlanError> {
    let mut cells = Vec::new();
    let shapes = shapes(selection);
    let mut known: BTreeMap<(Batch, &BTreeMap<String, u64>), Shaped> = BTreeMap::new();
    for scenario in &selection.scenarios {
        let replay = replay::of(scenario).map_err(PlanError::Trace)?;
        let trace_sha256 = replay.map(|replay| replay.sha256);
        for batch in batches(selection, scenario)? {
            let batch = (batch, largest_batch(scenario, batch));
            for shape in &shapes {
                let shaped = match known.entry((batch, shape)) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => new.insert(Shaped::new(model, batch, shape, selection)?),
                };
                for (at, adapter) in places(selection) {
                    cells.push(Work {
                        selections: vec![place],
                        ..shaped.cell(adapter, (scenario, trace_sha256.as_deref()), at)
                    });
                }
            }
        }
    }
    Ok(cells)
}

/// Each cell where it comes first, with all its selections: a model without a symbol has one cell for all its sizes.
fn each_once(works: impl Iterator<Item = Work>) -> Vec<Work> {
    let mut cells: Vec<Work> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for work in works {
        match places.entry(work.planned.id.clone()) {
            Entry::Vacant(new) => {
                new.insert(cells.len());
                cells.push(work);
            }
            Entry::Occupied(known) => cells[*known.get()].selections.extend(work.selections),
        }
    }
    cells
}

/// The adapter's name with its version, where one was asked for.
fn versioned(spec: &AdapterSpec) -> String {
    match &spec.version {
        Some(version) => format!("{}@{version}", spec.name),
        None => spec.name.clone(),
    }
}

/// The batch of a cell, where something fixes it, and the largest that its requests have, where these have several.
type Batch = (Option<u64>, Option<NonZeroUsize>);

/// The largest batch of the requests of `scenario`, where these have several: those that are drawn, and those of `batch` that
/// are executed together.
fn largest_batch(scenario: &ScenarioSpec, batch: Option<u64>) -> Option<NonZeroUsize> {
    let own = batch.unwrap_or(1);
    let largest = Some(scenario.largest_batch(own)).filter(|largest| *largest > own);
    NonZeroUsize::new(usize::try_from(largest?).unwrap_or(usize::MAX))
}

/// The batches to measure; `None` where nothing fixes it.
fn batches(selection: &Selection, scenario: &ScenarioSpec) -> Result<Vec<Option<u64>>, PlanError> {
    let open = selection.batches.is_empty() && scenario.fixed_batch().is_none();
    let batches = scenario.batches(&selection.batches)?;
    Ok(match open {
        true => vec![None],
        false => batches.into_iter().map(Some).collect(),
    })
}

/// Every device, number of threads and precision with every adapter, adapters innermost.
fn places(selection: &Selection) -> Vec<(Place, &AdapterSpec)> {
    let precisions: Vec<Option<Precision>> = match selection.precisions.is_empty() {
        true => vec![None],
        false => selection.precisions.iter().copied().map(Some).collect(),
    };
    let mut places = Vec::new();
    for device in selection.devices.iter().copied() {
        for threads in selection.threads.iter().copied() {
            for precision in precisions.iter().copied() {
                let place = Place {
                    device,
                    threads,
                    precision,
                };
                places.extend(selection.adapters.iter().map(|adapter| (place, adapter)));
            }
        }
    }
    places
}

fn shapes(selection: &Selection) -> Vec<BTreeMap<String, u64>> {
    match selection.shapes.is_empty() {
        true => vec![BTreeMap::new()],
        false => selection.shapes.clone(),
    }
}
