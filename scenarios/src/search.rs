//! The search for the highest rate that keeps an objective: bracket it by doubling or halving, then close in.
//!
//! Pure: it says which rate to try for how long and is told what came of it. Whoever tries decides statistically whether the
//! objective was kept; a bracket is wrong with at most the sum of its trials' errors.

use tare_units::Nanoseconds;

/// Trials at the most.
const MOST_TRIALS: u32 = 20;
/// The bracket is narrow enough once its ends differ by this share.
const GAP: f64 = 0.03;
/// A trial at a rate that was not decided lasts so many times as long as the one before.
const LONGER: u64 = 2;
/// Trials at one rate at the most.
const AGAIN: u32 = 3;

/// One trial of a rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// Requests a second.
    pub per_s: f64,
    /// How long requests are due.
    pub duration: Nanoseconds,
}

/// What came of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The objective was kept.
    Kept,
    /// It was not.
    Missed,
    /// Too few requests to say.
    Undecided,
}

/// Why a search is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The bracket is as narrow as was wanted.
    Narrow,
    /// The next trial would not fit into the time that is left, or there were trials enough.
    Spent,
    /// A rate between the ends could not be decided.
    Undecided,
    /// Not even the lowest rate that could be tried kept the objective.
    NoneKept,
}

/// The rates between which the highest lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bracket {
    /// The highest that kept the objective, in requests a second.
    pub kept: Option<f64>,
    /// The lowest that did not.
    pub missed: Option<f64>,
    /// Why it is no narrower.
    pub end: End,
    /// Trials that were made.
    pub trials: u32,
}

/// A search under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    kept: Option<f64>,
    missed: Option<f64>,
    /// The rate that is tried next, and how often it was.
    next: (f64, u32),
    requests: u64,
    shortest: Nanoseconds,
    left: Nanoseconds,
    trials: u32,
    end: Option<End>,
}

impl Search {
    /// Begins at `first` requests a second. A trial lasts until `requests` are due, which is how many decide the objective
    /// where they do not depend on each other, and `shortest` at least; all of them together last for `budget` at the most.
    pub fn new(first: f64, requests: u64, shortest: Nanoseconds, budget: Nanoseconds) -> Self {
        Self {
            kept: None,
            missed: None,
            next: (first, 0),
            requests,
            shortest,
            left: budget,
            trials: 0,
            end: None,
        }
    }

    /// What to try next; `None` once it is over. The first trial is made even where it exceeds the budget's time, cut to it.
    pub fn trial(&mut self) -> Option<Trial> {
        if self.end.is_some() {
            return None;
        }
        let (per_s, before) = self.next;
        let due = Nanoseconds::from_nanos_f64(self.requests as f64 / per_s * 1e9);
        let wanted = due
            .max(self.shortest)
            .as_nanos()
            .saturating_mul(LONGER.pow(before));
        let wanted = Nanoseconds::from_nanos(wanted);
        let is_first = self.trials == 0;
        if self.trials == MOST_TRIALS
            || self.left == Nanoseconds::ZERO
            || (wanted > self.left && !is_first)
        {
            self.end = Some(self.spent());
            return None;
        }
        Some(Trial {
            per_s,
            duration: wanted.min(self.left),
        })
    }

    /// Takes what came of the last trial, which took `took` in all.
    pub fn tell(&mut self, told: Told, took: Nanoseconds) {
        let (per_s, before) = self.next;
        self.trials += 1;
        self.left = self.left.saturating_sub(took);
        match told {
            Told::Undecided if before + 1 < AGAIN => {
                self.next.1 += 1;
                return;
            }
            Told::Undecided => self.end = Some(End::Undecided),
            Told::Kept => self.kept = Some(per_s),
            Told::Missed => self.missed = Some(per_s),
        }
        self.next = (self.between(), 0);
        let is_narrow = self.kept.zip(self.missed);
        if is_narrow.is_some_and(|(kept, missed)| missed <= kept * (1.0 + GAP)) {
            self.end = Some(End::Narrow);
        }
    }

    /// What is known so far.
    pub fn bracket(&self) -> Bracket {
        Bracket {
            kept: self.kept,
            missed: self.missed,
            end: self.end.unwrap_or_else(|| self.spent()),
            trials: self.trials,
        }
    }

    fn spent(&self) -> End {
        match (self.kept, self.missed) {
            (None, Some(_)) => End::NoneKept,
            _ => End::Spent,
        }
    }

