//! From the samples of a repeat to the figures of its record.

use tare_results::samples::Sample;
use tare_results::{Latency, Missing, Percentile, ScheduleSkew};
use tare_statistics::{
    Distribution, Percentile as Rank, PercentileEstimate, Undecided, nearest_rank,
};
use tare_units::Nanoseconds;

/// The distribution of `latencies` in issue order; percentiles that too few samples decide are `null` and get their
/// reason in `missing` under `group`.
pub fn latency_of(
    latencies: impl ExactSizeIterator<Item = Nanoseconds> + Clone,
    group: &str,
    missing: &mut Missing,
) -> Latency {
    let distribution = Distribution::of_series(latencies);
    let [p50, p90, p95, p99, p99_9] = distribution.percentiles;
    let mut keep = |name: &str, estimate: Result<PercentileEstimate, Undecided>| match estimate {
        Ok(estimate) => {
            for bound in ["low_ns", "high_ns"].iter().filter(|_| !estimate.covers) {
                let reason = format!(
                    "{} requests that slow each other down are worth too few",
                    distribution.count
                );
                missing.insert(format!("{group}.{name}.{bound}"), reason);
            }
            let bound = |end: Nanoseconds| estimate.covers.then_some(end.as_nanos() as f64);
            Some(Percentile {
                value_ns: estimate.value.as_nanos() as f64,
                low_ns: bound(estimate.low),
                high_ns: bound(estimate.high),
                tau: Some(estimate.correlation_time),
                effective_count: Some(distribution.count as f64 / estimate.correlation_time),
            })
        }
        Err(undecided) => {
            missing.insert(format!("{group}.{name}"), undecided.to_string());
            None
        }
    };
    let moments = distribution.moments;
    Latency {
        count: distribution.count,
        failed: distribution.failed,
        mean_ns: moments.map(|moments| moments.mean_ns),
        std_ns: moments.and_then(|moments| moments.std_ns),
        min_ns: moments.map(|moments| moments.min),
        max_ns: moments.map(|moments| moments.max),
        p50: keep("p50", p50),
        p90: keep("p90", p90),
        p95: keep("p95", p95),
        p99: keep("p99", p99),
        p99_9: keep("p99_9", p99_9),
    }
}

/// The rise of the median from the first half to the second as a share, beyond what correlated noise allows.
pub fn drift_of(samples: &[Sample]) -> Option<f64> {
    tare_statistics::drift(wall(samples)).map(|drift| drift.change)
}

/// Wall latencies in issue order.
pub fn wall(samples: &[Sample]) -> impl ExactSizeIterator<Item = Nanoseconds> + Clone {
    let latency = |sample: &Sample| Nanoseconds::from_nanos(sample.latency);
    samples.iter().map(latency)
}

/// Wall latencies less run delay, in issue order; failed requests stay failed.
pub fn effective(samples: &[Sample]) -> impl ExactSizeIterator<Item = Nanoseconds> + Clone {
    samples.iter().map(|sample| match sample.latency {
        Sample::FAILED => Nanoseconds::MAX,
        latency => Nanoseconds::from_nanos(latency.saturating_sub(u64::from(sample.delay))),
    })
}

/// The share of requests that lost over a hundredth of their time to others on their processor, from 0 to 1.
pub fn delayed_share(samples: &[Sample]) -> f64 {
    if samples.is_empty() {
        return 0.0;
    }
    let is_delayed =
        |sample: &&Sample| u64::from(sample.delay).saturating_mul(100) > sample.latency;
    let delayed = samples.iter().filter(is_delayed).count();
    delayed as f64 / samples.len() as f64
}

/// How late requests were issued; `None` without a sample.
pub fn skew_of(samples: &[Sample]) -> Option<ScheduleSkew> {
    let mut skews: Vec<Nanoseconds> = samples
        .iter()
        .map(|sample| Nanoseconds::from_nanos(u64::from(sample.skew)))
        .collect();
    skews.sort_unstable();
    let at = |percentile| nearest_rank(&skews, percentile);
    Some(ScheduleSkew {
        skew_p50_ns: at(Rank::P50)?,
        skew_p90_ns: at(Rank::P90),
        skew_p95_ns: at(Rank::P95),
        skew_p99_ns: at(Rank::P99)?,
        skew_p99_9_ns: at(Rank::P99_9),
        skew_max_ns: *skews.last()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(latency: u64, delay: u32) -> Sample {
        Sample {
            issued: 0,
            latency,
            skew: 5,
            delay,
        }
    }

    #[test]
    fn effective_latency_leaves_the_run_delay_out_and_failures_in() {
        let samples = [sample(100, 30), sample(u64::MAX, 30), sample(10, 40)];
        let nanos: Vec<u64> = effective(&samples).map(Nanoseconds::as_nanos).collect();
        assert_eq!(nanos, [70, u64::MAX, 0]);
        let slightly = [sample(1_000, 10), sample(1_000, 11), sample(u64::MAX, 11)];
        assert!((delayed_share(&slightly) - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_percentile_that_too_few_samples_decide_says_so() {
        let mut missing = Missing::new();
        let samples: Vec<Nanoseconds> = (0..33)
            .map(|index| Nanoseconds::from_millis(index * 17 % 33 + 1))
            .collect();
        let latency = latency_of(samples.into_iter(), "latency", &mut missing);
        assert_eq!(latency.count, 33);
        assert_eq!(latency.p50.map(|p50| p50.value_ns), Some(17e6));
        assert_eq!(latency.p99, None);
        assert_eq!(
            missing.get("latency.p99").map(String::as_str),
            Some("33 of 368 samples")
        );
    }

    #[test]
    fn skew_is_none_without_samples() {
        assert_eq!(skew_of(&[]), None);
        let skew = skew_of(&[sample(1, 0)]).expect("one sample");
        assert_eq!(skew.skew_max_ns.as_nanos(), 5);
    }
}
