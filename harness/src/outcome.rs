//! What timed requests gave, as the worker tells it: figures, and a reason for each that is not there.

use tare_results::samples::{self, Sample};
use tare_results::{DelaysOf, Latency, Missing, SampleFile, Throughput};
use tare_units::Nanoseconds;

use crate::drive::Driven;
use crate::figures;
use crate::job::JobError;
use crate::measure::Timed;
use crate::protocol::{Measured, RunDelayOf, Timing};

/// Puts what timed requests gave together and writes their samples.
pub fn measured_of(
    timing: &Timing,
    load_ns: Nanoseconds,
    timed: Timed,
    samples: &[Sample],
) -> Result<Measured, JobError> {
    let mut missing = Missing::new();
    let (latency, effective_latency) = latencies(timing, &timed, samples, &mut missing);
    let delays = delays_of(timing, &timed);
    let failed = samples.iter().filter(|sample| sample.latency().is_none());
    Ok(Measured {
        load: timed.warmup.load(load_ns),
        schedule: latency.as_ref().and_then(|_| figures::skew_of(samples)),
        serving: None,
        cut: None,
        left_waiting: None,
        drift: latency.as_ref().and_then(|_| figures::drift_of(samples)),
        decision: timed.settled.map(|settled| settled.told(&mut missing)),
        latency,
        batches: timed.driven.batches.told(&timed.warmup.met),
        samples_done: timed.driven.samples_done,
        effective_latency,
        throughput: throughput(&timed.driven, &mut missing),
        delayed_share: reads_delay(timing, &timed).then(|| figures::delayed_share(samples)),
        clock_ns: timed.clock_ns,
        run_delay_ns: timed.run_delay_ns,
        failed_requests: failed.count() as u64,
        first_error: timed.driven.first_error.map(|error| error.to_string()),
        check: timed.check,
        samples: write_samples(timing, samples, delays)?,
        missing,
    })
}

fn reads_delay(timing: &Timing, timed: &Timed) -> bool {
    timing.run_delay == RunDelayOf::Executing && timed.driven.delay_read
}

/// Why there is no effective latency of samples that hold what all threads of the process waited.
const WAITING_OF_ALL: &str = "the run delays of all threads were read, and they overlap";

/// Whose run delays the samples hold; nobody's where their requests have no latency.
fn delays_of(timing: &Timing, timed: &Timed) -> Option<DelaysOf> {
    let is_read = timed.driven.delay_read && timing.scenario.latency_missing().is_none();
    match timing.run_delay {
        RunDelayOf::Executing => is_read.then_some(DelaysOf::Executing),
        RunDelayOf::All => is_read.then_some(DelaysOf::All),
        RunDelayOf::Nobody => None,
    }
}

fn latencies(
    timing: &Timing,
    timed: &Timed,
    samples: &[Sample],
    missing: &mut Missing,
) -> (Option<Latency>, Option<Latency>) {
    if let Some(reason) = timing.scenario.latency_missing() {
        for group in ["latency", "effective_latency", "schedule"] {
            missing.insert(group.into(), reason.into());
        }
        return (None, None);
    }
    let wall = figures::latency_of(figures::wall(samples), "latency", missing);
    if !reads_delay(timing, timed) {
        let reason = match timing.run_delay {
            RunDelayOf::Executing => Some("the run delay could not be read around every request"),
            RunDelayOf::All if timed.driven.delay_read => Some(WAITING_OF_ALL),
            RunDelayOf::All | RunDelayOf::Nobody => None,
        };
        if let Some(reason) = reason {
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
    let seconds = driven.spent().as_secs_f64();
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

/// Writes `samples`, which hold these run delays, where `timing` wants them.
pub fn write_samples(
    timing: &Timing,
    samples: &[Sample],
    delays: Option<DelaysOf>,
) -> Result<Option<SampleFile>, JobError> {
    let Some(path) = timing.samples.as_ref().filter(|_| !samples.is_empty()) else {
        return Ok(None);
    };
    samples::write(path, samples).map_err(|error| JobError::Samples(error.to_string()))?;
    Ok(Some(SampleFile {
        path: path.display().to_string(),
        count: samples.len() as u64,
        delays,
    }))
}
