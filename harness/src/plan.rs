//! From what was asked for to the cells that will be measured, every error found before a worker starts.

mod absent;
mod again;
mod error;
mod opened;
mod outlook;
mod settle;
mod shaped;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use tare_adapter_api::{AdapterSpec, Device, LoadRequest, Precision};
use tare_models::{Graph, InputSpec, Inputs, free_dimensions};
use tare_results::{Doubt, Missing, PlannedCell};
use tare_scenarios::{Limits, ScenarioSpec};
use tare_units::Nanoseconds;

pub use absent::{LeftOut, Named, leave_out};
pub use again::replan;
pub use error::PlanError;
use opened::Opened;
pub use outlook::{Outlay, Outlook, outlook};
pub use settle::Refusing;
use settle::{check_adapter, settle};
use shaped::{Place, Shaped};

use crate::desk::Desk;
use crate::profile::Arithmetic;
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
    /// What requests are fed.
    pub inputs: Inputs,
    /// The scenario with its options.
    pub scenario: ScenarioSpec,
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
            let limits = Limits {
                duration,
                max_requests,
                batch: work.planned.cell.batch,
            };
            work.scenario.schedule(limits)?;
        }
        Ok(())
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
    let first = selections.first().ok_or(PlanError::Nothing("cell"))?;
    settle(cells(selections, desk)?, &first.reference, refusing, desk)
}

fn cells(selections: &[Selection], desk: &dyn Desk) -> Result<Vec<Work>, PlanError> {
    for selection in selections {
        check_counts(selection)?;
        for adapter in &selection.adapters {
            check_adapter(desk, adapter)?;
        }
    }
    let opened = open_models(selections)?;
    let mut cells: Vec<Work> = Vec::new();
    for selection in selections {
        let own = selection.models.iter();
        let own = own.filter_map(|choice| opened.iter().find(|model| model.choice == choice));
        expand(selection, &own.collect::<Vec<_>>(), &mut cells)?;
    }
    Ok(cells)
}

/// Adds the cells of `selection`, whose `models` are open, to those of the selections before it.
fn expand(
    selection: &Selection,
    models: &[&Opened<'_>],
    cells: &mut Vec<Work>,
) -> Result<(), PlanError> {
    check_symbols(selection, models)?;
    for model in models {
        for scenario in &selection.scenarios {
            for batch in batches(selection, scenario)? {
                for shape in shapes(selection) {
                    let shaped = Shaped::new(model, batch, &shape, selection)?;
                    for (place, adapter) in places(selection) {
                        keep_new(cells, shaped.cell(adapter, scenario, place));
                    }
                }
            }
        }
    }
    Ok(())
}

/// The adapter's name with its version, where one was asked for.
fn versioned(spec: &AdapterSpec) -> String {
    match &spec.version {
        Some(version) => format!("{}@{version}", spec.name),
        None => spec.name.clone(),
    }
}

/// Adds `work` unless the same cell is there: a model without a symbol has one cell for all its sizes.
fn keep_new(cells: &mut Vec<Work>, work: Work) {
    if cells
        .iter()
        .all(|known| known.planned.id != work.planned.id)
    {
        cells.push(work);
    }
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

fn check_counts(selection: &Selection) -> Result<(), PlanError> {
    let lists = [
        (selection.models.is_empty(), "model"),
        (selection.adapters.is_empty(), "adapter"),
        (selection.scenarios.is_empty(), "scenario"),
        (selection.devices.is_empty(), "device"),
        (selection.threads.is_empty(), "number of threads"),
    ];
    if let Some((_, what)) = lists.iter().find(|(empty, _)| *empty) {
        return Err(PlanError::Nothing(what));
    }
    let sizes = selection.shapes.iter().flat_map(BTreeMap::values);
    for (option, zero) in [
        ("--batch", selection.batches.contains(&0)),
        ("--threads", selection.threads.contains(&0)),
        ("--shape", sizes.clone().any(|size| *size == 0)),
    ] {
        if zero {
            return Err(PlanError::Zero { option });
        }
    }
    Ok(())
}

/// Every model of the selections, each read once.
fn open_models(selections: &[Selection]) -> Result<Vec<Opened<'_>>, PlanError> {
    let mut opened: Vec<Opened> = Vec::new();
    for choice in selections.iter().flat_map(|selection| &selection.models) {
        if opened.iter().all(|known| known.choice != choice) {
            opened.push(Opened::open(choice)?);
        }
    }
    Ok(opened)
}

/// Refuses sizes for a symbol that no model of `selection` has.
fn check_symbols(selection: &Selection, models: &[&Opened<'_>]) -> Result<(), PlanError> {
    let known: BTreeSet<String> = models
        .iter()
        .flat_map(|model| symbols_of(model.graph()))
        .collect();
    let asked: BTreeSet<&String> = selection.shapes.iter().flat_map(BTreeMap::keys).collect();
    match asked
        .into_iter()
        .find(|symbol| models.len() > 1 && !known.contains(*symbol))
    {
        Some(symbol) => Err(PlanError::UnknownSymbol {
            symbol: symbol.clone(),
            known: match known.is_empty() {
                true => "none".to_owned(),
                false => known.into_iter().collect::<Vec<_>>().join(", "),
            },
        }),
        None => Ok(()),
    }
}

/// The symbols that a caller may give a size: those of the inputs' free dimensions and, of a sum, its terms.
fn symbols_of(graph: &Graph) -> BTreeSet<String> {
    let free = free_dimensions(graph).unwrap_or_default();
    free.iter()
        .flat_map(|free| {
            free.symbol
                .split('+')
                .map(str::trim)
                .chain([free.symbol.as_str()])
        })
        .map(str::to_owned)
        .collect()
}

fn shapes(selection: &Selection) -> Vec<BTreeMap<String, u64>> {
    match selection.shapes.is_empty() {
        true => vec![BTreeMap::new()],
        false => selection.shapes.clone(),
    }
}
