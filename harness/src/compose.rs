//! A record put together from what the plan knew, the worker said and the parent saw.

use tare_results::{
    Doubt, Failure, HarnessCost, Kind, Memory, Phase, RECORD_SCHEMA, Record, Run, Runtime, Verdict,
};
use tare_units::Nanoseconds;

use crate::memory::Observed;
use crate::plan::Work;
use crate::protocol::Outcome;

/// A share of delayed requests above this is a doubt.
const DELAYED_SHARE: f64 = 0.01;

/// One go at one repeat.
#[derive(Debug)]
pub struct Attempt {
    /// What the worker said; `Ok(None)` where the run was stopped.
    pub outcome: Result<Option<Box<Outcome>>, Failure>,
    /// What the parent saw of its memory.
    pub memory: Observed,
    /// From its start to its end.
    pub took: Nanoseconds,
}

impl Attempt {
    /// The repeat of a cell of which an earlier worker hung, and was `told` so.
    pub fn not_tried_again(told: &str) -> Self {
        Self {
            outcome: Err(Failure {
                phase: Phase::Start,
                message: format!("not tried again: of an earlier repeat, {told}"),
                stderr: None,
            }),
            memory: Observed::default(),
            took: Nanoseconds::ZERO,
        }
    }

    /// The median latency, where there is one.
    pub fn p50_ns(&self) -> Option<f64> {
        let outcome = self.outcome.as_ref().ok()?.as_ref()?;
        outcome
            .latency
            .as_ref()?
            .p50
            .as_ref()
            .map(|p50| p50.value_ns)
    }
}

/// The record of one repeat.
pub fn compose(
    run: &Run,
    work: &Work,
    kind: Kind,
    repeat: u64,
    attempt: Attempt,
    harness: Option<&HarnessCost>,
    created: String,
) -> Record {
    let mut record = blank(run, work, kind, repeat, harness, created);
    let (memory, memory_missing) = attempt.memory.into_parts();
    record.missing.extend(memory_missing);
    match attempt.outcome {
        Ok(Some(outcome)) => {
            record.memory = Some(memory);
            fill(&mut record, *outcome, run.machine.cpu.allowed_cpus);
        }
        Ok(None) => fail(&mut record, memory, None),
        Err(failure) => fail(&mut record, memory, Some(failure)),
    }
    record
}

fn blank(
    run: &Run,
    work: &Work,
    kind: Kind,
    repeat: u64,
    harness: Option<&HarnessCost>,
    created: String,
) -> Record {
    Record {
        schema: RECORD_SCHEMA.to_owned(),
        id: work.planned.id.clone(),
        run: run.id.clone(),
        created,
        producer: run.producer.clone(),
        kind,
        repeat,
        cell: work.planned.cell.clone(),
        model: work.planned.model.clone(),
        runtime: None,
        machine: run.machine.fingerprint.clone(),
        harness: harness.cloned(),
        load: None,
        latency: None,
        effective_latency: None,
        throughput: None,
        schedule: None,
        memory: None,
        profile: None,
        fidelity: None,
        doubts: work.doubts.clone(),
        verdict: Verdict::Valid,
        reasons: Vec::new(),
        missing: work.missing.clone(),
        failure: None,
        samples: None,
    }
}

fn fail(record: &mut Record, memory: Memory, failure: Option<Failure>) {
    let reason = failure.as_ref().map_or_else(
        || "the run was stopped".to_owned(),
        |failure| failure.message.clone(),
    );
    for group in [
        "runtime",
        "load",
        "latency",
        "throughput",
        "schedule",
        "samples",
    ] {
        record
            .missing
            .insert(group.to_owned(), "the worker failed".to_owned());
    }
    record.memory = Some(memory);
    record.verdict = Verdict::Invalid;
    record.reasons.push(reason);
    record.failure = failure;
}

fn fill(record: &mut Record, outcome: Outcome, processors: Option<u64>) {
    judge(record, &outcome, processors);
    record.missing.extend(outcome.missing);
    if outcome.effective_latency.is_none() && !record.missing.contains_key("effective_latency") {
        let reason = match (record.cell.threads, &outcome.run_delay_ns) {
            (2.., _) => "more than one thread: their run delays overlap".to_owned(),
            (_, Err(reason)) => format!("the run delay cannot be read: {reason}"),
            (_, Ok(_)) => {
                "reading the run delay would cost over 1% of the run's fastest cell".to_owned()
            }
        };
        record.missing.insert("effective_latency".into(), reason);
    }
    record.runtime = Some(Runtime {
        name: outcome.runtime.name,
        version: outcome.runtime.version,
        library_sha256: outcome.runtime.library_sha256,
        dispatched_calls: outcome.runtime.dispatched_calls,
        options: outcome.runtime.options,
    });
    record.load = Some(outcome.load);
    record.latency = outcome.latency;
    record.effective_latency = outcome.effective_latency;
    record.throughput = Some(outcome.throughput);
    record.schedule = outcome.schedule;
    record.samples = outcome.samples.map(|mut samples| {
        samples.path = within_run(&samples.path);
        samples
    });
}

fn judge(record: &mut Record, outcome: &Outcome, processors: Option<u64>) {
    if let Some(processors) = processors.filter(|count| *count < record.cell.threads) {
        record.doubts.push(Doubt::Oversubscribed {
            threads: record.cell.threads,
            processors,
        });
    }
    if !outcome.load.steady && record.kind == Kind::Measurement {
        record.doubts.push(Doubt::Unsteady {
            warmup_requests: outcome.load.warmup_requests,
        });
    }
    if let Some(share) = outcome.delayed_share.filter(|share| *share > DELAYED_SHARE) {
        record.doubts.push(Doubt::DelayedRequests { share });
    }
    let inspection = &outcome.inspection;
    if !inspection.infinite.is_empty() {
        record.doubts.push(Doubt::InfiniteOutputs {
            outputs: inspection.infinite.clone(),
        });
    }
    if let Some(reason) = &inspection.failed {
        record.doubts.push(Doubt::OutputsNotSeen {
            reason: reason.clone(),
        });
    }
    if !inspection.not_numbers.is_empty() {
        record.verdict = Verdict::Invalid;
        record.reasons.push(format!(
            "output {} holds values that are not numbers, from inputs that are",
            inspection.not_numbers.join(", ")
        ));
    }
    if outcome.failed_requests > 0 {
        let count = outcome
            .latency
            .as_ref()
            .map_or(outcome.failed_requests, |latency| latency.count);
        record.doubts.push(Doubt::FailedRequests {
            failed: outcome.failed_requests,
            count,
        });
        record.verdict = Verdict::Invalid;
        record.reasons.push(format!(
            "{} requests failed, the first with: {}",
            outcome.failed_requests,
            outcome.first_error.as_deref().unwrap_or("no message")
        ));
    }
}

fn within_run(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    format!("samples/{name}")
}
