//! Checks of GPUs, from values that whoever talks to the driver hands in.

use tare_results::Finding;

use super::catalogue::{GPU_PROCESSES, GPU_THROTTLING};
use super::judged::Judged;

/// What the driver says of one GPU, or why it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpuState {
    /// Such as `GPU 0 (NVIDIA H200)`.
    pub name: String,
    /// The driver's reasons for not running at full clocks, seen within the window, in lower case with dashes, such as
    /// `hw-thermal-slowdown`.
    pub throttle_reasons: Result<Vec<String>, String>,
    /// Processes on the GPU that are not tare's, each with its identifier.
    pub foreign_processes: Result<Vec<String>, String>,
}

/// Reasons that are no slowing down: there is nothing to do, or a person chose the clocks.
const HARMLESS: &[&str] = &["gpu-idle", "applications-clocks-setting"];

/// Two findings a GPU: whether it was slowed down, and who else uses it.
pub fn gpu_findings(gpus: &[GpuState]) -> Vec<Finding> {
    let both = |gpu: &GpuState| {
        [
            GPU_PROCESSES.finding(processes(gpu)),
            GPU_THROTTLING.finding(throttling(gpu)),
        ]
    };
    gpus.iter().flat_map(both).collect()
}

fn processes(gpu: &GpuState) -> Result<Judged, String> {
    let foreign = gpu
        .foreign_processes
        .as_ref()
        .map_err(|why| named(gpu, why))?;
    let listed = match foreign.is_empty() {
        true => "no other process".to_owned(),
        false => foreign.join(", "),
    };
    let found = named(gpu, &listed);
    Ok(Judged::problem_if(!foreign.is_empty(), found))
}

fn throttling(gpu: &GpuState) -> Result<Judged, String> {
    let reasons = gpu
        .throttle_reasons
        .as_ref()
        .map_err(|why| named(gpu, why))?;
    let slowing: Vec<&str> = reasons
        .iter()
        .map(String::as_str)
        .filter(|reason| !HARMLESS.contains(reason))
        .collect();
    let listed = match slowing.is_empty() {
        true => "not slowed down".to_owned(),
        false => slowing.join(", "),
    };
    Ok(Judged::problem_if(!slowing.is_empty(), named(gpu, &listed)))
}

fn named(gpu: &GpuState, what: &str) -> String {
    format!("{}: {what}", gpu.name)
}

#[cfg(test)]
mod tests {
    use tare_results::Outcome;

    use super::*;

    fn gpu(reasons: &[&str], foreign: &[&str]) -> GpuState {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        GpuState {
            name: "GPU 0".into(),
            throttle_reasons: Ok(owned(reasons)),
            foreign_processes: Ok(owned(foreign)),
        }
    }

    #[test]
    fn a_gpu_at_work_or_at_rest_by_itself_is_fine() {
        let findings = gpu_findings(&[gpu(&["gpu-idle", "applications-clocks-setting"], &[])]);
        let found = |text: &str| Outcome::Fine { found: text.into() };
        assert_eq!(findings[0].outcome, found("GPU 0: no other process"));
        assert_eq!(findings[1].outcome, found("GPU 0: not slowed down"));
        assert!(gpu_findings(&[]).is_empty());
    }

    #[test]
    fn heat_and_strangers_are_problems_by_name() {
        let state = gpu(
            &["gpu-idle", "hw-thermal-slowdown"],
            &["python (71)", "game (9)"],
        );
        let findings = gpu_findings(&[state]);
        let texts: Vec<&str> = findings
            .iter()
            .filter_map(|finding| match &finding.outcome {
                Outcome::Problem { found, .. } => Some(found.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(
            texts,
            ["GPU 0: python (71), game (9)", "GPU 0: hw-thermal-slowdown"]
        );
    }

    #[test]
    fn a_driver_that_does_not_say_is_a_reason() {
        let state = GpuState {
            throttle_reasons: Err("not supported".into()),
            foreign_processes: Err("no permission".into()),
            ..gpu(&[], &[])
        };
        let reasons: Vec<Outcome> = gpu_findings(&[state])
            .into_iter()
            .map(|f| f.outcome)
            .collect();
        let unchecked = |reason: &str| Outcome::Unchecked {
            reason: reason.into(),
        };
        assert_eq!(
            reasons,
            [
                unchecked("GPU 0: no permission"),
                unchecked("GPU 0: not supported")
            ]
        );
    }
}
