//! What a process gave, from its record: requests or a figure, or what was wrong with it.

use std::path::Path;

use tare_gate::{Fault, Metric, Request, SideFigure, Statistic};
use tare_results::samples::{Sample, read};
use tare_results::{Counters, DelaysOf, Doubt, Record, Verdict};
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
    /// One figure that was counted of the thread that issues requests alone.
    Counted {
        /// In the metric's unit.
        value: f64,
        /// The share of the processor time that other threads and processes had, beyond what waking up takes.
        elsewhere: f64,
    },
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

/// A larger share of the processor time elsewhere than in the thread that is counted is work that moved there.
const ELSEWHERE: f64 = 0.02;
/// What threads that only wake up and sleep again have of it: up to 1.4 ms of a process, under callgrind.
const WAKING_UP: Nanoseconds = Nanoseconds::from_millis(2);
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
                Some(callgrind) => return counted(record, callgrind),
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
            Self::Once(value) | Self::Counted { value, .. } => Ok(SideFigure::once(*value)),
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
            Self::Once(_) | Self::Counted { .. } => true,
            Self::Requests { requests, .. } => {
                requests.iter().all(|request| request.delay.is_some())
            }
        }
    }

    /// Whether one thread did all the work, as far as requests go.
    fn is_alone(&self) -> bool {
        match self {
            Self::Once(_) | Self::Counted { .. } => true,
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

/// That the processes of a side, where one thread of each was counted, did their work in that thread: in no more than half of them
/// another one worked as well.
///
/// # Errors
/// Where their figures are none of what a request takes.
pub fn is_counted_whole<'g>(side: impl Iterator<Item = &'g Given>) -> Result<(), Fault> {
    let counted = side.filter_map(|given| match given {
        Given::Counted { elsewhere, .. } => Some(*elsewhere),
        Given::Once(_) | Given::Requests { .. } => None,
    });
    let counted: Vec<f64> = counted.collect();
    let moved: Vec<f64> = counted
        .iter()
        .copied()
        .filter(|share| *share > ELSEWHERE)
        .collect();
    if 2 * moved.len() <= counted.len() {
        return Ok(());
    }
    let most = moved.iter().copied().fold(0.0, f64::max);
    Err(Fault::Invalid {
        why: format!(
            "callgrind counts the thread that issues requests, and in {} of {} processes others worked as well, for up to {:.0}% of the \
             processor time: have the library execute in the thread that calls it, by its adapter's options, or grant the counters of \
             perf, which count all threads",
            moved.len(),
            counted.len(),
            100.0 * most
        ),
    })
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
    Err(match beyond > 0 || !record.wrong_outputs.is_empty() {
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
    let reads_delay = file.delays.is_some();
    let request = |sample: &Sample| {
        Some(Request {
            latency: sample.latency()?,
            delay: reads_delay.then(|| Nanoseconds::from_nanos(u64::from(sample.delay))),
            samples: record.cell.batch,
        })
    };
    Ok(Given::Requests {
        requests: samples.iter().filter_map(request).collect(),
        alone: file.delays != Some(DelaysOf::All) && !others_worked(record),
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

/// Whether another thread worked beside the one that executes, as far as that was seen.
fn others_worked(record: &Record) -> bool {
    let used = record.counters.as_ref();
    let used = used.and_then(|counters| counters.threads_used);
    used.is_some_and(|used| used > 1)
}

/// Of one request, by callgrind.
fn counted(record: &Record, callgrind: &Callgrind) -> Result<Given, Fault> {
    let invalid = |why: String| Fault::Invalid { why };
    let counted = callgrind.instructions().map_err(invalid)?;
    let latency = record.latency.as_ref();
    let requests = latency.map(|latency| latency.count);
    let requests = requests.filter(|requests| *requests > 0).ok_or_else(|| {
        let why = reason(record, "latency");
        invalid(format!("its requests were not counted: {why}"))
    })?;
    Ok(Given::Counted {
        value: counted as f64 / requests as f64,
        elsewhere: elsewhere(record).map_err(invalid)?,
    })
}

/// The share of the processor time of the timed requests that was not of the thread that issued them, beyond what waking up takes.
fn elsewhere(record: &Record) -> Result<f64, String> {
    let counters = record.counters.as_ref();
    let time = |path: &str, of: fn(&Counters) -> Option<Nanoseconds>| {
        counters.and_then(of).ok_or_else(|| {
            format!(
                "whether callgrind, which counts one thread, counted all that worked is not known: {}",
                reason(record, path)
            )
        })
    };
    let all = time("counters.cpu_ns", |counters| counters.cpu_ns)?;
    let issuing = time("counters.issuing_cpu_ns", |counters| {
        counters.issuing_cpu_ns
    })?;
    let others = all.saturating_sub(issuing).saturating_sub(WAKING_UP);
    match all.as_nanos() {
        0 => Err("no processor time of its requests was seen".to_owned()),
        all => Ok(others.as_nanos() as f64 / all as f64),
    }
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
