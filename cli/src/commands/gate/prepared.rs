//! Both sides of a gate, planned: everything that can be wrong with them is found before anything is measured.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use tare_adapter_api::Readiness;
use tare_clock::{Clock, MonotonicClock};
use tare_gate::{Fault, Metric, Requests, SideFigure};
use tare_harness::plan::{Plan, Work, put_beside};
use tare_harness::{Desk, WorkerProgram};
use tare_models::{Model, TorchScript};
use tare_results::{GateRole, GateSide};
use tare_runtimes::file_sha256;
use tare_units::Nanoseconds;

use super::super::run::settings::Settings;
use super::super::run::{joules, looking, planned};
use super::super::{short, worker};
use super::as_run::options;
use super::asked::{Asked, SideAsked};
use super::callgrind::Callgrind;
use super::told::{Sample, Takes};
use crate::arguments::RunOptions;
use crate::exit::Failed;

/// Timed work of a process whose figure is none of its requests.
pub const TIMED: Nanoseconds = Nanoseconds::from_millis(100);

/// A gate that can begin.
pub struct Prepared {
    /// As it was asked for.
    pub asked: Asked,
    /// What it begins from.
    pub baseline: SidePlan,
    /// What is judged.
    pub candidate: SidePlan,
    /// What planning both took, which is of the budget.
    pub planned_in: Nanoseconds,
}

/// One side of it.
pub struct SidePlan {
    /// How its run is made.
    pub settings: Settings,
    /// Its only cell.
    pub plan: Plan,
    /// The program that its workers are.
    pub tare: WorkerProgram,
    /// What counts its instructions, where the kernel does not.
    pub callgrind: Option<Callgrind>,
    /// The variables of its own.
    pub environment: BTreeMap<String, String>,
    /// The hash of another `tare` that executes it.
    other: Option<String>,
}

/// A part in which the sides differ.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Difference {
    /// Such as `adapter`.
    pub part: String,
    /// What the baseline has.
    pub baseline: String,
    /// What the candidate has.
    pub candidate: String,
}

impl Prepared {
    /// Plans both sides of `asked`.
    ///
    /// # Errors
    /// Where a side cannot be measured, or the two not against each other.
    pub fn of(asked: Asked) -> Result<Self, Failed> {
        let began = MonotonicClock.now();
        joules::check(asked.metric == Metric::Energy)?;
        let named = |failed: Failed, side: &str| failed.beneath(&format!("the {side}"));
        let baseline = side(&asked, &asked.baseline).map_err(|error| named(error, "baseline"))?;
        let candidate =
            side(&asked, &asked.candidate).map_err(|error| named(error, "candidate"))?;
        let mut prepared = Self {
            asked,
            baseline,
            candidate,
            planned_in: Nanoseconds::ZERO,
        };
        let plans = (&mut prepared.baseline.plan, &mut prepared.candidate.plan);
        put_beside(plans.0, plans.1, prepared.asked.compared).map_err(Failed::input)?;
        let metric = prepared.asked.metric;
        prepared.baseline.count_instructions(metric, "baseline")?;
        prepared.candidate.count_instructions(metric, "candidate")?;
        prepared.planned_in = MonotonicClock.now().saturating_sub(began);
        Ok(prepared)
    }

    /// What is gated, in few words.
    pub fn name(&self) -> String {
        self.asked.name_of(&self.baseline.work().planned.cell.model)
    }

    /// The parts in which the sides differ; none of two that are the same.
    pub fn differences(&self) -> Vec<Difference> {
        let (baseline, candidate) = (self.baseline.parts(), self.candidate.parts());
        let mut parts: Vec<&String> = baseline.keys().chain(candidate.keys()).collect();
        parts.sort();
        parts.dedup();
        let of = |parts: &BTreeMap<String, String>, part: &String| {
            parts
                .get(part)
                .cloned()
                .unwrap_or_else(|| "not set".to_owned())
        };
        let all = parts.into_iter().map(|part| Difference {
            part: part.clone(),
            baseline: of(&baseline, part),
            candidate: of(&candidate, part),
        });
        all.filter(|part| part.baseline != part.candidate).collect()
    }

    /// What it takes, as far as that is known without measuring.
    pub fn takes(&self) -> Takes {
        let metric = self.asked.metric;
        Takes {
            requests: self.baseline.sample(metric),
            block: None,
        }
    }

    /// Whether requests of both sides are executed by one thread, one after the other.
    pub fn is_single_threaded(&self) -> bool {
        let metric = self.asked.metric;
        self.baseline.is_single_threaded(metric) && self.candidate.is_single_threaded(metric)
    }
}

impl SidePlan {
    /// Its only cell.
    pub fn work(&self) -> &Work {
        &self.plan.cells[0]
    }

    /// Whether what `metric` is of is executed by one thread, one request after the other: a throughput that is no sum of latencies
    /// is by the wall's time.
    pub fn is_single_threaded(&self, metric: Metric) -> bool {
        let Work {
            planned, scenario, ..
        } = self.work();
        let is_summed = metric != Metric::Throughput || scenario.is_plain();
        planned.cell.threads == 1 && scenario.serving().is_none() && is_summed
    }

    /// What a process times; `None` where its figure is none of requests, and under load, where the scenario says it.
    pub fn requests(&self, metric: Metric) -> Option<Requests> {
        let requests = metric.requests()?;
        let closed = self.work().scenario.serving().is_none();
        closed.then_some(requests)
    }

    /// The same, as far as it is known without measuring.
    pub fn sample(&self, metric: Metric) -> Option<Sample> {
        metric.requests()?;
        Some(match self.requests(metric) {
            Some(requests) => Sample::Bounded(requests),
            None => Sample::OfScenario,
        })
    }

