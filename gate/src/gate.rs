//! A gate from its first block to its verdict: the runner measures, pushes blocks, and asks what next.

use serde::Serialize;
use tare_units::Nanoseconds;

use crate::block::{Block, Side};
use crate::evidence::Evidence;
use crate::limits::{Limits, PlanError};
use crate::metric::{Conditions, Metric, Repeatability, Requests};
use crate::plan::{Decision, Look, Plan};
use crate::size::{Affordable, BudgetTooSmall, Size, affordable};
use crate::statistic::Statistic;
use crate::verdict::{Effect, Flaw, Obstacle, Outcome, Verdict};

/// One comparison of a candidate with its baseline by one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    metric: Metric,
    limits: Limits,
    test: Test,
    evidence: Evidence,
    different_outputs: Option<String>,
    /// Looks at fewer blocks are not taken.
    least: usize,
}

/// How the figures decide.
#[derive(Debug, Clone, PartialEq)]
enum Test {
    /// One of each side is the truth.
    Exact,
    /// By looks.
    Looks(Plan),
}

/// What follows from the blocks so far.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "next")]
pub enum Next {
    /// Too little is known: measure until there are this many.
    More {
        /// Blocks at the next look, those so far included.
        blocks: usize,
    },
    /// It is over.
    Over(Verdict),
}

/// The blocks of an exact metric.
const EXACT: Look = Look {
    blocks: 1,
    regression: None,
    pass: None,
};

/// Looks that would have decided but for something that stood against them, after which waiting for calmer blocks is given up.
const HELD_UP: usize = 5;

impl Gate {
    /// Of `metric` by `limits`, those of [`Metric::limits`] or others.
    ///
    /// # Errors
    /// Where nothing could be decided by these limits.
    pub fn new(metric: Metric, limits: Limits, conditions: Conditions) -> Result<Self, PlanError> {
        let test = match metric.repeatability() {
            Repeatability::Exact => Test::Exact,
            Repeatability::Nearly => Test::Looks(Plan::nearly(limits)?),
            Repeatability::Noisy => Test::Looks(Plan::noisy(limits)?),
        };
        let evidence = Evidence::new(metric, metric.statistic(conditions));
        Ok(Self {
            metric,
            limits,
            test,
            evidence,
            different_outputs: None,
            least: 0,
        })
    }

    /// What is compared.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// What really decides.
    pub fn statistic(&self) -> Statistic {
        self.evidence.statistic()
    }

    /// What is allowed.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// What each process times; `None` where its figure is none of requests.
    pub fn requests(&self) -> Option<Requests> {
        self.metric.requests()
    }

    /// The blocks so far.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// The looks, in order; one block where the metric is exact.
    pub fn looks(&self) -> &[Look] {
        match &self.test {
            Test::Exact => std::slice::from_ref(&EXACT),
            Test::Looks(plan) => plan.looks(),
        }
    }

    /// The looks that are taken: all but those that [`Gate::skip_looks_below`] names.
    pub fn looks_left(&self) -> impl Iterator<Item = &Look> {
        let looks = self.looks().iter();
        looks.filter(|look| look.blocks >= self.least)
    }

    /// How many blocks it takes, known before the first.
    pub fn size(&self) -> Size {
        match &self.test {
            Test::Exact => Size::exactly(1),
            Test::Looks(plan) => Size::of(plan),
        }
    }

    /// The blocks that `budget` has room for, where one costs `block`.
    ///
    /// # Errors
    /// Where they would not even reach the first look: the budget is too small to decide anything, and that is known before it
    /// starts.
    pub fn affordable(
        &self,
        budget: Nanoseconds,
        block: Nanoseconds,
    ) -> Result<Affordable, BudgetTooSmall> {
        affordable(self.looks(), budget, block)
    }

    /// One more block, in the order in which they were made.
    pub fn push(&mut self, block: Block) {
        self.evidence.push(block);
    }

    /// Takes no look at fewer than so many blocks: those were taken by another statistic, and two tests cannot share the error of
    /// one look.
    pub fn skip_looks_below(&mut self, blocks: usize) {
        self.least = blocks;
    }

    /// The outputs of the two sides differ, which was not allowed: whatever the figures, the gate is invalid.
    pub fn outputs_differ(&mut self, why: String) {
        self.different_outputs = Some(why);
    }

