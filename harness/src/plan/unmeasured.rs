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
    if scenario.serving().is_some() {
        return Some((
            "serves requests under load, which no worker does yet",
            "single-stream",
        ));
    }
    let goes_on = "goes on until a percentile is decided, which no worker does yet";
    scenario.decision().map(|_| (goes_on, "a duration"))
}
