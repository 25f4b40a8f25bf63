//! Further requests after the timed ones, in the worker: the same loop and the same scenario, of which nothing is kept but
//! how many samples were done.

use tare_results::samples::Sample;
use tare_scenarios::{Progress, Schedule, Step};
use tare_units::Nanoseconds;

use crate::drive::{Driven, Keep};
use crate::protocol::Stretch;

/// A schedule that begins anew as often as it takes to fill a time, and ends with it.
#[derive(Debug, Clone)]
pub struct Lasting<S> {
    fresh: S,
    current: S,
    length: Nanoseconds,
    /// When the current go began, and after how many requests.
    began: Option<Nanoseconds>,
    before: u64,
}

impl<S: Schedule + Clone> Lasting<S> {
    /// `fresh`, again and again for `length`.
    pub fn new(fresh: S, length: Nanoseconds) -> Self {
        Self {
            current: fresh.clone(),
            fresh,
            length,
            began: None,
            before: 0,
        }
    }

    fn of_current(&mut self, now: Nanoseconds, progress: &Progress) -> Step {
        let own = Progress {
            started: *self.began.get_or_insert(progress.started),
            issued: progress.issued - self.before,
            completed: progress.completed - self.before,
            ended: progress.ended,
        };
        self.current.next(now, &own)
    }
}

impl<S: Schedule + Clone> Schedule for Lasting<S> {
    #[inline]
    fn next(&mut self, now: Nanoseconds, progress: &Progress) -> Step {
        let end = progress.started + self.length;
        if now >= end {
            return Step::Done;
        }
        let step = match self.of_current(now, progress) {
            Step::Done if progress.in_flight() > 0 => Step::WaitForCompletion,
            Step::Done => {
                self.current = self.fresh.clone();
                (self.began, self.before) = (Some(now), progress.issued);
                self.of_current(now, progress)
            }
            step => step,
        };
        match step {
            Step::WaitUntil(due) => Step::WaitUntil(due.min(end)),
            step => step,
        }
    }

    fn heeds_completions(&self) -> bool {
        self.fresh.heeds_completions()
    }
}

/// Keeps no sample, and has no room for another once a request has failed.
#[derive(Debug, Default)]
pub struct Forgetful {
    has_failed: bool,
}

impl Keep for Forgetful {
    #[inline]
    fn has_room(&self) -> bool {
        !self.has_failed
    }

    #[inline]
    fn keep(&mut self, sample: Sample) {
        self.has_failed |= sample.latency().is_none();
    }
}

impl From<Driven> for Stretch {
    fn from(driven: Driven) -> Self {
        Self {
            from_ns: driven.started,
            to_ns: driven.ended,
            samples: driven.samples_done,
            error: driven.first_error.map(|error| error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tare_scenarios::{CellSchedule, Limits, ScenarioSpec, Seed};

    use super::*;

    const LENGTH: Nanoseconds = Nanoseconds::from_nanos(95);

    fn schedule(spec: &str) -> CellSchedule {
        let spec: ScenarioSpec = spec.parse().expect("a scenario");
        let limits = Limits {
            duration: Nanoseconds::from_nanos(30),
            max_requests: 1_000,
            batch: 1,
        };
        spec.schedule(limits, Seed::new(0, 0), None).expect("fits")
    }

    /// Requests of 10 ns, one at a time from 500 ns on, and when the last of them ended.
    fn issued(schedule: impl Schedule + Clone) -> (u64, u64) {
        let mut lasting = Lasting::new(schedule, LENGTH);
        let mut now = 500;
        let mut progress = Progress::starting_at(Nanoseconds::from_nanos(now));
        while let Step::Issue { .. } = lasting.next(Nanoseconds::from_nanos(now), &progress) {
            now += 10;
            progress.issued += 1;
            progress.completed += 1;
        }
        (progress.issued, now)
    }

    #[test]
    fn the_time_ends_it_however_short_or_long_the_scenario_is_by_itself() {
        let specs = [
            "single-stream",
            "single-stream:min=64",
            "offline",
            "offline:samples=3",
        ];
        for spec in specs {
            assert_eq!(issued(schedule(spec)), (10, 600), "{spec}");
        }
    }

    /// One request is due, far too late; then none.
    #[derive(Debug, Clone)]
    struct Late;

    impl Schedule for Late {
        fn next(&mut self, _now: Nanoseconds, progress: &Progress) -> Step {
            match progress.issued {
                0 => Step::WaitUntil(Nanoseconds::MAX),
                _ => Step::Done,
            }
        }
    }

    #[test]
    fn it_waits_no_longer_than_its_time_and_begins_anew_only_when_nothing_is_in_flight() {
        let mut lasting = Lasting::new(Late, LENGTH);
        let started = Nanoseconds::from_nanos(500);
        let mut progress = Progress::starting_at(started);
        let until = Step::WaitUntil(started + LENGTH);
        assert_eq!(lasting.next(started, &progress), until);
        progress.issued = 1;
        assert_eq!(lasting.next(started, &progress), Step::WaitForCompletion);
        progress.completed = 1;
        assert_eq!(
            lasting.next(started, &progress),
            until,
            "the next go's first"
        );
        assert_eq!(lasting.next(started + LENGTH, &progress), Step::Done);
    }

    #[test]
    fn nothing_is_kept_and_a_failure_is_the_last() {
        let mut kept = Forgetful::default();
        kept.keep(Sample::default());
        assert!(kept.has_room());
        kept.keep(Sample {
            latency: Sample::FAILED,
            ..Sample::default()
        });
        assert!(!kept.has_room());
    }
}