    /// What follows from the blocks so far. Looks are taken only at their own numbers of blocks; one that something stands
    /// against decides nothing, and the next may, until five were held up so.
    pub fn next(&self) -> Next {
        if let Some(verdict) = self.ended() {
            return Next::Over(verdict);
        }
        let made = self.evidence.figures().len();
        let (mut against, mut held_up) = (Vec::new(), 0);
        for look in self.looks_left() {
            if made < look.blocks {
                return Next::More {
                    blocks: look.blocks,
                };
            }
            match self.look(*look) {
                Ok(verdict) => return Next::Over(verdict),
                Err(obstacles) => against = obstacles,
            }
            let undecided = |obstacle: &Obstacle| matches!(obstacle, Obstacle::Undecided { .. });
            held_up += usize::from(!against.iter().any(undecided));
            if held_up == HELD_UP {
                break;
            }
        }
        Next::Over(Verdict::Inconclusive(against))
    }

    /// The verdict where no more blocks can be made: that of [`Gate::next`] where it is over, else inconclusive for want of time.
    pub fn stop(&self) -> Verdict {
        match self.next() {
            Next::Over(verdict) => verdict,
            Next::More { blocks: next } => {
                let blocks = self.evidence.figures().len();
                let mut obstacles = self.evidence.obstacles();
                obstacles.push(Obstacle::OutOfTime { blocks, next });
                Verdict::Inconclusive(obstacles)
            }
        }
    }

    /// What was found, by the verdict that it would end with now.
    pub fn outcome(&self) -> Outcome {
        Outcome {
            metric: self.metric,
            statistic: self.statistic(),
            limits: self.limits,
            verdict: self.stop(),
            effect: self.effect(),
            blocks: self.evidence.figures().len(),
            sides: [Side::Baseline, Side::Candidate].map(|side| self.evidence.side(side)),
        }
    }

    /// What ends it whatever the figures are.
    fn ended(&self) -> Option<Verdict> {
        let mut flaws = self.evidence.flaws();
        let differ = self.different_outputs.clone();
        flaws.extend(differ.map(|why| Flaw::DifferentOutputs { why }));
        if !flaws.is_empty() {
            return Some(Verdict::Invalid(flaws));
        }
        let obstacles = self.evidence.obstacles().into_iter();
        let fatal: Vec<Obstacle> = obstacles.filter(Obstacle::is_final).collect();
        (!fatal.is_empty()).then_some(Verdict::Inconclusive(fatal))
    }

    /// What one look decides, or what stands against it.
    fn look(&self, look: Look) -> Result<Verdict, Vec<Obstacle>> {
        let seen = self.evidence.first(look.blocks);
        let decision = match &self.test {
            Test::Exact => Some(self.exactly(&seen)),
            Test::Looks(plan) => plan.decide(look, &seen.costs()),
        };
        let Some(decision) = decision else {
            let mut obstacles = seen.obstacles();
            obstacles.push(Obstacle::Undecided {
                blocks: look.blocks,
            });
            return Err(obstacles);
        };
        let mut obstacles = seen.obstacles();
        obstacles.extend(seen.obstacle_to(decision));
        if !obstacles.is_empty() {
            return Err(obstacles);
        }
        Ok(match decision {
            Decision::Regression => Verdict::Regression,
            Decision::Pass => Verdict::Pass,
            Decision::Improvement => Verdict::Improvement,
        })
    }

    /// A difference of 0 of two zeros is none.
    fn exactly(&self, seen: &Evidence) -> Decision {
        let tolerance = self.limits.tolerance.ln_1p();
        let worse = |(baseline, candidate): (f64, f64)| {
            if baseline == candidate {
                0.0
            } else {
                candidate - baseline
            }
        };
        let worst = seen.costs().into_iter().map(worse);
        let worst = worst.fold(f64::NEG_INFINITY, f64::max);
        match () {
            () if worst > tolerance => Decision::Regression,
            () if worst < -tolerance => Decision::Improvement,
            () => Decision::Pass,
        }
    }

    /// By the last look that was taken; without bounds where none was.
    fn effect(&self) -> Option<Effect> {
        let costs = self.evidence.costs();
        let share = |logarithm: f64| logarithm.exp_m1();
        let Test::Looks(plan) = &self.test else {
            let (baseline, candidate) = costs.first()?;
            let value = if baseline == candidate {
                0.0
            } else {
                share(candidate - baseline)
            };
            return Some(Effect {
                value,
                low: Some(value),
                high: Some(value),
                confidence: 1.0,
            });
        };
        let reached = self.looks_left();
        let reached = reached.take_while(|look| look.blocks <= costs.len());
        let reached = reached.last();
        let seen = reached.and_then(|look| plan.see(*look, &costs[..look.blocks]));
        let value = seen.map_or_else(|| plan.value(&costs), |seen| Some(seen.value))?;
        Some(Effect {
            value: share(value),
            low: seen.and_then(|seen| seen.low).map(share),
            high: seen.and_then(|seen| seen.high).map(share),
            confidence: plan.confidence(),
        })
    }
}
