//! What a worker tells of a search that found no rate to serve: the rates that were tried, and why nothing was timed.

use tare_results::{Met, Missing, RateSearch, Serving, Throughput};
use tare_scenarios as scenarios;
use tare_units::Nanoseconds;

use crate::check::Check;
use crate::protocol::Measured;
use crate::warmup::Warmup;

/// What is not there where nothing was timed.
const UNTIMED: [&str; 12] = [
    "latency",
    "effective_latency",
    "schedule",
    "samples",
    "serving.mean_batch",
    "serving.goodput_per_s",
    "serving.saturated",
    "serving.objective",
    "throughput.samples_per_s",
    "throughput.pipelined_samples_per_s",
    "throughput.offered_per_s",
    "throughput.achieved_per_s",
];

/// Why nothing was timed, after a `search` for a rate that keeps what `serving` is held to, of which none was kept.
fn reason(serving: &scenarios::Serving, search: Option<&RateSearch>) -> String {
    let Some(search) = search else {
        return "no rate was searched".to_owned();
    };
    let count = |met| search.tried.iter().filter(|one| one.met == met).count();
    let objective = serving.objective.map(|objective| objective.to_string());
    let rates = search.tried.iter().map(|one| one.per_s);
    format!(
        "no rate holds {}: of {} that were tried, down to {:.3} requests a second, {} did not hold it and {} were not decided; \
         raise the objective's time, budget= or --deadline",
        objective.unwrap_or_default(),
        search.trials,
        rates.fold(f64::INFINITY, f64::min),
        count(Met::NotMet),
        count(Met::NotDecided),
    )
}

/// What a worker tells of such a search that loaded in `load_ns` and warmed up; a reading of the clock takes `clock_ns`.
pub fn unserved(
    serving: &scenarios::Serving,
    search: Option<RateSearch>,
    (load_ns, warmup, clock_ns): (Nanoseconds, &Warmup, f64),
    check: Check,
) -> Measured {
    let reason = reason(serving, search.as_ref());
    let missing: Missing = UNTIMED
        .iter()
        .map(|path| ((*path).to_owned(), reason.clone()))
        .collect();
    Measured {
        load: warmup.load(load_ns),
        latency: None,
        batches: None,
        samples_done: 0,
        effective_latency: None,
        throughput: Throughput::default(),
        schedule: None,
        serving: Some(Serving {
            workers: serving.workers,
            search,
            ..Serving::default()
        }),
        cut: None,
        left_waiting: None,
        drift: None,
        decision: None,
        delayed_share: None,
        clock_ns,
        run_delay_ns: Err("it is not read under load".to_owned()),
        failed_requests: 0,
        first_error: None,
        check,
        samples: None,
        missing,
    }
}
