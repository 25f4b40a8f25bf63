//! The blocks so far: differences, how contended each side was, and what stands against a decision.

use serde::Serialize;

use crate::block::{Block, Fault, Side, SideFigure};
use crate::contrasts::{Contrasts, Design, NullDistribution};
use crate::metric::{Metric, Repeatability};
use crate::plan::Decision;
use crate::statistic::{Basis, Statistic};
use crate::verdict::{Flaw, Obstacle, SideEvidence};

/// Delayed requests, at the most, that a percentile by the wall's clock withstands: the fastest quarter is then still clean.
const MOST_DELAYED: f64 = 0.40;
/// Those that its 99th percentile withstands.
const MOST_DELAYED_OF_P99: f64 = 0.01;
/// The sides wait unequally where their shares of time differ by more than this...
const WAITED_APART: f64 = 0.10;
/// ...and where that would be rarer than this between equal sides.
const WAITED_BY_CHANCE: f64 = 0.001;

/// The blocks of a gate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    metric: Metric,
    statistic: Statistic,
    blocks: Vec<Block>,
}

impl Evidence {
    /// None yet.
    pub fn new(metric: Metric, statistic: Statistic) -> Self {
        Self {
            metric,
            statistic,
            blocks: Vec::new(),
        }
    }

    /// One more block.
    pub fn push(&mut self, block: Block) {
        self.blocks.push(block);
    }

    /// All blocks, in the order in which they were made.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// What makes the figure of each process.
    pub fn statistic(&self) -> Statistic {
        self.statistic
    }

    /// The figures of blocks of which both sides gave one, baseline first.
    pub fn figures(&self) -> Vec<(SideFigure, SideFigure)> {
        self.blocks.iter().filter_map(Block::figures).collect()
    }

    /// The logarithms of these figures, of which the larger is the worse.
    pub fn costs(&self) -> Vec<(f64, f64)> {
        let figures = self.figures().into_iter();
        let cost = |figure: SideFigure| self.metric.cost(figure.value);
        figures
            .map(|(baseline, candidate)| (cost(baseline), cost(candidate)))
            .collect()
    }

    /// How much worse the candidate is in each block, as a logarithm: above zero is worse.
    pub fn differences(&self) -> Vec<f64> {
        let costs = self.costs().into_iter();
        costs
            .map(|(baseline, candidate)| candidate - baseline)
            .collect()
    }

    /// Why this is no comparison at all: outputs that are wrong, requests that failed, a machine that slowed itself down.
    pub fn flaws(&self) -> Vec<Flaw> {
        let sides = self.blocks.iter().flat_map(Block::sides);
        let flaw = |(side, given): (Side, &Result<SideFigure, Fault>)| match given {
            Err(Fault::Failed { .. }) => None,
            Err(fault) => Some(Flaw::Process {
                side,
                fault: fault.clone(),
            }),
            Ok(figure) if !self.is_figure(figure.value) => Some(Flaw::NoFigure {
                side,
                metric: self.metric,
                value: figure.value,
            }),
            Ok(_) => None,
        };
        let mut flaws: Vec<Flaw> = sides.filter_map(flaw).collect();
        flaws.dedup();
        flaws
    }

    /// Above zero; an exact count may be zero.
    fn is_figure(&self, value: f64) -> bool {
        let zero = self.metric.repeatability() == Repeatability::Exact;
        value.is_finite() && (value > 0.0 || zero && value == 0.0)
    }

    /// Why no decision at all can rest on these blocks.
    pub fn obstacles(&self) -> Vec<Obstacle> {
        let failed = self.blocks.iter().flat_map(Block::sides);
        let failed = failed.filter_map(|(side, given)| match given {
            Err(fault @ Fault::Failed { .. }) => Some(Obstacle::Process {
                side,
                fault: fault.clone(),
            }),
            _ => None,
        });
        let mut obstacles: Vec<Obstacle> = failed.take(1).collect();
        obstacles.extend(self.too_few());
        obstacles.extend(
            [Side::Baseline, Side::Candidate]
                .into_iter()
                .filter_map(|side| self.delayed(side)),
        );
        obstacles
    }

