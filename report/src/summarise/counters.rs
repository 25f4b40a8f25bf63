//! What the timed requests cost the processor, over the repeats.

use tare_results::{Count, Counters, Record};
use tare_units::Nanoseconds;

use super::figures::{Figures, mean};

impl Figures<'_> {
    /// Means over the repeats; threads are the most of any.
    pub fn counters(&mut self) -> Option<Counters> {
        self.group("counters", |record| record.counters.as_ref())?;
        Some(Counters {
            wall_ns: self.time("wall_ns", |counters| counters.wall_ns),
            cpu_ns: self.time("cpu_ns", |counters| counters.cpu_ns),
            issuing_cpu_ns: self.time("issuing_cpu_ns", |counters| counters.issuing_cpu_ns),
            user_ns: self.time("user_ns", |counters| counters.user_ns),
            system_ns: self.time("system_ns", |counters| counters.system_ns),
            mean_threads: self
                .each("mean_threads", |counters| counters.mean_threads)
                .map(|all| mean(all.into_iter())),
            threads_used: self.most("threads_used", |counters| counters.threads_used),
            threads_ran: self.most("threads_ran", |counters| counters.threads_ran),
            threads_ended: self.most("threads_ended", |counters| counters.threads_ended),
            voluntary_switches: self
                .number("voluntary_switches", |counters| counters.voluntary_switches),
            involuntary_switches: self.number("involuntary_switches", |counters| {
                counters.involuntary_switches
            }),
            instructions: self.count("instructions", |counters| counters.instructions.clone()),
            cycles: self.count("cycles", |counters| counters.cycles.clone()),
            cache_misses: self.count("cache_misses", |counters| counters.cache_misses.clone()),
            task_clock_ns: self.count("task_clock_ns", |counters| counters.task_clock_ns.clone()),
            context_switches: self.count("context_switches", |counters| {
                counters.context_switches.clone()
            }),
            page_faults: self.count("page_faults", |counters| counters.page_faults.clone()),
            cpu_migrations: self
                .count("cpu_migrations", |counters| counters.cpu_migrations.clone()),
        })
    }

    /// The figure of each repeat.
    fn each<T>(&mut self, name: &str, get: impl Fn(&Counters) -> Option<T>) -> Option<Vec<T>> {
        let get = |record: &Record| get(record.counters.as_ref()?);
        self.group(&format!("counters.{name}"), get)
    }

    fn time(
        &mut self,
        name: &str,
        get: impl Fn(&Counters) -> Option<Nanoseconds>,
    ) -> Option<Nanoseconds> {
        let all = self.each(name, |counters| get(counters).map(Nanoseconds::as_nanos))?;
        Some(Nanoseconds::from_nanos(rounded(all)))
    }

    fn number(&mut self, name: &str, get: impl Fn(&Counters) -> Option<u64>) -> Option<u64> {
        self.each(name, get).map(rounded)
    }

    fn most(&mut self, name: &str, get: impl Fn(&Counters) -> Option<u64>) -> Option<u64> {
        self.each(name, get)?.into_iter().max()
    }

    /// The mean, with the least counted share, in user space alone where one repeat was.
    fn count(&mut self, name: &str, get: impl Fn(&Counters) -> Option<Count>) -> Option<Count> {
        let all = self.each(name, get)?;
        let shares = all.iter().map(|count| count.counted_share);
        Some(Count {
            value: rounded(all.iter().map(|count| count.value).collect()),
            counted_share: shares.fold(1.0, f64::min),
            user_space_only: all.iter().any(|count| count.user_space_only),
        })
    }
}

fn rounded(values: Vec<u64>) -> u64 {
    mean(values.into_iter().map(|value| value as f64)).round() as u64
}
