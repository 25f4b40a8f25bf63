//! A record put together from what the plan knew, the worker said and the parent saw.

mod fill;
mod load;

use tare_hardware::energy::Assessment;
use tare_results::{
    Failure, HarnessCost, Kind, Missing, Phase, RECORD_SCHEMA, Record, Run, TwinFacts, Verdict,
};
use tare_units::Nanoseconds;

use crate::fidelity::Compared;
use crate::observe::Observed;
use crate::peaks::Gave;
use crate::plan::Work;
use crate::protocol::{Given, Outcome};
use fill::{
    add, add_of_failed, distrust_run_delay, fill, invalidate, leave_out_issuing, surround, weigh,
};
pub use load::late;

/// Where a record says why its run does not read the run delay.
pub const NO_RUN_DELAY: &str = "harness.run_delay_ns";

/// One go of one worker.
#[derive(Debug)]
pub struct Attempt {
    /// What the worker said; `Ok(None)` where the run was stopped.
    pub outcome: Result<Option<Box<Outcome>>, Failure>,
    /// What the parent saw of it.
    pub observed: Observed,
    /// From its start to its end.
    pub took: Nanoseconds,
    /// What its timed requests cost in joules; `None` where none were timed.
    pub energy: Option<Assessment>,
    /// What the machine gave beside it; `None` where it did not end well, or was not timed.
    pub gave: Option<Gave>,
}

impl Attempt {
    /// That of a cell of which an earlier worker hung, and was `told` so.
    pub fn not_tried_again(told: &str) -> Self {
        Self::not_begun(&format!("not tried again: of an earlier worker, {told}"))
    }

    /// One for which no worker was started, and why.
    pub fn not_begun(reason: &str) -> Self {
        Self {
            outcome: Err(Failure {
                phase: Phase::Start,
                message: reason.to_owned(),
                stderr: None,
            }),
            observed: Observed::default(),
            took: Nanoseconds::ZERO,
            energy: None,
            gave: None,
        }
    }

    /// What the worker gave, where it ended well.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref().ok()?.as_deref()
    }

    /// Why it ended early.
    pub fn failure(&self) -> Option<&str> {
        let failure = self.outcome.as_ref().err()?;
        Some(&failure.message)
    }

    /// Samples that the timed requests did, failed requests left out; `None` where none were timed.
    pub fn samples(&self) -> Option<u64> {
        match &self.outcome()?.given {
            Given::Measured(measured) => measured.samples.as_ref().map(|_| measured.samples_done),
            _ => None,
        }
    }

    /// The median latency, where there is one.
    pub fn p50_ns(&self) -> Option<f64> {
        match &self.outcome()?.given {
            Given::Measured(measured) => {
                let p50 = measured.latency.as_ref()?.p50.as_ref()?;
                Some(p50.value_ns)
            }
            Given::Profiled { profile, .. } => Some(profile.as_ref().ok()?.latency_p50_ns),
            Given::Referred(_) => None,
        }
    }
}

/// What a run knows of the harness itself.
#[derive(Debug, Default)]
pub struct Harness {
    /// What it costs.
    pub cost: Option<HarnessCost>,
    /// Why the run delay is not read in this run.
    pub no_run_delay: Option<String>,
}

/// What the parent alone knows of a cell's worker.
#[derive(Debug)]
pub enum Beside {
    /// Of a measurement: its outputs beside the reference's, or why they were not compared.
    Compared(Result<Compared, String>),
    /// Of a twin: what it is, and why some of that is not known.
    Weighed(Box<TwinFacts>, Missing),
    /// Of a twin that there is none of: why.
    NoTwin(String),
    /// Of a profile: the cell's median latency without the profiler, or why that does not compare.
    Unprofiled(Result<f64, String>),
    /// Of anything else.
    Nothing,
}

/// What a record is about.
pub struct About<'a> {
    /// The run.
    pub run: &'a Run,
    /// The cell.
    pub work: &'a Work,
    /// What the worker was for.
    pub kind: Kind,
    /// Which repeat, from 0.
    pub repeat: u64,
    /// Of this run.
    pub harness: &'a Harness,
    /// When the worker ended, UTC, RFC 3339.
    pub created: String,
}

