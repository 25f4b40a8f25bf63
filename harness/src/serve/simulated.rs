//! The engine on virtual time: the same schedules and the same rule of dispatch, with service times from a function, so that
//! hours of load take milliseconds and closed forms can be compared with.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use tare_results::samples::Sample;
use tare_scenarios::{Progress, Schedule, Step};
use tare_units::Nanoseconds;

use super::dispatch::{Dispatch, Next};
use super::slots::{Counts, End};

/// Who serves in a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Simulated {
    /// Servers.
    pub servers: usize,
    /// What is done with requests that wait.
    pub dispatch: Dispatch,
    /// Requests that may wait.
    pub queue: usize,
}

/// What became of one request, on the simulation's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    /// When it was due.
    pub scheduled: Nanoseconds,
    /// When it was issued.
    pub issued: Nanoseconds,
    /// When it was begun, if it was.
    pub begun: Option<Nanoseconds>,
    /// How it ended.
    pub end: End,
}

impl Passed {
    /// As the record of a repeat that began at `started` has it.
    pub fn sample(&self, started: Nanoseconds) -> Sample {
        let skew = self.issued.saturating_sub(self.scheduled).as_nanos();
        Sample {
            issued: self.issued.saturating_sub(started).as_nanos(),
            latency: match self.end {
                End::Done(latency) => latency.as_nanos(),
                _ => Sample::FAILED,
            },
            skew: u32::try_from(skew).unwrap_or(u32::MAX),
            delay: 0,
        }
    }
}

/// Every request of a simulation, in the order of issue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Simulation {
    /// Requests.
    pub passed: Vec<Passed>,
    /// Requests that waited at once, at the most.
    pub most_waiting: usize,
    /// Executions.
    pub batches: u64,
}

impl Simulation {
    /// How they ended.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.passed.iter().for_each(|passed| counts.add(passed.end));
        counts
    }

    /// As the record of a repeat has them.
    pub fn samples(&self) -> Vec<Sample> {
        let samples = self.passed.iter();
        samples
            .map(|passed| passed.sample(Nanoseconds::ZERO))
            .collect()
    }
}

impl Simulated {
    /// Serves what `schedule` says from time zero on; the execution that begins with request `number` at a time, of so many
    /// requests together, takes what `service` says, `None` where it fails after no time.
    pub fn serve(
        &self,
        schedule: &mut impl Schedule,
        service: impl FnMut(Execution) -> Option<Nanoseconds>,
    ) -> Simulation {
        let mut world = World {
            rules: self,
            service,
            now: Nanoseconds::ZERO,
            progress: Progress::starting_at(Nanoseconds::ZERO),
            waiting: VecDeque::new(),
            busy: BinaryHeap::new(),
            given: Simulation::default(),
        };
        let mut is_issuing = true;
        loop {
            world.complete();
            let again = world.dispatch();
            let wake = match is_issuing {
                false => Wake::Never,
                true => world.ask(schedule),
            };
            match wake {
                Wake::Now => continue,
                Wake::Done => is_issuing = false,
                Wake::Never | Wake::At(_) => {}
            }
            let due = match wake {
                Wake::At(time) => Some(time),
                _ => None,
            };
            let ended = world.busy.peek().map(|Reverse((end, _))| *end);
            match [due, again, ended].into_iter().flatten().min() {
                Some(next) => world.now = world.now.max(next),
                None => return world.given,
            }
        }
    }
}

/// An execution that is about to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Execution {
    /// The number of its oldest request.
    pub number: usize,
    /// Requests that are executed together.
    pub count: usize,
    /// When it begins.
    pub begun: Nanoseconds,
}

enum Wake {
    Now,
    At(Nanoseconds),
    Never,
    Done,
}

struct World<'a, F> {
    rules: &'a Simulated,
    service: F,
    now: Nanoseconds,
    progress: Progress,
    waiting: VecDeque<usize>,
    /// Ends of executions, and the requests in each.
    busy: BinaryHeap<Reverse<(Nanoseconds, Vec<usize>)>>,
    given: Simulation,
}

impl<F: FnMut(Execution) -> Option<Nanoseconds>> World<'_, F> {
    fn complete(&mut self) {
        while let Some(Reverse((end, _))) = self.busy.peek()
            && *end <= self.now
            && let Some(Reverse((end, requests))) = self.busy.pop()
        {
            for number in requests {
                let scheduled = self.given.passed[number].scheduled;
                let latency = end.saturating_sub(scheduled);
                self.finish(number, End::Done(latency));
            }
        }
    }

    fn finish(&mut self, number: usize, end: End) {
        self.given.passed[number].end = end;
        self.progress.completed += 1;
        self.progress.ended = self.now;
    }

    /// Lets free servers begin; when the rule wants to be asked again.
    fn dispatch(&mut self) -> Option<Nanoseconds> {
        while self.busy.len() < self.rules.servers {
            let oldest = self.waiting.front();
            let oldest = oldest.map(|number| self.given.passed[*number].scheduled);
            let rule = &self.rules.dispatch;
            match rule.next(self.waiting.len(), oldest, self.now) {
                Next::Idle => return None,
                Next::WaitUntil(time) => return Some(time),
                Next::Expire => {
                    let late = self.waiting.pop_front()?;
                    self.finish(late, End::TimedOut);
                }
                Next::Begin(count) => self.begin(count),
            }
        }
        None
    }

    fn begin(&mut self, count: usize) {
        let requests: Vec<usize> = self.waiting.drain(..count).collect();
        let time = (self.service)(Execution {
            number: requests[0],
            count,
            begun: self.now,
        });
        self.given.batches += 1;
        for number in &requests {
            self.given.passed[*number].begun = Some(self.now);
        }
        match time {
            Some(time) => self.busy.push(Reverse((self.now + time, requests))),
            None => {
                for number in requests {
                    self.finish(number, End::Error);
                }
            }
        }
    }

    fn ask(&mut self, schedule: &mut impl Schedule) -> Wake {
        match schedule.next(self.now, &self.progress) {
            Step::Issue { scheduled, .. } => {
                self.issue(scheduled);
                Wake::Now
            }
            Step::WaitUntil(time) => Wake::At(time),
            Step::WaitForCompletion => Wake::Never,
            Step::Done => Wake::Done,
        }
    }

    fn issue(&mut self, scheduled: Nanoseconds) {
        let number = self.given.passed.len();
        self.given.passed.push(Passed {
            scheduled,
            issued: self.now,
            begun: None,
            end: End::Rejected,
        });
        self.progress.issued += 1;
        if self.waiting.len() >= self.rules.queue {
            self.finish(number, End::Rejected);
            return;
        }
        self.waiting.push_back(number);
        self.given.most_waiting = self.given.most_waiting.max(self.waiting.len());
    }
}
