//! What the worker said and the parent alone knows, as fields of the record, with the doubts and reasons that follow.

use tare_adapter_api::RuntimeFacts;
use tare_hardware::checks::{doubts, is_of_gpu, refused};
use tare_hardware::energy::Assessment;
use tare_results::{
    Checking, Doubt, Finding, Kind, Profile, Record, Run, Runtime, Verdict, WrongOutputs,
};

use super::load::judge_load;
use super::{About, Beside, Harness};
use crate::fidelity::Compared;
use crate::inspect::Inspection;
use crate::protocol::{Given, Measured, Outcome};

/// A share of delayed requests above this is a doubt.
const DELAYED_SHARE: f64 = 0.01;

/// Puts what the worker said into `record`.
pub fn fill(record: &mut Record, outcome: Outcome, about: &About) {
    fill_runtime(record, outcome.runtime);
    let processors = processors_of(about);
    if let Some(processors) = processors.filter(|count| *count < record.cell.threads) {
        record.doubts.push(Doubt::Oversubscribed {
            threads: record.cell.threads,
            processors,
        });
    }
    match outcome.given {
        Given::Measured(measured) => {
            judge(record, &measured);
            judge_series(record, &measured);
            judge_load(record, &measured, processors_of(about));
            fill_measured(record, *measured, about.harness);
        }
        Given::Profiled {
            load,
            profile,
            missing,
        } => {
            record.load = Some(load);
            record.missing.extend(missing);
            fill_profile(record, profile, about);
        }
        Given::Referred(inspection) => look(record, &inspection),
    }
}

fn fill_profile(record: &mut Record, profile: Result<Box<Profile>, String>, about: &About) {
    match profile {
        Ok(mut profile) => {
            about.work.arithmetic.put(&mut profile);
            if profile.tells_operators() {
                let untold = about.work.arithmetic.untold(&profile);
                let path = "profile.operators.flops".to_owned();
                record.missing.insert(path, untold);
            }
            record.profile = Some(*profile);
        }
        Err(reason) => {
            record.missing.insert("profile".to_owned(), reason);
        }
    }
}

fn fill_runtime(record: &mut Record, runtime: RuntimeFacts) {
    if runtime.dispatched_calls.is_none() {
        let reason = "the library walks the model by itself";
        let path = "runtime.dispatched_calls".to_owned();
        record.missing.insert(path, reason.to_owned());
    }
    record.runtime = Some(Runtime {
        name: runtime.name,
        version: runtime.version,
        library_sha256: runtime.library_sha256,
        dispatched_calls: runtime.dispatched_calls,
        options: runtime.options,
    });
}

fn fill_measured(record: &mut Record, measured: Measured, harness: &Harness) {
    record.missing.extend(measured.missing);
    if measured.effective_latency.is_none() && !record.missing.contains_key("effective_latency") {
        let reason = match (record.cell.threads, measured.run_delay_ns) {
            (2.., _) => "more than one thread: their run delays overlap".to_owned(),
            (_, Err(reason)) => format!("the run delay cannot be read: {reason}"),
            (_, Ok(_)) => {
                let reason = harness.no_run_delay.as_deref();
                reason.unwrap_or("the run delay was not read").to_owned()
            }
        };
        record.missing.insert("effective_latency".into(), reason);
    }
    record.load = Some(measured.load);
    record.latency = measured.latency;
    record.batches = measured.batches;
    record.effective_latency = measured.effective_latency;
    record.throughput = Some(measured.throughput);
    record.schedule = measured.schedule;
    record.serving = measured.serving;
    record.decision = measured.decision;
    record.samples = measured.samples.map(|mut samples| {
        samples.path = within_run(&samples.path);
        samples
    });
}

/// Says what disturbed the machine beside the repeat, and of what was looked at before the run alone, then; of GPUs, only
/// what the worker's own look at its own found.
pub fn surround(record: &mut Record, run: &Run, during: &[Finding]) {
    if run.checks == Checking::Off {
        record.doubts.push(Doubt::UncheckedEnvironment);
        return;
    }
    let is_told = |check: &str| during.iter().any(|finding| finding.check == check);
    let of_run = run.findings.iter();
    let of_run = of_run.filter(|finding| !is_of_gpu(finding) && !is_told(&finding.check));
    let findings: Vec<Finding> = of_run.chain(during).cloned().collect();
    if !run.probes {
        record.doubts.push(Doubt::UncheckedEnvironment);
    }
    record.doubts.extend(doubts(&findings));
    if run.checks == Checking::Strict {
        let reasons = refused(&findings, &run.strict).into_iter();
        invalidate(record, reasons.map(ToString::to_string).collect());
    }
}

/// Puts in what the timed requests cost in joules.
pub fn weigh(record: &mut Record, energy: Option<Assessment>) {
    let Some(assessment) = energy else {
        let reason = "no requests were timed to their end".to_owned();
        record.missing.insert("energy".to_owned(), reason);
        return;
    };
    record.energy = assessment.energy;
    record.missing.extend(assessment.missing);
    let doubts = assessment.doubts.into_iter();
    let doubts = doubts.map(|(source, why)| Doubt::Energy { source, why });
    record.doubts.extend(doubts);
}

/// Takes back what the run delay of one thread says where more than one worked, whatever was asked of the framework.
pub fn distrust_run_delay(record: &mut Record) {
    let used = record.counters.as_ref();
    let used = used.and_then(|counters| counters.threads_used);
    let Some(used) = used.filter(|used| *used > 1) else {
        return;
    };
    let delayed = |doubt: &Doubt| matches!(doubt, Doubt::DelayedRequests { .. });
    record.doubts.retain(|doubt| !delayed(doubt));
    if record.effective_latency.take().is_some() {
        let reason = format!("{used} threads worked: their run delays overlap");
        record.missing.insert("effective_latency".into(), reason);
    }
}

