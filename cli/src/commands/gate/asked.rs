//! The gates that were asked for: one on the command line, or those of a file.

use std::path::{Path, PathBuf};

use tare_gate::{Conditions, Fault, Gate, Limits, Metric, Side};
use tare_harness::Pilot;
use tare_units::{Bytes, Nanoseconds};

use super::file;
use super::outputs::StoredOutputs;
use crate::arguments::{CellOptions, GateOptions};
use crate::exit::Failed;

/// The file of gates that is taken where no side is named.
const FILE: &str = "tare-gate.toml";
/// Time that a gate takes at the most, where nothing else is said.
const BUDGET: Nanoseconds = Nanoseconds::from_secs(600);
/// The least that a worker may take before it is killed.
const DEADLINE: Nanoseconds = Nanoseconds::from_secs(120);

/// One gate as it was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// As it stands in a file; `None` of one on the command line.
    pub name: Option<String>,
    /// What it begins from.
    pub baseline: SideAsked,
    /// What is judged.
    pub candidate: SideAsked,
    /// What is compared.
    pub metric: Metric,
    /// What is allowed.
    pub limits: Limits,
    /// Time at the most.
    pub budget: Nanoseconds,
    /// Of inputs, and of the order in which the sides go.
    pub seed: u64,
    /// Whether the sides' outputs must be the same.
    pub compared: bool,
    /// The stored baseline that stands for one that is measured.
    pub against: Option<PathBuf>,
    /// Whether what is measured is stored there.
    pub update: bool,
    /// How long one worker may take.
    pub deadline: Nanoseconds,
    /// Resident memory that one worker may take; `None` takes the default.
    pub memory_limit: Option<Bytes>,
}

/// One side as it was asked for.
#[derive(Debug, Clone, Default)]
pub struct SideAsked {
    /// What of a cell was named.
    pub cell: CellOptions,
    /// Variables of its environment.
    pub environment: Vec<(String, String)>,
    /// Another `tare` that executes it.
    pub program: Option<PathBuf>,
}

/// The gates of `options`; each may err so seldom that all of them together err as seldom as was asked for.
///
/// # Errors
/// Where there is no side, or a file of gates cannot be read.
pub fn gates(options: &GateOptions) -> Result<Vec<Asked>, Failed> {
    let names_a_side = !options.baseline.is_empty()
        || !options.candidate.is_empty()
        || options.baseline_bin.is_some()
        || options.against.is_some();
    let of_one_gate = options.of_one_gate().next();
    let mut gates = match (&options.file, names_a_side) {
        (Some(path), _) => {
            if let Some(option) = of_one_gate {
                return Err(Failed::told(format!(
                    "{option} is of one gate, and --file {} holds many: write it there, or leave --file out",
                    path.display()
                )));
            }
            file::read(path, options)?
        }
        (None, true) => vec![of_options(options)],
        (None, false) if Path::new(FILE).is_file() => {
            if let Some(option) = of_one_gate {
                return Err(Failed::told(format!(
                    "{option} is of one gate, and no side is named: give --baseline KEY=VALUE or --candidate KEY=VALUE, or leave {option} out to decide the gates of {FILE}"
                )));
            }
            file::read(Path::new(FILE), options)?
        }
        (None, false) => {
            return Err(Failed::told(format!(
                "no side is named: give --baseline KEY=VALUE and --candidate KEY=VALUE, such as --candidate adapter=onnxruntime@1.31.1, or a file of gates with --file FILE; there is no {FILE} here"
            )));
        }
    };
    if options.update_baseline && gates.iter().all(|gate| gate.against.is_none()) {
        return Err(Failed::told(
            "--update-baseline stores nothing: name the file with --against FILE, or against = \"FILE\" in a gate",
        ));
    }
    let noisy = gates.iter().filter(|gate| !gate.is_exact()).count();
    for gate in &mut gates {
        gate.limits.errors = gate.limits.errors.shared_by(noisy);
        gate.check()?;
    }
    one_baseline_each(&gates)?;
    Ok(gates)
}

/// Refuses stored baselines of which one would be written over another: by the file of figures, or by that of outputs beside it.
fn one_baseline_each(gates: &[Asked]) -> Result<(), Failed> {
    let mut seen: Vec<(PathBuf, &Asked)> = Vec::new();
    for gate in gates {
        let Some(path) = &gate.against else { continue };
        let outputs = located(&StoredOutputs::path(path));
        if let Some((_, other)) = seen.iter().find(|(taken, _)| *taken == outputs) {
            return Err(Failed::told(format!(
                "gates '{}' and '{}' are both against {}, or its outputs {}, and each would store its own there: name another file",
                other.title(),
                gate.title(),
                path.display(),
                outputs.display()
            )));
        }
        seen.push((outputs, gate));
    }
    Ok(())
}