/// The record of one worker.
pub fn compose(about: About, attempt: Attempt, beside: Beside) -> Record {
    let mut record = blank(&about);
    if about.kind.times_a_cell() {
        surround(&mut record, about.run, attempt.observed.findings());
        weigh(&mut record, attempt.energy);
        if let Some(gave) = attempt.gave {
            gave.put(&mut record);
        }
    }
    for group in untold(about.kind) {
        let reason = "told of timed cells only".to_owned();
        record.missing.insert((*group).to_owned(), reason);
    }
    let device = &about.work.planned.cell.device;
    let (memory, counters, missing) = attempt.observed.into_parts(device);
    record.missing.extend(missing);
    record.memory = memory;
    record.counters = counters;
    leave_out_issuing(&mut record);
    match attempt.outcome {
        Ok(Some(outcome)) => {
            fill(&mut record, *outcome, &about);
            distrust_run_delay(&mut record);
            add(&mut record, beside);
            let contradictions = record.contradictions();
            invalidate(&mut record, contradictions);
        }
        Ok(None) => fail(&mut record, None),
        Err(failure) => {
            fail(&mut record, Some(failure));
            add_of_failed(&mut record, beside);
        }
    }
    record
}

fn blank(about: &About) -> Record {
    let (run, work, harness) = (about.run, about.work, about.harness);
    let mut missing = work.missing.clone();
    match (&harness.cost, &harness.no_run_delay) {
        (None, Some(reason)) => {
            missing.insert("harness".to_owned(), reason.clone());
        }
        (Some(_), Some(reason)) => {
            missing.insert(NO_RUN_DELAY.to_owned(), reason.clone());
        }
        (_, None) => {}
    }
    Record {
        schema: RECORD_SCHEMA.to_owned(),
        id: work.planned.id.clone(),
        run: run.id.clone(),
        created: about.created.clone(),
        producer: run.producer.clone(),
        kind: about.kind,
        repeat: about.repeat,
        cell: work.planned.cell.clone(),
        model: work.planned.model.clone(),
        runtime: None,
        machine: run.machine.fingerprint.clone(),
        peaks: None,
        probe: None,
        harness: harness.cost.clone(),
        load: None,
        latency: None,
        batches: None,
        effective_latency: None,
        throughput: None,
        schedule: None,
        serving: None,
        decision: None,
        memory: None,
        counters: None,
        energy: None,
        twin: None,
        profile: None,
        fidelity: None,
        doubts: work.doubts.clone(),
        verdict: Verdict::Valid,
        reasons: Vec::new(),
        wrong_outputs: Vec::new(),
        missing,
        failure: None,
        samples: None,
    }
}

fn fail(record: &mut Record, failure: Option<Failure>) {
    let reason = failure.as_ref().map_or_else(
        || "the run was stopped".to_owned(),
        |failure| failure.message.clone(),
    );
    let own: &[&str] = match record.kind {
        Kind::Measurement | Kind::Harness | Kind::Twin => &MEASURED,
        Kind::Profile => &["runtime", "load", "profile"],
        Kind::Reference => &["runtime"],
    };
    for group in own {
        let reason = match record.kind {
            Kind::Profile => reason.clone(),
            _ => "the worker failed".to_owned(),
        };
        record.missing.insert((*group).to_owned(), reason);
    }
    record.verdict = Verdict::Invalid;
    record.reasons.push(reason);
    record.failure = failure;
}

/// What is never told of a worker of `kind`.
fn untold(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Measurement => &[],
        Kind::Twin => &["peaks", "probe"],
        Kind::Profile | Kind::Reference | Kind::Harness => &["peaks", "probe", "energy"],
    }
}

/// What a worker that times requests gives.
const MEASURED: [&str; 9] = [
    "runtime",
    "peaks",
    "probe",
    "load",
    "latency",
    "throughput",
    "schedule",
    "fidelity",
    "samples",
];

#[cfg(test)]
pub(crate) mod tests;
