//! How long a plan will take, told before anything is measured: a guess from each model's arithmetic and bytes.

use tare_scenarios::Limits;
use tare_units::Nanoseconds;

use super::{Plan, Work};

/// Starting a worker, handing it its inputs and reading its answer.
const START: Nanoseconds = Nanoseconds::from_millis(250);
/// The probes before and after a worker.
const PROBES: Nanoseconds = Nanoseconds::from_millis(150);
/// The worker that measures the harness itself.
const HARNESS: Nanoseconds = Nanoseconds::from_millis(700);
/// Arithmetic of one thread, operations a second: what a modest core reaches with small matrices.
const FLOPS_PER_S: f64 = 20e9;
/// Bytes a second that operators read and write.
const BYTES_PER_S: f64 = 4e9;
/// Bytes of weights a second that are read and laid out.
const LOADED_BYTES_PER_S: f64 = 250e6;
/// Bytes of a weight.
const WEIGHT_BYTES: f64 = 4.0;
/// A framework's own time for one operator.
const DISPATCH: Nanoseconds = Nanoseconds::from_micros(10);
/// Time and requests until a latency is steady, as a rule: whichever is more.
const WARM_TIME: Nanoseconds = Nanoseconds::from_millis(150);
const WARM_REQUESTS: u64 = 14;
/// The longest warm-up, but for the fewest requests.
const WARM_LIMIT: Nanoseconds = Nanoseconds::from_secs(3);
const WARM_FEWEST: u64 = 3;
/// Requests of a profile at the most, and its time.
const PROFILED_REQUESTS: u64 = 100;
const PROFILED_LIMIT: Nanoseconds = Nanoseconds::from_secs(1);
/// Workers that count a cell's operators and those of its twin, where that is not known yet.
const COUNTING_WORKERS: u64 = 2;
/// Requests of such a worker, those that it discards included.
const COUNTED_REQUESTS: u64 = 6;
/// Requests of a pilot, of which each adapter has one.
const PILOT_REQUESTS: u64 = 5;

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
/// weights, FLOPs and operators at the rates of a modest core.
pub fn outlook(plan: &Plan, outlay: &Outlay) -> Outlook {
    let mut nanos = HARNESS.as_nanos();
    let mut workers = 0;
    for work in &plan.cells {
        let cell = Costs::of(work, outlay);
        nanos = nanos.saturating_add(cell.of_cell(outlay, work.computes));
        let twins = u64::from(outlay.twins && work.computes);
        workers += outlay.repeats * (1 + twins) + u64::from(outlay.profile);
    }
    for work in &plan.references {
        let cell = Costs::of(work, outlay);
        nanos = nanos.saturating_add(cell.started() + cell.request);
        workers += 1;
    }
    for place in crate::pilot::smallest_cells(&plan.cells) {
        let cell = Costs::of(&plan.cells[place], outlay);
        nanos = nanos.saturating_add(cell.warm() + PILOT_REQUESTS * cell.request);
    }
    let unknown = |work: &&Work| work.planned.model.flops.is_none();
    Outlook {
        time: Nanoseconds::from_nanos(nanos),
        workers,
        uncounted: plan.cells.iter().filter(unknown).count() as u64,
    }
}

/// Nanoseconds of the steps of one cell's workers.
struct Costs {
    load: u64,
    request: u64,
    /// A request of the hollow twin.
    twin_request: u64,
    timed: u64,
    twin_timed: u64,
}

impl Costs {
    fn of(work: &Work, outlay: &Outlay) -> Self {
        let model = &work.planned.model;
        let dispatch = model.operators.unwrap_or(0) * DISPATCH.as_nanos();
        let bytes = model.bytes_min.map_or(0, |bytes| bytes.as_bytes()) as f64;
        let flops = model.flops.map_or(0, |flops| flops.as_operations()) as f64;
        let threads = work.planned.cell.threads.max(1) as f64;
        let request = flops / (FLOPS_PER_S * threads) + bytes / BYTES_PER_S;
        let request = dispatch.saturating_add(nanos(request));
        let weights = model.parameters.unwrap_or(0) as f64 * WEIGHT_BYTES;
        let limits = Limits {
            duration: outlay.duration,
            max_requests: outlay.max_requests,
            batch: work.planned.cell.batch,
        };
        let timed = |request: u64| {
            let request = Nanoseconds::from_nanos(request.max(1));
            let timed = work.scenario.timed(limits, request);
            timed.unwrap_or(outlay.duration).as_nanos()
        };
        Self {
            load: nanos(weights / LOADED_BYTES_PER_S),
            timed: timed(request),
            twin_timed: timed(dispatch),
            request,
            twin_request: dispatch,
        }
    }

    /// Repeats, those of the twin with what it takes to find it, and the profile.
    fn of_cell(&self, outlay: &Outlay, computes: bool) -> u64 {
        let probes = if outlay.probes { PROBES.as_nanos() } else { 0 };
        let measured = self.warm() + probes + self.timed + self.request;
        let twin = START.as_nanos() + warm_up(self.twin_request) + probes + self.twin_timed;
        let counted = COUNTING_WORKERS * (self.warm() + COUNTED_REQUESTS * self.request);
        let limit = PROFILED_LIMIT.as_nanos().max(WARM_FEWEST * self.request);
        let profiled = self.warm() + limit.min(PROFILED_REQUESTS * self.request);
        let twins = match outlay.twins && computes {
            true => counted.saturating_add(outlay.repeats.saturating_mul(twin)),
            false => 0,
        };
        let profile = if outlay.profile { profiled } else { 0 };
        let repeats = outlay.repeats.saturating_mul(measured);
        repeats.saturating_add(twins).saturating_add(profile)
    }

    /// A worker with the model loaded.
    fn started(&self) -> u64 {
        START.as_nanos() + self.load
    }

    /// A worker whose latency is steady.
    fn warm(&self) -> u64 {
        self.started() + warm_up(self.request)
    }
}

fn warm_up(request: u64) -> u64 {
    let limit = WARM_LIMIT
        .as_nanos()
        .max(WARM_FEWEST.saturating_mul(request));
    let rule = WARM_REQUESTS.saturating_mul(request);
    limit.min(rule.max(WARM_TIME.as_nanos()))
}

fn nanos(seconds: f64) -> u64 {
    Nanoseconds::from_nanos_f64(seconds * 1e9).as_nanos()
}
