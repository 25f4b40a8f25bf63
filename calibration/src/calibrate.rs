//! Measuring everything, or what one run needs and lacks.

use tare_clock::Clock;
use tare_results::{Cache, Peaks, PeaksDoubt};
use tare_units::{Bytes, Nanoseconds};

use crate::plan::{self, Scope, Task};
use crate::rounds::{self, Limits, Progress, Step};
use crate::{Precision, Target, assemble, levels, timing};

/// The version of the way of measuring; it changes whenever figures would.
pub const METHOD: u64 = 2;

/// How this program was built.
///
/// Kernels on registers reach the same in a debug build, but a library's matrix products take 2.6 times as long there, and
/// the triad in the first cache 1.5 times: one build's figures do not serve the other.
pub const BUILD: &str = match cfg!(debug_assertions) {
    true => "debug",
    false => "release",
};

/// What to measure, and for how long at the most.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The machine.
    pub target: Target,
    /// Precisions.
    pub precisions: Vec<Precision>,
    /// Numbers of threads.
    pub threads: Vec<u64>,
    /// Repeats of each measurement, where there is time for them.
    pub repeats: u64,
    /// No measurement begins that would end later.
    pub budget: Nanoseconds,
    /// The date and time now, UTC, RFC 3339.
    pub now: String,
}

impl Options {
    /// Every precision with one thread and with one on each processor, nine times, in at most 55 s.
    pub fn everything(target: Target, now: String) -> Self {
        let mut threads = vec![1, target.cpus.len() as u64];
        threads.dedup();
        Self {
            target,
            precisions: Precision::ALL.to_vec(),
            threads,
            repeats: 9,
            budget: Nanoseconds::from_secs(55),
            now,
        }
    }
}

/// What the floor of one run is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Executed.
    pub precision: Precision,
    /// At work at once.
    pub threads: u64,
    /// That they may run on.
    pub processors: u64,
    /// Weights touched and live activations at their peak.
    pub working_set: Bytes,
}

/// Measures all that the options ask for; `progress` is called before each measurement.
pub fn calibrate<C: Clock>(
    options: &Options,
    clock: &C,
    progress: &mut dyn FnMut(&Progress),
) -> Peaks {
    let began = clock.now();
    let scope = Scope {
        precisions: &options.precisions,
        threads: &options.threads,
        level: None,
        widest: false,
    };
    let mut peaks = none(&options.target, &options.now);
    peaks.timing = timing::measure(clock);
    match &peaks.timing {
        None => {
            let reason = "the clock did not move between its readings";
            peaks.missing.insert("timing".to_owned(), reason.to_owned());
        }
        Some(_) => {
            let now = options.now.clone();
            peaks.measured_at.insert("timing".to_owned(), now);
        }
    }
    let spent = clock.now().saturating_sub(began);
    let limits = Limits {
        rounds: options.repeats,
        budget: options.budget.saturating_sub(spent),
    };
    let (tasks, missing) = plan::plan(&options.target, &scope);
    peaks.missing.extend(missing);
    measure(&mut peaks, &options.target, tasks, limits, clock, progress);
    peaks
}

/// `known` with what the `needs` of one run lack of it, measured five times, or as often as 4 s allow; figures of another machine, method or build are dropped.
pub fn needed<C: Clock>(
    known: Option<Peaks>,
    needs: &[Need],
    target: &Target,
    now: &str,
    clock: &C,
    progress: &mut dyn FnMut(&Progress),
) -> Peaks {
    let limits = Limits {
        rounds: 5,
        budget: Nanoseconds::from_secs(4),
    };
    let is_of_here = |peaks: &Peaks| {
        let is_same = peaks.machine == target.fingerprint && peaks.method == METHOD;
        is_same && peaks.build.as_deref() == Some(BUILD)
    };
    let mut peaks = known
        .filter(is_of_here)
        .unwrap_or_else(|| none(target, now));
    let mut tasks: Vec<Task> = Vec::new();
    for need in needs {
        let (lacking, missing) = lacking(&peaks, *need, target);
        peaks.missing.extend(missing);
        for task in lacking {
            let is_same =
                |known: &Task| known.what == task.what && known.step.threads == task.step.threads;
            if !tasks.iter().any(is_same) {
                tasks.push(task);
            }
        }
    }
    if !tasks.is_empty() {
        now.clone_into(&mut peaks.calibrated_at);
    }
    measure(&mut peaks, target, tasks, limits, clock, progress);
    peaks
}

fn none(target: &Target, now: &str) -> Peaks {
    Peaks {
        build: Some(BUILD.to_owned()),
        ..Peaks::none(METHOD, &target.fingerprint, now)
    }
}

/// Whether `peaks` hold all that a run needs, as far as it can be measured here.
pub fn lacks(peaks: &Peaks, need: Need, target: &Target) -> bool {
    !lacking(peaks, need, target).0.is_empty()
}

fn lacking(peaks: &Peaks, need: Need, target: &Target) -> (Vec<Task>, tare_results::Missing) {
    let level = level_of(need, &target.caches);
    let scope = Scope {
        precisions: &[need.precision],
        threads: &[need.threads],
        level: Some(&level),
        widest: true,
    };
    let (tasks, missing) = plan::plan(target, &scope);
    let is_lacking = |task: &Task| !assemble::holds(peaks, &task.what, need.threads);
    (tasks.into_iter().filter(is_lacking).collect(), missing)
}

fn level_of(need: Need, caches: &[Cache]) -> String {
    levels::level(need.working_set, caches, need.threads, need.processors)
        .map_or_else(|| levels::DRAM.to_owned(), |chosen| chosen.level)
}

fn measure<C: Clock>(
    peaks: &mut Peaks,
    target: &Target,
    tasks: Vec<Task>,
    limits: Limits,
    clock: &C,
    progress: &mut dyn FnMut(&Progress),
) {
    let (whats, steps): (Vec<_>, Vec<Step<'_>>) =
        tasks.into_iter().map(|task| (task.what, task.step)).unzip();
    let readings = rounds::run(clock, &target.cpus, &steps, limits, progress);
    for ((what, step), values) in whats.iter().zip(&steps).zip(&readings.values) {
        assemble::add(peaks, target, what, step.threads as u64, values);
    }
    if let Some(reason) = readings.unpinned {
        assemble::doubt(peaks, PeaksDoubt::NotPinned { reason });
    }
    if readings.complete < limits.rounds && !steps.is_empty() {
        let (have, planned) = (readings.complete, limits.rounds);
        assemble::doubt(peaks, PeaksDoubt::FewerRepeats { have, planned });
    }
}

#[cfg(test)]
mod tests;
