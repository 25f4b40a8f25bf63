//! What requests under load gave, as the worker tells it: figures, and a reason for each that is not there.

use tare_results::samples::Sample;
use tare_results::{Decision, Missing, Serving, Throughput};
use tare_scenarios::{self as scenarios, Objective};
use tare_units::Nanoseconds;

use super::intervals::withhold;
use super::measure::Timed;
use super::objective::{Pressure, kept};
use super::saturation::{self, is_saturated};
use super::served::Served;
use super::slots::Counts;
use crate::decide::Settled;
use crate::figures;
use crate::job::JobError;
use crate::outcome::write_samples;
use crate::protocol::{Measured, Timing};

/// Puts what timed requests gave together and writes their samples.
pub fn measured_of(
    timing: &Timing,
    serving: &scenarios::Serving,
    timed: Timed,
) -> Result<Measured, JobError> {
    let mut missing = Missing::new();
    let samples = &timed.samples;
    let mut latency = figures::latency_of(figures::wall(samples), "latency", &mut missing);
    if timed.is_open {
        let load = timed.done.served.load(serving.workers, timed.counts.due());
        withhold(&mut latency, load, &mut missing);
    }
    let reason =
        "a request under load waits for others: what was taken from its thread is not its own";
    missing.insert("effective_latency".into(), reason.into());
    let throughput = throughput(timing, &timed, &mut missing);
    let became = became((timing, serving), &timed, &mut missing);
    Ok(Measured {
        load: timed.warmup.load(timed.load_ns),
        schedule: figures::skew_of(samples),
        serving: Some(became),
        cut: timed.done.served.cut(),
        left_waiting: timed.done.served.left_waiting,
        drift: figures::drift_of(samples),
        decision: timed
            .done
            .settled
            .map(|settled| decision(&settled, &mut missing)),
        batches: timed.done.served.batches.told(&timed.warmup.met),
        samples_done: timed.done.served.samples_done(timing.batch),
        latency: Some(latency),
        effective_latency: None,
        throughput,
        delayed_share: None,
        clock_ns: timed.clock_ns,
        run_delay_ns: Err("it is not read under load".to_owned()),
        failed_requests: timed.counts.due() - timed.counts.done,
        first_error: first_error(&timed.done.served, &timed.counts),
        check: timed.check,
        samples: write_samples(timing, samples, None)?,
        missing,
    })
}

/// What the last look said. A repeat and each of its legs begin with nobody waiting, and the fewer requests there are the
/// more of them find the queue shorter than it becomes: an interval that does not decide is not known to hold.
fn decision(settled: &Settled, missing: &mut Missing) -> Decision {
    let told = settled.told(missing);
    if told.decided {
        return told;
    }
    for name in ["reach", "low_ns", "high_ns"] {
        let path = format!("decision.{name}");
        missing.entry(path).or_insert_with(|| UNSETTLED.to_owned());
    }
    Decision {
        reach: None,
        low_ns: None,
        high_ns: None,
        ..told
    }
}

const UNSETTLED: &str = "not decided: too few requests came after the queue was empty to say how far off it may be; raise \
                         limit=";

