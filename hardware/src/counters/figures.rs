//! The probes' readings as the figures of a record, each that is not there with its reason.

use tare_results::{Counters, Missing};

use super::cpu::CpuReading;
use super::perf::CounterReading;
use super::threads::Work;
use crate::Unavailable;
use crate::gaps::Gaps;

/// The figures of one window, and by dotted path (`counters.cycles`) the reasons for those that are not there; the requests were
/// issued by the thread `issuing`, where that is known.
pub fn counters(
    cpu: &CpuReading,
    counted: &CounterReading,
    issuing: Option<u32>,
) -> (Counters, Missing) {
    let mut gaps = Gaps::default();
    let mut count = |name: &'static str| {
        let unknown = Err(Unavailable::None("it was not asked for"));
        let found = counted.0.get(name).cloned().unwrap_or(unknown);
        gaps.keep(&path(name), found)
    };
    let mut figures = Counters {
        instructions: count("instructions"),
        cycles: count("cycles"),
        cache_misses: count("cache_misses"),
        task_clock_ns: count("task_clock_ns"),
        context_switches: count("context_switches"),
        page_faults: count("page_faults"),
        cpu_migrations: count("cpu_migrations"),
        ..Counters::default()
    };
    time(&mut figures, cpu, &mut gaps);
    threads(&mut figures, cpu, &mut gaps);
    figures.issuing_cpu_ns = gaps.keep(&path("issuing_cpu_ns"), cpu.of(issuing));
    (figures, gaps.into_missing())
}

fn time(figures: &mut Counters, cpu: &CpuReading, gaps: &mut Gaps) {
    figures.wall_ns = gaps.keep(&path("wall_ns"), cpu.wall.clone());
    figures.cpu_ns = gaps.keep(&path("cpu_ns"), cpu.cpu());
    figures.user_ns = gaps.keep(&path("user_ns"), cpu.user.clone());
    figures.system_ns = gaps.keep(&path("system_ns"), cpu.system.clone());
    let without_length = Unavailable::None("the window has no length");
    let mean = cpu
        .mean_threads()
        .and_then(|mean| mean.ok_or(without_length));
    figures.mean_threads = gaps.keep(&path("mean_threads"), mean);
}

fn threads(figures: &mut Counters, cpu: &CpuReading, gaps: &mut Gaps) {
    let mut of = |name: &str, get: fn(&Work) -> u64| {
        let found = cpu.threads.as_ref().map(get);
        gaps.keep(&path(name), found)
    };
    figures.threads_used = of("threads_used", |work| work.used);
    figures.threads_ran = of("threads_ran", |work| work.ran);
    figures.threads_ended = of("threads_ended", |work| work.ended);
    figures.voluntary_switches = of("voluntary_switches", |work| work.voluntary_switches);
    figures.involuntary_switches = of("involuntary_switches", |work| work.involuntary_switches);
}

fn path(name: &str) -> String {
    format!("counters.{name}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tare_results::Count;
    use tare_units::Nanoseconds;

    use super::*;

    fn ms(millis: u64) -> Nanoseconds {
        Nanoseconds::from_millis(millis)
    }

    fn worked() -> CpuReading {
        CpuReading {
            wall: Ok(ms(100)),
            user: Ok(ms(180)),
            system: Ok(ms(10)),
            threads: Ok(Work {
                gained: ms(195),
                ran: 3,
                used: 2,
                voluntary_switches: 7,
                involuntary_switches: 5,
                ended: 0,
                processes: 1,
                by_thread: BTreeMap::from([(7, ms(190)), (8, ms(5))]),
            }),
        }
    }

    #[test]
    fn each_figure_has_its_place_or_its_reason() {
        let count = Count {
            value: 12,
            counted_share: 0.5,
            user_space_only: true,
        };
        let refused = Err(Unavailable::None("no such counter"));
        let counted = CounterReading(BTreeMap::from([
            ("instructions", Ok(count.clone())),
            ("cycles", refused),
        ]));
        let (figures, missing) = counters(&worked(), &counted, Some(7));
        assert_eq!((figures.instructions, figures.cycles), (Some(count), None));
        assert_eq!(missing["counters.cycles"], "no such counter");
        assert_eq!(missing["counters.page_faults"], "it was not asked for");
        assert_eq!(missing.len(), 6);
        assert_eq!(
            (figures.wall_ns, figures.cpu_ns),
            (Some(ms(100)), Some(ms(195)))
        );
        assert_eq!(
            (figures.user_ns, figures.system_ns),
            (Some(ms(180)), Some(ms(10)))
        );
        assert_eq!(
            (figures.threads_used, figures.threads_ran),
            (Some(2), Some(3))
        );
        assert_eq!(figures.mean_threads, Some(1.95));
        assert_eq!(
            (figures.voluntary_switches, figures.involuntary_switches),
            (Some(7), Some(5))
        );
        assert_eq!(figures.threads_ended, Some(0));
        assert_eq!(figures.issuing_cpu_ns, Some(ms(190)));
    }

    #[test]
    fn a_reading_of_nothing_is_reasons_and_no_zeros() {
        let gone = || Unavailable::None("gone");
        let cpu = CpuReading {
            wall: Err(gone()),
            user: Err(gone()),
            system: Err(gone()),
            threads: Err(gone()),
        };
        let (figures, missing) = counters(&cpu, &CounterReading(BTreeMap::new()), Some(7));
        assert_eq!(figures, Counters::default());
        assert_eq!(missing.len(), 18);
        let mut instant = worked();
        instant.wall = Ok(Nanoseconds::ZERO);
        let (_, missing) = counters(&instant, &CounterReading(BTreeMap::new()), Some(7));
        assert_eq!(missing["counters.mean_threads"], "the window has no length");
    }

    #[test]
    fn time_of_threads_that_ended_is_known_by_the_ticks_alone() {
        let mut cpu = worked();
        assert_eq!(cpu.cpu(), Ok(ms(195)), "ticks are rounded");
        cpu.user = Ok(ms(500));
        assert_eq!(cpu.cpu(), Ok(ms(510)), "threads began and ended unseen");
    }

    #[test]
    fn the_time_of_a_thread_that_is_not_known_or_has_ended_is_a_reason() {
        let cpu = worked();
        let none = CounterReading(BTreeMap::new());
        for (issuing, why) in [(None, "did not say"), (Some(9), "has ended")] {
            let (figures, missing) = counters(&cpu, &none, issuing);
            assert_eq!(figures.issuing_cpu_ns, None);
            let reason = &missing["counters.issuing_cpu_ns"];
            assert!(reason.contains(why), "{reason}");
        }
    }
}
