//! Progress of a gate on standard error: one line that rewrites itself in a terminal, one line a block elsewhere.

use std::cell::RefCell;
use std::io::IsTerminal;

use tare_gate::{Gate, Side};
use tare_harness::Progress;
use tare_results::{Event, Kind};
use tare_units::Nanoseconds;

use super::decide::Watcher;
use super::told::figure;
use crate::progress::{clock_time, phase_name};
use crate::terminal::{plain, rewrite};

/// The line.
pub struct Line {
    name: String,
    block: usize,
    most: usize,
    left: Option<(Nanoseconds, Nanoseconds)>,
    rewrites: bool,
}

/// What is told of one side's workers.
pub struct SideLine<'l> {
    line: &'l RefCell<Line>,
    side: Side,
    what: &'static str,
}

/// What is told of blocks.
pub struct BlockLine<'l>(pub &'l RefCell<Line>);

impl Line {
    /// For the gate of this name, before its first block.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            block: 0,
            most: 0,
            left: None,
            rewrites: std::io::stderr().is_terminal(),
        }
    }

    fn rewrite(&self, side: Side, what: &str) {
        if !self.rewrites {
            return;
        }
        let place = match self.block {
            0 => "getting ready".to_owned(),
            block => format!("block {block} of {} at most", self.most),
        };
        rewrite(&format!(
            "{} · {place} · {side} · {what}{}",
            plain(&self.name),
            self.left()
        ));
    }

    fn left(&self) -> String {
        match self.left {
            None => String::new(),
            Some((next, most)) if next == most => format!(" · {} left", clock_time(next)),
            Some((next, most)) => {
                format!(" · {} to {} left", clock_time(next), clock_time(most))
            }
        }
    }
}

impl<'l> SideLine<'l> {
    /// Of this side.
    pub fn new(line: &'l RefCell<Line>, side: Side) -> Self {
        Self {
            line,
            side,
            what: "starting",
        }
    }
}

impl Progress for SideLine<'_> {
    fn event(&mut self, event: &Event) {
        match event {
            Event::WorkerStarted { kind, .. } => {
                self.what = match kind {
                    Kind::Harness => "looking how long it takes",
                    Kind::Reference => "outputs to compare with",
                    _ => "starting",
                };
                self.line.borrow().rewrite(self.side, self.what);
            }
            Event::PhaseReached { phase, .. } => {
                self.line.borrow().rewrite(self.side, phase_name(*phase));
            }
            Event::WorkerFinished {
                failure: Some(failure),
                ..
            } => {
                rewrite("");
                eprintln!("failed: {}: {}", self.side, plain(failure));
            }
            _ => {}
        }
    }
}

impl Watcher for BlockLine<'_> {
    fn begins(&mut self, gate: &Gate, left: Option<(Nanoseconds, Nanoseconds)>) {
        let mut line = self.0.borrow_mut();
        line.block = gate.evidence().blocks().len() + 1;
        line.most = gate.looks().last().map_or(line.block, |look| look.blocks);
        line.left = left;
    }

    fn ended(&mut self, gate: &Gate) {
        let line = self.0.borrow();
        rewrite("");
        if line.rewrites {
            return;
        }
        let Some((baseline, candidate)) = gate.evidence().figures().pop() else {
            return;
        };
        let told = |value| figure(gate.metric(), value);
        eprintln!(
            "[{}/{}] {} · baseline {} · candidate {}{}",
            line.block,
            line.most,
            plain(&line.name),
            told(baseline.value),
            told(candidate.value),
            line.left()
        );
    }
}
