//! The plan of a run that goes on, from what its store says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tare_models::InputSpec;
use tare_results::{PlannedCell, Run};
use tare_scenarios::ScenarioSpec;

use super::memory::Memory;
use super::settle::{Refusing, refer, settle};
use super::{ModelChoice, Plan, PlanError, ReferenceChoice, Selection, Work, cells};
use crate::desk::Desk;

/// The plan of a run that goes on: its cells again, from the files they were planned from.
///
/// # Errors
/// Where a model's file is gone or has changed, or an adapter no longer runs here.
pub fn replan(run: &Run, desk: &dyn Desk) -> Result<Plan, PlanError> {
    let desk = Memory::of(desk);
    let selections = run.cells.iter().map(selection_of);
    let selections = selections.collect::<Result<Vec<Selection>, PlanError>>()?;
    let found = cells(&selections.iter().collect::<Vec<_>>(), &desk)?;
    let mut again: Vec<Work> = Vec::new();
    for planned in &run.cells {
        let same = found.iter().find(|work| work.planned.id == planned.id);
        again.push(same.cloned().ok_or_else(|| changed(planned, &found))?);
    }
    let (settled, left_out) = settle(again, Refusing::Ends, &desk)?;
    Ok(Plan {
        left_out,
        ..refer(settled, &reference_of(run)?, &desk)?
    })
}

/// The model's file has changed, or else the arrivals that the scenario replays.
fn changed(planned: &PlannedCell, found: &[Work]) -> PlanError {
    let has_model = |work: &&Work| {
        work.planned.cell == planned.cell && work.planned.model.sha256 == planned.model.sha256
    };
    let scenario = found.iter().find(has_model).map(|work| &work.scenario);
    let trace = scenario.and_then(|scenario| scenario.trace_path());
    PlanError::Changed {
        path: match trace {
            Some(trace) => trace.display().to_string(),
            None => planned.model_path.clone(),
        },
    }
}

fn reference_of(run: &Run) -> Result<ReferenceChoice, PlanError> {
    match run.reference.as_deref() {
        None => Ok(ReferenceChoice::Default),
        Some("none") => Ok(ReferenceChoice::None),
        Some(spec) => {
            let spec = spec.parse().map_err(|error| unreadable(&error))?;
            Ok(ReferenceChoice::Named(spec))
        }
    }
}

fn unreadable(error: &dyn std::fmt::Display) -> PlanError {
    PlanError::Unreadable(error.to_string())
}

fn selection_of(planned: &PlannedCell) -> Result<Selection, PlanError> {
    let cell = &planned.cell;
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
            inputs: inputs_of(planned)?,
            zoo: None,
        }],
        adapters: vec![
            cell.adapter_spec()
                .parse()
                .map_err(|error| unreadable(&error))?,
        ],
        // A batch of 1 may be one that nothing fixed: a model of fixed size has none to ask for.
        batches: Some(cell.batch)
            .filter(|batch| *batch != 1)
            .into_iter()
            .collect(),
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
        reference: ReferenceChoice::Default,
    })
}

fn inputs_of(planned: &PlannedCell) -> Result<Vec<InputSpec>, PlanError> {
    let inputs = planned.inputs.iter();
    inputs
        .map(|input| input.parse().map_err(|error| unreadable(&error)))
        .collect()
}
