//! A candidate against a stored baseline: the weaker test, for where the baseline cannot be run again.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use tare_clock::{Clock, MonotonicClock, utc_now};
use tare_gate::{
    Fault, Flaw, Metric, Obstacle, Outcome, PROCESSES, Side, SideEvidence, Size, Statistic, Stored,
    Unpaired, Verdict, against,
};
use tare_harness::plan::put_beside;
use tare_results::PlannedCell;
use tare_results::store::Store;
use tare_units::Nanoseconds;

use super::super::run::joules;
use super::asked::Asked;
use super::candidate::{Gave, Measure};
use super::executed::Executed;
use super::measure::Came;
use super::outputs::Staged;
use super::prepared::{Difference, SidePlan, side};
use super::stored::{Baseline, FigureKind, Now};
use super::told::{Told, missing};
use crate::exit::Failed;

/// Processes of the candidate.
const MOST: usize = 10;
const WEAKER: &str = "against a stored baseline, the weaker test: whatever else changed on this machine since counts as the candidate's";

/// A candidate, and what it is compared with.
pub struct Alone {
    /// As it was asked for.
    pub asked: Asked,
    candidate: SidePlan,
    executed: Executed,
    /// What planning it took, which is of the budget.
    planned_in: Nanoseconds,
    baseline: Kept,
}

/// A baseline and where it is kept.
pub struct Kept {
    /// The file.
    pub path: PathBuf,
    machine: String,
    /// What it holds; `None` where there is none yet.
    pub stored: Option<Baseline>,
}

impl Alone {
    /// Plans the candidate of `asked` against the baseline in the file at `path`.
    ///
    /// # Errors
    /// Where the candidate cannot be measured, or the file is of another machine or cell, or is not there and shall not be made.
    pub fn of(asked: Asked, path: &Path) -> Result<Self, Failed> {
        let began = MonotonicClock.now();
        joules::check(asked.metric == Metric::Energy)?;
        let mut candidate = side(&asked, &asked.candidate)?;
        let mut own = candidate.plan.clone();
        // Its own outputs are what is compared with the stored ones; each process is held to them.
        put_beside(&mut own, &mut candidate.plan, asked.compared).map_err(Failed::input)?;
        candidate.count_instructions(asked.metric, "candidate")?;
        let machine = tare_hardware::machine(Path::new("/")).fingerprint;
        let executed = Executed::before(&candidate)?;
        let now = Now {
            machine: &machine,
            metric: asked.metric,
            planned: &candidate.work().planned,
            executed: &executed,
        };
        let stored = Baseline::read(path, now)?;
        if let (Some(stored), Metric::Instructions) = (&stored, asked.metric) {
            stored.check_kind(FigureKind {
                statistic: Statistic::Once,
                counter: candidate.counter(asked.metric),
            })?;
        }
        if stored.is_none() && !asked.update {
            return Err(Failed::told(format!(
                "there is no stored baseline {}: store one with --update-baseline",
                path.display()
            )));
        }
        Ok(Self {
            asked,
            candidate,
            executed,
            planned_in: MonotonicClock.now().saturating_sub(began),
            baseline: Kept {
                path: path.to_owned(),
                machine,
                stored,
            },
        })
    }

    /// What is gated, in few words.
    pub fn name(&self) -> String {
        self.asked
            .name_of(&self.candidate.work().planned.cell.model)
    }

    /// What would be measured.
    pub fn foretold(&self) -> String {
        let measure = Measure {
            asked: &self.asked,
            name: &self.name(),
            baseline: &self.baseline,
            processes: processes(&self.asked),
            began: Nanoseconds::ZERO,
        };
        measure.foretold(self.candidate.sample(self.asked.metric), None)
    }

    /// The parts in which the candidate differs from what was stored last.
    pub fn differences(&self) -> Vec<Difference> {
        let planned = &self.candidate.work().planned;
        self.baseline.differences(planned, &self.executed)
    }

    /// Decides it, and stores what was measured where that was asked for and is no regression.
    ///
    /// # Errors
    /// Where records or the baseline cannot be kept, or the stored figures are another statistic.
    pub fn gate(self, store: &Store, stop: &AtomicBool) -> Result<Came, Failed> {
        let began = MonotonicClock.now().saturating_sub(self.planned_in);
        let (name, planned) = (self.name(), self.candidate.work().planned.clone());
        let Self {
            asked,
            candidate,
            executed,
            baseline,
            ..
        } = self;
        let processes = processes(&asked);
        let measure = Measure {
            asked: &asked,
            name: &name,
            baseline: &baseline,
            processes,
            began,
        };
        let gave = match measure.whole(store, candidate, stop)? {
            Ok(gave) => gave,
            Err(run) => return Ok(Came::Stopped(vec![run])),
        };
        let executed = executed.by(gave.library.clone());
        let differences = baseline.differences(&planned, &executed);
        let outcome = baseline.outcome(&asked, &gave)?;
        let stored = baseline.stored.as_ref();
        let open = stored.and_then(|stored| stored.inputs_note(&planned));
        let notes = notes(&gave).into_iter().chain(open);
        let runs = gave.run.clone().into_iter().collect();
        let given = gave.figures.clone();
        let stored = match asked.update && is_fit_to_store(&asked, &outcome) {
            true => Some(baseline.update(&asked, gave, (&planned, &executed))?),
            false => None,
        };
        Ok(Came::Out(Box::new(Told {
            name,
            differences,
            size: exactly(processes),
            took_ns: MonotonicClock.now().saturating_sub(began),
            evidence: Vec::new(),
            processes: given,
            missing: missing(&outcome),
            updated: stored.is_some(),
            notes: notes.chain(stored).collect(),
            outcome,
            runs,
        })))
    }
}

