//! What a process gave, from its record: requests or a figure, or what was wrong with it.

use std::path::Path;

use tare_gate::{Fault, Metric, Request, SideFigure, Statistic};
use tare_results::samples::{Sample, read};
use tare_results::{Doubt, Record, Verdict};
use tare_units::Nanoseconds;

/// What a process gave, whichever statistic decides.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// Its requests.
    Requests(Vec<Request>),
    /// One figure, in the metric's unit.
    Once(f64),
}

/// Checks that slow a whole machine down, and say so.
const THROTTLING: [&str; 2] = ["thermal-throttling", "gpu-throttling"];

impl Given {
    /// What the process of `record` gave of `metric`; its samples lie below `run`, the folder of its run. Where `compared`, a
    /// process whose outputs were not compared with the other side's is one at fault.
    ///
    /// # Errors
    /// Whatever makes its figure none that counts.
    pub fn of(record: &Record, run: &Path, metric: Metric, compared: bool) -> Result<Self, Fault> {
        check(record)?;
        if compared && record.fidelity.is_none() {
            return Err(Fault::Invalid {
                why: format!(
                    "its outputs were not compared with the baseline's: {}",
                    reason(record, "fidelity")
                ),
            });
        }
        let once = match metric {
            Metric::Load => (
                record
                    .load
                    .as_ref()
                    .map(|load| load.load_ns.as_nanos() as f64),
                "load",
            ),
            Metric::PeakMemory => {
                let memory = record.memory.as_ref();
                let peak = memory.and_then(|memory| memory.peak_rss_bytes);
                (
                    peak.map(|peak| peak.as_bytes() as f64),
                    "memory.peak_rss_bytes",
                )
            }
            Metric::Energy => {
                let energy = record.energy.as_ref();
                (energy.and_then(|energy| energy.per_sample_j), "energy")
            }
            Metric::Instructions => (instructions(record), "counters.instructions"),
            _ => return requests(record, run).map(Self::Requests),
        };
        match once {
            (Some(value), _) => Ok(Self::Once(value)),
            (None, path) => Err(Fault::Invalid {
                why: format!("it has no {metric}: {}", reason(record, path)),
            }),
        }
    }

    /// The figure that `statistic` makes of it.
    ///
    /// # Errors
    /// Where it makes none.
    pub fn figure(&self, statistic: Statistic) -> Result<SideFigure, Fault> {
        match self {
            Self::Once(value) => Ok(SideFigure::once(*value)),
            Self::Requests(requests) => statistic.of(requests).ok_or_else(|| Fault::Invalid {
                why: format!("{} requests have no {statistic}", requests.len()),
            }),
        }
    }

    /// Whether the run delay of its requests was read, where it has any.
    pub fn reads_delay(&self) -> bool {
        match self {
            Self::Once(_) => true,
            Self::Requests(requests) => requests.iter().all(|request| request.delay.is_some()),
        }
    }
}

fn check(record: &Record) -> Result<(), Fault> {
    if let Some(failure) = &record.failure {
        return Err(Fault::Failed {
            why: format!("{}: {}", failure.phase, failure.message),
        });
    }
    let throttled = record.doubts.iter().find(|doubt| match doubt {
        Doubt::Environment { check, .. } => THROTTLING.contains(&check.as_str()),
        _ => false,
    });
    if let Some(doubt) = throttled {
        return Err(Fault::Throttled {
            why: doubt.to_string(),
        });
    }
    let latency = record.latency.as_ref();
    if let Some(latency) = latency.filter(|latency| latency.failed > 0) {
        return Err(Fault::FailedRequests {
            failed: latency.failed,
            requests: latency.count,
        });
    }
    if record.verdict == Verdict::Valid {
        return Ok(());
    }
    let why = record.reasons.join("; ");
    let beyond = record
        .fidelity
        .as_ref()
        .map_or(0, |fidelity| fidelity.beyond());
    let is_misfit = record
        .missing
        .get("fidelity")
        .is_some_and(|reason| record.reasons.contains(reason));
    Err(match beyond > 0 || is_misfit {
        true => Fault::WrongOutputs { why },
        false => Fault::Invalid { why },
    })
}

fn requests(record: &Record, run: &Path) -> Result<Vec<Request>, Fault> {
    let invalid = |why: String| Fault::Invalid { why };
    let file = record.samples.as_ref();
    let file =
        file.ok_or_else(|| invalid(format!("it kept no samples: {}", reason(record, "samples"))))?;
    let samples = read(&run.join(&file.path)).map_err(|error| invalid(error.to_string()))?;
    let reads_delay = record.effective_latency.is_some();
    let request = |sample: &Sample| {
        Some(Request {
            latency: sample.latency()?,
            delay: reads_delay.then(|| Nanoseconds::from_nanos(u64::from(sample.delay))),
            samples: record.cell.batch,
        })
    };
    Ok(samples.iter().filter_map(request).collect())
}

/// Of one request.
fn instructions(record: &Record) -> Option<f64> {
    let count = record.counters.as_ref()?.instructions.as_ref()?.value;
    let requests = record.latency.as_ref()?.count;
    (requests > 0).then(|| count as f64 / requests as f64)
}

/// Why `path` is missing, or the nearest part of it that has a reason.
fn reason<'r>(record: &'r Record, path: &str) -> &'r str {
    let mut path = path;
    loop {
        if let Some(reason) = record.missing.get(path) {
            return reason;
        }
        match path.rsplit_once('.') {
            Some((group, _)) => path = group,
            None => return "its record does not say why",
        }
    }
}