/// `path` as far as it can be told from others that name the same file.
fn located(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = absolute
        .parent()
        .and_then(|folder| folder.canonicalize().ok());
    match (folder, absolute.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => absolute,
    }
}

impl Asked {
    /// How long one worker may take: a quarter of the budget at the most, so that one that hangs leaves time to say so.
    pub fn deadline_of_worker(&self) -> Nanoseconds {
        self.deadline
            .min(Nanoseconds::from_nanos(self.budget.as_nanos() / 4))
    }

    /// What is wrong with a budget a quarter of which `pilot`, a short go at the `side`, did not keep to, where the first look takes
    /// so many processes.
    pub fn too_long(&self, side: Side, pilot: &Pilot, processes: u64) -> Option<Failed> {
        let most = self.deadline_of_worker();
        let is_cut = pilot.shortest.is_err() && pilot.took >= most && most < self.deadline;
        let needed = pilot.took.as_nanos().saturating_mul(processes);
        is_cut.then(|| {
            Failed::told(format!(
                "a budget of {} is too small to decide anything: a process of the {side} was not done within a quarter of it, {most}, \
                 and the first look takes {processes}; give more than {}, or where it hangs a --deadline that tells so",
                self.budget,
                Nanoseconds::from_nanos(needed)
            ))
        })
    }

    /// `fault`, with the remedy for a worker that was killed for the budget's sake.
    pub fn told_of_budget(&self, fault: Fault) -> Fault {
        let is_share = self.deadline_of_worker() < self.deadline;
        match fault {
            Fault::Failed { why } if is_share => Fault::Failed {
                why: why.replace(
                    "raise --deadline",
                    "raise --budget, of which a worker may take a quarter",
                ),
            },
            fault => fault,
        }
    }

    /// Whether both sides' figures are the same each time.
    pub fn is_exact(&self) -> bool {
        self.metric.repeatability() == tare_gate::Repeatability::Exact
    }

    /// Its name before its model is known to be one.
    pub fn title(&self) -> String {
        let model = self.candidate.cell.model.as_deref();
        let model = model.or(self.baseline.cell.model.as_deref());
        self.name_of(model.unwrap_or("no model"))
    }

    /// Its name, else what it gates of `model`.
    pub fn name_of(&self, model: &str) -> String {
        let name = self.name.clone();
        name.unwrap_or_else(|| format!("{model} {}", self.metric))
    }

    /// With what the command line says of every gate.
    pub fn of_sides(
        (baseline, candidate): (SideAsked, SideAsked),
        metric: Metric,
        options: &GateOptions,
    ) -> Self {
        let mut limits = metric.limits();
        limits.errors.false_alarm = options.alpha.unwrap_or(limits.errors.false_alarm);
        Self {
            name: None,
            baseline,
            candidate,
            metric,
            limits,
            budget: options.budget.unwrap_or(BUDGET),
            seed: options.seed.unwrap_or(0),
            compared: !options.allow_different_outputs,
            against: options.against.clone(),
            update: options.update_baseline,
            deadline: options.deadline.unwrap_or(DEADLINE),
            memory_limit: options.memory_limit,
        }
    }

    /// With these limits in the place of the metric's; a tolerance alone moves what must be detected as far beyond it as before.
    pub fn limited(mut self, tolerance: Option<f64>, must_detect: Option<f64>) -> Self {
        let room = self.limits.must_detect - self.limits.tolerance;
        self.limits.tolerance = tolerance.unwrap_or(self.limits.tolerance);
        let beyond = match tolerance {
            Some(tolerance) => tolerance + room,
            None => self.limits.must_detect,
        };
        self.limits.must_detect = must_detect.unwrap_or(beyond);
        self
    }

    fn check(&self) -> Result<(), Failed> {
        for (option, value) in [("budget", self.budget), ("deadline", self.deadline)] {
            if value == Nanoseconds::ZERO {
                return Err(Failed::told(format!(
                    "--{option} 0 leaves no time to measure in: use a time such as 5min"
                )));
            }
        }
        // By its limits alone: what each side is, its plan finds.
        let conditions = Conditions {
            single_threaded: true,
            run_delay: true,
        };
        let decidable = Gate::new(self.metric, self.limits, conditions).map(|_| ());
        decidable.map_err(|error| match &self.name {
            Some(name) => Failed::input(error).beneath(&format!("gate '{name}'")),
            None => Failed::input(error),
        })
    }
}

