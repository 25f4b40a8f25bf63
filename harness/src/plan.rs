//! From what was asked for to the cells that will be measured, every error found before a worker starts.

mod again;
mod error;
mod shaped;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use tare_adapter_api::{Adapter, AdapterSpec, Device, LoadRequest, Precision, Readiness};
use tare_models::{Inputs, Model, free_dimensions};
use tare_results::{Doubt, PlannedCell};
use tare_scenarios::{Limits, ScenarioSpec};
use tare_units::Nanoseconds;

pub use again::replan;
pub use error::PlanError;
use shaped::{Place, Shaped};

/// A model file under the name it was asked for by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelChoice {
    /// A zoo name, or the file's name.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Sizes for symbols that were not asked for.
    pub default_symbols: BTreeMap<String, usize>,
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
}

/// A cell and what its workers need.
#[derive(Debug, Clone)]
pub struct Work {
    /// As it stands in the run.
    pub planned: PlannedCell,
    /// The adapter's name in the registry.
    pub adapter: String,
    /// What the adapter loads, and how.
    pub load: LoadRequest,
    /// What requests are fed.
    pub inputs: Inputs,
    /// The scenario with its options.
    pub scenario: ScenarioSpec,
    /// Environment variables that the worker starts with.
    pub environment: Vec<(&'static str, String)>,
    /// Known before anything is measured.
    pub doubts: Vec<Doubt>,
}

/// The cells of a run, each of them once.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// In the order of the table.
    pub cells: Vec<Work>,
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

/// How the plan finds an adapter, or says which there are.
pub type Find<'a> = &'a dyn Fn(&str) -> Result<&'static dyn Adapter, String>;

/// Expands `selection` into cells.
///
/// # Errors
/// The first thing that is wrong with what was asked for.
pub fn plan(selection: &Selection, find: Find) -> Result<Plan, PlanError> {
    check_counts(selection)?;
    for adapter in &selection.adapters {
        check_adapter(adapter, find)?;
    }
    let models = open_models(selection)?;
    let mut cells: Vec<Work> = Vec::new();
    for (choice, model) in &models {
        for scenario in &selection.scenarios {
            for batch in batches(selection, scenario)? {
                for shape in shapes(selection) {
                    let shaped = Shaped::new(choice, model, batch, &shape, selection)?;
                    for (place, adapter) in places(selection) {
                        keep_new(&mut cells, shaped.cell(find, adapter, scenario, place)?);
                    }
                }
            }
        }
    }
    Ok(Plan { cells })
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

fn check_adapter(spec: &AdapterSpec, find: Find) -> Result<(), PlanError> {
    let adapter = find(&spec.name).map_err(PlanError::UnknownAdapter)?;
    if let Readiness::Unavailable { reason, remedy } =
        adapter.check(spec.version.as_deref(), &spec.options)
    {
        return Err(PlanError::Unavailable {
            adapter: spec.to_string(),
            reason,
            remedy,
        });
    }
    Ok(())
}

fn open_models(selection: &Selection) -> Result<Vec<(&ModelChoice, Model)>, PlanError> {
    let mut models = Vec::new();
    for choice in &selection.models {
        let model = Model::open(&choice.path).map_err(|error| PlanError::Model {
            model: choice.path.display().to_string(),
            error: Box::new(error),
        })?;
        models.push((choice, model));
    }
    let known: BTreeSet<String> = models
        .iter()
        .flat_map(|(_, model)| symbols_of(model))
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
        None => Ok(models),
    }
}

/// The symbols that a caller may give a size: those of the inputs' free dimensions and, of a sum, its terms.
fn symbols_of(model: &Model) -> BTreeSet<String> {
    let free = free_dimensions(model.graph()).unwrap_or_default();
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
