//! When to look, and what each look must show: a group-sequential rank test with two boundaries.
//!
//! At each look the candidate is called worse where the ranks say that it is worse than the tolerance, and passes where they
//! say that it is not as much worse as must be detected. What is neither at the last look is undecided.
//! The looks follow C. Jennison and B. W. Turnbull, "Group Sequential Methods" (1999): the bounds of each look are *repeated*
//! confidence intervals (chapter 9 there), which hold together at all looks, and decide by where they lie.

use serde::Serialize;

use crate::contrasts::{Design, NullDistribution};
use crate::limits::{Limits, PlanError, STANDARD};

/// Blocks at which one looks.
const LOOKS: [usize; 8] = [10, 16, 25, 40, 64, 100, 160, 256];
/// Contrasts below the tolerance, at the most, that make a regression: together 0.95% under repeated looks, by the benchmark
/// `cutoffs` with the shape 0.25.
const REGRESSION: [u64; 8] = [0, 12, 54, 193, 607, 1_689, 4_769, 13_112];
/// Contrasts above what must be detected, at the most, that make a pass: together 2.25%, by the same benchmark.
const PASS: [u64; 8] = [1, 16, 64, 214, 650, 1_777, 4_951, 13_485];

/// Processes of each side at which one looks where they are nearly alike.
const LOOKS_NEARLY: [usize; 3] = [5, 8, 12];
/// What of the error each of these looks takes.
const SHARES_NEARLY: [f64; 3] = [0.4, 0.3, 0.3];

/// One look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Look {
    /// Blocks that it takes.
    pub blocks: usize,
    /// Contrasts at or below the tolerance, at the most, for a regression; `None` where this look can never tell.
    pub regression: Option<u64>,
    /// Contrasts at or above what must be detected, at the most, for a pass; `None` where this look can never tell.
    pub pass: Option<u64>,
}

/// A plan, fixed before anything is measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    design: Design,
    tolerance: f64,
    must_detect: f64,
    limits: Limits,
    looks: Vec<Look>,
}

/// What a plan says of the blocks so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Too little is known: measure until there are this many.
    More {
        /// Blocks at the next look.
        blocks: usize,
    },
    /// It is over.
    Decided {
        /// How.
        decision: Decision,
        /// Blocks that it took.
        blocks: usize,
    },
    /// It is over, and neither could be shown.
    Undecided,
}

/// What a look can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Worse than the tolerance.
    Regression,
    /// Not as much worse as must be detected.
    Pass,
    /// A pass, and better by more than the tolerance.
    Improvement,
}

/// What a look saw, as logarithms of ratios: above zero is worse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// The median of the contrasts.
    pub value: f64,
    /// Lower bound; it exceeds the truth with at most the rate of false alarms, over all looks.
    pub low: Option<f64>,
    /// Upper bound; it falls short of the truth with at most the rate of wrong passes, over all looks.
    pub high: Option<f64>,
}

impl Plan {
    /// For figures with the machine's noise in them: fresh processes of both sides in blocks, compared within each.
    ///
    /// # Errors
    /// Where nothing could be decided by these limits.
    pub fn noisy(limits: Limits) -> Result<Self, PlanError> {
        let errors = limits.errors;
        let regression = sums(&REGRESSION, STANDARD.false_alarm, errors.false_alarm);
        let pass = sums(&PASS, STANDARD.wrong_pass, errors.wrong_pass);
        Self::of(Design::Paired, limits, &LOOKS, regression, pass)
    }

    /// For figures that are nearly alike in all processes of a side: every one of a side with every one of the other.
    ///
    /// # Errors
    /// Where nothing could be decided by these limits.
    pub fn nearly(limits: Limits) -> Result<Self, PlanError> {
        let cut_offs = |error: f64| {
            let looks = LOOKS_NEARLY.into_iter().zip(SHARES_NEARLY);
            let cut_off = |(count, share)| {
                NullDistribution::of(Design::Unpaired, count).cut_off(share * error)
            };
            looks.map(cut_off).collect()
        };
        let regression = cut_offs(limits.errors.false_alarm);
        let pass = cut_offs(limits.errors.wrong_pass);
        Self::of(Design::Unpaired, limits, &LOOKS_NEARLY, regression, pass)
    }

