//! What a profiler told request by request as one profile: medians by kind of operator and by operator.

use std::collections::BTreeMap;

use tare_adapter_api::{Interval, RequestProfile};
use tare_results::{DeviceMeans, DeviceTime, NodeShare, OperatorShare, Profile};
use tare_statistics::{Distribution, Percentile, busy_time, nearest_rank};
use tare_units::Nanoseconds;

use crate::job::JobError;

/// The medians over `requests`, whose latencies by the harness's clock are `latencies`.
///
/// A mean would tell the time of one request that was held up, which may be many times that of all others.
pub fn summed(requests: &[RequestProfile], latencies: &[Nanoseconds]) -> Result<Profile, JobError> {
    let (kinds, nodes) = tallied(requests);
    let count = requests.len();
    let total: f64 = kinds.values().map(|kind| kind.time_ns(count)).sum();
    if total == 0.0 {
        return Err(JobError::Profile("told of no operator's time".to_owned()));
    }
    let operators = kinds.into_iter().map(|(kind, tally)| OperatorShare {
        kind: kind.to_owned(),
        count: tally.a_request(count),
        time_ns: tally.time_ns(count),
        share: tally.time_ns(count) / total,
        flops: None,
        bytes: None,
    });
    let nodes = nodes.into_iter().map(|((name, kind), tally)| NodeShare {
        name: name.to_owned(),
        kind: kind.to_owned(),
        count: tally.a_request(count),
        time_ns: tally.time_ns(count),
        share: tally.time_ns(count) / total,
        flops: None,
        bytes: None,
    });
    let p50 = p50_ns(latencies.to_vec());
    let latency_p50_ns = p50.ok_or_else(|| JobError::Profile("saw no request".to_owned()))?;
    Ok(Profile {
        perturbation: None,
        requests: requests.len() as u64,
        latency_p50_ns,
        operators: largest_first(operators, |one| one.time_ns),
        nodes: largest_first(nodes, |one| one.time_ns),
        families: Vec::new(),
        device: None,
    })
}

type Tallies<'a> = (
    BTreeMap<&'a str, Tally>,
    BTreeMap<(&'a str, &'a str), Tally>,
);

/// By kind, and by name and kind.
fn tallied(requests: &[RequestProfile]) -> Tallies<'_> {
    let (mut kinds, mut nodes) = Tallies::default();
    for (place, request) in requests.iter().enumerate() {
        for operator in request {
            let kind = kinds.entry(operator.kind.as_str()).or_default();
            kind.add(place, operator.count, operator.time_ns);
            if let Some(name) = &operator.name {
                let named = (name.as_str(), operator.kind.as_str());
                let node = nodes.entry(named).or_default();
                node.add(place, operator.count, operator.time_ns);
            }
        }
    }
    (kinds, nodes)
}

/// How long the device was busy in each of `requests`, over all of them, and idle in their `latencies`.
///
/// # Errors
/// In words, where too few tell the median.
pub fn busy(
    requests: &[Vec<Interval>],
    latencies: &[Nanoseconds],
    means: DeviceMeans,
) -> Result<DeviceTime, String> {
    let times: Vec<Nanoseconds> = requests.iter().map(|one| busy_time(one)).collect();
    let median_of = Distribution::of(&times).percentile(Percentile::P50);
    let decided = median_of.and_then(Result::ok);
    let told = decided.ok_or_else(|| {
        let count = times.len();
        format!("{count} requests decide no median of the device's busy time: take a smaller batch")
    })?;
    let bound = |time: Nanoseconds| Some(time.as_nanos() as f64);
    let busy_ns = tare_results::Percentile {
        value_ns: told.value.as_nanos() as f64,
        low_ns: bound(told.low),
        high_ns: bound(told.high),
        tau: Some(told.correlation_time),
        effective_count: Some(times.len() as f64 / told.correlation_time),
    };
    let nanos = |time: &Nanoseconds| time.as_nanos() as f64;
    let idle = latencies.iter().zip(&times);
    let idle = idle.map(|(latency, busy)| nanos(latency) - nanos(busy));
    let pieces: usize = requests.iter().map(Vec::len).sum();
    let intervals = (pieces / requests.len().max(1)) as u64;
    Ok(DeviceTime {
        latency_p50_ns: p50_ns(latencies.to_vec()),
        idle_ns: Some(median(idle.collect())),
        ..DeviceTime::of_busy(busy_ns, intervals, means)
    })
}

/// The median latency; `None` of none.
pub fn p50_ns(mut latencies: Vec<Nanoseconds>) -> Option<f64> {
    latencies.sort_unstable();
    let p50 = nearest_rank(&latencies, Percentile::P50)?;
    Some(p50.as_nanos() as f64)
}

/// The value in the middle, or the mean of the two; zero of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    let middle = [last / 2, values.len() / 2];
    let middle = middle.iter().filter_map(|at| values.get(*at));
    middle.sum::<f64>() / 2.0
}

/// How often something was executed, and its time in each request that executed it.
#[derive(Default)]
pub struct Tally {
    executed: u64,
    times: BTreeMap<usize, u64>,
}

