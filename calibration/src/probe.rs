//! What the machine gives at one moment: a kernel on registers and a reading of memory, in turns for about 50 ms.
//!
//! It runs in a process of its own beside the worker, which would otherwise lose its caches to it, and answers in one line of JSON.

use serde::{Deserialize, Serialize};
use tare_clock::Clock;
use tare_results::ProbeReading;
use tare_units::{BytesPerSecond, FlopsPerSecond, Nanoseconds, Rate};

use crate::Precision;
use crate::fma::{self, Fma};
use crate::lane::Part;
use crate::spread::middle;
use crate::stream::WorkingSet;
use crate::team::{self, Pace};

/// Twice 34 laps, what finds their length, and what touches the memory are about 50 ms, and not much more where others take the processors.
pub(crate) const PACE: Pace = Pace {
    lap: Nanoseconds::from_micros(600),
    laps: 34,
    most: Some(Nanoseconds::from_millis(45)),
};

/// What each thread reads: more than the caches of one core hold.
const BYTES: u64 = 8 << 20;

/// What a probe is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeRequest {
    /// Whose widest kernel is executed.
    pub precision: Precision,
    /// Threads at work at once.
    pub threads: u64,
    /// The processors, one a thread.
    pub cpus: Vec<usize>,
}

/// Why a probe gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeError {
    /// There is no kernel of the precision here.
    #[error("no probe of {precision}: {reason}")]
    NoKernel {
        /// Asked for.
        precision: Precision,
        /// Why.
        reason: String,
    },
    /// Fewer processors than threads.
    #[error("a probe of {threads} threads needs as many processors, {cpus} were named")]
    TooFewProcessors {
        /// Asked for.
        threads: u64,
        /// Named.
        cpus: u64,
    },
    /// A thread could not be kept on its processor.
    #[error("a thread of the probe could not be kept on {0}")]
    NotPinned(String),
    /// The clock stood still.
    #[error("the clock did not move while the probe ran")]
    NoTime,
    /// Its process could not be started.
    #[error("the probe does not start: {0}")]
    NotStarted(String),
    /// Its process did not answer in time, and was ended.
    #[error("the probe gave no answer within {0}")]
    Late(Nanoseconds),
    /// Its process ended without an answer.
    #[error("the probe ended without an answer")]
    Silent,
    /// The line is no answer of a probe.
    #[error("the probe's answer is not understood: '{0}'")]
    Unclear(String),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Probe(ProbeReading),
    Error(ProbeError),
}

/// Executes the probe in this process.
///
/// # Errors
/// Where there is no kernel, too few processors, or no right to choose them.
pub fn probe<C: Clock>(request: &ProbeRequest, clock: &C) -> Result<ProbeReading, ProbeError> {
    let (threads, cpus) = (request.threads, request.cpus.len() as u64);
    if threads == 0 || cpus < threads {
        return Err(ProbeError::TooFewProcessors { threads, cpus });
    }
    let precision = request.precision;
    let kernel =
        fma::widest(precision).map_err(|reason| ProbeError::NoKernel { precision, reason })?;
    let make = || parts(kernel);
    let laps = team::run(clock, threads as usize, &request.cpus, &make, PACE);
    if let Some(reason) = laps.unpinned {
        return Err(ProbeError::NotPinned(reason));
    }
    let medians: Vec<Option<f64>> = laps.per_s.iter().map(|rates| middle(rates)).collect();
    match medians[..] {
        [Some(flops), Some(bytes)] => Ok(reading(precision, threads, kernel.name(), flops, bytes)),
        _ => Err(ProbeError::NoTime),
    }
}

/// Executes the probe and gives the line, without its end, that [`parse_answer`] understands.
pub fn answer<C: Clock>(request: &ProbeRequest, clock: &C) -> String {
    let answer = match probe(request, clock) {
        Ok(reading) => Answer::Probe(reading),
        Err(error) => Answer::Error(error),
    };
    // Numbers and strings under string keys are never refused.
    serde_json::to_string(&answer).unwrap_or_default()
}

