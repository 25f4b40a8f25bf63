//! The generator: one thread that asks the schedule what is due, waits for it, and hands requests to the servers' queue.

use tare_clock::{Clock, Pacer};
use tare_results::Cut;
use tare_scenarios::{Progress, Schedule, Step};
use tare_units::Nanoseconds;

use super::round::{Due, Round};
use super::sleeper::TICK;
use super::slots::End;

/// How long a completion is spun for before the generator sleeps.
const SPIN: Nanoseconds = Nanoseconds::from_millis(1);

/// What was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issued {
    /// When the schedule began.
    pub started: Nanoseconds,
    /// When it was done.
    pub until: Nanoseconds,
    /// Requests that were due, whatever became of them.
    pub due: u64,
    /// Of these, requests that were queued.
    pub queued: u64,
    /// Requests that waited at once, at the most.
    pub most_waiting: u64,
    /// Why it ended where that was not by its schedule.
    pub cut: Option<Cut>,
}

/// The generator of one round.
pub struct Generator<'a, C> {
    /// What is shared with the servers.
    pub round: &'a Round,
    /// Time.
    pub clock: &'a C,
    /// Whether it has a core of its own and may spin for completions.
    pub spins: bool,
    /// When it gives up whatever the schedule says.
    pub until: Nanoseconds,
}

impl<C: Clock> Generator<'_, C> {
    /// Issues what `schedule` says until it is done, nobody is left to serve, or the time is over.
    pub fn issue(&self, schedule: &mut impl Schedule) -> Issued {
        let mut pacer = Pacer::new(self.clock);
        let heeds = schedule.heeds_completions();
        let started = self.clock.now();
        let mut now = started;
        let mut progress = Progress::starting_at(started);
        let mut issued = Issued {
            started,
            until: started,
            due: 0,
            queued: 0,
            most_waiting: 0,
            cut: None,
        };
        // Ends of requests that the schedule was told, of those that were queued.
        let mut heard = 0;
        loop {
            progress.issued = issued.due;
            if heeds && self.round.ended() > heard {
                heard += 1;
                progress.ended = self.round.next_end().unwrap_or(now);
                now = now.max(progress.ended);
            }
            progress.completed = issued.due - issued.queued + heard;
            match schedule.next(now, &progress) {
                Step::Issue { scheduled, .. } => {
                    if !self.hand_over(now, scheduled, &mut issued) {
                        progress.ended = now;
                    }
                    now = self.clock.now();
                }
                Step::WaitUntil(due) if heeds => {
                    now = self.wait_or_hear(&mut pacer, due.min(self.until), heard);
                }
                Step::WaitUntil(due) => now = pacer.wait_until(due.min(self.until)),
                Step::WaitForCompletion => now = self.hear(now, &mut heard, heeds),
                Step::Done => break,
            }
            issued.cut = self.cut(now);
            if issued.cut.is_some() {
                self.never_sent(schedule, now, (progress, &mut issued));
                break;
            }
        }
        issued.until = now;
        issued
    }

    #[inline]
    fn cut(&self, now: Nanoseconds) -> Option<Cut> {
        if !self.round.is_served() {
            return Some(Cut::Sessions);
        }
        (now >= self.until).then_some(Cut::Time)
    }

    /// Whether there was room for it to wait.
    #[inline]
    fn hand_over(&self, now: Nanoseconds, scheduled: Nanoseconds, issued: &mut Issued) -> bool {
        let number = self.round.first + issued.due as usize;
        issued.due += 1;
        let skew = now.saturating_sub(scheduled);
        let slots = &self.round.slots;
        slots.issue(number, now - issued.started, skew);
        match self.round.push(Due { number, scheduled }, issued.queued) {
            Some(waiting) => {
                issued.queued += 1;
                issued.most_waiting = issued.most_waiting.max(waiting);
                true
            }
            None => {
                slots.end(number, End::Rejected);
                false
            }
        }
    }

    /// Until `due`, or until more requests have ended than those `told`.
    fn wait_or_hear(&self, pacer: &mut Pacer<C>, due: Nanoseconds, told: u64) -> Nanoseconds {
        let heard = || self.round.ended() > told || !self.round.is_served();
        let generator = &self.round.generator.0;
        generator.asleep(|| pacer.wait_unless(due, &heard))
    }

    /// Until more requests have ended than those `told`, or a while. A schedule that `heeds` them is told of each by itself,
    /// another one of all at once.
    fn hear(&self, now: Nanoseconds, told: &mut u64, heeds: bool) -> Nanoseconds {
        let now = self.wait_for_an_end(now, *told);
        if !heeds {
            *told = self.round.ended();
        }
        now
    }

    fn wait_for_an_end(&self, now: Nanoseconds, told: u64) -> Nanoseconds {
        let heard = || self.round.ended() > told || !self.round.is_served();
        if self.spins {
            let now = self.clock.spin_until(now + SPIN, &heard);
            if heard() {
                return now;
            }
        }
        self.round.generator.0.asleep(|| {
            if !heard() {
                self.clock.doze_until((now + TICK).min(self.until));
            }
        });
        self.clock.now()
    }

    /// Keeps what is due by `now` and will never be issued.
    fn never_sent(
        &self,
        schedule: &mut impl Schedule,
        now: Nanoseconds,
        (mut progress, issued): (Progress, &mut Issued),
    ) {
        let slots = &self.round.slots;
        let room = slots.capacity().saturating_sub(self.round.first) as u64;
        while issued.due < room {
            progress.issued = issued.due;
            let Step::Issue { scheduled, .. } = schedule.next(now, &progress) else {
                return;
            };
            let number = self.round.first + issued.due as usize;
            issued.due += 1;
            slots.issue(number, now - issued.started, now.saturating_sub(scheduled));
            slots.end(number, End::NeverSent);
        }
    }
}
