//! A model at one batch and shape: its facts and inputs, which the cells of all adapters share.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use tare_adapter_api::{AdapterSpec, Device, LoadRequest, ModelFormat, OutputSpec, Precision};
use tare_models::zoo;
use tare_models::{Facts, Inputs, ShapeRequest, TensorSpec, Types, bind, resolve};
use tare_results::{Cell, Doubt, Missing, ModelFacts, PlannedCell};
use tare_scenarios::ScenarioSpec;

use super::opened::Opened;
use super::{PlanError, Selection, Work, ZooFile, symbols_of, versioned};
use crate::profile::Arithmetic;
use crate::supervise::WorkerProgram;

/// The option of a scenario that names the arrivals it replays.
const TRACE: &str = "trace";

/// A model at one batch and shape, shared by the cells of all adapters.
pub struct Shaped {
    facts: ModelFacts,
    missing: Missing,
    path: PathBuf,
    format: ModelFormat,
    specs: Vec<TensorSpec>,
    inputs: Inputs,
    outputs: Vec<OutputSpec>,
    written_inputs: Vec<String>,
    symbols: BTreeMap<String, u64>,
    batch: u64,
    file_precision: String,
    seed: u64,
    doubts: Vec<Doubt>,
    arithmetic: Arc<Arithmetic>,
    /// The path and the inputs of what adapters are asked about.
    asked: (PathBuf, Vec<TensorSpec>),
}

impl Shaped {
    /// Resolves `model` at these sizes.
    pub fn new(
        model: &Opened,
        batch: Option<u64>,
        shape: &BTreeMap<String, u64>,
        selection: &Selection,
    ) -> Result<Self, PlanError> {
        let symbols = symbols(model, shape, selection);
        let request = ShapeRequest {
            batch: batch.map(|batch| batch as usize),
            symbols: symbols.clone(),
        };
        let specs = bind(model.graph(), &request).map_err(|error| PlanError::Bind {
            model: model.choice.name.clone(),
            error: Box::new(error),
        })?;
        let Known {
            facts,
            inputs,
            doubts,
            arithmetic,
        } = known(model, &specs, selection.seed)?;
        Ok(Self {
            doubts,
            asked: match &model.choice.zoo {
                Some(known) => (known.twin.clone(), twin_inputs(known, &request, &specs)),
                None => (model.choice.path.clone(), specs.clone()),
            },
            arithmetic: Arc::new(arithmetic),
            facts,
            missing: model.missing(),
            path: model.choice.path.clone(),
            format: model.format(),
            specs,
            inputs,
            outputs: model.outputs(),
            written_inputs: model
                .choice
                .inputs
                .iter()
                .map(ToString::to_string)
                .collect(),
            symbols: symbols
                .into_iter()
                .map(|(symbol, size)| (symbol, size as u64))
                .collect(),
            batch: batch.unwrap_or(1),
            file_precision: model.precision(),
            seed: selection.seed,
        })
    }

    /// The cell of one adapter, scenario (with the SHA-256 of what it replays) and place.
    pub fn cell(
        &self,
        adapter: &AdapterSpec,
        (scenario, trace_sha256): (&ScenarioSpec, Option<&str>),
        place: Place,
    ) -> Work {
        let cell = self.described(adapter, scenario, place);
        let load = LoadRequest {
            format: self.format,
            version: adapter.version.clone(),
            options: adapter.options.clone(),
            threads: NonZeroUsize::new(place.threads as usize).unwrap_or(NonZeroUsize::MIN),
            device: place.device,
            precision: self.other_than_the_files(place),
            ..LoadRequest::new(self.path.clone(), self.specs.clone(), self.outputs.clone())
        };
        let (path, inputs) = self.asked.clone();
        let question = LoadRequest {
            model: path,
            inputs,
            ..load.clone()
        };
        Work {
            question,
            selections: Vec::new(),
            planned: PlannedCell {
                id: with_trace(&cell, trace_sha256).id(&self.facts.sha256),
                cell,
                model: self.facts.clone(),
                model_path: self.path.display().to_string(),
                inputs: self.written_inputs.clone(),
            },
            spec: adapter.clone(),
            program: WorkerProgram::default(),
            computes: false,
            load,
            inputs: self.inputs.clone(),
            scenario: scenario.clone(),
            trace_sha256: trace_sha256.map(str::to_owned),
            environment: Vec::new(),
            file_precision: self.file_precision.clone(),
            reference: Err("not looked for".to_owned()),
            doubts: self.doubts.clone(),
            missing: self.missing.clone(),
            arithmetic: self.arithmetic.clone(),
        }
    }