/// What the first request said that failed; where none said anything, what became of those that did.
fn first_error(served: &Served, counts: &Counts) -> Option<String> {
    if let Some(error) = &served.first_error {
        return Some(error.to_string());
    }
    let told = [
        (counts.rejected, "found the queue full"),
        (counts.timed_out, "were not begun in time"),
        (counts.never_sent, "were never issued"),
        (counts.errors, "were not done in time"),
    ];
    let told = told.iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> = told
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn became(
    (timing, serving): (&Timing, &scenarios::Serving),
    timed: &Timed,
    missing: &mut Missing,
) -> Serving {
    let (served, counts) = (&timed.done.served, &timed.counts);
    let worked = served.worked;
    let mean_batch = (worked.batches > 0).then(|| worked.executed as f64 / worked.batches as f64);
    if mean_batch.is_none() {
        let reason = "no request was executed";
        missing.insert("serving.mean_batch".into(), reason.into());
    }
    let counted = match timed.is_open {
        true => counted(timed, timing.duration_ns),
        false => Some(1.0),
    };
    let pressure = pressure(timed);
    if let Err(why) = pressure.saturated {
        let reason = format!("of {} requests: {why}", counts.due());
        missing.insert("serving.saturated".into(), reason);
    }
    Serving {
        workers: serving.workers,
        due: counts.due(),
        done: counts.done,
        rejected: counts.rejected,
        timed_out: counts.timed_out,
        errors: counts.errors,
        never_sent: counts.never_sent,
        most_waiting: served.issued.most_waiting,
        mean_batch,
        goodput_per_s: goodput(serving.objective, (timed, counted), missing),
        saturated: pressure.saturated.ok(),
        objective: serving
            .objective
            .map(|objective| kept(objective, &timed.samples, pressure)),
        search: timed.search.clone(),
    }
}

/// Of the requests since nobody waited. In a closed loop no more wait than there are clients.
fn pressure(timed: &Timed) -> Pressure {
    if !timed.is_open {
        return Pressure::NONE;
    }
    let last = &timed.done.last;
    let samples = timed.samples.get(last.first..).unwrap_or_default();
    Pressure {
        saturated: is_saturated(samples, last.load, saturation::RISK),
        load: last.load,
    }
}

/// The share of an open loop's requests that counts over the time of the repeat: where the last of n ends it, and not its
/// `duration`, that time has the n − 1 gaps between them. Nothing of a single request that ends it.
fn counted(timed: &Timed, duration: Nanoseconds) -> Option<f64> {
    let last = timed.samples.last();
    let due = last.map(|last| last.issued.saturating_sub(u64::from(last.skew)));
    let has_passed = timed.done.served.issuing >= duration;
    let is_ended_by_time = has_passed && due.is_none_or(|due| due < duration.as_nanos());
    match timed.counts.due() {
        _ if is_ended_by_time || timed.done.served.issued.cut.is_some() => Some(1.0),
        0 | 1 => None,
        due => Some((due - 1) as f64 / due as f64),
    }
}

fn throughput(timing: &Timing, timed: &Timed, missing: &mut Missing) -> Throughput {
    let (served, counts) = (&timed.done.served, &timed.counts);
    let rate = |count: u64, time: Nanoseconds| {
        (time > Nanoseconds::ZERO).then(|| count as f64 / time.as_secs_f64())
    };
    let (issuing, lasted) = (served.issuing, served.lasted());
    let counted = counted(timed, timing.duration_ns).filter(|_| timed.is_open);
    let open = |rate: Option<f64>| Some(rate? * counted?);
    let throughput = Throughput {
        samples_per_s: rate(served.samples_done(timing.batch), lasted),
        pipelined_samples_per_s: None,
        offered_per_s: open(rate(counts.due(), issuing)),
        achieved_per_s: open(rate(counts.done, lasted)),
    };
    let of_open = match timed.is_open {
        true if counted.is_none() => "one request has no distance to another",
        true => "no time passed while requests were timed",
        false => "the scenario is no open loop",
    };
    for (name, value, reason) in [
        (
            "samples_per_s",
            throughput.samples_per_s,
            "no time passed while requests were timed",
        ),
        (
            "pipelined_samples_per_s",
            None,
            "each worker has one request in flight at a time",
        ),
        ("offered_per_s", throughput.offered_per_s, of_open),
        ("achieved_per_s", throughput.achieved_per_s, of_open),
    ] {
        if value.is_none() {
            missing.insert(format!("throughput.{name}"), reason.into());
        }
    }
    throughput
}

/// Requests a second within the objective, of which a share is `counted` as of those that are done.
fn goodput(
    objective: Option<Objective>,
    (timed, counted): (&Timed, Option<f64>),
    missing: &mut Missing,
) -> Option<f64> {
    let within = objective.map(|objective| {
        let within = |sample: &&Sample| is_within(objective, sample);
        timed.samples.iter().filter(within).count() as f64
    });
    let lasted = timed.done.served.lasted();
    let goodput = within
        .filter(|_| lasted > Nanoseconds::ZERO)
        .zip(counted)
        .map(|(within, counted)| within * counted / lasted.as_secs_f64());
    if goodput.is_none() {
        let reason = match objective {
            None => "no objective was given: slo=p99<20ms",
            Some(_) if counted.is_none() => "one request has no distance to another",
            Some(_) => "no time passed while requests were timed",
        };
        missing.insert("serving.goodput_per_s".into(), reason.into());
    }
    goodput
}

fn is_within(objective: Objective, sample: &Sample) -> bool {
    sample
        .latency()
        .is_some_and(|latency| latency < objective.bound)
}