    /// With looks of one's own, in ascending order of blocks, whose cut-offs keep to the errors of `limits` or do not: nothing here
    /// checks that.
    ///
    /// # Errors
    /// Where nothing could be decided by these limits, or no look can show a regression.
    pub fn with_looks(design: Design, limits: Limits, looks: Vec<Look>) -> Result<Self, PlanError> {
        limits.check()?;
        if looks.iter().all(|look| look.regression.is_none()) {
            return Err(PlanError::Hopeless {
                most: looks.last().map_or(0, |look| look.blocks),
                false_alarm: limits.errors.false_alarm,
            });
        }
        let can_tell = |look: &Look| look.regression.is_some() || look.pass.is_some();
        Ok(Self {
            design,
            tolerance: limits.tolerance.ln_1p(),
            must_detect: limits.must_detect.ln_1p(),
            limits,
            looks: looks.into_iter().filter(can_tell).collect(),
        })
    }

    fn of(
        design: Design,
        limits: Limits,
        at: &[usize],
        regression: Vec<Option<u64>>,
        pass: Vec<Option<u64>>,
    ) -> Result<Self, PlanError> {
        let looks = at.iter().zip(regression.into_iter().zip(pass));
        let look = |(blocks, (regression, pass)): (&usize, _)| Look {
            blocks: *blocks,
            regression,
            pass,
        };
        Self::with_looks(design, limits, looks.map(look).collect())
    }

    /// The looks, in order.
    pub fn looks(&self) -> &[Look] {
        &self.looks
    }

    /// How figures of the two sides belong together.
    pub fn design(&self) -> Design {
        self.design
    }

    /// The most that is no regression, as a logarithm.
    pub fn tolerance(&self) -> f64 {
        self.tolerance
    }

    /// The least that must not pass, as a logarithm.
    pub fn must_detect(&self) -> f64 {
        self.must_detect
    }

    /// How much worse the candidate is, as a logarithm, whatever the looks; `None` of no blocks.
    pub fn value(&self, blocks: &[(f64, f64)]) -> Option<f64> {
        self.design.contrasts(blocks).median()
    }

    /// How likely the bounds of all looks hold the truth together.
    pub fn confidence(&self) -> f64 {
        1.0 - self.limits.errors.false_alarm - self.limits.errors.wrong_pass
    }

    /// What the blocks so far say; looks are taken only at their own numbers of blocks, whatever stands between.
    ///
    /// Each of `blocks` is the baseline's and the candidate's figure, as logarithms of which the larger is the worse.
    pub fn step(&self, blocks: &[(f64, f64)]) -> Step {
        for look in &self.looks {
            let Some(seen) = blocks.get(..look.blocks) else {
                return Step::More {
                    blocks: look.blocks,
                };
            };
            if let Some(decision) = self.decide(*look, seen) {
                return Step::Decided {
                    decision,
                    blocks: look.blocks,
                };
            }
        }
        Step::Undecided
    }

    /// What one look shows by just its blocks: what its bounds say, but by counting contrasts instead of making them.
    pub fn decide(&self, look: Look, blocks: &[(f64, f64)]) -> Option<Decision> {
        let shown = |count: u64, most: Option<u64>| most.is_some_and(|most| count <= most);
        let counts = self.design.counts(blocks);
        if shown(counts.at_or_below(self.tolerance), look.regression) {
            return Some(Decision::Regression);
        }
        if !shown(counts.at_or_above(self.must_detect), look.pass) {
            return None;
        }
        let better = shown(counts.at_or_above(-self.tolerance), look.regression);
        Some(if better {
            Decision::Improvement
        } else {
            Decision::Pass
        })
    }

    /// What one look sees in just its blocks; `None` of no blocks.
    pub fn see(&self, look: Look, blocks: &[(f64, f64)]) -> Option<Seen> {
        let contrasts = self.design.contrasts(blocks);
        Some(Seen {
            value: contrasts.median()?,
            low: look.regression.and_then(|most| contrasts.at(most)),
            high: look.pass.and_then(|most| contrasts.from_above(most)),
        })
    }
}

/// The sums that keep to `error`: those of `standard` where they do, else each with a share of `error` in proportion to what it
/// has of `kept`. The shares add up to `error`, so repeated looks cannot exceed it, however they depend on each other.
fn sums(standard: &[u64; 8], kept: f64, error: f64) -> Vec<Option<u64>> {
    if error == kept {
        return standard.iter().copied().map(Some).collect();
    }
    let nulls = LOOKS.map(|count| NullDistribution::of(Design::Paired, count));
    let own = nulls.iter().zip(standard);
    let own: Vec<f64> = own.map(|(null, sum)| null.at_most(*sum)).collect();
    let all: f64 = own.iter().sum();
    let levels = own.iter().map(|own| own / all * error);
    nulls
        .iter()
        .zip(levels)
        .map(|(null, level)| null.cut_off(level))
        .collect()
}
