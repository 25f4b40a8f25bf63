//! From what was asked for to the cells that will be measured, every error found before a worker starts.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use tare_adapter_api::{
    Adapter, AdapterSpec, Device, LoadRequest, OutputSpec, Precision, Readiness,
};
use tare_models::{
    BindError, DataType, Facts, Inputs, Model, ModelError, ResolveError, ShapeRequest, TensorError,
    TensorSpec, bind, free_dimensions, resolve,
};
use tare_results::{Cell, Doubt, ModelFacts, PlannedCell, Run};
use tare_scenarios::{Limits, LimitsError, ScenarioSpec};
use tare_units::Nanoseconds;

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

/// Why nothing can be measured.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A list is empty.
    #[error("no {0} was asked for: name at least one")]
    Nothing(&'static str),
    /// A number that must be positive is not.
    #[error("{option} 0 measures nothing: use 1 or more")]
    Zero {
        /// The option.
        option: &'static str,
    },
    /// The adapter is not known.
    #[error("{0}")]
    UnknownAdapter(String),
    /// The adapter cannot run here.
    #[error("adapter '{adapter}' cannot run here: {reason}; {remedy}")]
    Unavailable {
        /// The adapter as written.
        adapter: String,
        /// Why.
        reason: String,
        /// What mends it.
        remedy: String,
    },
    /// The scenario fixes the batch, and another was asked for.
    #[error(transparent)]
    Scenario(#[from] tare_scenarios::SpecError),
    /// The limits of a repeat do not suit the scenario.
    #[error(transparent)]
    Limits(#[from] LimitsError),
    /// The model cannot be read.
    #[error("{0}")]
    Model(#[from] ModelError),
    /// The shapes do not fit the model.
    #[error("model '{model}': {error}")]
    Bind {
        /// The model.
        model: String,
        /// What is wrong.
        error: BindError,
    },
    /// The model does not fit itself at these shapes.
    #[error("model '{model}' at {shapes}: {error}")]
    Resolve {
        /// The model.
        model: String,
        /// Its inputs.
        shapes: String,
        /// What is wrong.
        error: ResolveError,
    },
    /// A model's file is not what the run was planned with.
    #[error("{path} has changed since the run began: start a new run")]
    Changed {
        /// The file.
        path: String,
    },
    /// A stored cell is not understood.
    #[error("the run's plan is not understood: {0}")]
    Unreadable(String),
    /// The inputs do not fit into memory.
    #[error("model '{model}': {error}")]
    Inputs {
        /// The model.
        model: String,
        /// What is wrong.
        error: TensorError,
    },
    /// A symbol that no model has.
    #[error("no model has a dimension '{symbol}': the free dimensions are {known}")]
    UnknownSymbol {
        /// What was asked for.
        symbol: String,
        /// What there is.
        known: String,
    },
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
            for batch in scenario.batches(&selection.batches)? {
                for shape in shapes(selection) {
                    let shaped = Shaped::new(choice, model, batch, &shape, selection)?;
                    for device in &selection.devices {
                        for threads in &selection.threads {
                            for precision in precisions(selection) {
                                for adapter in &selection.adapters {
                                    let place = Place {
                                        device: *device,
                                        threads: *threads,
                                        precision,
                                    };
                                    let work = shaped.cell(adapter, scenario, place);
                                    if cells
                                        .iter()
                                        .all(|known| known.planned.id != work.planned.id)
                                    {
                                        cells.push(work);
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    Ok(Plan { cells })
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
    let unavailable = |reason: String, remedy: String| PlanError::Unavailable {
        adapter: spec.to_string(),
        reason,
        remedy,
    };
    match (adapter.check(&spec.options), &spec.version) {
        (Readiness::Unavailable { reason, remedy }, _) => Err(unavailable(reason, remedy)),
        (Readiness::Ready(runtime), Some(version)) if runtime.version != *version => {
            Err(unavailable(
                format!("its version is {}, not {version}", runtime.version),
                format!("use {} or {}@{}", spec.name, spec.name, runtime.version),
            ))
        }
        (Readiness::Ready(_), _) => Ok(()),
    }
}

fn open_models(selection: &Selection) -> Result<Vec<(&ModelChoice, Model)>, PlanError> {
    let mut models = Vec::new();
    for choice in &selection.models {
        models.push((choice, Model::open(&choice.path)?));
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

/// The plan of a run that goes on: its cells again, from the files they were planned from.
///
/// # Errors
/// Where a model's file is gone or has changed, or an adapter no longer runs here.
pub fn replan(run: &Run, find: Find) -> Result<Plan, PlanError> {
    let mut cells = Vec::new();
    for planned in &run.cells {
        let again = plan(&selection_of(planned)?, find)?;
        let same = again
            .cells
            .into_iter()
            .find(|work| work.planned.id == planned.id);
        cells.push(same.ok_or_else(|| PlanError::Changed {
            path: planned.model_path.clone(),
        })?);
    }
    Ok(Plan { cells })
}

fn selection_of(planned: &PlannedCell) -> Result<Selection, PlanError> {
    let cell = &planned.cell;
    let unreadable = |error: &dyn std::fmt::Display| PlanError::Unreadable(error.to_string());
    let scenario: ScenarioSpec = cell
        .scenario_spec()
        .parse()
        .map_err(|error| unreadable(&error))?;
    let precision = cell.precision.parse().ok();
    Ok(Selection {
        models: vec![ModelChoice {
            name: cell.model.clone(),
            path: PathBuf::from(&planned.model_path),
            default_symbols: BTreeMap::new(),
        }],
        adapters: vec![
            cell.adapter_spec()
                .parse()
                .map_err(|error| unreadable(&error))?,
        ],
        batches: vec![cell.batch],
        scenarios: vec![scenario],
        shapes: vec![cell.shape.clone()],
        precisions: precision.into_iter().collect(),
        devices: vec![
            cell.device
                .parse()
                .map_err(|error: String| unreadable(&error))?,
        ],
        threads: vec![cell.threads],
        seed: cell.seed,
    })
}

/// A model at one batch and shape, shared by the cells of all adapters.
struct Shaped {
    facts: ModelFacts,
    path: PathBuf,
    specs: Vec<TensorSpec>,
    inputs: Inputs,
    outputs: Vec<OutputSpec>,
    symbols: BTreeMap<String, u64>,
    batch: u64,
    file_precision: String,
    seed: u64,
    doubts: Vec<Doubt>,
}

impl Shaped {
    fn new(
        choice: &ModelChoice,
        model: &Model,
        batch: u64,
        shape: &BTreeMap<String, u64>,
        selection: &Selection,
    ) -> Result<Self, PlanError> {
        let mut symbols = choice.default_symbols.clone();
        symbols.extend(
            shape
                .iter()
                .map(|(symbol, size)| (symbol.clone(), *size as usize)),
        );
        if selection.models.len() > 1 {
            let own = symbols_of(model);
            symbols.retain(|symbol, _| own.contains(symbol));
        }
        let request = ShapeRequest {
            batch: Some(batch as usize),
            symbols: symbols.clone(),
        };
        let specs = bind(model.graph(), &request).map_err(|error| PlanError::Bind {
            model: choice.name.clone(),
            error,
        })?;
        let resolved = resolve(model.graph(), &specs).map_err(|error| PlanError::Resolve {
            model: choice.name.clone(),
            shapes: listed(&specs),
            error,
        })?;
        let facts = Facts::of(&resolved);
        let types = |value| resolved.types.get(&value).cloned();
        let inputs =
            Inputs::new(model.graph(), &specs, &types, selection.seed).map_err(|error| {
                PlanError::Inputs {
                    model: choice.name.clone(),
                    error,
                }
            })?;
        Ok(Self {
            doubts: doubts(&facts, &inputs),
            facts: model_facts(choice, model, &facts),
            path: choice.path.clone(),
            specs,
            inputs,
            outputs: outputs_of(model),
            symbols: symbols
                .into_iter()
                .map(|(symbol, size)| (symbol, size as u64))
                .collect(),
            batch,
            file_precision: file_precision(model),
            seed: selection.seed,
        })
    }

    fn cell(&self, adapter: &AdapterSpec, scenario: &ScenarioSpec, place: Place) -> Work {
        let Place {
            device,
            threads,
            precision,
        } = place;
        let precision = precision.filter(|precision| precision.to_string() != self.file_precision);
        let cell = Cell {
            model: self.facts.name.clone(),
            adapter: match &adapter.version {
                Some(version) => format!("{}@{version}", adapter.name),
                None => adapter.name.clone(),
            },
            adapter_options: adapter.options.clone(),
            scenario: scenario.name().to_owned(),
            scenario_options: scenario.options(),
            batch: self.batch,
            shape: self.symbols.clone(),
            precision: precision.map_or_else(
                || self.file_precision.clone(),
                |precision| precision.to_string(),
            ),
            device: device.to_string(),
            threads,
            seed: self.seed,
        };
        Work {
            planned: PlannedCell {
                id: cell.id(&self.facts.sha256),
                cell,
                model: self.facts.clone(),
                model_path: self.path.display().to_string(),
            },
            adapter: adapter.name.clone(),
            load: LoadRequest {
                model: self.path.clone(),
                inputs: self.specs.clone(),
                outputs: self.outputs.clone(),
                options: adapter.options.clone(),
                threads: NonZeroUsize::new(threads as usize).unwrap_or(NonZeroUsize::MIN),
                device,
                precision,
            },
            inputs: self.inputs.clone(),
            scenario: scenario.clone(),
            doubts: self.doubts.clone(),
        }
    }
}

/// Where and in which arithmetic a cell runs.
#[derive(Clone, Copy)]
struct Place {
    device: Device,
    threads: u64,
    precision: Option<Precision>,
}

fn precisions(selection: &Selection) -> Vec<Option<Precision>> {
    match selection.precisions.is_empty() {
        true => vec![None],
        false => selection.precisions.iter().copied().map(Some).collect(),
    }
}

/// The precision of most of the file's floating-point constants, else of its inputs, else `fp32`.
fn file_precision(model: &Model) -> String {
    let mut bytes: BTreeMap<DataType, usize> = BTreeMap::new();
    for constant in model.graph().constants.values() {
        *bytes.entry(constant.dtype()).or_default() += constant.bytes().len();
    }
    for input in &model.graph().inputs {
        bytes.entry(input.dtype).or_default();
    }
    let most = bytes
        .into_iter()
        .filter(|(dtype, _)| dtype.is_float())
        .max_by_key(|(_, bytes)| *bytes);
    match most.map(|(dtype, _)| dtype) {
        Some(DataType::F16) => "fp16".to_owned(),
        Some(DataType::F64) => "fp64".to_owned(),
        None | Some(DataType::F32) => "fp32".to_owned(),
        Some(other) => other.to_string(),
    }
}

fn outputs_of(model: &Model) -> Vec<OutputSpec> {
    let outputs = model.graph().outputs.iter();
    outputs
        .map(|output| OutputSpec {
            name: output.name.clone(),
            dtype: output.dtype,
        })
        .collect()
}

fn listed(specs: &[TensorSpec]) -> String {
    let inputs: Vec<String> = specs
        .iter()
        .map(|spec| format!("{}{:?}", spec.name, spec.shape))
        .collect();
    inputs.join(", ")
}

fn doubts(facts: &Facts, inputs: &Inputs) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let operators: BTreeSet<String> = facts
        .unknown_cost
        .iter()
        .map(|unknown| unknown.op_type.clone())
        .collect();
    if !operators.is_empty() {
        doubts.push(Doubt::UnknownCost {
            operators: operators.into_iter().collect(),
        });
    }
    let guessed: Vec<String> = inputs
        .describe()
        .iter()
        .filter(|plan| plan.guessed)
        .map(|plan| plan.spec.name.clone())
        .collect();
    if !guessed.is_empty() {
        doubts.push(Doubt::GuessedInputs { inputs: guessed });
    }
    doubts
}

fn model_facts(choice: &ModelChoice, model: &Model, facts: &Facts) -> ModelFacts {
    ModelFacts {
        name: choice.name.clone(),
        sha256: model.sha256().to_owned(),
        format: model.format().to_owned(),
        opset: Some(model.opset()),
        parameters: Some(facts.parameters),
        operators: Some(facts.operators as u64),
        flops: Some(facts.flops),
        macs_paper: Some(facts.macs_paper),
        bytes_min: Some(facts.bytes_min),
        bytes_unfused: Some(facts.bytes_unfused),
        input_bytes: Some(facts.input_bytes),
        output_bytes: Some(facts.output_bytes),
        peak_activation_bytes: Some(facts.peak_activation_bytes),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn planned(adapter: &str, batch: u64) -> PlannedCell {
        let cell = Cell {
            model: "mlp".into(),
            adapter: adapter.into(),
            adapter_options: BTreeMap::new(),
            scenario: "single-stream".into(),
            scenario_options: BTreeMap::new(),
            batch,
            shape: BTreeMap::new(),
            precision: "fp32".into(),
            device: "cpu".into(),
            threads: 1,
            seed: 0,
        };
        PlannedCell {
            id: cell.id("hash"),
            cell,
            model: ModelFacts {
                name: "mlp".into(),
                sha256: "hash".into(),
                format: "onnx".into(),
                opset: Some(17),
                parameters: None,
                operators: None,
                flops: None,
                macs_paper: None,
                bytes_min: None,
                bytes_unfused: None,
                input_bytes: None,
                output_bytes: None,
                peak_activation_bytes: None,
            },
            model_path: "mlp.onnx".into(),
        }
    }
}
