//! What a process gave, from its record: requests or a figure, or what was wrong with it.

use std::path::Path;

use tare_gate::{Fault, Metric, Request, SideFigure, Statistic};
use tare_harness as harness;
use tare_results::samples::{Sample, read};
use tare_results::{Doubt, Record, Verdict};
use tare_scenarios::ScenarioSpec;
use tare_units::Nanoseconds;

use super::callgrind::Callgrind;

/// What a process gave, whichever statistic decides.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// Its requests, and whether the thread that executed them was the only one that worked.
    Requests {
        /// All of them, in order.
        requests: Vec<Request>,
        /// Whether no other thread worked beside it.
        alone: bool,
        /// Samples a second, by the process's own record, where the latencies do not add up to the time that they took.
        per_s: Option<f64>,
    },
    /// One figure, in the metric's unit.
    Once(f64),
}

/// What is wanted of a process.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The folder of its run, with its samples.
    pub run: &'a Path,
    /// What is compared.
    pub metric: Metric,
    /// Whether a process whose outputs were not compared is one at fault.
    pub compared: bool,
    /// What counts its instructions, where the kernel does not.
    pub callgrind: Option<&'a Callgrind>,
}

/// What the harness says of outputs with a NaN.
const NOT_NUMBERS: &str = "holds values that are not numbers";
/// Checks that slow a whole machine down, and say so.
const THROTTLING: [&str; 2] = ["thermal-throttling", "gpu-throttling"];

impl Given {
    /// What the process of `record` gave.
    ///
    /// # Errors
    /// Whatever makes its figure none that counts.
    pub fn of(record: &Record, wanted: &Wanted<'_>) -> Result<Self, Fault> {
        let given = Self::read(record, wanted);
        if let Some(callgrind) = wanted.callgrind {
            callgrind.forget();
        }
        given
    }

    fn read(record: &Record, wanted: &Wanted<'_>) -> Result<Self, Fault> {
        let metric = wanted.metric;
        check(record)?;
        if wanted.compared && record.fidelity.is_none() {
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
            Metric::Instructions => match wanted.callgrind {
                None => (instructions(record), "counters.instructions"),
                Some(callgrind) => return counted(record, callgrind).map(Self::Once),
            },
            _ => return requests(record, wanted),
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
            Self::Requests {
                requests,
                per_s: Some(per_s),
                ..
            } if matches!(statistic, Statistic::Throughput(_)) => Ok(SideFigure {
                requests: requests.len() as u64,
                ..SideFigure::once(*per_s)
            }),
            Self::Requests { requests, .. } => {
                statistic.of(requests).ok_or_else(|| Fault::Invalid {
                    why: format!("{} requests have no {statistic}", requests.len()),
                })
            }
        }
    }

    /// Whether the run delay of its requests was read, where it has any.
    fn reads_delay(&self) -> bool {
        match self {
            Self::Once(_) => true,
            Self::Requests { requests, .. } => {
                requests.iter().all(|request| request.delay.is_some())
            }
        }
    }

    /// Whether one thread did all the work, as far as requests go.
    fn is_alone(&self) -> bool {
        match self {
            Self::Once(_) => true,
            Self::Requests { alone, .. } => *alone,
        }
    }
}

/// Whether the processes of a side that was planned with one thread can be judged by their run delays: each was read, and in no
/// more than half of them another thread worked as well. That thread is the library's own where most have it, and the delays are
/// then not the side's; a process now and then has one that is nobody's doing, whose delays are still those of the thread that
/// executes.
pub fn counts_delay<'g>(side: impl Iterator<Item = &'g Given> + Clone) -> bool {
    let processes = side.clone().count();
    let alone = side.clone().filter(|given| given.is_alone()).count();
    2 * alone >= processes && side.clone().all(Given::reads_delay)
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
    let is_no_number = record
        .reasons
        .iter()
        .any(|reason| reason.contains(NOT_NUMBERS));
    Err(match beyond > 0 || is_misfit || is_no_number {
        true => Fault::WrongOutputs { why },
        false => Fault::Invalid { why },
    })
}

fn requests(record: &Record, wanted: &Wanted<'_>) -> Result<Given, Fault> {
    let Wanted { run, metric, .. } = *wanted;
    let invalid = |why: String| Fault::Invalid { why };
    let file = record.samples.as_ref();
    let file =
        file.ok_or_else(|| invalid(format!("it kept no samples: {}", reason(record, "samples"))))?;
    let samples = read(&run.join(&file.path)).map_err(|error| invalid(error.to_string()))?;
    let others_worked = others_worked(record);
    let is_summed = record
        .missing
        .get("effective_latency")
        .is_some_and(|why| why == harness::WAITING_OF_ALL);
    let reads_delay = record.effective_latency.is_some() || others_worked || is_summed;
    let request = |sample: &Sample| {
        Some(Request {
            latency: sample.latency()?,
            delay: reads_delay.then(|| Nanoseconds::from_nanos(u64::from(sample.delay))),
            samples: record.cell.batch,
        })
    };
    Ok(Given::Requests {
        requests: samples.iter().filter_map(request).collect(),
        alone: !others_worked && !is_summed,
        per_s: own_throughput(record, metric)?,
    })
}

/// Samples a second as the record of a process has them, where `metric` is of them and latencies do not add up to their time: where
/// requests wait for each other, or each draws its batch.
fn own_throughput(record: &Record, metric: Metric) -> Result<Option<f64>, Fault> {
    let scenario = record.cell.scenario_spec().parse::<ScenarioSpec>();
    let is_plain = scenario.is_ok_and(|scenario| scenario.is_plain());
    if metric != Metric::Throughput || is_plain {
        return Ok(None);
    }
    let throughput = record.throughput.as_ref();
    let per_s = throughput.and_then(|throughput| throughput.samples_per_s);
    per_s.map(Some).ok_or_else(|| Fault::Invalid {
        why: format!(
            "it has no {metric}: {}",
            reason(record, "throughput.samples_per_s")
        ),
    })
}

/// Whether a process that was planned with one thread has no effective latency for the one reason that another thread worked
/// beside it: its samples then hold the delays of the thread that executes.
fn others_worked(record: &Record) -> bool {
    let cost = record.harness.as_ref();
    let is_read = cost.is_some_and(|cost| cost.run_delay_ns.is_some());
    let used = record.counters.as_ref();
    let used = used.and_then(|counters| counters.threads_used);
    let why = record.missing.get("effective_latency");
    let is_why = used.is_some_and(|used| why == Some(&harness::others_worked(used)));
    record.cell.threads == 1 && is_read && is_why
}

/// Of one request, by callgrind.
fn counted(record: &Record, callgrind: &Callgrind) -> Result<f64, Fault> {
    let counted = callgrind
        .instructions()
        .map_err(|why| Fault::Invalid { why })?;
    let latency = record.latency.as_ref();
    let requests = latency.map(|latency| latency.count);
    let requests = requests.filter(|requests| *requests > 0);
    requests
        .map(|requests| counted as f64 / requests as f64)
        .ok_or_else(|| Fault::Invalid {
            why: format!(
                "its requests were not counted: {}",
                reason(record, "latency")
            ),
        })
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

#[cfg(test)]
mod tests;
