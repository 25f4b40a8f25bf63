//! Queues with known answers: arrivals, service times, replications and their intervals.
#![allow(dead_code)]

#[path = "../truth/random.rs"]
mod random;

pub use random::Random;
use statrs::distribution::{ContinuousCDF, StudentsT};
use tare_harness::serve::dispatch::Dispatch;
use tare_harness::serve::simulated::{Execution, Simulated, Simulation};
use tare_scenarios::{CellSchedule, Limits, RequestRate, ScenarioSpec, Seed};
use tare_units::Nanoseconds;

/// The mean service time of every queue here.
pub const SERVICE_NS: f64 = 1e6;

/// An exponential time of this mean.
pub fn exponential(random: &mut Random, mean_ns: f64) -> Nanoseconds {
    Nanoseconds::from_nanos_f64(-mean_ns * random.uniform().ln())
}

/// So many requests of the product's own schedule, drawn at this mean distance.
pub fn poisson(mean_ns: f64, count: u64, seed: u64) -> CellSchedule {
    arrivals("poisson", mean_ns, count, seed)
}

/// The same, evenly spaced from the beginning.
pub fn constant(mean_ns: f64, count: u64) -> CellSchedule {
    arrivals("constant", mean_ns, count, 0)
}

fn arrivals(pattern: &str, mean_ns: f64, count: u64, seed: u64) -> CellSchedule {
    let rate = RequestRate::from_per_s(1e9 / mean_ns).expect("a rate");
    let spec = format!("server:rate={rate},arrivals={pattern},min={count},max={count}");
    let spec: ScenarioSpec = spec.parse().expect("a scenario");
    let limits = Limits {
        duration: Nanoseconds::from_secs(1),
        max_requests: count,
        batch: 1,
    };
    spec.schedule(limits, Seed::new(seed, 0), None)
        .expect("fits")
}

/// Servers without batches, a bound or a timeout.
pub fn plain(servers: usize) -> Simulated {
    Simulated {
        servers,
        dispatch: Dispatch {
            max_batch: 1,
            batch_delay: Nanoseconds::ZERO,
            timeout: None,
        },
        queue: usize::MAX,
    }
}

/// Service times of the queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Exponential,
    Constant,
}

/// `count` requests of a queue with Poisson arrivals at load `rho` of `servers`.
pub fn queue(servers: usize, rho: f64, service: Service, count: u64, seed: u64) -> Simulation {
    let mut random = Random::new(seed ^ 0x5eed_0000_0000);
    let time = |_: Execution| {
        Some(match service {
            Service::Exponential => exponential(&mut random, SERVICE_NS),
            Service::Constant => Nanoseconds::from_nanos_f64(SERVICE_NS),
        })
    };
    let mean = SERVICE_NS / (rho * servers as f64);
    plain(servers).serve(&mut poisson(mean, count, seed), time)
}

/// How long requests waited, those of the first `skip` left out, as they found the queue too empty.
pub fn waits(simulation: &Simulation, skip: usize) -> Vec<f64> {
    let passed = simulation.passed.iter().skip(skip);
    passed
        .filter_map(|passed| Some((passed.begun? - passed.scheduled).as_nanos() as f64))
        .collect()
}

/// Mean and half width of Student's interval of the mean over replications.
pub fn interval(values: &[f64], confidence: f64) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let error = (squares / (count - 1.0) / count).sqrt();
    let t = StudentsT::new(0.0, 1.0, count - 1.0).expect("a distribution");
    (mean, t.inverse_cdf(0.5 + confidence / 2.0) * error)
}

/// Asserts that the interval over replications holds `truth`.
pub fn assert_holds(values: &[f64], truth: f64, what: &str) {
    let (mean, half) = interval(values, 0.99);
    assert!(
        (mean - truth).abs() <= half,
        "{what}: {mean} ± {half} of {} replications against {truth}",
        values.len()
    );
}

/// The share of requests of an M/D/1 queue at load `rho` that wait at most `services` service times (Erlang, 1909; Crommelin,
/// 1932).
pub fn crommelin(rho: f64, services: f64) -> f64 {
    let mut factorial = 1.0;
    let mut sum = 0.0;
    for k in 0..=services as u32 {
        factorial *= f64::from(k.max(1));
        let past = rho * (services - f64::from(k));
        sum += (-past).powi(k as i32) / factorial * past.exp();
    }
    (1.0 - rho) * sum
}

/// Where an increasing function reaches `value` between 0 and `high`.
pub fn solve(function: impl Fn(f64) -> f64, value: f64, mut high: f64) -> f64 {
    let mut low = 0.0;
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        match function(middle) < value {
            true => low = middle,
            false => high = middle,
        }
    }
    low
}
