//! How many blocks a gate takes, and whether a budget has room for them: known before the first block.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use schemars::JsonSchema;
use serde::Serialize;
use tare_units::Nanoseconds;

use crate::contrasts::Design;
use crate::plan::{Look, Plan, Step};

/// The standard deviation of differences that a shared machine typically has, as a logarithm; that of the noise named typical in
/// this crate's benchmark.
pub const TYPICAL_SPREAD: f64 = 0.045;
/// The same of figures that are nearly alike.
const SPREAD_NEARLY: f64 = 0.002;

/// How many blocks a gate takes.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize)]
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

/// Gates that are simulated for an expectation, which is then known to about ±4%.
const SIMULATED: u64 = 500;

/// Blocks that `plan` takes on average where the candidate is worse by `shift`, a logarithm, and differences scatter nearly normally
/// with the standard deviation `spread`: by simulation from a fixed seed.
pub fn expected_blocks(plan: &Plan, shift: f64, spread: f64) -> f64 {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(SIMULATED);
    let most = plan.looks().last().map_or(0, |look| look.blocks);
    let each = match plan.design() {
        Design::Paired => spread * std::f64::consts::FRAC_1_SQRT_2,
        Design::Unpaired => spread,
    };
    let mut gate = |_| {
        let mut figure = |level: f64| level + each * nearly_normal(&mut random);
        let blocks: Vec<(f64, f64)> = (0..most).map(|_| (figure(0.0), figure(shift))).collect();
        match plan.step(&blocks) {
            Step::Decided { blocks, .. } => blocks,
            Step::Undecided | Step::More { .. } => most,
        }
    };
    let blocks: usize = (0..SIMULATED).map(&mut gate).sum();
    blocks as f64 / SIMULATED as f64
}

/// The sum of four uniform numbers, which differs little from a normal one, of mean 0 and variance 1.
fn nearly_normal(random: &mut Xoshiro256PlusPlus) -> f64 {
    let bits = random.next_u64();
    let sum: u64 = (0..4).map(|part| (bits >> (16 * part)) & 0xffff).sum();
    (sum as f64 / 65_536.0 - 2.0) * 3.0_f64.sqrt()
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
