//! Each figure over the repeats: its mean, sum or maximum, or the reason why one of them has none.

use tare_results::{Load, Memory, Missing, Record, ScheduleSkew, Throughput};
use tare_units::{Bytes, Nanoseconds};

use super::repeats::Repeats;

/// The records that count, and the reasons gathered so far.
pub struct Figures<'a> {
    pub(super) counted: &'a [&'a Record],
    pub(super) made: &'a [&'a Record],
    missing: Missing,
}

const GROUPS: [&str; 15] = [
    "peaks",
    "probe",
    "load",
    "latency",
    "effective_latency",
    "throughput",
    "schedule",
    "serving",
    "memory",
    "counters",
    "energy",
    "tax",
    "twin",
    "profile",
    "fidelity",
];

impl<'a> Figures<'a> {
    /// Of what counts in `repeats`.
    pub fn of(repeats: &'a Repeats<'a>) -> Self {
        Self {
            counted: &repeats.counted,
            made: &repeats.made,
            missing: Missing::new(),
        }
    }

    /// What is the same in all repeats, from the first that has it.
    pub fn fact<T>(&mut self, path: &str, get: impl Fn(&Record) -> Option<T>) -> Option<T> {
        let fact = self.made.iter().find_map(|record| get(record));
        if fact.is_none() {
            let reason = self.made.first().map(|record| reason(record, path));
            self.absent(path, reason);
        }
        fact
    }

