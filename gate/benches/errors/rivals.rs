//! How others compare two programs, with what their users read off: one side after the other, or against a stored figure.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};
use tare_gate::Request;

use crate::machine::Machine;
use crate::procedure::{End, Procedure, Run};

/// Processes of each side that the rivals take, about as many as the gate.
const PROCESSES: usize = 20;
/// Requests of a process.
const REQUESTS: u64 = 151;

/// Who compares.
#[derive(Debug, Clone, Copy)]
pub enum Rival {
    /// hyperfine: all processes of one side, then all of the other; slower where the ratio of the means exceeds 1 by more than the
    /// deviation that it prints beside it.
    HyperfineRatio,
    /// The same runs by the script that comes with it: Welch's t-test at 5%.
    HyperfineWelch,
    /// criterion: one process of each side, 100 samples in 5 s; slower where p < 5% and the 95% interval of the change of the mean
    /// lies above its noise threshold of 1%.
    Criterion,
    /// The median of processes on another day; slower beyond a fixed share.
    Stored(f64),
    /// All processes of one side, then all of the other; the test of Mann and Whitney at 1%.
    MannWhitney,
}

impl Procedure for Rival {
    fn name(&self) -> String {
        match self {
            Self::HyperfineRatio => "hyperfine, ratio beyond its ±".into(),
            Self::HyperfineWelch => "hyperfine, Welch's t at 5%".into(),
            Self::Criterion => "criterion's comparison".into(),
            Self::Stored(share) => format!("stored baseline, {:.0}% threshold", 100.0 * share),
            Self::MannWhitney => "A then B, Mann and Whitney at 1%".into(),
        }
    }

    fn run(&self, machine: &mut dyn Machine, worse: f64) -> Run {
        let mut started = machine.now();
        let (baseline, candidate) = match self {
            Self::Criterion => (samples(machine, 0.0), samples(machine, worse)),
            Self::Stored(_) => {
                let stored = medians(machine, 0.0);
                machine.another_day();
                started = machine.now();
                (stored, medians(machine, worse))
            }
            Self::MannWhitney => (medians(machine, 0.0), medians(machine, worse)),
            Self::HyperfineRatio | Self::HyperfineWelch => {
                (means(machine, 0.0), means(machine, worse))
            }
        };
        let alarm = match self {
            Self::HyperfineRatio => beyond_its_deviation(&baseline, &candidate),
            Self::HyperfineWelch => {
                welch(&baseline, &candidate) < 0.05 && mean(&candidate) > mean(&baseline)
            }
            Self::Criterion => criterion(&baseline, &candidate),
            Self::Stored(share) => median(candidate) / median(baseline) > 1.0 + share,
            Self::MannWhitney => mann_whitney(&baseline, &candidate) < 0.01,
        };
        Run {
            end: if alarm { End::Alarm } else { End::Pass },
            processes: if matches!(self, Self::Criterion) {
                1
            } else {
                PROCESSES
            },
            seconds: machine.now() - started,
        }
    }
}

fn seconds(requests: &[Request]) -> Vec<f64> {
    requests
        .iter()
        .map(|one| one.latency.as_secs_f64())
        .collect()
}

fn processes(machine: &mut dyn Machine, worse: f64, of: fn(Vec<f64>) -> f64) -> Vec<f64> {
    let mut one = |_| of(seconds(&machine.process(worse, REQUESTS)));
    (0..PROCESSES).map(&mut one).collect()
}

fn means(machine: &mut dyn Machine, worse: f64) -> Vec<f64> {
    processes(machine, worse, |latencies| mean(&latencies))
}

fn medians(machine: &mut dyn Machine, worse: f64) -> Vec<f64> {
    processes(machine, worse, median)
}

/// Warmed up for 3 s, then 100 samples of as many requests as make 5 s.
fn samples(machine: &mut dyn Machine, worse: f64) -> Vec<f64> {
    let each = (5.0 / machine.request() / 100.0) as usize;
    machine.wait(3.0);
    let requests = machine.process(worse, 100 * each as u64);
    requests
        .chunks(each)
        .map(|sample| mean(&seconds(sample)))
        .collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / (values.len() - 1) as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len() - 1;
    (values[last / 2] + values[last.div_ceil(2)]) / 2.0
}

/// "1.05 ± 0.04 times slower": the deviations are those of single runs, propagated.
fn beyond_its_deviation(baseline: &[f64], candidate: &[f64]) -> bool {
    let ratio = mean(candidate) / mean(baseline);
    let share = |values: &[f64]| variance(values) / mean(values).powi(2);
    ratio - 1.0 > ratio * (share(baseline) + share(candidate)).sqrt()
}

/// The two-sided p-value of Welch's t-test.
fn welch(baseline: &[f64], candidate: &[f64]) -> f64 {
    let part = |values: &[f64]| variance(values) / values.len() as f64;
    let (one, other) = (part(baseline), part(candidate));
    let t = (mean(candidate) - mean(baseline)) / (one + other).sqrt();
    let freedom = |part: f64, values: &[f64]| part.powi(2) / (values.len() - 1) as f64;
    let freedom = (one + other).powi(2) / (freedom(one, baseline) + freedom(other, candidate));
    let student = StudentsT::new(0.0, 1.0, freedom).expect("degrees of freedom above zero");
    2.0 * (1.0 - student.cdf(t.abs()))
}

/// Its bootstrap of 100,000 resamples of 100 samples is replaced by the normal distribution that it then approaches.
fn criterion(baseline: &[f64], candidate: &[f64]) -> bool {
    let ratio = mean(candidate) / mean(baseline);
    let share = |values: &[f64]| variance(values) / values.len() as f64 / mean(values).powi(2);
    let deviation = ratio * (share(baseline) + share(candidate)).sqrt();
    welch(baseline, candidate) < 0.05 && ratio - 1.0 - 1.96 * deviation > 0.01
}

/// The one-sided p-value by the normal approximation, which is good for 20 of each.
fn mann_whitney(baseline: &[f64], candidate: &[f64]) -> f64 {
    let pairs = candidate
        .iter()
        .flat_map(|one| baseline.iter().map(move |other| one > other));
    let above = pairs.filter(|above| *above).count() as f64;
    let (m, n) = (baseline.len() as f64, candidate.len() as f64);
    let z = (above - m * n / 2.0 - 0.5) / (m * n * (m + n + 1.0) / 12.0).sqrt();
    1.0 - Normal::standard().cdf(z)
}
