//! What a repeat gave, as the worker tells it: figures, and a reason for each that is not there.

use tare_adapter_api::Loaded;
use tare_results::samples::{self, Sample};
use tare_results::{Latency, Load, Missing, SampleFile, Throughput};
use tare_units::Nanoseconds;

use crate::drive::Driven;
use crate::figures;
use crate::measure::{MeasureError, Timed};
use crate::protocol::{Job, Outcome};

/// Puts the outcome of a repeat together and writes its samples.
pub fn outcome_of(
    loaded: &dyn Loaded,
    job: &Job,
    load_ns: Nanoseconds,
    timed: Timed,
    samples: &[Sample],
) -> Result<Outcome, MeasureError> {
    let mut missing = Missing::new();
    let (latency, effective_latency) = latencies(job, &timed, samples, &mut missing);
    let failed = samples.iter().filter(|sample| sample.latency().is_none());
    Ok(Outcome {
        runtime: loaded.runtime(),
        load: Load {
            load_ns,
            first_inference_ns: Some(timed.warmup.first),
            warmup_requests: timed.warmup.requests,
            steady: timed.warmup.steady,
        },
        schedule: latency.as_ref().and_then(|_| figures::skew_of(samples)),
        latency,
        effective_latency,
        throughput: throughput(&timed.driven, &mut missing),
        delayed_share: reads_delay(job, &timed).then(|| figures::delayed_share(samples)),
        clock_ns: timed.clock_ns,
        run_delay_ns: timed.run_delay_ns,
        failed_requests: failed.count() as u64,
        first_error: timed.driven.first_error.map(|error| error.to_string()),
        inspection: timed.inspection,
        samples: write_samples(job, samples)?,
        missing,
    })
}

fn reads_delay(job: &Job, timed: &Timed) -> bool {
    job.read_run_delay && timed.driven.delay_read
}

fn latencies(
    job: &Job,
    timed: &Timed,
    samples: &[Sample],
    missing: &mut Missing,
) -> (Option<Latency>, Option<Latency>) {
    if let Some(reason) = job.scenario.latency_missing() {
        for group in ["latency", "effective_latency", "schedule"] {
            missing.insert(group.into(), reason.into());
        }
        return (None, None);
    }
    let wall = figures::latency_of(figures::wall(samples), "latency", missing);
    if !reads_delay(job, timed) {
        if job.read_run_delay {
            let reason = "the run delay could not be read around every request";
            missing.insert("effective_latency".into(), reason.into());
        }
        return (Some(wall), None);
    }
    let effective = figures::effective(samples);
    let effective = figures::latency_of(effective, "effective_latency", missing);
    (Some(wall), Some(effective))
}

fn throughput(driven: &Driven, missing: &mut Missing) -> Throughput {
    let one_at_a_time = "one request was in flight at a time";
    for (name, reason) in [
        ("pipelined_samples_per_s", one_at_a_time),
        ("offered_per_s", "the scenario is no open loop"),
        ("achieved_per_s", "the scenario is no open loop"),
    ] {
        missing.insert(format!("throughput.{name}"), reason.into());
    }
    let seconds = driven.ended.saturating_sub(driven.started).as_secs_f64();
    let samples_per_s = (seconds > 0.0).then(|| driven.samples_done as f64 / seconds);
    if samples_per_s.is_none() {
        let reason = "no time passed while requests were timed";
        missing.insert("throughput.samples_per_s".into(), reason.into());
    }
    Throughput {
        samples_per_s,
        ..Throughput::default()
    }
}

fn write_samples(job: &Job, samples: &[Sample]) -> Result<Option<SampleFile>, MeasureError> {
    let Some(path) = job.samples.as_ref().filter(|_| !samples.is_empty()) else {
        return Ok(None);
    };
    samples::write(path, samples).map_err(|error| MeasureError::Samples(error.to_string()))?;
    Ok(Some(SampleFile {
        path: path.display().to_string(),
        count: samples.len() as u64,
    }))
}
