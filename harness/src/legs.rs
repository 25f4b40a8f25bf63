//! A schedule that is driven in legs, with pauses between them in which nothing is due and requests are looked at.

use tare_scenarios::{Progress, Schedule, Step};
use tare_units::Nanoseconds;

/// One schedule over several legs, each of which goes on where the one before it ended: no time passed in between, and
/// nothing that is drawn is drawn twice.
#[derive(Debug, Clone)]
pub struct Legs<S> {
    schedule: S,
    /// Requests after which the current leg ends, those of the legs before included.
    until: u64,
    /// Requests of the legs before.
    issued: u64,
    /// Time of the legs before, without the pauses.
    spent: Nanoseconds,
}

impl<S: Schedule> Legs<S> {
    /// The legs of `schedule`; the first ends after `until` requests.
    pub fn new(schedule: S, until: u64) -> Self {
        Self {
            schedule,
            until,
            issued: 0,
            spent: Nanoseconds::ZERO,
        }
    }

    /// The next leg ends after `until` requests in all; the last one issued so many, in so much time.
    pub fn next_leg(&mut self, until: u64, (issued, spent): (u64, Nanoseconds)) {
        self.until = until;
        self.issued += issued;
        self.spent = self.spent + spent;
    }
}

impl<S: Schedule> Schedule for Legs<S> {
    #[inline]
    fn next(&mut self, now: Nanoseconds, progress: &Progress) -> Step {
        let whole = Progress {
            started: progress.started.saturating_sub(self.spent),
            issued: self.issued + progress.issued,
            completed: self.issued + progress.completed,
            ended: progress.ended,
        };
        match whole.issued >= self.until {
            true => Step::Done,
            false => self.schedule.next(now, &whole),
        }
    }

    fn heeds_completions(&self) -> bool {
        self.schedule.heeds_completions()
    }
}

#[cfg(test)]
mod tests {
    use tare_scenarios::{CellSchedule, Limits, ScenarioSpec, Seed};

    use super::*;

    const REQUESTS: usize = 90;
    const PAUSE: u64 = 1_000_000;

    fn schedule(spec: &str) -> CellSchedule {
        let spec: ScenarioSpec = spec.parse().expect("a scenario");
        let limits = Limits {
            duration: Nanoseconds::from_secs(1_000),
            max_requests: REQUESTS as u64,
            batch: spec.fixed_batch().unwrap_or(1),
        };
        spec.schedule(limits, Seed::new(5, 0), None).expect("fits")
    }

    /// Time since the start without pauses at which each request was due, and what it carries; each is done after 10 ns.
    fn issued(spec: &str, ends: &[u64]) -> Vec<(u64, u64)> {
        let mut legs = Legs::new(schedule(spec), ends[0]);
        let (mut now, mut paused) = (Nanoseconds::from_nanos(700), 700);
        let mut issued = Vec::new();
        for until in &ends[1..] {
            let before = issued.len() as u64;
            let mut progress = Progress::starting_at(now);
            loop {
                match legs.next(now, &progress) {
                    Step::Issue { scheduled, samples } => {
                        issued.push((scheduled.as_nanos() - paused, samples));
                        progress.issued += 1;
                        progress.completed += 1;
                        now = now + Nanoseconds::from_nanos(10);
                        progress.ended = now;
                    }
                    Step::WaitUntil(due) => now = due,
                    Step::WaitForCompletion => panic!("all are done"),
                    Step::Done => break,
                }
            }
            let leg = issued.len() as u64 - before;
            legs.next_leg(*until, (leg, now.saturating_sub(progress.started)));
            now = now + Nanoseconds::from_nanos(PAUSE);
            paused += PAUSE;
        }
        issued
    }

    #[test]
    fn legs_together_are_the_schedule_as_it_is_without_pauses() {
        for spec in [
            "single-stream",
            "random-batch:mean=9",
            "server:rate=1000000",
            "server:rate=1000000,arrivals=constant",
            "server:rate=1000000,arrivals=bursty,on=20us,off=10us",
            "closed:clients=3,think=exp:40ns",
        ] {
            let whole = issued(spec, &[u64::MAX, 0]);
            assert_eq!(whole.len(), REQUESTS, "{spec}");
            assert_eq!(issued(spec, &[10, 20, 40, 80, 160, 0]), whole, "{spec}");
        }
    }

    #[test]
    fn a_leg_ends_after_its_requests_and_the_last_one_with_the_schedule() {
        assert_eq!(issued("single-stream", &[7, 0]).len(), 7);
        assert_eq!(issued("single-stream", &[7, 14, 0]).len(), 14);
        assert_eq!(issued("single-stream", &[60, 120, 0]).len(), REQUESTS);
    }
}
