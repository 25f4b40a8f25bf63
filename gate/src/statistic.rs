//! Which number of a process decides, and how it is made of its requests.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use tare_statistics::{Percentile, nearest_rank};
use tare_units::Nanoseconds;

use crate::block::{Contention, SideFigure};

/// What a latency counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The wall's time less the run delay: what the operating system took away is no latency.
    Effective,
    /// The wall's time.
    Wall,
}

/// The one number of a process that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// A percentile of the latencies, in nanoseconds.
    Percentile(Percentile, Basis),
    /// Samples over the sum of the latencies, a second.
    Throughput(Basis),
    /// A figure that a process gives once, in the metric's unit.
    Once,
}

/// One timed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// By the wall's clock.
    pub latency: Nanoseconds,
    /// How long its thread could have run and did not; `None` where that is not read.
    pub delay: Option<Nanoseconds>,
    /// Samples that it carried: its batch.
    pub samples: u64,
}

impl Request {
    /// Its latency without the time that its thread waited for a core.
    pub fn effective(&self) -> Nanoseconds {
        self.latency.saturating_sub(self.delay.unwrap_or_default())
    }

    /// Whether other programs took its thread's core for over 1% of its latency, and for over 100 µs: what is below is waking up,
    /// 1.6 µs each time, which a pool's threads do many times a request.
    pub fn is_delayed(&self) -> Option<bool> {
        let wakes = Nanoseconds::from_micros(100);
        let share = Nanoseconds::from_nanos(self.latency.as_nanos() / 100);
        self.delay.map(|delay| delay > share.max(wakes))
    }
}

impl Statistic {
    pub(crate) const fn percentile(percentile: Percentile, basis: Basis) -> Self {
        Self::Percentile(percentile, basis)
    }

    /// Whether the time that the operating system took away is left out.
    pub fn is_effective(self) -> bool {
        matches!(
            self,
            Self::Percentile(_, Basis::Effective) | Self::Throughput(Basis::Effective)
        )
    }

    /// The figure of a process by its `requests`, none of which failed; `None` of none, for a figure that is given once, and of
    /// effective latencies whose run delay was not read.
    pub fn of(self, requests: &[Request]) -> Option<SideFigure> {
        let value = match self {
            Self::Percentile(percentile, basis) => {
                let mut latencies = latencies(requests, basis)?;
                latencies.sort_unstable();
                nearest_rank(&latencies, percentile)?.as_nanos() as f64
            }
            Self::Throughput(basis) => {
                let latencies = latencies(requests, basis)?;
                let time: f64 = latencies.iter().map(|one| one.as_secs_f64()).sum();
                let samples: u64 = requests.iter().map(|request| request.samples).sum();
                samples as f64 / time
            }
            Self::Once => return None,
        };
        Some(SideFigure {
            value,
            requests: requests.len() as u64,
            contention: contention(requests),
        })
    }
}

fn latencies(requests: &[Request], basis: Basis) -> Option<Vec<Nanoseconds>> {
    let read = requests.iter().all(|request| request.delay.is_some());
    let latency = |request: &Request| match basis {
        Basis::Effective => request.effective(),
        Basis::Wall => request.latency,
    };
    let can = !requests.is_empty() && (read || basis == Basis::Wall);
    can.then(|| requests.iter().map(latency).collect())
}

/// How much the requests waited; `None` where the delay of one was not read.
fn contention(requests: &[Request]) -> Option<Contention> {
    let delayed: Option<Vec<bool>> = requests.iter().map(Request::is_delayed).collect();
    let delayed = delayed?.into_iter().filter(|delayed| *delayed).count();
    let sum = |of: fn(&Request) -> Nanoseconds| -> f64 {
        requests
            .iter()
            .map(|request| of(request).as_secs_f64())
            .sum()
    };
    let waited = sum(|request| request.delay.unwrap_or_default().min(request.latency));
    Some(Contention {
        delayed: delayed as f64 / requests.len() as f64,
        waited: waited / sum(|request| request.latency),
    })
}

/// `effective p50`, `wall p25`, `throughput by the wall's time`.
impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let basis = |basis: &Basis| match basis {
            Basis::Effective => "effective",
            Basis::Wall => "wall",
        };
        match self {
            Self::Percentile(percentile, of) => write!(f, "{} {percentile}", basis(of)),
            Self::Throughput(Basis::Effective) => f.write_str("throughput by effective latencies"),
            Self::Throughput(Basis::Wall) => f.write_str("throughput by wall time"),
            Self::Once => write!(f, "one figure a process"),
        }
    }
}

impl JsonSchema for Statistic {
    fn schema_name() -> Cow<'static, str> {
        "Statistic".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

impl Serialize for Statistic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(latency: u64, delay: u64) -> Request {
        Request {
            latency: Nanoseconds::from_micros(latency),
            delay: Some(Nanoseconds::from_micros(delay)),
            samples: 4,
        }
    }

    #[test]
    fn time_that_was_taken_away_is_no_effective_latency() {
        let requests = [request(100, 0), request(900, 800), request(110, 0)];
        let of = |basis| Statistic::Percentile(Percentile::P50, basis).of(&requests);
        assert_eq!(of(Basis::Effective).map(|one| one.value), Some(100_000.0));
        assert_eq!(of(Basis::Wall).map(|one| one.value), Some(110_000.0));
        let throughput = Statistic::Throughput(Basis::Effective).of(&requests);
        let value = throughput.map(|one| one.value).unwrap_or_default();
        assert!((value - 12.0 / 310e-6).abs() < 1e-3, "{value}");
    }

    #[test]
    fn a_request_is_delayed_beyond_a_hundredth_of_its_latency_and_beyond_waking_up() {
        assert_eq!(request(100_000, 1_000).is_delayed(), Some(false));
        assert_eq!(request(100_000, 1_001).is_delayed(), Some(true));
        assert_eq!(request(300, 100).is_delayed(), Some(false));
        assert_eq!(request(300, 101).is_delayed(), Some(true));
        let figure = Statistic::Percentile(Percentile::P50, Basis::Wall)
            .of(&[request(1_000, 0), request(3_000, 1_000)]);
        let contention = figure.and_then(|one| one.contention).expect("delays");
        assert_eq!(contention.delayed, 0.5);
        assert!((contention.waited - 0.25).abs() < 1e-12);
    }

    #[test]
    fn without_delays_there_is_no_effective_figure_and_no_contention() {
        let unread = Request {
            delay: None,
            ..request(100, 0)
        };
        let of = |basis| Statistic::Percentile(Percentile::P50, basis).of(&[unread]);
        assert_eq!(of(Basis::Effective), None);
        assert_eq!(of(Basis::Wall).map(|one| one.contention), Some(None));
        let none = Statistic::Percentile(Percentile::P50, Basis::Wall).of(&[]);
        assert_eq!(none, None);
        assert_eq!(Statistic::Once.of(&[request(100, 0)]), None);
    }
}