    /// The rate to try next by what is known.
    fn between(&self) -> f64 {
        match (self.kept, self.missed) {
            (Some(kept), Some(missed)) => (kept * missed).sqrt(),
            (Some(kept), None) => 2.0 * kept,
            (None, Some(missed)) => missed / 2.0,
            (None, None) => self.next.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Nanoseconds = Nanoseconds::from_secs(1);

    fn search(first: f64, budget: u64) -> Search {
        Search::new(first, 700, SECOND, Nanoseconds::from_secs(budget))
    }

    /// Runs a search on a system that keeps the objective up to `capacity`; trials take as long as they should.
    fn on(capacity: f64, mut search: Search) -> (Bracket, Vec<Trial>) {
        let mut trials = Vec::new();
        while let Some(trial) = search.trial() {
            trials.push(trial);
            let told = match trial.per_s <= capacity {
                true => Told::Kept,
                false => Told::Missed,
            };
            search.tell(told, trial.duration);
        }
        (search.bracket(), trials)
    }

    #[test]
    fn the_bracket_holds_the_capacity_and_is_narrow_from_wherever_it_begins() {
        for capacity in [3.0, 140.0, 5_000.0, 123_456.0] {
            for first in [0.02, 0.5, 1.0, 3.0, 40.0] {
                let (bracket, _) = on(capacity, search(first * capacity, 100_000));
                let (kept, missed) = (bracket.kept.expect("kept"), bracket.missed.expect("missed"));
                assert!(
                    kept <= capacity && capacity < missed,
                    "{capacity} {first} {bracket:?}"
                );
                assert!(missed <= 1.03 * kept, "{capacity} {first} {bracket:?}");
                assert_eq!(bracket.end, End::Narrow);
                assert!(bracket.trials <= MOST_TRIALS);
            }
        }
    }

    #[test]
    fn trials_have_the_requests_that_decide_and_the_budget_is_never_exceeded() {
        let budget = 20;
        let (bracket, trials) = on(300.0, search(100.0, budget));
        assert_eq!(trials[0].duration, Nanoseconds::from_secs(7));
        let all: u64 = trials.iter().map(|trial| trial.duration.as_nanos()).sum();
        assert!(all <= budget * SECOND.as_nanos(), "{trials:?}");
        assert_eq!(bracket.end, End::Spent);
        let quick = on(1e6, search(1e5, 100)).1;
        assert!(quick.iter().all(|trial| trial.duration >= SECOND));
    }

    #[test]
    fn the_first_trial_is_cut_to_a_budget_that_is_shorter() {
        let (bracket, trials) = on(300.0, search(1.0, 10));
        assert_eq!(trials.len(), 1);
        assert_eq!(trials[0].duration, Nanoseconds::from_secs(10));
        assert_eq!(
            (bracket.kept, bracket.missed, bracket.end),
            (Some(1.0), None, End::Spent)
        );
    }

    #[test]
    fn what_is_not_decided_is_tried_longer_and_then_ends_it() {
        let mut search = search(1_000.0, 1_000);
        let mut durations = Vec::new();
        while let Some(trial) = search.trial() {
            assert_eq!(trial.per_s, 1_000.0);
            durations.push(trial.duration);
            search.tell(Told::Undecided, trial.duration);
        }
        assert_eq!(durations, [1, 2, 4].map(Nanoseconds::from_secs));
        let bracket = search.bracket();
        assert_eq!(
            (bracket.kept, bracket.missed, bracket.end),
            (None, None, End::Undecided)
        );
    }

    #[test]
    fn where_nothing_is_kept_it_says_so() {
        let (bracket, trials) = on(0.0, search(100.0, 60));
        assert_eq!((bracket.kept, bracket.end), (None, End::NoneKept));
        assert!(bracket.missed.is_some_and(|missed| missed < 100.0));
        assert!(
            trials
                .windows(2)
                .all(|pair| pair[1].per_s == pair[0].per_s / 2.0)
        );
    }

    #[test]
    fn trials_that_take_longer_than_they_should_count_with_all_their_time() {
        let mut search = search(1_000.0, 10);
        let trial = search.trial().expect("the first");
        search.tell(Told::Kept, trial.duration + Nanoseconds::from_secs(9));
        assert_eq!(search.trial(), None);
        assert_eq!(search.bracket().end, End::Spent);
    }
}
