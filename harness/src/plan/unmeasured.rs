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
    let goes_on = scenario.serving().is_some() && scenario.decision().is_some();
    goes_on.then_some((
        "goes on until a percentile is decided, which no worker does under load",
        "a duration",
    ))
}
