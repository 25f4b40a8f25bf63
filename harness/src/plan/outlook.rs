//! How long a plan will take, told before anything is measured: a guess from each model's arithmetic and bytes.

use std::num::NonZeroUsize;

use tare_units::{Nanoseconds, Rate};

use super::{Plan, Rates, Work};
use crate::order::passes;
use crate::pilot::{PILOT_REQUESTS, smallest_cells};
use crate::replay::timed_at_least;
use crate::warmup;

/// Starting a worker, handing it its inputs and reading its answer.
const START: Nanoseconds = Nanoseconds::from_millis(50);
/// The same where the library is large and linked to a program of its own.
const SLOW_START: (&str, Nanoseconds) = ("libtorch", Nanoseconds::from_millis(600));
/// The probes before and after a worker, and its watching.
const PROBES: Nanoseconds = Nanoseconds::from_millis(90);
/// The worker that measures the harness itself.
const HARNESS: Nanoseconds = Nanoseconds::from_millis(700);
/// Measuring what the machine can do, where that is not kept.
const CALIBRATION: Nanoseconds = Nanoseconds::from_secs(6);
/// Bytes of weights a second that are read and laid out.
const LOADED_BYTES_PER_S: f64 = 400e6;
/// Bytes of a weight.
const WEIGHT_BYTES: f64 = 4.0;
/// A framework's own time for one operator.
const DISPATCH: Nanoseconds = Nanoseconds::from_micros(4);
/// Time and requests until a latency is steady, as a rule: whichever is more.
const WARM_TIME: Nanoseconds = Nanoseconds::from_millis(100);
const WARM_REQUESTS: u64 = 14;
/// Requests of a profile, at the most and at the least, and its time.
const PROFILED_REQUESTS: u64 = 100;
const PROFILED_FEWEST: u64 = 3;
/// The least of those in which a device is watched, with those that are not counted.
const WATCHED_FEWEST: u64 = 13;
const PROFILED_LIMIT: Nanoseconds = Nanoseconds::from_secs(1);
/// Workers that count a cell's operators and those of its twin, where that is not known yet.
const COUNTING_WORKERS: u64 = 2;
/// Requests of such a worker, those that it discards included.
const COUNTED_REQUESTS: u64 = 8;

/// What a run spends on each cell of its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlay {
    /// Fresh workers for each cell.
    pub repeats: u64,
    /// Timed work of a repeat.
    pub duration: Nanoseconds,
    /// Requests of a repeat at the most.
    pub max_requests: u64,
    /// Whether each repeat has its hollow twin's beside it.
    pub twins: bool,
    /// Whether each cell is profiled.
    pub profile: bool,
    /// Whether workers are watched and probed.
    pub probes: bool,
}

/// What a run will take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlook {
    /// About how long, further requests for energy left out.
    pub time: Nanoseconds,
    /// Workers of cells, twins, profiles and references.
    pub workers: u64,
    /// Cells whose arithmetic is unknown: they count with their timed work only.
    pub uncounted: u64,
}

/// What `plan` will take: its workers, each with its timed work, and starting, loading and warming up by the model's
/// weights, FLOPs and operators at `rates`; and measuring the machine where the rates are assumed and probes stand beside.
pub fn outlook(plan: &Plan, outlay: &Outlay, rates: &Rates) -> Outlook {
    let mut times = vec![HARNESS.as_nanos()];
    if outlay.probes && rates.measured.is_none() {
        times.push(CALIBRATION.as_nanos());
    }
    let mut workers = plan.references.len() as u64;
    for work in &plan.cells {
        let twins = u64::from(outlay.twins && work.is_weighed());
        workers += outlay.repeats * (1 + twins);
        workers += passes(&work.planned, outlay.repeats, outlay.profile);
        times.push(Costs::of(work, outlay, rates).of_cell(outlay, work));
    }
    for work in &plan.references {
        let cell = Costs::of(work, outlay, rates);
        times.push(sum(&[cell.started(), cell.request]));
    }
    for place in smallest_cells(&plan.cells) {
        let cell = Costs::of(&plan.cells[place], outlay, rates);
        times.push(sum(&[cell.warm(), cell.requests(PILOT_REQUESTS)]));
    }
    let unknown = |work: &&Work| work.planned.model.flops.is_none();
    Outlook {
        time: Nanoseconds::from_nanos(sum(&times)),
        workers,
        uncounted: plan.cells.iter().filter(unknown).count() as u64,
    }
}

/// Nanoseconds of the steps of one cell's workers.
struct Costs {
    start: u64,
    load: u64,
    request: u64,
    /// Requests that meet every batch, where there are several.
    met: u64,
    /// A request of the hollow twin.
    twin_request: u64,
    timed: u64,
    twin_timed: u64,
}

