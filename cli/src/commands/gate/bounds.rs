//! How many requests a process of a side times, and for how long.

use tare_gate::{Metric, Requests};
use tare_harness::plan::Work;
use tare_scenarios::{Limits, ScenarioSpec};
use tare_units::Nanoseconds;

use super::super::run::settings::Settings;
use super::prepared::SidePlan;

/// What bounds the requests of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    requests: Requests,
    /// What the scenario itself asks for.
    asked_for: u64,
}

impl Bound {
    /// Requests of a process where one takes about `latency`.
    pub fn of(&self, latency: Nanoseconds) -> u64 {
        self.requests.of(latency).max(self.asked_for)
    }
}

/// What bounds the time of a process.
#[derive(Debug, Clone)]
pub struct Timed {
    limits: Limits,
    scenario: ScenarioSpec,
}

impl Timed {
    /// What a process times at the least where its figure is none of its requests, and under load: as its scenario says.
    pub fn at_least(&self) -> Nanoseconds {
        self.scenario.timed_at_least(self.limits)
    }

    /// What a process times of so many requests at the most, of which each takes `latency`: it ends sooner where these take long and
    /// are enough.
    pub fn of(&self, requests: u64, latency: Nanoseconds) -> Nanoseconds {
        let limits = Limits {
            max_requests: self.limits.max_requests.min(requests),
            ..self.limits
        };
        let all = Nanoseconds::from_nanos(latency.as_nanos().saturating_mul(requests));
        self.scenario.timed(limits, latency).unwrap_or(all)
    }
}

impl SidePlan {
    /// What bounds the time of a process.
    pub fn timed(&self) -> Timed {
        let Settings {
            duration,
            max_requests,
            ..
        } = self.settings;
        let work = self.work();
        Timed {
            limits: work.limits(duration, max_requests),
            scenario: work.scenario.clone(),
        }
    }

    /// How many requests it times, once it is known how long one takes; no fewer than its scenario asks for.
    pub fn bound(&self, metric: Metric) -> Option<Bound> {
        let Work {
            planned, scenario, ..
        } = self.work();
        Some(Bound {
            requests: self.requests(metric)?,
            asked_for: scenario.requests_asked_for(planned.cell.batch),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_that_is_much_slower_takes_as_long_as_its_own_bounds_let_it() {
        let metric = Metric::P50;
        let requests = metric.requests().expect("of requests");
        let side = Timed {
            limits: Limits {
                duration: Requests::LONG,
                max_requests: 1_000_000,
                batch: 1,
            },
            scenario: "single-stream:min=15".parse().expect("a scenario"),
        };
        let ms = Nanoseconds::from_millis;
        let bound = Bound {
            requests,
            asked_for: 15,
        };
        let count = bound.of(ms(2));
        assert_eq!(count, 151);
        assert_eq!(side.of(count, ms(2)), ms(302));
        assert_eq!(side.of(count, ms(50)), ms(3_000), "and not 7.55 s");
        assert_eq!(
            side.of(count, ms(400)),
            ms(6_000),
            "15 requests at the least"
        );
    }
}