impl Kept {
    /// The parts in which what is measured differs from what was stored last; none of nothing.
    fn differences(&self, planned: &PlannedCell, executed: &Executed) -> Vec<Difference> {
        let stored = self.stored.as_ref();
        stored.map_or_else(Vec::new, |stored| stored.differences(planned, executed))
    }

    /// How the candidate compares with what is stored; of nothing, and of a candidate at fault, with no effect.
    fn outcome(&self, asked: &Asked, gave: &Gave) -> Result<Outcome, Failed> {
        let figures = &gave.figures;
        // A process at fault has none, and says nothing of what others would be.
        let stored = self.stored.as_ref().filter(|_| gave.fault.is_none());
        if let Some(stored) = stored.filter(|_| !figures.is_empty()) {
            stored.check_kind(gave.kind)?;
        }
        let none = || Stored { days: Vec::new() };
        let days = stored.map_or_else(none, Baseline::stored);
        let by = (asked.metric, gave.kind.statistic);
        let compared = against(by, asked.limits, &days, figures).map_err(Failed::input)?;
        let Unpaired {
            verdict, effect, ..
        } = compared;
        let baseline = stored.map_or_else(SideEvidence::default, Baseline::evidence);
        Ok(Outcome {
            metric: asked.metric,
            statistic: gave.kind.statistic,
            limits: asked.limits,
            verdict: match gave.fault.clone() {
                Some(fault) => at_fault(fault),
                None => gave.outputs.clone().judge(verdict),
            },
            effect,
            blocks: figures.len(),
            sides: [baseline, SideEvidence::of(figures)],
        })
    }

    /// Writes the baseline with what the candidate gave, and says so.
    fn update(
        self,
        asked: &Asked,
        gave: Gave,
        (planned, executed): (&PlannedCell, &Executed),
    ) -> Result<String, Failed> {
        let now = Now {
            machine: &self.machine,
            metric: asked.metric,
            planned,
            executed,
        };
        let made = (&*utc_now(), gave.run.as_deref());
        let kept = gave.kept.map(Staged::keep).transpose();
        let kept = kept.map_err(Failed::told)?;
        let baseline = Baseline::with(self.stored, (now, gave.kind), made, &gave.figures);
        let baseline = baseline.with_outputs(kept);
        baseline.write(&self.path)?;
        Ok(match baseline.days() {
            1 => format!("the baseline {} has 1 day now", self.path.display()),
            days => format!("the baseline {} has {days} days now", self.path.display()),
        })
    }
}

fn notes(gave: &Gave) -> Vec<String> {
    let weaker = std::iter::once(WEAKER.to_owned());
    let all = weaker.chain(gave.outputs.note());
    all.chain(gave.notes.iter().cloned()).collect()
}

/// One shows the outputs of what is exact.
fn processes(asked: &Asked) -> usize {
    if asked.is_exact() { 1 } else { MOST }
}

/// What is slower, seems to be by what must be detected, is no sound measurement, or of too few processes, is no baseline for others.
fn is_fit_to_store(asked: &Asked, outcome: &Outcome) -> bool {
    let fewest = if asked.is_exact() { 1 } else { PROCESSES };
    if outcome.blocks < fewest {
        return false;
    }
    let must_detect = asked.limits.must_detect;
    let is_near = outcome
        .effect
        .is_none_or(|effect| effect.value < must_detect);
    match &outcome.verdict {
        Verdict::Pass | Verdict::Improvement => true,
        Verdict::Inconclusive(why) => {
            let open = |obstacle: &Obstacle| {
                matches!(
                    obstacle,
                    Obstacle::DaysUnknown { .. }
                        | Obstacle::TooWide
                        | Obstacle::OutputsUnknown { .. }
                )
            };
            is_near && why.iter().all(open)
        }
        Verdict::Regression | Verdict::Invalid(_) => false,
    }
}

fn at_fault(fault: Fault) -> Verdict {
    let side = Side::Candidate;
    match fault {
        Fault::Failed { .. } => Verdict::Inconclusive(vec![Obstacle::Process { side, fault }]),
        _ => Verdict::Invalid(vec![Flaw::Process { side, fault }]),
    }
}

fn exactly(processes: usize) -> Size {
    Size {
        at_least: processes,
        at_most: processes,
        equal: processes as f64,
        worse: processes as f64,
    }
}

#[cfg(test)]
mod tests;
