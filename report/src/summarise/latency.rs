//! The latency of a cell over its repeats: percentiles averaged with their interval, moments pooled.

use tare_results::{Latency, Percentile, Record};
use tare_statistics::{Across, PercentileEstimate, Undecided, across_repeats};
use tare_units::Nanoseconds;

use super::figures::{Figures, reason};

type Get = fn(&Record) -> Option<&Latency>;

/// Latencies over the repeats.
pub struct Pooled {
    /// The figures.
    pub latency: Latency,
    /// Names of the percentiles that vary more within repeats than their interval between repeats says.
    pub agreeing: Vec<String>,
}

impl Figures<'_> {
    /// The latencies that `get` finds, whose paths begin with `path`.
    pub fn latency(&mut self, path: &str, get: Get) -> Option<Pooled> {
        let all = self.group(path, get)?;
        let mut agreeing = Vec::new();
        let differing = self.differing_rates();
        let [p50, p90, p95, p99, p99_9] = [0, 1, 2, 3, 4].map(|place| {
            let across = across(&all, place).filter(|_| differing.is_none());
            let name = all.first()?.percentiles()[place].0;
            match across {
                None if differing.is_some() => {
                    self.absent(&format!("{path}.{name}"), differing.clone());
                }
                None => self.undecided(&format!("{path}.{name}"), get, place),
                Some(Across::Between(over)) if over.within_is_wider() => {
                    agreeing.push(name.to_owned());
                }
                Some(_) => {}
            }
            across.map(|across| percentile(across, effective_count(&all, place)))
        });
        let mean_ns = pooled_mean(&all);
        let std_ns = mean_ns.and_then(|mean| pooled_std(&all, mean));
        let min_ns = all.iter().filter_map(|latency| latency.min_ns).min();
        let max_ns = all.iter().filter_map(|latency| latency.max_ns).max();
        self.unknown(path, "mean_ns", mean_ns.is_none());
        self.unknown(path, "std_ns", std_ns.is_none());
        self.unknown(path, "min_ns", min_ns.is_none());
        self.unknown(path, "max_ns", max_ns.is_none());
        let latency = Latency {
            count: all.iter().map(|latency| latency.count).sum(),
            failed: all.iter().map(|latency| latency.failed).sum(),
            mean_ns,
            std_ns,
            min_ns,
            max_ns,
            p50,
            p90,
            p95,
            p99,
            p99_9,
        };
        Some(Pooled { latency, agreeing })
    }

    fn unknown(&mut self, path: &str, name: &str, is_unknown: bool) {
        if is_unknown {
            let path = format!("{path}.{name}");
            let first = self.counted.first().map(|record| reason(record, &path));
            self.absent(&path, first);
        }
    }

    /// Keeps the reason of the repeat that is farthest from deciding the percentile.
    fn undecided(&mut self, path: &str, get: Get, place: usize) {
        let undecided = self
            .counted
            .iter()
            .filter_map(|record| Some((record, get(record)?)))
            .filter(|(_, latency)| latency.percentiles()[place].2.is_none());
        let worst =
            undecided.min_by_key(|(_, latency)| latency.count.saturating_sub(latency.failed));
        self.absent(path, worst.map(|(record, _)| reason(record, path)));
    }
}

fn percentile(across: Across, effective_count: Option<f64>) -> Percentile {
    let (value_ns, low, high) = match across {
        Across::Between(over) => {
            let interval = over.interval;
            (interval.mean, Some(interval.low), Some(interval.high))
        }
        Across::WithinOnly(one) => {
            let [value, low, high] = [one.value, one.low, one.high].map(|ns| ns.as_nanos() as f64);
            let known = |end: f64| one.covers.then_some(end);
            (value, known(low), known(high))
        }
    };
    Percentile {
        value_ns,
        low_ns: low,
        high_ns: high,
        tau: None,
        effective_count,
    }
}

/// The sum of the repeats'; a record that does not tell its own tells what it follows from.
fn effective_count(all: &[&Latency], place: usize) -> Option<f64> {
    let of = |latency: &&Latency| {
        let percentile = latency.percentiles()[place].2?;
        let by_time = percentile.tau.map(|tau| latency.count as f64 / tau);
        percentile.effective_count.or(by_time)
    };
    all.iter().map(of).sum()
}

fn across(all: &[&Latency], place: usize) -> Option<Across> {
    let repeats: Option<Vec<Result<PercentileEstimate, Undecided>>> = all
        .iter()
        .map(|latency| latency.percentiles()[place].2.map(|one| Ok(estimate(one))))
        .collect();
    across_repeats(&repeats?).ok()
}

fn estimate(percentile: &Percentile) -> PercentileEstimate {
    let value = percentile.value_ns;
    PercentileEstimate {
        value: Nanoseconds::from_nanos_f64(value),
        low: Nanoseconds::from_nanos_f64(percentile.low_ns.unwrap_or(value).min(value)),
        high: Nanoseconds::from_nanos_f64(percentile.high_ns.unwrap_or(value).max(value)),
        correlation_time: percentile.tau.unwrap_or(1.0),
        covers: percentile.low_ns.is_some(),
    }
}

fn succeeded(latency: &Latency) -> f64 {
    latency.count.saturating_sub(latency.failed) as f64
}

fn pooled_mean(all: &[&Latency]) -> Option<f64> {
    let known = || {
        all.iter()
            .filter_map(|latency| Some((succeeded(latency), latency.mean_ns?)))
    };
    let count: f64 = known().map(|(count, _)| count).sum();
    let sum: f64 = known().map(|(count, mean)| count * mean).sum();
    (count > 0.0).then(|| sum / count)
}

/// Of all requests around their common mean: the squares within each repeat and those of its distance from that mean.
fn pooled_std(all: &[&Latency], mean: f64) -> Option<f64> {
    let count: f64 = all.iter().map(|latency| succeeded(latency)).sum();
    let squares: f64 = all
        .iter()
        .filter_map(|latency| {
            let within =
                (succeeded(latency) - 1.0).max(0.0) * latency.std_ns.unwrap_or(0.0).powi(2);
            Some(within + succeeded(latency) * (latency.mean_ns? - mean).powi(2))
        })
        .sum();
    (count > 1.0).then(|| (squares / (count - 1.0)).sqrt())
}