    /// The group at `path` of each repeat that counts; `None`, with the reason kept, unless all have it.
    pub fn group<T>(
        &mut self,
        path: &str,
        get: impl Fn(&'a Record) -> Option<T>,
    ) -> Option<Vec<T>> {
        let values: Option<Vec<T>> = self.counted.iter().map(|record| get(record)).collect();
        let values = values.filter(|values| !values.is_empty());
        if values.is_none() {
            let lacking = self.counted.iter().find(|record| get(record).is_none());
            self.absent(path, lacking.map(|record| reason(record, path)));
        }
        values
    }

    /// Keeps `reason`; without one, that there is no repeat.
    pub fn absent(&mut self, path: &str, reason: Option<String>) {
        let reason = reason.unwrap_or_else(|| "no repeat ended well".to_owned());
        self.missing.insert(path.to_owned(), reason);
    }

    /// Keeps reasons that were found elsewhere.
    pub fn lack(&mut self, missing: Missing) {
        self.missing.extend(missing);
    }

    /// Getting ready.
    pub fn load(&mut self) -> Option<Load> {
        let loads = self.group("load", |record| record.load.as_ref())?;
        let first = |record: &Record| record.load.as_ref()?.first_inference_ns;
        let mean = |get: fn(&Load) -> f64| mean(loads.iter().map(|load| get(load)));
        Some(Load {
            load_ns: Nanoseconds::from_nanos_f64(mean(|load| load.load_ns.as_nanos() as f64)),
            first_inference_ns: self
                .group("load.first_inference_ns", first)
                .map(|all| mean_ns(&all)),
            warmup_requests: mean(|load| load.warmup_requests as f64).round() as u64,
            steady: loads.iter().all(|load| load.steady),
        })
    }

    /// How fast samples were done.
    pub fn throughput(&mut self) -> Option<Throughput> {
        self.group("throughput", |record| record.throughput.as_ref())?;
        let mut rate = |name: &str, get: fn(&Throughput) -> Option<f64>| {
            let path = format!("throughput.{name}");
            let rates = self.group(&path, |record| get(record.throughput.as_ref()?))?;
            Some(mean(rates.into_iter()))
        };
        Some(Throughput {
            samples_per_s: rate("samples_per_s", |rates| rates.samples_per_s),
            pipelined_samples_per_s: rate("pipelined_samples_per_s", |rates| {
                rates.pipelined_samples_per_s
            }),
            offered_per_s: rate("offered_per_s", |rates| rates.offered_per_s),
            achieved_per_s: rate("achieved_per_s", |rates| rates.achieved_per_s),
        })
    }

    /// How late the generator was.
    pub fn schedule(&mut self) -> Option<ScheduleSkew> {
        let skews = self.group("schedule", |record| record.schedule.as_ref())?;
        let all = |get: fn(&ScheduleSkew) -> Nanoseconds| {
            let values = skews.iter().map(|skew| get(skew));
            values.collect::<Vec<_>>()
        };
        let known = |get: fn(&ScheduleSkew) -> Option<Nanoseconds>| {
            let values: Option<Vec<_>> = skews.iter().map(|skew| get(skew)).collect();
            values.map(|values| mean_ns(&values))
        };
        Some(ScheduleSkew {
            skew_p50_ns: mean_ns(&all(|skew| skew.skew_p50_ns)),
            skew_p90_ns: known(|skew| skew.skew_p90_ns),
            skew_p95_ns: known(|skew| skew.skew_p95_ns),
            skew_p99_ns: mean_ns(&all(|skew| skew.skew_p99_ns)),
            skew_p99_9_ns: known(|skew| skew.skew_p99_9_ns),
            skew_max_ns: all(|skew| skew.skew_max_ns).into_iter().max()?,
        })
    }

    /// Resident memory.
    pub fn memory(&mut self) -> Option<Memory> {
        self.group("memory", |record| record.memory.as_ref())?;
        let pieced = |record: &Record| record.memory.as_ref()?.peak_rss_of;
        let peak_rss_of = self.group("memory.peak_rss_of", pieced);
        let mut bytes = |name: &str, get: fn(&Memory) -> Option<Bytes>| {
            let bytes = self.memory_figure(name, |memory| get(memory).map(Bytes::as_bytes));
            bytes.map(Bytes::from_bytes)
        };
        Some(Memory {
            before_load_rss_bytes: bytes("before_load_rss_bytes", |m| m.before_load_rss_bytes),
            before_load_pss_bytes: bytes("before_load_pss_bytes", |m| m.before_load_pss_bytes),
            after_load_rss_bytes: bytes("after_load_rss_bytes", |m| m.after_load_rss_bytes),
            after_load_pss_bytes: bytes("after_load_pss_bytes", |m| m.after_load_pss_bytes),
            after_run_rss_bytes: bytes("after_run_rss_bytes", |m| m.after_run_rss_bytes),
            after_run_pss_bytes: bytes("after_run_pss_bytes", |m| m.after_run_pss_bytes),
            peak_rss_bytes: bytes("peak_rss_bytes", |m| m.peak_rss_bytes),
            run_peak_rss_bytes: bytes("run_peak_rss_bytes", |m| m.run_peak_rss_bytes),
            peak_rss_of: peak_rss_of.and_then(|all| all.into_iter().max()),
            ended_child_peak_rss_bytes: bytes("ended_child_peak_rss_bytes", |m| {
                m.ended_child_peak_rss_bytes
            }),
            cgroup_peak_bytes: bytes("cgroup_peak_bytes", |m| m.cgroup_peak_bytes),
            peak_pss_bytes: bytes("peak_pss_bytes", |m| m.peak_pss_bytes),
            peak_vram_process_bytes: bytes("peak_vram_process_bytes", |m| {
                m.peak_vram_process_bytes
            }),
            peak_vram_device_bytes: bytes("peak_vram_device_bytes", |m| m.peak_vram_device_bytes),
            major_faults: self.memory_figure("major_faults", |m| m.major_faults),
            minor_faults: self.memory_figure("minor_faults", |m| m.minor_faults),
            cgroup_other_processes: self
                .memory_figure("cgroup_other_processes", |m| m.cgroup_other_processes),
        })
    }

    fn memory_figure(&mut self, name: &str, get: impl Fn(&Memory) -> Option<u64>) -> Option<u64> {
        let path = format!("memory.{name}");
        let values = self.group(&path, |record| get(record.memory.as_ref()?))?;
        if name.contains("peak") {
            return values.into_iter().max();
        }
        Some(mean(values.into_iter().map(|value| value as f64)).round() as u64)
    }

    /// Every reason: of the figures, and what the records say of the facts.
    pub fn missing(mut self) -> Missing {
        for record in self.made {
            for (path, reason) in &record.missing {
                let group = path.split('.').next().unwrap_or(path);
                if !GROUPS.contains(&group) && !self.missing.contains_key(path) {
                    self.missing.insert(path.clone(), reason.clone());
                }
            }
        }
        self.missing
    }
}

/// Why `record` lacks the figure at `path`: what it says of it or of the group it belongs to.
pub fn reason(record: &Record, path: &str) -> String {
    let own = record.missing.get(path);
    let group = || record.missing.get(path.split('.').next()?);
    let failure = || record.failure.as_ref().map(|failure| &failure.message);
    own.or_else(group)
        .or_else(failure)
        .cloned()
        .unwrap_or_else(|| "not measured".to_owned())
}

/// The arithmetic mean.
pub fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

fn mean_ns(values: &[Nanoseconds]) -> Nanoseconds {
    let nanos = values.iter().map(|value| value.as_nanos() as f64);
    Nanoseconds::from_nanos_f64(mean(nanos))
}
