//! Scenarios that can be written, and that no worker runs.

use tare_scenarios::ScenarioSpec;

use super::PlanError;

/// Refuses scenarios whose requests nothing here issues as they say.
///
/// # Errors
/// The first of them.
pub fn check(scenarios: &[ScenarioSpec]) -> Result<(), PlanError> {
    for scenario in scenarios {
        if let Some((problem, instead)) = problem(scenario) {
            return Err(PlanError::Unmeasured {
                scenario: scenario.to_string(),
                problem,
                instead,
            });
        }
    }
    Ok(())
}

fn problem(scenario: &ScenarioSpec) -> Option<(&'static str, &'static str)> {
    if let Some(serving) = scenario.serving() {
        if serving.search {
            let searches = "searches the highest rate, which no worker does yet";
            return Some((searches, "a rate in requests a second"));
        }
        if serving.max_batch > 1 {
            let batches = "puts requests together, of which no adapter takes several yet";
            return Some((batches, "max_batch=1"));
        }
        if scenario.decision().is_some() {
            let goes_on = "goes on until a percentile is decided, which no worker does under load";
            return Some((goes_on, "a duration"));
        }
    }
    if scenario.batch_sizes(Default::default()).is_some() {
        return Some((
            "draws its batches, of which no adapter takes several yet",
            "fixed-batch",
        ));
    }
    None
}
