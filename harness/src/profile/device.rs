//! What a device did in each request, from what a tracer recorded of all: pure arithmetic.
//!
//! An activity belongs to the request in which the call that launched it was entered, by the tracer's clock; one whose call is
//! not known, to the request in which it began. The measures are those of arXiv 2504.11750 (launch delay TKLQT, average
//! kernel duration AKD); idle time is the latency less the union of all intervals rather than less the sum of durations,
//! which counts twice what overlaps.

use std::collections::{BTreeMap, HashMap};

use tare_adapter_api::Interval;
use tare_results::{
    ActivityCounts, Copies, CopyTime, DeviceMeans, DeviceTime, KernelShare, KernelTime,
};
use tare_statistics::busy_time;
use tare_units::{Bytes, Nanoseconds};

use super::sum::{Tally, busy, largest_first, median};
use crate::trace::{Activity, Trace, Way, Work};

/// Kernels that are told by name.
const NAMED: usize = 64;
/// How far beyond its request an activity may seem to lie: the device's clock is brought onto the host's with an error of
/// microseconds.
const SLACK: Nanoseconds = Nanoseconds::from_micros(10);

/// A request.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// The tracer's clock before it.
    pub from: Nanoseconds,
    /// After it.
    pub to: Nanoseconds,
    /// Its latency by the harness's clock.
    pub latency: Nanoseconds,
}

/// What `trace` says of `requests`, which are in order; the first `warm` are traced and not counted.
///
/// # Errors
/// In words, where nothing was recorded of them or they are too few.
pub fn device_time(trace: &Trace, requests: &[Request], warm: usize) -> Result<DeviceTime, String> {
    let sorted = Sorted::of(trace, requests);
    let done = &sorted.done[warm.min(requests.len())..];
    let counted = &requests[warm.min(requests.len())..];
    let intervals: Vec<Vec<Interval>> = done.iter().map(Done::intervals).collect();
    if intervals.iter().all(Vec::is_empty) {
        let counts = sorted.counts;
        return Err(format!(
            "CUPTI recorded no activity of the device within a request ({} recorded, {} dropped, {} outside requests)",
            counts.recorded,
            counts.dropped,
            counts.outside + counts.across
        ));
    }
    let latencies: Vec<Nanoseconds> = counted.iter().map(|request| request.latency).collect();
    Ok(DeviceTime {
        kernels: Some(kernels(done, &trace.names)),
        copies: Some(copies(done)),
        activities: Some(sorted.counts),
        ..busy(&intervals, &latencies, DeviceMeans::Cupti)?
    })
}

/// What was done in a request.
#[derive(Default)]
struct Done<'a> {
    activities: Vec<&'a Activity>,
    /// The part of each that lies within the request.
    within: Vec<Interval>,
    /// Of each launch the first kernel's start less the call's, in nanoseconds.
    delays: Vec<f64>,
}

impl Done<'_> {
    fn intervals(&self) -> Vec<Interval> {
        self.within.clone()
    }
}

struct Sorted<'a> {
    done: Vec<Done<'a>>,
    counts: ActivityCounts,
}

impl<'a> Sorted<'a> {
    fn of(trace: &'a Trace, requests: &[Request]) -> Self {
        let launches = launches(trace);
        let mut sorted = Self {
            done: requests.iter().map(|_| Done::default()).collect(),
            counts: ActivityCounts {
                recorded: trace.activities.len() as u64,
                dropped: trace.dropped,
                untimed: 0,
                outside: 0,
                across: 0,
                unlaunched: 0,
            },
        };
        for activity in &trace.activities {
            let launch = launches.get(&activity.correlation).copied();
            sorted.put(activity, launch, requests);
        }
        for done in &mut sorted.done {
            done.delays = delays(&done.activities, &launches);
        }
        sorted
    }

    fn put(&mut self, activity: &'a Activity, launch: Option<Nanoseconds>, requests: &[Request]) {
        let (start, end) = (activity.start, activity.end);
        let counts = &mut self.counts;
        if end == Nanoseconds::ZERO || end < start {
            counts.untimed += 1;
            return;
        }
        let anchor = launch.unwrap_or(start);
        let place = requests.partition_point(|request| request.from <= anchor);
        let place = place.checked_sub(1);
        let place = place.filter(|place| anchor <= requests[*place].to);
        let Some(place) = place else {
            counts.outside += 1;
            return;
        };
        let request = requests[place];
        if start + SLACK < request.from || end > request.to + SLACK {
            counts.across += 1;
            return;
        }
        if matches!(activity.work, Work::Kernel { .. }) && launch.is_none() {
            counts.unlaunched += 1;
        }
        let clipped = |time: Nanoseconds| time.max(request.from).min(request.to);
        let done = &mut self.done[place];
        done.activities.push(activity);
        done.within.push((clipped(start), clipped(end)));
    }
}

/// When each launch was called: of a runtime's call and the driver's within it, which share a number, the outer one.
fn launches(trace: &Trace) -> HashMap<u32, Nanoseconds> {
    let mut launches = HashMap::new();
    let timed = trace.calls.iter();
    for call in timed.filter(|call| call.start > Nanoseconds::ZERO) {
        let start = launches.entry(call.correlation).or_insert(call.start);
        *start = call.start.min(*start);
    }
    launches
}

