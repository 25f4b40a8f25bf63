//! The search for the highest rate that keeps an objective: bracket it by doubling or halving, then close in from both ends.
//!
//! Pure: it says which rate to try for how long and is told what came of it. Whoever tries decides statistically whether the
//! objective was kept, and each trial wrongly with a chance of [`RISK`] at the most.

use tare_units::Nanoseconds;

/// Trials at the most.
pub const MOST_TRIALS: u32 = 32;
/// How likely it is, at the least, that a bracket holds the highest rate.
pub const CONFIDENCE: f64 = 0.95;
/// The chance at which a trial may be decided wrongly. As many trials as may be made err together with at most 5%, whichever
/// rates they try because of those before (Bonferroni's inequality): the confidence is known before the first.
pub const RISK: f64 = (1.0 - CONFIDENCE) / MOST_TRIALS as f64;

/// The bracket is narrow enough once its ends differ by this share.
const GAP: f64 = 0.03;
/// Where rates around one that was not decided are decided already, or none is kept, trials have so many times as many
/// requests.
const LONGER: u64 = 2;

/// What trials take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Requests of the first trials: as many as decide the objective where hardly any depends on another.
    pub requests: u64,
    /// Requests of a trial at the most.
    pub most: u64,
    /// How long a trial lasts at the least.
    pub shortest: Nanoseconds,
    /// How long all of them may take together.
    pub budget: Nanoseconds,
}

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
    /// The same, and a rate that was tried last was not decided.
    Undecided,
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
    effort: Effort,
    kept: Option<f64>,
    missed: Option<f64>,
    /// The lowest and the highest rate between the two that trials of this length do not decide.
    open: Option<(f64, f64)>,
    next: f64,
    /// How often trials were lengthened.
    longer: u32,
    left: Nanoseconds,
    tried: Vec<(f64, Told)>,
    end: Option<End>,
}

impl Search {
    /// Begins at `first` requests a second.
    pub fn new(first: f64, effort: Effort) -> Self {
        Self {
            effort,
            kept: None,
            missed: None,
            open: None,
            next: first,
            longer: 0,
            left: effort.budget,
            tried: Vec::new(),
            end: None,
        }
    }

    /// What to try next; `None` once it is over. The first trial is made even where it exceeds the budget's time, and a
    /// lengthened one as long as it still is longer than those before: both are cut to what is left.
    pub fn trial(&mut self) -> Option<Trial> {
        if self.end.is_some() {
            return None;
        }
        let wanted = self.lasting(self.longer);
        let least = match (self.trials(), self.longer) {
            (0, _) => Nanoseconds::ZERO,
            (_, longer) => self.lasting(longer.saturating_sub(1)),
        };
        let is_over = self.left == Nanoseconds::ZERO || least > self.left;
        if self.trials() == MOST_TRIALS || is_over {
            self.end = Some(self.spent());
            return None;
        }
        Some(Trial {
            per_s: self.next,
            duration: wanted.min(self.left),
        })
    }

    /// Takes what came of the last trial, which took `took` in all.
    pub fn tell(&mut self, told: Told, took: Nanoseconds) {
        let per_s = self.next;
        self.tried.push((per_s, told));
        self.left = self.left.saturating_sub(took);
        match told {
            Told::Kept => {
                self.kept = Some(per_s);
                self.open = self.open.filter(|(low, _)| *low > per_s);
            }
            Told::Missed => {
                self.missed = Some(per_s);
                self.open = self.open.filter(|(_, high)| *high < per_s);
            }
            Told::Undecided => {
                let (low, high) = self.open.unwrap_or((per_s, per_s));
                self.open = Some((low.min(per_s), high.max(per_s)));
            }
        }
        let ends = self.kept.zip(self.missed);
        if ends.is_some_and(|(kept, missed)| missed <= kept * (1.0 + GAP)) {
            self.end = Some(End::Narrow);
            return;
        }
        self.next = self.following();
    }

    /// What is known so far.
    pub fn bracket(&self) -> Bracket {
        Bracket {
            kept: self.kept,
            missed: self.missed,
            end: self.end.unwrap_or_else(|| self.spent()),
            trials: self.trials(),
        }
    }

    /// The rates that were tried, in their order, and what came of each.
    pub fn tried(&self) -> &[(f64, Told)] {
        &self.tried
    }

    fn trials(&self) -> u32 {
        self.tried.len() as u32
    }

    fn spent(&self) -> End {
        match self.open {
            Some(_) => End::Undecided,
            None => End::Spent,
        }
    }

    /// How long the next rate is tried where trials were lengthened so often.
    fn lasting(&self, longer: u32) -> Nanoseconds {
        let time = |requests: u64| Nanoseconds::from_nanos_f64(requests as f64 / self.next * 1e9);
        let Effort {
            requests,
            most,
            shortest,
            ..
        } = self.effort;
        let first = time(requests).max(shortest).as_nanos();
        let lengthened = first.saturating_mul(LONGER.saturating_pow(longer));
        Nanoseconds::from_nanos(lengthened).min(time(most))
    }

    /// The rate to try next by what is known.
    fn following(&mut self) -> f64 {
        match (self.kept, self.open, self.missed) {
            (None, Some((low, _)), _) => {
                self.longer += 1;
                low / 2.0
            }
            (None, None, Some(missed)) => missed / 2.0,
            (None, None, None) => self.next,
            (Some(_), Some((_, high)), None) => 2.0 * high,
            (Some(kept), None, None) => 2.0 * kept,
            (Some(kept), None, Some(missed)) => middle(kept, missed),
            (Some(kept), Some(open), Some(missed)) => self.around(kept, open, missed),
        }
    }

    /// The middle of the wider gap beside the rates that are open; where both are narrower than what is open between them,
    /// longer trials are due.
    fn around(&mut self, kept: f64, (low, high): (f64, f64), missed: f64) -> f64 {
        let (below, above) = (low / kept, missed / high);
        let enough = (high / low).max((1.0 + GAP).sqrt());
        if below.max(above) > enough {
            return match below >= above {
                true => middle(kept, low),
                false => middle(high, missed),
            };
        }
        if self.lasting(self.longer) == self.lasting(self.longer + 1) {
            self.end = Some(End::Undecided);
        }
        self.longer += 1;
        self.open = None;
        middle(kept, missed)
    }
}

fn middle(low: f64, high: f64) -> f64 {
    (low * high).sqrt()
}

#[cfg(test)]
mod tests;
