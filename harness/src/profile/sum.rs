//! What a profiler told request by request as one profile: means by kind of operator and by operator.

use std::collections::BTreeMap;

use tare_adapter_api::RequestProfile;
use tare_results::{NodeShare, OperatorShare, Profile};
use tare_statistics::{Percentile, nearest_rank};
use tare_units::Nanoseconds;

use crate::job::JobError;

/// The mean of `requests`, whose latencies by the harness's clock are `latencies`.
pub fn summed(
    requests: &[RequestProfile],
    mut latencies: Vec<Nanoseconds>,
) -> Result<Profile, JobError> {
    let count = requests.len() as f64;
    let mut kinds: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let mut nodes: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for operator in requests.iter().flatten() {
        let (executed, time) = kinds.entry(&operator.kind).or_default();
        *executed += operator.count;
        *time += operator.time_ns;
        if let Some(name) = &operator.name {
            *nodes.entry((name, &operator.kind)).or_default() += operator.time_ns;
        }
    }
    let total: u64 = kinds.values().map(|(_, time)| time).sum();
    if total == 0 {
        return Err(JobError::Profile("told of no operator's time".to_owned()));
    }
    let share = |time: u64| (time as f64 / count, time as f64 / total as f64);
    let operators = kinds.into_iter().map(|(kind, (executed, time))| {
        let (time_ns, share) = share(time);
        OperatorShare {
            kind: kind.to_owned(),
            count: (executed as f64 / count).round() as u64,
            time_ns,
            share,
            flops: None,
        }
    });
    let nodes = nodes.into_iter().map(|((name, kind), time)| {
        let (time_ns, share) = share(time);
        NodeShare {
            name: name.to_owned(),
            kind: kind.to_owned(),
            time_ns,
            share,
        }
    });
    latencies.sort_unstable();
    let p50 = nearest_rank(&latencies, Percentile::P50);
    let p50 = p50.ok_or_else(|| JobError::Profile("saw no request".to_owned()))?;
    Ok(Profile {
        perturbation: None,
        requests: requests.len() as u64,
        latency_p50_ns: p50.as_nanos() as f64,
        operators: largest_first(operators, |one| one.time_ns),
        nodes: largest_first(nodes, |one| one.time_ns),
    })
}

fn largest_first<T>(all: impl Iterator<Item = T>, time: fn(&T) -> f64) -> Vec<T> {
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
    fn times_are_means_over_the_requests_by_kind_and_by_operator() {
        let request = |first| {
            vec![
                operator(Some("a"), "MatMul", 1, first),
                operator(Some("b"), "MatMul", 1, 100),
                operator(Some("c"), "Add", 1, 300),
            ]
        };
        let profile = summed(&[request(500), request(700)], latencies([3, 1, 2]));
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
        let profile = summed(&[request], latencies([1, 1, 1])).expect("there is time");
        assert_eq!((profile.operators[0].count, profile.nodes.len()), (20, 0));
    }

    #[test]
    fn no_time_at_all_is_no_profile() {
        let error = summed(&[Vec::new()], latencies([1, 1, 1])).expect_err("nothing was told");
        assert_eq!(
            error.to_string(),
            "the framework's profiler told of no operator's time"
        );
    }
}