impl Costs {
    fn of(work: &Work, outlay: &Outlay, rates: &Rates) -> Self {
        let model = &work.planned.model;
        let operators = model.operators.unwrap_or(0);
        let dispatch = operators.saturating_mul(DISPATCH.as_nanos());
        let bytes = model.bytes_min.map_or(0, |bytes| bytes.as_bytes()) as f64;
        let flops = model.flops.map_or(0, |flops| flops.as_operations()) as f64;
        let threads = work.planned.cell.threads.max(1) as f64;
        let request =
            flops / (rates.flops_per_s.per_s() * threads) + bytes / rates.bytes_per_s.per_s();
        let request = dispatch.saturating_add(nanos(request));
        let weights = model.parameters.unwrap_or(0) as f64 * WEIGHT_BYTES;
        let limits = work.limits(outlay.duration, outlay.max_requests);
        let timed = |request: u64| {
            if work.scenario.trace_path().is_some() {
                return timed_at_least(&work.scenario, limits).as_nanos();
            }
            let known = (request > 0).then(|| Nanoseconds::from_nanos(request));
            let timed = known.and_then(|request| work.scenario.timed(limits, request).ok());
            let timed = timed.unwrap_or_else(|| work.scenario.timed_at_least(limits));
            timed.as_nanos()
        };
        let (slow, its_start) = SLOW_START;
        let start = if work.spec.name == slow {
            its_start
        } else {
            START
        };
        Self {
            start: start.as_nanos(),
            load: nanos(weights / LOADED_BYTES_PER_S),
            timed: timed(request),
            met: meeting(work, request),
            twin_timed: timed(dispatch),
            request,
            twin_request: dispatch,
        }
    }

    /// Repeats, those of the twin with what it takes to find it, and the profiles.
    fn of_cell(&self, outlay: &Outlay, work: &Work) -> u64 {
        let probes = if outlay.probes { PROBES.as_nanos() } else { 0 };
        let measured = sum(&[self.warm(), probes, self.timed, self.request]);
        let mut all = vec![measured.saturating_mul(outlay.repeats)];
        if outlay.twins && work.is_weighed() {
            let twin = [self.start, warm_up(self.twin_request), self.twin_timed];
            all.push(sum(&twin).saturating_mul(outlay.repeats));
            let counted = sum(&[self.started(), self.requests(COUNTED_REQUESTS)]);
            all.push(counted.saturating_mul(COUNTING_WORKERS));
        }
        let watched = match work.planned.cell.device.as_str() {
            "cpu" => 0,
            _ => self.profiled(WATCHED_FEWEST),
        };
        let profiled = [self.warm(), watched, self.profiled(PROFILED_FEWEST)];
        let passes = passes(&work.planned, outlay.repeats, outlay.profile);
        all.push(sum(&profiled).saturating_mul(passes));
        sum(&all)
    }

    /// As many requests as a second holds, within bounds.
    fn profiled(&self, fewest: u64) -> u64 {
        let limit = PROFILED_LIMIT.as_nanos().max(self.requests(fewest));
        limit.min(self.requests(PROFILED_REQUESTS))
    }

    fn requests(&self, count: u64) -> u64 {
        self.request.saturating_mul(count)
    }

    /// A worker with the model loaded.
    fn started(&self) -> u64 {
        sum(&[self.start, self.load])
    }

    /// A worker whose latency is steady.
    fn warm(&self) -> u64 {
        sum(&[self.started(), warm_up(self.request), self.met])
    }
}

/// Two requests of every batch, within the bounds of a warm-up.
fn meeting(work: &Work, request: u64) -> u64 {
    let batches = work.load.largest_batch.map_or(0, NonZeroUsize::get) as u64;
    let limit = warmup::Bounds::default().max_ns.as_nanos();
    limit.min(request.saturating_mul(2 * batches))
}

/// Until the latency is steady, as a rule, and within the bounds of a warm-up.
fn warm_up(request: u64) -> u64 {
    let bounds = warmup::Bounds::default();
    let least = request.saturating_mul(bounds.min_requests);
    let limit = bounds.max_ns.as_nanos().max(least);
    let rule = request.saturating_mul(WARM_REQUESTS);
    limit.min(rule.max(WARM_TIME.as_nanos()))
}

/// Stays at the most that can be told.
fn sum(nanos: &[u64]) -> u64 {
    nanos.iter().fold(0, |sum, next| sum.saturating_add(*next))
}

fn nanos(seconds: f64) -> u64 {
    Nanoseconds::from_nanos_f64(seconds * 1e9).as_nanos()
}

#[cfg(test)]
mod tests;