    fn described(&self, adapter: &AdapterSpec, scenario: &ScenarioSpec, place: Place) -> Cell {
        let precision = self.other_than_the_files(place);
        Cell {
            model: self.facts.name.clone(),
            adapter: versioned(adapter),
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

/// `cell` with its trace by content and not by name, as its model is.
fn with_trace(cell: &Cell, trace_sha256: Option<&str>) -> Cell {
    let mut cell = cell.clone();
    if let Some(sha256) = trace_sha256 {
        let options = &mut cell.scenario_options;
        options.insert(TRACE.to_owned(), sha256.to_owned());
    }
    cell
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
    model: &Opened,
    shape: &BTreeMap<String, u64>,
    selection: &Selection,
) -> BTreeMap<String, usize> {
    let mut symbols = model.choice.default_symbols.clone();
    let asked = shape.iter();
    symbols.extend(asked.map(|(symbol, size)| (symbol.clone(), *size as usize)));
    if selection.models.len() > 1 {
        let own = symbols_of(model.graph());
        symbols.retain(|symbol, _| own.contains(symbol));
    }
    symbols
}

/// The inputs of the hollow twin, whose sizes are smaller than the file's but for the batch.
fn twin_inputs(known: &ZooFile, request: &ShapeRequest, specs: &[TensorSpec]) -> Vec<TensorSpec> {
    let bound = || {
        let architecture = zoo::find(&known.name).ok()?;
        let twin = architecture.twin();
        let symbols = architecture.symbols(twin).into_iter();
        let request = ShapeRequest {
            batch: request.batch,
            symbols: symbols
                .filter(|(symbol, _)| *symbol != "batch")
                .map(|(symbol, size)| (symbol.to_owned(), size))
                .collect(),
        };
        bind(&architecture.sketch_of(twin).ok()?, &request).ok()
    };
    bound().unwrap_or_else(|| specs.to_vec())
}

/// What is known of a model at concrete shapes.
struct Known {
    facts: ModelFacts,
    inputs: Inputs,
    doubts: Vec<Doubt>,
    arithmetic: Arithmetic,
}

fn known(model: &Opened, specs: &[TensorSpec], seed: u64) -> Result<Known, PlanError> {
    let name = || model.choice.name.clone();
    let graph = model.graph();
    let plan = |types: &Types| {
        Inputs::new(graph, specs, types, seed).map_err(|error| PlanError::Inputs {
            model: name(),
            error: Box::new(error),
        })
    };
    if model.format() != ModelFormat::Onnx {
        let inputs = plan(&|_| None)?;
        let facts = ModelFacts {
            input_bytes: Some(inputs.byte_len()),
            ..model.facts()
        };
        return Ok(Known {
            doubts: guessed(&inputs).into_iter().collect(),
            facts,
            inputs,
            arithmetic: Arithmetic::default(),
        });
    }
    let resolved = resolve(graph, specs).map_err(|error| PlanError::Resolve {
        model: name(),
        shapes: listed(specs),
        error: Box::new(error),
    })?;
    let inputs = plan(&|value| resolved.types.get(&value).cloned())?;
    let facts = Facts::of(&resolved);
    Ok(Known {
        doubts: uncounted(&facts)
            .into_iter()
            .chain(guessed(&inputs))
            .collect(),
        arithmetic: Arithmetic::of(&facts),
        facts: with_graph(model.facts(), &facts),
        inputs,
    })
}

fn listed(specs: &[TensorSpec]) -> String {
    let inputs: Vec<String> = specs
        .iter()
        .map(|spec| format!("{}{:?}", spec.name, spec.shape))
        .collect();
    inputs.join(", ")
}

fn uncounted(facts: &Facts) -> Option<Doubt> {
    let unknown = facts.unknown_cost.iter();
    let operators: BTreeSet<String> = unknown.map(|unknown| unknown.op_type.clone()).collect();
    (!operators.is_empty()).then(|| Doubt::UnknownCost {
        operators: operators.into_iter().collect(),
    })
}

fn guessed(inputs: &Inputs) -> Option<Doubt> {
    let guessed = inputs.describe().iter().filter(|plan| plan.guessed);
    let inputs: Vec<String> = guessed.map(|plan| plan.spec.name.clone()).collect();
    (!inputs.is_empty()).then_some(Doubt::GuessedInputs { inputs })
}

fn with_graph(facts: ModelFacts, graph: &Facts) -> ModelFacts {
    ModelFacts {
        parameters: Some(graph.parameters),
        operators: Some(graph.operators as u64),
        flops: Some(graph.flops),
        macs_paper: Some(graph.macs_paper),
        bytes_min: Some(graph.bytes_min),
        bytes_unfused: Some(graph.bytes_unfused),
        input_bytes: Some(graph.input_bytes),
        output_bytes: Some(graph.output_bytes),
        peak_activation_bytes: Some(graph.peak_activation_bytes),
        ..facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::planned;

    #[test]
    fn a_trace_is_known_by_its_content_and_not_by_its_name() {
        let replaying = |name: &str| {
            let mut cell = planned("fake", 1).cell;
            let options = &mut cell.scenario_options;
            options.insert(TRACE.to_owned(), name.to_owned());
            cell
        };
        let id = |name, sha256| with_trace(&replaying(name), Some(sha256)).id("model");
        assert_eq!(id("a.txt", "12"), id("copy.txt", "12"));
        assert_ne!(id("a.txt", "12"), id("a.txt", "13"));
        let plain = planned("fake", 1).cell;
        assert_eq!(with_trace(&plain, None), plain);
    }
}
