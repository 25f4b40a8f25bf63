//! A model at one batch and shape: its facts and inputs, which the cells of all adapters share.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use tare_adapter_api::{AdapterSpec, Device, LoadRequest, OutputSpec, Precision};
use tare_models::{DataType, Facts, Inputs, Model, ShapeRequest, TensorSpec, bind, resolve};
use tare_results::{Cell, Doubt, ModelFacts, PlannedCell};
use tare_scenarios::ScenarioSpec;

use super::{Find, ModelChoice, PlanError, Selection, Work, symbols_of};

/// A model at one batch and shape, shared by the cells of all adapters.
pub struct Shaped {
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
    /// Resolves `model` at these sizes.
    pub fn new(
        choice: &ModelChoice,
        model: &Model,
        batch: Option<u64>,
        shape: &BTreeMap<String, u64>,
        selection: &Selection,
    ) -> Result<Self, PlanError> {
        let symbols = symbols(choice, model, shape, selection);
        let name = || choice.name.clone();
        let request = ShapeRequest {
            batch: batch.map(|batch| batch as usize),
            symbols: symbols.clone(),
        };
        let specs = bind(model.graph(), &request).map_err(|error| PlanError::Bind {
            model: name(),
            error: Box::new(error),
        })?;
        let resolved = resolve(model.graph(), &specs).map_err(|error| PlanError::Resolve {
            model: name(),
            shapes: listed(&specs),
            error: Box::new(error),
        })?;
        let types = |value| resolved.types.get(&value).cloned();
        let inputs = Inputs::new(model.graph(), &specs, &types, selection.seed);
        let inputs = inputs.map_err(|error| PlanError::Inputs {
            model: name(),
            error: Box::new(error),
        })?;
        let facts = Facts::of(&resolved);
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
            batch: batch.unwrap_or(1),
            file_precision: file_precision(model),
            seed: selection.seed,
        })
    }

    /// The cell of one adapter, scenario and place.
    pub fn cell(
        &self,
        find: Find,
        adapter: &AdapterSpec,
        scenario: &ScenarioSpec,
        place: Place,
    ) -> Result<Work, PlanError> {
        let found = find(&adapter.name).map_err(PlanError::UnknownAdapter)?;
        let cell = self.described(adapter, scenario, place);
        let threads = NonZeroUsize::new(place.threads as usize).unwrap_or(NonZeroUsize::MIN);
        let load = LoadRequest {
            version: adapter.version.clone(),
            options: adapter.options.clone(),
            threads,
            device: place.device,
            precision: self.other_than_the_files(place),
            ..LoadRequest::new(self.path.clone(), self.specs.clone(), self.outputs.clone())
        };
        found.accepts(&load).map_err(Box::new)?;
        Ok(Work {
            planned: PlannedCell {
                id: cell.id(&self.facts.sha256),
                cell,
                model: self.facts.clone(),
                model_path: self.path.display().to_string(),
            },
            adapter: adapter.name.clone(),
            load,
            inputs: self.inputs.clone(),
            scenario: scenario.clone(),
            environment: found.environment(threads),
            doubts: self.doubts.clone(),
        })
    }

    fn described(&self, adapter: &AdapterSpec, scenario: &ScenarioSpec, place: Place) -> Cell {
        let precision = self.other_than_the_files(place);
        Cell {
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
            device: place.device.to_string(),
            threads: place.threads,
            seed: self.seed,
        }
    }

    fn other_than_the_files(&self, place: Place) -> Option<Precision> {
        place
            .precision
            .filter(|precision| precision.to_string() != self.file_precision)
    }
}

/// Where and in which arithmetic a cell runs.
#[derive(Clone, Copy)]
pub struct Place {
    /// The device.
    pub device: Device,
    /// Threads that may execute operators.
    pub threads: u64,
    /// The arithmetic asked for; `None` keeps the file's.
    pub precision: Option<Precision>,
}

/// The sizes asked for over the defaults; of several models each takes those it has.
fn symbols(
    choice: &ModelChoice,
    model: &Model,
    shape: &BTreeMap<String, u64>,
    selection: &Selection,
) -> BTreeMap<String, usize> {
    let mut symbols = choice.default_symbols.clone();
    let asked = shape.iter();
    symbols.extend(asked.map(|(symbol, size)| (symbol.clone(), *size as usize)));
    if selection.models.len() > 1 {
        let own = symbols_of(model);
        symbols.retain(|symbol, _| own.contains(symbol));
    }
    symbols
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