    /// What its run says of it, where the gate goes by this id.
    pub fn side(&self, role: GateRole, gate: &str) -> GateSide {
        GateSide {
            gate: gate.to_owned(),
            role,
            environment: self.environment.clone(),
            program_sha256: self.other.clone(),
        }
    }

    /// The figure of a metric that is known without measuring.
    ///
    /// # Errors
    /// Where the model does not tell.
    pub fn exact(&self, metric: Metric) -> Result<SideFigure, Fault> {
        let facts = &self.work().planned.model;
        let value = match metric {
            Metric::Operators => facts.operators.map(|count| count as f64),
            Metric::Flops => facts.flops.map(|flops| flops.as_operations() as f64),
            Metric::Size => Some(self.file_bytes()?),
            _ => None,
        };
        let missing = || Fault::Invalid {
            why: match self.work().missing.get(&format!("model.{metric}")) {
                Some(reason) => format!("its model has no {metric}: {reason}"),
                None => format!("its model has no {metric}"),
            },
        };
        value.map(SideFigure::once).ok_or_else(missing)
    }

    /// Has its timed workers count instructions where `metric` is of them and the kernel does not; a reference is not counted.
    ///
    /// # Errors
    /// Where nothing here can.
    pub fn count_instructions(&mut self, metric: Metric, side: &str) -> Result<(), Failed> {
        let Some(callgrind) = Callgrind::of(metric, side)? else {
            return Ok(());
        };
        if !self.is_single_threaded(metric) {
            return Err(Failed::told(format!(
                "the {side} executes by more than one thread, and callgrind, which counts instructions here, counts one: give --threads 1 \
                 and a closed loop, or grant the counters of perf"
            )));
        }
        for work in &mut self.plan.cells {
            work.program = callgrind.wrapped(&work.program);
        }
        self.callgrind = Some(callgrind);
        Ok(())
    }

    /// What counts, where `metric` is of instructions: counters differ by far more than sides do.
    pub fn counter(&self, metric: Metric) -> Option<&'static str> {
        (metric == Metric::Instructions).then_some(match self.callgrind {
            Some(_) => "callgrind",
            None => "perf",
        })
    }

    /// Where the program is and, of another one than this, what.
    fn program(&self) -> String {
        let path = self.tare.path.display();
        let hash = self.other.as_deref().map(short);
        hash.map_or_else(|| path.to_string(), |hash| format!("{path} ({hash})"))
    }

    /// Of the model's file, with the data files that it refers to.
    fn file_bytes(&self) -> Result<f64, Fault> {
        let path = Path::new(&self.work().planned.model_path);
        let unread = |error: &dyn std::fmt::Display| Fault::Invalid {
            why: format!("its model cannot be read: {error}"),
        };
        let bytes = match TorchScript::is_meant(path) {
            true => std::fs::metadata(path)
                .map_err(|error| unread(&error))?
                .len(),
            false => Model::open(path)
                .map_err(|error| unread(&error))?
                .file_bytes()
                .as_bytes(),
        };
        Ok(bytes as f64)
    }

    /// Everything that a side may have of its own.
    fn parts(&self) -> BTreeMap<String, String> {
        let planned = &self.work().planned;
        let cell = &planned.cell;
        let hash = short(&planned.model.sha256);
        let parts = [
            ("adapter", cell.adapter_spec()),
            ("device", cell.device.clone()),
            ("model", format!("{} ({hash})", cell.model)),
            ("precision", cell.precision.clone()),
            ("tare", self.program()),
            ("threads", cell.threads.to_string()),
        ];
        let parts = parts
            .into_iter()
            .map(|(part, value)| (part.to_owned(), value));
        let variables = self.environment.iter();
        let variables = variables.map(|(name, value)| (format!("env {name}"), value.clone()));
        parts.chain(variables).collect()
    }
}

/// Plans one side of `asked`.
///
/// # Errors
/// Where it cannot be measured.
pub fn side(asked: &Asked, side: &SideAsked) -> Result<SidePlan, Failed> {
    let program = match &side.program {
        Some(path) if !path.is_file() => {
            return Err(Failed::told(format!(
                "there is no program {}: build that tare first",
                path.display()
            )));
        }
        Some(path) => std::path::absolute(path).map_err(Failed::input)?,
        None => worker::this_program()?,
    };
    let tare = worker::program_at(program, side.environment.clone());
    let options = options(asked, side)?;
    let (settings, mut plan) = looking(|| {
        worker::with_desk_of(&tare, |desk| {
            if let Some(path) = &side.program {
                check_program(path, &options, desk)?;
            }
            let settings = Settings::of(&options, desk)?;
            let plan = planned(&settings, desk).map_err(|error| settings.told(error))?;
            Ok((settings, plan))
        })
    })?;
    settings.check(&plan)?;
    for work in &mut plan.cells {
        work.environment.extend(side.environment.iter().cloned());
    }
    Ok(SidePlan {
        settings,
        plan,
        other: match &side.program {
            Some(_) => Some(file_sha256(&tare.path).map_err(Failed::input)?),
            None => None,
        },
        tare,
        callgrind: None,
        environment: side.environment.iter().cloned().collect(),
    })
}

/// Refuses a program whose workers do not answer.
fn check_program(path: &Path, options: &RunOptions, desk: &dyn Desk) -> Result<(), Failed> {
    let Some(spec) = options.adapter.first() else {
        return Ok(());
    };
    let described = desk.describe(spec).map_err(Failed::told)?;
    match described.readiness {
        Readiness::Ready(_) => Ok(()),
        Readiness::Unavailable { reason, .. } => Err(Failed::told(format!(
            "{} executes no {spec}: {reason}; give a tare of a version whose workers this one can ask",
            path.display()
        ))),
    }
}