/// What a probe in another process answered.
///
/// # Errors
/// Its own, or that the line is none.
pub fn parse_answer(line: &str) -> Result<ProbeReading, ProbeError> {
    const SHOWN: usize = 80;
    let unclear = || ProbeError::Unclear(line.trim().chars().take(SHOWN).collect());
    let sound = |reading: &ProbeReading| {
        let rates = [reading.flops_per_s.per_s(), reading.bytes_per_s.per_s()];
        rates.iter().all(|rate| rate.is_finite() && *rate > 0.0)
    };
    match serde_json::from_str(line) {
        Ok(Answer::Probe(reading)) if sound(&reading) => Ok(reading),
        Ok(Answer::Error(error)) => Err(error),
        _ => Err(unclear()),
    }
}

/// The kernel, and reading.
pub(crate) fn parts(kernel: Fma) -> Vec<Part> {
    let set = WorkingSet::of(BYTES);
    vec![
        Part::new(kernel.operations(), move |iterations| {
            std::hint::black_box(kernel.run(iterations));
        }),
        Part::new(set.bytes(), move |iterations| {
            for _ in 0..iterations {
                std::hint::black_box(set.read());
            }
        }),
    ]
}

pub(crate) fn reading(
    precision: Precision,
    threads: u64,
    kernel: &str,
    flops: f64,
    bytes: f64,
) -> ProbeReading {
    ProbeReading {
        precision: precision.to_string(),
        threads,
        kernel: kernel.to_owned(),
        flops_per_s: FlopsPerSecond::from_per_s(flops),
        bytes_per_s: BytesPerSecond::from_per_s(bytes),
    }
}

#[cfg(test)]
mod tests {
    use tare_clock::{MonotonicClock, SimulatedClock};

    use super::*;

    fn request(threads: u64) -> ProbeRequest {
        ProbeRequest {
            precision: Precision::Fp32,
            threads,
            cpus: crate::allowed_cpus(),
        }
    }

    #[test]
    fn an_answer_is_one_line_that_reads_back() {
        let line = answer(&request(1), &MonotonicClock);
        assert!(!line.contains('\n'), "{line}");
        let reading = parse_answer(&line).unwrap();
        assert_eq!((reading.precision.as_str(), reading.threads), ("fp32", 1));
        assert!(reading.kernel.starts_with("fma-"), "{}", reading.kernel);
    }

    #[test]
    fn a_probe_that_cannot_run_answers_why() {
        let line = answer(&request(1 << 20), &MonotonicClock);
        let error = parse_answer(&line).unwrap_err();
        assert!(
            matches!(error, ProbeError::TooFewProcessors { threads, .. } if threads == 1 << 20)
        );
        let none = parse_answer(&answer(&request(0), &MonotonicClock));
        assert!(none.is_err());
        let far = ProbeRequest {
            cpus: vec![1 << 20],
            ..request(1)
        };
        let far = probe(&far, &MonotonicClock).unwrap_err();
        assert!(matches!(far, ProbeError::NotPinned(_)), "{far}");
    }

    #[test]
    fn a_clock_that_stands_still_gives_no_reading() {
        let short = ProbeRequest {
            precision: Precision::Fp32,
            ..request(1)
        };
        let stopped = Stopped(SimulatedClock::new());
        assert_eq!(probe(&short, &stopped), Err(ProbeError::NoTime));
    }

    /// Jumps far between two readings, then never again: laps are found at once and take no time.
    struct Stopped(SimulatedClock);

    impl Clock for Stopped {
        fn now(&self) -> Nanoseconds {
            let now = self.0.now();
            if now < Nanoseconds::from_secs(4) {
                self.0.advance(Nanoseconds::from_secs(1));
            }
            now
        }

        fn wait_until(&self, deadline: Nanoseconds) {
            self.0.wait_until(deadline);
        }
    }

    #[test]
    fn what_is_no_answer_is_shown_shortened() {
        for line in ["", "{}", "[1]", "{\"probe\":{}}", &"x".repeat(500)] {
            let error = parse_answer(line).unwrap_err();
            assert!(
                matches!(&error, ProbeError::Unclear(text) if text.len() <= 80),
                "{error}"
            );
        }
    }

    #[test]
    fn a_rate_that_is_no_rate_is_not_taken() {
        let good =
            serde_json::to_string(&Answer::Probe(reading(Precision::Fp32, 1, "k", 1.0, 2.0)));
        let good = good.unwrap();
        assert!(parse_answer(&good).is_ok());
        assert!(parse_answer(&good.replace("1.0", "0.0")).is_err());
        assert!(parse_answer(&good.replace("2.0", "-2.0")).is_err());
    }
}
