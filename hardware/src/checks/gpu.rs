//! Checks of GPUs: who else uses them, and what slows them down.

mod place;
mod watch;

use std::collections::BTreeMap;

use tare_results::Finding;

use super::catalogue::{GPU_PROCESSES, GPU_THROTTLING};
use super::judged::Judged;

pub use place::{ORDER, gpu_of, is_gpu, visible_gpus};
pub use watch::GpuWatch;
pub(crate) use watch::gpu_at;

/// What the driver says of one GPU, or why it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpuState {
    /// Such as `GPU 0 (NVIDIA H200)`.
    pub name: String,
    /// What slowed it down within a window.
    pub slowed: Result<Slowed, String>,
    /// Processes on the GPU that are not tare's.
    pub foreign_processes: Result<Vec<String>, String>,
}

/// What slowed a GPU down, look by look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slowed {
    /// How often it was looked at.
    pub looks: u64,
    /// In how many of the looks each reason was there, by the driver's name in lower case with dashes, such as
    /// `hw-thermal-slowdown`; idleness and clocks that a person chose are none.
    pub reasons: BTreeMap<String, u64>,
}

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

/// Whether a finding is about one GPU, and so says nothing of what ran elsewhere.
pub fn is_of_gpu(finding: &Finding) -> bool {
    [GPU_PROCESSES.name, GPU_THROTTLING.name].contains(&finding.check.as_str())
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
    let slowed = gpu.slowed.as_ref().map_err(|why| named(gpu, why))?;
    let seen = slowed.reasons.iter().map(|(reason, looks)| match looks {
        looks if *looks == slowed.looks => reason.clone(),
        looks => format!("{reason} in {looks} of {} looks", slowed.looks),
    });
    let listed = match slowed.reasons.is_empty() {
        true => "not slowed down".to_owned(),
        false => seen.collect::<Vec<_>>().join(", "),
    };
    let is_problem = !slowed.reasons.is_empty();
    Ok(Judged::problem_if(is_problem, named(gpu, &listed)))
}

fn named(gpu: &GpuState, what: &str) -> String {
    format!("{}: {what}", gpu.name)
}

#[cfg(test)]
mod tests {
    use tare_results::Outcome;

    use super::*;
    use crate::checks::catalogue::STEAL;

    fn gpu(reasons: &[(&str, u64)], foreign: &[&str]) -> GpuState {
        let reasons = reasons.iter().map(|(name, looks)| ((*name).into(), *looks));
        GpuState {
            name: "GPU 0".into(),
            slowed: Ok(Slowed {
                looks: 10,
                reasons: reasons.collect(),
            }),
            foreign_processes: Ok(foreign.iter().map(|text| (*text).to_owned()).collect()),
        }
    }

    #[test]
    fn a_gpu_that_nobody_disturbs_is_fine() {
        let findings = gpu_findings(&[gpu(&[], &[])]);
        let found = |text: &str| Outcome::Fine { found: text.into() };
        assert_eq!(findings[0].outcome, found("GPU 0: no other process"));
        assert_eq!(findings[1].outcome, found("GPU 0: not slowed down"));
        assert!(gpu_findings(&[]).is_empty());
    }

    #[test]
    fn heat_and_strangers_are_problems_by_name() {
        let slowed = [("hw-thermal-slowdown", 3), ("sw-power-cap", 10)];
        let state = gpu(&slowed, &["process 71", "process 9"]);
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
            [
                "GPU 0: process 71, process 9",
                "GPU 0: hw-thermal-slowdown in 3 of 10 looks, sw-power-cap"
            ]
        );
    }

    #[test]
    fn a_driver_that_does_not_say_is_a_reason() {
        let state = GpuState {
            slowed: Err("not supported".into()),
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

    #[test]
    fn findings_of_gpus_are_told_from_those_of_the_rest_of_the_machine() {
        assert!(gpu_findings(&[gpu(&[], &[])]).iter().all(is_of_gpu));
        assert!(!is_of_gpu(&STEAL.finding(Err("not told"))));
    }
}