    fn too_few(&self) -> Option<Obstacle> {
        let sides = self.blocks.iter().flat_map(Block::sides);
        let given = sides.filter_map(|(side, given)| Some((side, given.as_ref().ok()?)));
        too_few(self.metric, given)
    }

    fn delayed(&self, side: Side) -> Option<Obstacle> {
        delayed(self.statistic, side, &self.side(side))
    }

    /// Why these blocks cannot show `decision`, though they can show another.
    ///
    /// Where one side waits more for a core than the other, it may be that it keeps the cores busy itself, with threads that
    /// nobody was told of, and leaving its waiting out would excuse it. So a candidate that waits more is no pass, and a baseline
    /// that waits more makes no regression. The shares of *time* are compared: those of requests grow with their length.
    pub fn obstacle_to(&self, decision: Decision) -> Option<Obstacle> {
        if !self.statistic.is_effective() {
            return None;
        }
        let sign = match decision {
            Decision::Pass | Decision::Improvement => 1.0,
            Decision::Regression => -1.0,
        };
        let waited = self.figures().into_iter();
        let waited = waited.filter_map(|(baseline, candidate)| {
            let waited = |one: SideFigure| one.contention.map(|contention| contention.waited);
            Some(sign * (waited(candidate)? - waited(baseline)?))
        });
        let apart: Vec<f64> = waited.collect();
        if apart.is_empty() {
            return None;
        }
        let by_chance = NullDistribution::of(Design::Paired, apart.len());
        let by_chance = by_chance.cut_off(WAITED_BY_CHANCE)?;
        let contrasts = Contrasts::of_differences(&apart);
        let far = contrasts.median()? > WAITED_APART;
        let clear = contrasts.at(by_chance)? > 0.0;
        (far && clear).then_some(Obstacle::SidesWait {
            baseline: self.side(Side::Baseline).waited?,
            candidate: self.side(Side::Candidate).waited?,
        })
    }

    /// What is known of one side.
    pub fn side(&self, side: Side) -> SideEvidence {
        let figures: Vec<SideFigure> = self
            .figures()
            .into_iter()
            .map(|(baseline, candidate)| match side {
                Side::Baseline => baseline,
                Side::Candidate => candidate,
            })
            .collect();
        SideEvidence::of(&figures)
    }

    /// The first `blocks` of them.
    pub(crate) fn first(&self, blocks: usize) -> Self {
        Self {
            blocks: self.blocks.iter().take(blocks).cloned().collect(),
            ..*self
        }
    }
}

/// Why no figure of `metric` can be made of so few requests as one of the processes that `given` are of timed.
pub(crate) fn too_few<'f>(
    metric: Metric,
    given: impl Iterator<Item = (Side, &'f SideFigure)>,
) -> Option<Obstacle> {
    let needed = metric.requests()?.fewest;
    let mut few = given.filter(|(_, figure)| figure.requests < needed);
    few.next().map(|(side, figure)| Obstacle::TooFewRequests {
        side,
        requests: figure.requests,
        needed,
    })
}

/// Why `statistic` says nothing of a `side` so much of whose requests were delayed.
pub(crate) fn delayed(
    statistic: Statistic,
    side: Side,
    evidence: &SideEvidence,
) -> Option<Obstacle> {
    let most = match statistic {
        Statistic::Percentile(percentile, Basis::Wall) if percentile.fraction() > 0.9 => {
            MOST_DELAYED_OF_P99
        }
        Statistic::Percentile(_, Basis::Wall) | Statistic::Throughput(Basis::Wall) => MOST_DELAYED,
        _ => return None,
    };
    let delayed = evidence.delayed?;
    (delayed > most).then_some(Obstacle::Delayed {
        side,
        delayed,
        most,
    })
}

/// The mean of the middle two, or the middle one; `None` of none.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some((values[last / 2] + values[last.div_ceil(2)]) / 2.0)
}
