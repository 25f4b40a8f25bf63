//! How many blocks a gate takes, and whether a budget has room for them: known before the first block.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};
use tare_units::Nanoseconds;

use crate::contrasts::{Design, NullDistribution};
use crate::plan::{Look, Plan};

/// The standard deviation of differences that a shared machine typically has, as a logarithm; that of the noise named typical in
/// this crate's benchmark.
pub const TYPICAL_SPREAD: f64 = 0.03;
/// The same of figures that are nearly alike.
const SPREAD_NEARLY: f64 = 0.002;

/// How many blocks a gate takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Size {
    /// Never fewer.
    pub at_least: usize,
    /// Never more.
    pub at_most: usize,
    /// On average where both sides are equal, on a typical machine.
    pub equal: f64,
    /// On average where the candidate is worse by just what must be detected, on a typical machine.
    pub worse: f64,
}

impl Size {
    pub(crate) fn exactly(blocks: usize) -> Self {
        Self {
            at_least: blocks,
            at_most: blocks,
            equal: blocks as f64,
            worse: blocks as f64,
        }
    }

    pub(crate) fn of(plan: &Plan) -> Self {
        let spread = match plan.design() {
            Design::Paired => TYPICAL_SPREAD,
            Design::Unpaired => SPREAD_NEARLY,
        };
        let blocks = |look: Option<&Look>| look.map_or(0, |look| look.blocks);
        Self {
            at_least: blocks(plan.looks().first()),
            at_most: blocks(plan.looks().last()),
            equal: expected_blocks(plan, 0.0, spread),
            worse: expected_blocks(plan, plan.must_detect(), spread),
        }
    }
}

/// Blocks that `plan` takes on average where the candidate is worse by `shift`, a logarithm, and differences scatter normally
/// with the standard deviation `spread`.
///
/// The estimate then scatters by spread·√(π/3n) (Hodges and Lehmann 1963: its efficiency is 3/π of the mean's), and a bound lies
/// as many standard deviations from it as its probability under the null says. That a look decides is taken to mean that all later
/// ones would have.
pub fn expected_blocks(plan: &Plan, shift: f64, spread: f64) -> f64 {
    let mut decided = 0.0_f64;
    let mut expected = 0.0;
    let last = plan.looks().len().saturating_sub(1);
    for (place, look) in plan.looks().iter().enumerate() {
        let until_now = if place == last {
            1.0
        } else {
            decided.max(decides(plan, *look, shift, spread))
        };
        expected += (until_now - decided) * look.blocks as f64;
        decided = until_now;
    }
    expected
}

fn decides(plan: &Plan, look: Look, shift: f64, spread: f64) -> f64 {
    let normal = Normal::standard();
    let null = NullDistribution::of(plan.design(), look.blocks);
    let samples = match plan.design() {
        Design::Paired => 1.0,
        Design::Unpaired => 2.0,
    };
    let scatter = spread * (samples * std::f64::consts::FRAC_PI_3 / look.blocks as f64).sqrt();
    let shown = |most: Option<u64>, beyond: f64| {
        most.map_or(0.0, |most| {
            normal.cdf(beyond / scatter + normal.inverse_cdf(null.at_most(most)))
        })
    };
    let worse = shown(look.regression, shift - plan.tolerance());
    let passes = shown(look.pass, plan.must_detect() - shift);
    (worse + passes).min(1.0)
}

/// What a budget has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Affordable {
    /// Blocks, at the most.
    pub blocks: usize,
    /// Whether these are all that the gate could ever take: else it may end for want of time.
    pub all: bool,
}

/// A budget that has no room for the first look.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a budget of {budget} is too small to decide anything: the first look takes {blocks} blocks of about {block}, {needed} in all; give at least {needed}"
)]
pub struct BudgetTooSmall {
    /// What was given.
    pub budget: Nanoseconds,
    /// Blocks of the first look.
    pub blocks: usize,
    /// What one costs.
    pub block: Nanoseconds,
    /// What the first look costs.
    pub needed: Nanoseconds,
}

pub(crate) fn affordable(
    looks: &[Look],
    budget: Nanoseconds,
    block: Nanoseconds,
) -> Result<Affordable, BudgetTooSmall> {
    let cost = |blocks: usize| block.as_nanos().saturating_mul(blocks as u64);
    let reached = looks
        .iter()
        .rev()
        .find(|look| cost(look.blocks) <= budget.as_nanos());
    let most = looks.last().map_or(0, |look| look.blocks);
    let first = looks.first().map_or(0, |look| look.blocks);
    let reached = reached.ok_or_else(|| BudgetTooSmall {
        budget,
        blocks: first,
        block,
        needed: Nanoseconds::from_nanos(cost(first)),
    })?;
    Ok(Affordable {
        blocks: reached.blocks,
        all: reached.blocks == most,
    })
}
