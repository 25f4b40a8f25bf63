//! What the run of one side is asked for, as the command line would say it.

use tare_gate::{Metric, Requests};
use tare_harness::plan::ReferenceChoice;
use tare_scenarios::ScenarioSpec;

use super::asked::{Asked, SideAsked};
use super::prepared::TIMED;
use crate::arguments::{EnergyBound, Reference, RunOptions};
use crate::exit::Failed;

/// The run of one side.
///
/// # Errors
/// Where no model is named, or its scenario does not give the metric.
pub fn options(asked: &Asked, side: &SideAsked) -> Result<RunOptions, Failed> {
    if side.cell.model.is_none() {
        return Err(Failed::told(
            "no model is named: give --model NAME|FILE, or model=NAME|FILE of each side",
        ));
    }
    let mut cell = side.cell.clone();
    if cell.adapter.is_none() {
        let default = tare_adapter_registry::ADAPTERS[0].name;
        cell.adapter = Some(default.parse().map_err(Failed::input)?);
    }
    let requests = asked.metric.requests();
    if let Some(requests) = requests {
        has_latencies(asked.metric, cell.scenario.as_ref())?;
        cell.scenario = Some(with_fewest(cell.scenario, requests)?);
    }
    Ok(RunOptions {
        seed: Some(asked.seed),
        duration: Some(requests.map_or(TIMED, |_| Requests::LONG)),
        deadline: Some(asked.deadline_of_worker()),
        memory_limit: asked.memory_limit,
        reference: Some(Reference(ReferenceChoice::None)),
        energy_bound: match asked.metric {
            Metric::Energy => EnergyBound::default(),
            _ => EnergyBound(None),
        },
        ..cell.run_options()
    })
}

/// Refuses a latency of a scenario whose requests have none.
fn has_latencies(metric: Metric, scenario: Option<&ScenarioSpec>) -> Result<(), Failed> {
    let missing = scenario.and_then(ScenarioSpec::latency_missing);
    match missing.filter(|_| metric != Metric::Throughput) {
        Some(why) => Err(Failed::told(format!(
            "there is no {metric} to compare: {why}; give --metric throughput"
        ))),
        None => Ok(()),
    }
}

/// `scenario` with as many requests as a figure is made of at the least, where that can be said of it.
fn with_fewest(scenario: Option<ScenarioSpec>, requests: Requests) -> Result<ScenarioSpec, Failed> {
    let scenario = match scenario {
        Some(scenario) => scenario,
        None => "single-stream".parse().map_err(Failed::input)?,
    };
    if scenario.options().contains_key("min") {
        return Ok(scenario);
    }
    let separator = if scenario.options().is_empty() {
        ':'
    } else {
        ','
    };
    let text = format!("{scenario}{separator}min={}", requests.fewest);
    Ok(text.parse().unwrap_or(scenario))
}