/// Under load, the thread that speaks for the worker is none of those that execute requests.
pub fn leave_out_issuing(record: &mut Record) {
    let is_served = record.cell.is_served();
    let Some(counters) = record.counters.as_mut().filter(|_| is_served) else {
        return;
    };
    counters.issuing_cpu_ns = None;
    let reason = "requests under load are issued and executed by several threads".to_owned();
    let path = "counters.issuing_cpu_ns".to_owned();
    record.missing.insert(path, reason);
}

/// Puts what the parent alone knows into `record`.
pub fn add(record: &mut Record, beside: Beside) {
    match beside {
        Beside::Compared(Ok(Compared::Values(fidelity, reasons))) => {
            record.fidelity = Some(fidelity);
            invalidate(record, reasons);
        }
        Beside::Compared(Ok(Compared::Misfit(reason))) => {
            record.missing.insert("fidelity".to_owned(), reason.clone());
            refuse(record, WrongOutputs::Misfit { why: reason });
        }
        Beside::Compared(Err(reason)) => {
            record.missing.insert("fidelity".to_owned(), reason);
        }
        Beside::Unprofiled(Ok(unprofiled)) if unprofiled > 0.0 => {
            if let Some(profile) = &mut record.profile {
                profile.perturbation = Some(profile.latency_p50_ns / unprofiled);
                if let Some(device) = &mut profile.device {
                    device.perturbation = device.latency_p50_ns.map(|p50| p50 / unprofiled);
                }
            }
        }
        Beside::Unprofiled(unprofiled) => {
            let Some(profile) = &record.profile else {
                return;
            };
            let none = "the cell's requests take no time".to_owned();
            let reason = unprofiled.err().unwrap_or(none);
            let device = profile.device.as_ref();
            let of_device = device.map(|_| "profile.device.perturbation");
            for path in ["profile.perturbation"].into_iter().chain(of_device) {
                record.missing.insert(path.to_owned(), reason.clone());
            }
        }
        Beside::Weighed(facts, missing) => {
            record.twin = Some(*facts);
            record.missing.extend(missing);
        }
        Beside::NoTwin(_) | Beside::Nothing => {}
    }
}

/// What the parent alone knows of a worker that failed, or was never started because there is nothing to run.
pub fn add_of_failed(record: &mut Record, beside: Beside) {
    match beside {
        Beside::NoTwin(reason) => {
            record.missing.insert("twin".to_owned(), reason);
        }
        Beside::Weighed(..) => add(record, beside),
        _ => {}
    }
}

/// Makes `record` invalid where there are `reasons`.
pub fn invalidate(record: &mut Record, reasons: Vec<String>) {
    if !reasons.is_empty() {
        record.verdict = Verdict::Invalid;
        record.reasons.extend(reasons);
    }
}

fn refuse(record: &mut Record, wrong: WrongOutputs) {
    invalidate(record, vec![wrong.to_string()]);
    record.wrong_outputs.push(wrong);
}

/// Requests that failed by the framework's fault or the harness's. What a full queue or a timeout did to others under load is
/// what was to be measured, and counts as infinitely slow.
fn at_fault(measured: &Measured) -> u64 {
    match &measured.serving {
        Some(serving) => serving.errors + serving.never_sent,
        None => measured.failed_requests,
    }
}

fn processors_of(about: &About) -> Option<u64> {
    about.run.machine.cpu.allowed_cpus
}

/// Doubts that follow from the course of a cell's requests.
fn judge_series(record: &mut Record, measured: &Measured) {
    if !record.kind.times_a_cell() {
        return;
    }
    let drift = measured.drift.map(|change| Doubt::Drift { change });
    let open = measured.decision.as_ref().filter(|one| !one.decided);
    let open = open.map(|one| Doubt::NotDecided {
        percentile: one.percentile.clone(),
        reach: one.reach,
        wanted: one.wanted,
    });
    record.doubts.extend(drift.into_iter().chain(open));
}

fn judge(record: &mut Record, measured: &Measured) {
    if !measured.load.steady && matches!(record.kind, Kind::Measurement | Kind::Twin) {
        record.doubts.push(Doubt::Unsteady {
            warmup_requests: measured.load.warmup_requests,
        });
    }
    if let Some(share) = measured
        .delayed_share
        .filter(|share| *share > DELAYED_SHARE)
    {
        record.doubts.push(Doubt::DelayedRequests { share });
    }
    let new = measured.batches.as_ref().map(|batches| batches.first_met);
    if let Some(batches) = new.filter(|new| *new > 0) {
        record.doubts.push(Doubt::NewBatches { batches });
    }
    look(record, &measured.check.inspection);
    if measured.failed_requests > 0 {
        let latency = measured.latency.as_ref();
        let count = latency.map_or(measured.failed_requests, |latency| latency.count);
        record.doubts.push(Doubt::FailedRequests {
            failed: measured.failed_requests,
            count,
        });
        let failed = at_fault(measured);
        let reason = format!(
            "{failed} requests failed, the first with: {}",
            measured.first_error.as_deref().unwrap_or("no message")
        );
        invalidate(record, if failed > 0 { vec![reason] } else { Vec::new() });
    }
}

/// Doubts and reasons that follow from the outputs. Those of a twin mean nothing: its weights are cut, its tables clipped.
fn look(record: &mut Record, inspection: &Inspection) {
    if record.kind == Kind::Twin {
        return;
    }
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
        let outputs = inspection.not_numbers.clone();
        refuse(record, WrongOutputs::NotNumbers { outputs });
    }
}

fn within_run(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    format!("samples/{name}")
}

#[cfg(test)]
mod tests;