fn of_options(options: &GateOptions) -> Asked {
    let side = |settings, program: Option<&PathBuf>| {
        let (cell, environment) = options.cell.with(settings);
        SideAsked {
            cell,
            environment,
            program: program.cloned(),
        }
    };
    let baseline = side(&options.baseline, options.baseline_bin.as_ref());
    let candidate = side(&options.candidate, None);
    let metric = options.metric.unwrap_or(Metric::P50);
    Asked::of_sides((baseline, candidate), metric, options)
        .limited(options.tolerance, options.must_detect)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(candidate: &str) -> GateOptions {
        GateOptions {
            candidate: vec![candidate.parse().expect("a setting")],
            ..GateOptions::default()
        }
    }

    #[test]
    fn a_tolerance_alone_keeps_the_room_beyond_it() {
        let gate = |tolerance, must_detect| {
            let options = GateOptions {
                tolerance,
                must_detect,
                ..options("threads=2")
            };
            let gate = gates(&options).expect("a gate").remove(0);
            (gate.limits.tolerance, gate.limits.must_detect)
        };
        assert_eq!(gate(None, None), (0.02, 0.05));
        let (tolerance, must_detect) = gate(Some(0.10), None);
        assert_eq!(tolerance, 0.10);
        assert!((must_detect - 0.13).abs() < 1e-12);
        assert_eq!(gate(None, Some(0.2)), (0.02, 0.2));
    }

    #[test]
    fn each_side_has_what_both_have_and_its_own() {
        let options = GateOptions {
            baseline_bin: Some("old/tare".into()),
            cell: CellOptions {
                model: Some("mlp".to_owned()),
                ..CellOptions::default()
            },
            ..options("env=A=1")
        };
        let gate = gates(&options).expect("a gate").remove(0);
        assert_eq!(gate.baseline.cell.model.as_deref(), Some("mlp"));
        assert_eq!(gate.candidate.cell.model.as_deref(), Some("mlp"));
        assert!(gate.baseline.environment.is_empty() && gate.baseline.program.is_some());
        assert_eq!(gate.candidate.environment.len(), 1);
        assert_eq!(gate.candidate.program, None);
    }

    #[test]
    fn what_is_of_one_gate_stands_beside_no_file_of_gates() {
        let beside = GateOptions {
            file: Some("gates.toml".into()),
            cell: CellOptions {
                threads: Some(2),
                ..CellOptions::default()
            },
            metric: Some(Metric::P99),
            ..options("threads=2")
        };
        let given: Vec<&str> = beside.of_one_gate().collect();
        assert_eq!(given, ["--candidate", "--threads", "--metric"]);
        let refused = gates(&beside).expect_err("refused").text();
        assert!(refused.starts_with("--candidate is of one gate, and --file gates.toml"));
    }

    #[test]
    fn no_two_gates_have_one_stored_baseline_or_one_file_of_outputs() {
        let gate = |name: &str, path: &str| Asked {
            name: Some(name.to_owned()),
            against: Some(path.into()),
            ..gates(&options("threads=2")).expect("a gate").remove(0)
        };
        for other in ["days.json", "./days.json", "days.txt"] {
            let both = [gate("one", "days.json"), gate("two", other)];
            let refused = one_baseline_each(&both).expect_err("refused").text();
            assert!(
                refused.starts_with("gates 'one' and 'two' are both against"),
                "{refused}"
            );
        }
        let apart = [gate("one", "days.json"), gate("two", "other.json")];
        assert!(one_baseline_each(&apart).is_ok());
    }

    #[test]
    fn limits_that_decide_nothing_are_refused_before_anything_is_planned() {
        let refused = |options: &GateOptions| gates(options).expect_err("refused").text();
        let crossed = GateOptions {
            tolerance: Some(0.09),
            must_detect: Some(0.05),
            ..options("threads=2")
        };
        assert!(refused(&crossed).contains("is not beyond the tolerance"));
        let stored = GateOptions {
            candidate: Vec::new(),
            against: Some("days.json".into()),
            ..crossed
        };
        assert!(refused(&stored).contains("is not beyond the tolerance"));
        let never = GateOptions {
            alpha: Some(0.0),
            ..options("threads=2")
        };
        assert!(refused(&never).contains("a rate of false alarms of 0"));
        let exact = GateOptions {
            metric: Some(Metric::Size),
            ..options("threads=2")
        };
        assert!(gates(&exact).is_ok(), "its limits are both 0");
    }

    #[test]
    fn a_gate_without_time_is_refused() {
        let options = GateOptions {
            budget: Some(Nanoseconds::ZERO),
            ..options("threads=2")
        };
        assert!(gates(&options).is_err());
    }
}
