//! The plan of a run that goes on, from what its store says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tare_models::Model;
use tare_results::{PlannedCell, Run};
use tare_scenarios::ScenarioSpec;

use super::{Find, ModelChoice, Plan, PlanError, Selection, plan};

/// The plan of a run that goes on: its cells again, from the files they were planned from.
///
/// # Errors
/// Where a model's file is gone or has changed, or an adapter no longer runs here.
pub fn replan(run: &Run, find: Find) -> Result<Plan, PlanError> {
    let mut cells = Vec::new();
    let mut known: BTreeMap<&str, String> = BTreeMap::new();
    for planned in &run.cells {
        let path = planned.model_path.as_str();
        if !known.contains_key(path) {
            known.insert(path, hash_of(path)?);
        }
        if known.get(path) != Some(&planned.model.sha256) {
            return Err(PlanError::Changed {
                path: path.to_owned(),
            });
        }
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

fn hash_of(path: &str) -> Result<String, PlanError> {
    let model = Model::open(Path::new(path)).map_err(|error| PlanError::Model {
        model: path.to_owned(),
        error: Box::new(error),
    })?;
    Ok(model.sha256().to_owned())
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
    })
}