impl Tally {
    /// `count` more in this request, which took so long together.
    pub fn add(&mut self, request: usize, count: u64, time_ns: u64) {
        self.executed += count;
        *self.times.entry(request).or_default() += time_ns;
    }

    /// How often a request executed it, on average.
    pub fn a_request(&self, requests: usize) -> u64 {
        (self.executed as f64 / requests as f64).round() as u64
    }

    /// The median over `requests` requests, nothing in those that did not execute it.
    pub fn time_ns(&self, requests: usize) -> f64 {
        let mut times: Vec<f64> = self.times.values().map(|time| *time as f64).collect();
        times.resize(requests.max(times.len()), 0.0);
        median(times)
    }
}

/// Those that took most first.
pub fn largest_first<T>(all: impl Iterator<Item = T>, time: fn(&T) -> f64) -> Vec<T> {
    let mut all: Vec<T> = all.collect();
    all.sort_by(|one, other| time(other).total_cmp(&time(one)));
    all
}

#[cfg(test)]
mod tests {
    use tare_adapter_api::OperatorTime;

    use super::*;

    fn operator(name: Option<&str>, kind: &str, count: u64, time_ns: u64) -> OperatorTime {
        OperatorTime {
            name: name.map(str::to_owned),
            kind: kind.to_owned(),
            count,
            time_ns,
        }
    }

    fn latencies(millis: [u64; 3]) -> Vec<Nanoseconds> {
        millis.map(Nanoseconds::from_millis).to_vec()
    }

    #[test]
    fn times_are_medians_over_the_requests_by_kind_and_by_operator() {
        let request = |first| {
            vec![
                operator(Some("a"), "MatMul", 1, first),
                operator(Some("b"), "MatMul", 1, 100),
                operator(Some("c"), "Add", 1, 300),
            ]
        };
        let profile = summed(&[request(500), request(700)], &latencies([3, 1, 2]));
        let profile = profile.expect("there is time");
        let kinds: Vec<_> = profile
            .operators
            .iter()
            .map(|one| (one.kind.as_str(), one.count, one.time_ns, one.share))
            .collect();
        assert_eq!(kinds, [("MatMul", 2, 700.0, 0.7), ("Add", 1, 300.0, 0.3)]);
        let nodes: Vec<_> = profile
            .nodes
            .iter()
            .map(|one| (one.name.as_str(), one.kind.as_str(), one.time_ns, one.share))
            .collect();
        assert_eq!(
            nodes,
            [
                ("a", "MatMul", 600.0, 0.6),
                ("c", "Add", 300.0, 0.3),
                ("b", "MatMul", 100.0, 0.1)
            ]
        );
        assert_eq!((profile.requests, profile.latency_p50_ns), (2, 2e6));
        assert_eq!(profile.perturbation, None);
    }

    #[test]
    fn a_framework_that_tells_of_kinds_only_names_no_operator() {
        let request = vec![
            operator(None, "Conv", 20, 900),
            operator(None, "Relu", 17, 100),
        ];
        let profile = summed(&[request], &latencies([1, 1, 1])).expect("there is time");
        assert_eq!((profile.operators[0].count, profile.nodes.len()), (20, 0));
    }

    #[test]
    fn a_request_that_was_held_up_does_not_decide_where_time_goes() {
        let request = |held_up: u64| {
            vec![
                operator(Some("a"), "MatMul", 1, 300),
                operator(Some("b"), "Sqrt", 1, 100 + held_up),
            ]
        };
        let requests = [request(0), request(90_000), request(0)];
        let profile = summed(&requests, &latencies([1, 1, 1])).expect("there is time");
        let times: Vec<f64> = profile.operators.iter().map(|one| one.time_ns).collect();
        assert_eq!(times, [300.0, 100.0]);
    }

    #[test]
    fn no_time_at_all_is_no_profile() {
        let error = summed(&[Vec::new()], &latencies([1, 1, 1])).expect_err("nothing was told");
        assert_eq!(
            error.to_string(),
            "the framework's profiler told of no operator's time"
        );
    }

    #[test]
    fn a_device_is_busy_while_anything_runs_on_it() {
        let request = |shift: u64| {
            let at = |nanos: u64| Nanoseconds::from_nanos(nanos);
            vec![(at(10), at(20)), (at(15), at(30 + shift)), (at(50), at(60))]
        };
        let requests: Vec<_> = (0..9).map(request).collect();
        let latencies = vec![Nanoseconds::from_nanos(50); 9];
        let busy = |requests, latencies| busy(requests, latencies, DeviceMeans::Framework);
        let device = busy(&requests, &latencies).expect("nine decide a median");
        assert_eq!((device.busy_ns.value_ns, device.intervals), (34.0, 3));
        assert_eq!(
            (device.idle_ns, device.latency_p50_ns),
            (Some(16.0), Some(50.0))
        );
        let few = busy(&requests[..2], &latencies[..2]).expect_err("two do not");
        assert!(few.starts_with("2 requests decide no median"), "{few}");
        assert!(busy(&[], &[]).is_err());
    }
}
