//! What decides between two sides that a made-up machine runs: this crate's gate, and parts of it.

use tare_gate::{
    Block, Conditions, Decision, Gate, Metric, Next, Plan, Side, Statistic, Step, Verdict,
};
use tare_units::Nanoseconds;

use crate::machine::Machine;

/// How one comparison ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Alarm,
    Pass,
    Undecided,
}

/// How it ended, and what that took.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub end: End,
    /// Processes of each side.
    pub processes: usize,
    /// Time that it took.
    pub seconds: f64,
}

/// A way to decide whether a candidate is slower by `worse`, a share.
pub trait Procedure: Sync {
    fn name(&self) -> String;
    fn run(&self, machine: &mut dyn Machine, worse: f64) -> Run;
}

/// This crate's gate, as the command runs it.
pub struct Whole {
    pub metric: Metric,
    pub conditions: Conditions,
    /// Blocks that its budget has room for; `None` where that is enough for all.
    pub most: Option<usize>,
}

impl Procedure for Whole {
    fn name(&self) -> String {
        let statistic = self.metric.statistic(self.conditions);
        match self.most {
            None => format!("tare gate: {statistic}"),
            Some(most) => format!("tare gate: {statistic}, at most {most} blocks"),
        }
    }

    fn run(&self, machine: &mut dyn Machine, worse: f64) -> Run {
        let started = machine.now();
        let limits = self.metric.limits();
        let mut gate =
            Gate::new(self.metric, limits, self.conditions).expect("the metric's own limits");
        let request = Nanoseconds::from_nanos_f64(1e9 * machine.request());
        let requests = gate.requests().map_or(0, |requests| requests.of(request));
        let verdict = loop {
            let blocks = match gate.next() {
                Next::Over(verdict) => break verdict,
                Next::More { blocks } if self.most.is_some_and(|most| blocks > most) => {
                    break gate.stop();
                }
                Next::More { blocks } => blocks,
            };
            while gate.evidence().blocks().len() < blocks {
                gate.push(block(machine, gate.statistic(), requests, worse));
            }
        };
        let end = match verdict {
            Verdict::Pass | Verdict::Improvement => End::Pass,
            Verdict::Regression => End::Alarm,
            Verdict::Inconclusive(_) | Verdict::Invalid(_) => End::Undecided,
        };
        Run {
            end,
            processes: gate.evidence().blocks().len(),
            seconds: machine.now() - started,
        }
    }
}

/// The same blocks and looks with another statistic, or other numbers of requests or looks.
pub struct Part {
    pub name: &'static str,
    pub statistic: Statistic,
    pub requests: u64,
    pub plan: Plan,
}

impl Procedure for Part {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn run(&self, machine: &mut dyn Machine, worse: f64) -> Run {
        let started = machine.now();
        let mut blocks = Vec::new();
        let step = loop {
            match self.plan.step(&blocks) {
                Step::More { blocks: wanted } => {
                    while blocks.len() < wanted {
                        let block = block(machine, self.statistic, self.requests, worse);
                        let (baseline, candidate) = block.figures().expect("no process fails here");
                        blocks.push((baseline.value.ln(), candidate.value.ln()));
                    }
                }
                over => break over,
            }
        };
        let end = match step {
            Step::Decided {
                decision: Decision::Regression,
                ..
            } => End::Alarm,
            Step::Decided { .. } => End::Pass,
            Step::Undecided | Step::More { .. } => End::Undecided,
        };
        Run {
            end,
            processes: blocks.len(),
            seconds: machine.now() - started,
        }
    }
}

/// One process of each side, in an order by chance.
pub fn block(machine: &mut dyn Machine, statistic: Statistic, requests: u64, worse: f64) -> Block {
    let first = if machine.coin() {
        Side::Baseline
    } else {
        Side::Candidate
    };
    let mut figure = |side: Side| {
        let worse = if side == Side::Candidate { worse } else { 0.0 };
        statistic
            .of(&machine.process(worse, requests))
            .expect("requests with delays")
    };
    let (baseline, candidate) = match first {
        Side::Baseline => {
            let baseline = figure(Side::Baseline);
            (baseline, figure(Side::Candidate))
        }
        Side::Candidate => {
            let candidate = figure(Side::Candidate);
            (figure(Side::Baseline), candidate)
        }
    };
    Block {
        first,
        baseline: Ok(baseline),
        candidate: Ok(candidate),
    }
}