/// From call to start of the first kernel of each launch among `activities`.
fn delays(activities: &[&Activity], launches: &HashMap<u32, Nanoseconds>) -> Vec<f64> {
    let mut first: BTreeMap<u32, Nanoseconds> = BTreeMap::new();
    for activity in activities {
        if matches!(activity.work, Work::Kernel { .. }) {
            let start = first.entry(activity.correlation).or_insert(activity.start);
            *start = activity.start.min(*start);
        }
    }
    let known = first
        .into_iter()
        .filter_map(|(correlation, start)| Some((start, *launches.get(&correlation)?)));
    // The times are too large for the difference of two floating-point numbers to be exact.
    let whole = |time: Nanoseconds| i128::from(time.as_nanos());
    known
        .map(|(start, call)| (whole(start) - whole(call)) as f64)
        .collect()
}

/// The median over requests of what `of` says of each.
fn over(done: &[Done<'_>], of: impl Fn(&Done<'_>) -> f64) -> f64 {
    median(done.iter().map(of).collect())
}

/// So many in a request, on average.
fn a_request(all: usize, done: &[Done<'_>]) -> u64 {
    (all as f64 / done.len().max(1) as f64).round() as u64
}

fn length(activity: &Activity) -> u64 {
    activity.end.saturating_sub(activity.start).as_nanos()
}

/// The name's place, where it is a kernel.
fn name(activity: &Activity) -> Option<usize> {
    match activity.work {
        Work::Kernel { name } => Some(name),
        _ => None,
    }
}

fn kernels(done: &[Done<'_>], names: &[String]) -> KernelTime {
    let of = |done: &Done<'_>| -> Vec<(usize, u64)> {
        let named = done.activities.iter();
        named
            .filter_map(|one| Some((name(one)?, length(one))))
            .collect()
    };
    let each: Vec<Vec<(usize, u64)>> = done.iter().map(of).collect();
    let count: usize = each.iter().map(Vec::len).sum();
    let total: u64 = each.iter().flatten().map(|(_, time)| time).sum();
    let delays: Vec<f64> = done.iter().flat_map(|done| done.delays.clone()).collect();
    let busy_of = |done: &Done<'_>| {
        let both = done.activities.iter().zip(&done.within);
        let kernels = both.filter(|(one, _)| name(one).is_some());
        let intervals: Vec<Interval> = kernels.map(|(_, within)| *within).collect();
        busy_time(&intervals).as_nanos() as f64
    };
    let (by_name, others) = shares(&each, names);
    KernelTime {
        count: a_request(count, done),
        busy_ns: over(done, busy_of),
        time_ns: median(each.iter().map(|one| summed(one) as f64).collect()),
        mean_ns: total as f64 / count.max(1) as f64,
        launches: a_request(delays.len(), done),
        launch_delay_ns: over(done, |done| done.delays.iter().sum()),
        mean_launch_delay_ns: (!delays.is_empty())
            .then(|| delays.iter().sum::<f64>() / delays.len() as f64),
        by_name,
        others,
    }
}

fn summed(kernels: &[(usize, u64)]) -> u64 {
    kernels.iter().map(|(_, time)| time).sum()
}

/// By name, those that took most first, and all beyond the first [`NAMED`] together.
fn shares(each: &[Vec<(usize, u64)>], names: &[String]) -> (Vec<KernelShare>, Option<KernelShare>) {
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for (request, kernels) in each.iter().enumerate() {
        for (name, time) in kernels {
            let name = names.get(*name).map_or("", String::as_str);
            tallies.entry(name).or_default().add(request, 1, *time);
        }
    }
    let total: f64 = tallies.values().map(|one| one.time_ns(each.len())).sum();
    let share = |time: f64| if total > 0.0 { time / total } else { 0.0 };
    let all = tallies.into_iter().map(|(name, tally)| KernelShare {
        name: name.to_owned(),
        count: tally.a_request(each.len()),
        time_ns: tally.time_ns(each.len()),
        share: share(tally.time_ns(each.len())),
    });
    let mut named = largest_first(all, |one| one.time_ns);
    let rest = named.split_off(named.len().min(NAMED));
    let time: f64 = rest.iter().map(|one| one.time_ns).sum();
    let others = (!rest.is_empty()).then(|| KernelShare {
        name: format!("{} others", rest.len()),
        count: rest.iter().map(|one| one.count).sum(),
        time_ns: time,
        share: share(time),
    });
    (named, others)
}

fn copies(done: &[Done<'_>]) -> Copies {
    let of = |wanted: Option<Way>| -> CopyTime {
        let each = || {
            done.iter().map(|done| {
                let all = done.activities.iter();
                let moved = all.filter_map(|one| Some((moved(one, wanted)?, length(one))));
                moved.collect::<Vec<(u64, u64)>>()
            })
        };
        let count: usize = each().map(|one| one.len()).sum();
        let bytes: u64 = each().flatten().map(|(bytes, _)| bytes).sum();
        let time = |one: Vec<(u64, u64)>| one.iter().map(|(_, time)| time).sum::<u64>() as f64;
        CopyTime {
            count: a_request(count, done),
            bytes: Bytes::from_bytes(bytes / done.len().max(1) as u64),
            time_ns: median(each().map(time).collect()),
        }
    };
    Copies {
        to_device: of(Some(Way::ToDevice)),
        from_device: of(Some(Way::FromDevice)),
        on_device: of(Some(Way::OnDevice)),
        fills: of(None),
    }
}

/// The bytes of a copy this way, or of a fill.
fn moved(activity: &Activity, wanted: Option<Way>) -> Option<u64> {
    match (activity.work, wanted) {
        (Work::Copy { way, bytes }, Some(wanted)) if way == wanted => Some(bytes.as_bytes()),
        (Work::Fill { bytes }, None) => Some(bytes.as_bytes()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
