//! Turns: which are left of a run, and what is done in each.

use std::collections::BTreeSet;

use tare_clock::Clock;
use tare_results::{Event, Kind};
use tare_scenarios::Seed;
use tare_units::Nanoseconds;

use super::attempt::asked;
use super::twins::hollowed;
use super::{Going, RunError};
use crate::compose::{Attempt, Beside};
use crate::order::{Turn, interleaved, with_references};
use crate::patience::drain;
use crate::plan::Work;
use crate::protocol::{Effort, Job, Purpose, RunDelayOf, Timing};
use crate::replay::timed_at_least;

/// What is profiled of a cell at the most.
const EFFORT: Effort = Effort {
    duration_ns: Nanoseconds::from_secs(1),
    max_requests: 100,
    trace: true,
};

impl<C: Clock> Going<'_, C> {
    /// The turns that are left, references among them, and how many an earlier go has done.
    pub(super) fn turns_left(&self) -> (Vec<Turn>, u64) {
        let cells = &self.request.plan.cells;
        let planned: Vec<_> = cells.iter().map(|work| work.planned.clone()).collect();
        let run = &self.request.run;
        let ended_well = self
            .records
            .iter()
            .filter(|record| record.failure.is_none());
        let done: BTreeSet<(Kind, &str, u64)> = ended_well
            .map(|record| (record.kind, record.id.as_str(), record.repeat))
            .collect();
        let is_weighed = |place: usize| run.twins && cells[place].is_weighed();
        let all = interleaved(&planned, run.repeats, is_weighed, run.profile);
        let is_left = |turn: &&Turn| {
            !done.contains(&(turn.kind, planned[turn.place].id.as_str(), turn.repeat))
        };
        let left: Vec<Turn> = all.iter().filter(is_left).copied().collect();
        let done = (all.len() - left.len()) as u64;
        let left = with_references(&left, |place| self.references.needed(&cells[place]));
        (left, done)
    }

    /// Does `turn`; `later` are those after it.
    pub(super) fn take(&mut self, turn: Turn, later: &[Turn]) -> Result<(), RunError> {
        let began = self.clock.now();
        let twin = match turn.kind {
            Kind::Twin => Some(self.twin_of(turn.place)),
            _ => None,
        };
        if self.stopped() {
            return Ok(());
        }
        let mut work = self.work(turn).clone();
        let beside = match twin {
            Some(Ok(twin)) => {
                work = hollowed(&work, &twin);
                Beside::Weighed(Box::new(twin.facts), twin.missing)
            }
            Some(Err(reason)) => return self.keep_without_twin(turn, &work, reason, later),
            None => Beside::Nothing,
        };
        let job = self.job_in(turn, &work);
        let outputs = job.outputs.clone();
        let hung = self.hung.get(&(asked(turn.kind), work.planned.id.clone()));
        let attempt = match hung.filter(|_| turn.kind != Kind::Reference) {
            Some(told) => Attempt::not_tried_again(told),
            None => self.attempt(&work, job, turn.kind, turn.repeat),
        };
        self.remember_hung(&work, turn.kind, &attempt);
        if self.stopped() && attempt.outcome().is_none() {
            return Ok(());
        }
        let beside = match turn.kind {
            Kind::Measurement => {
                let outputs = outputs.as_deref();
                Beside::Compared(self.references.compare(&work, outputs, &attempt))
            }
            Kind::Profile => Beside::Unprofiled(self.unprofiled_p50(&work)),
            _ => beside,
        };
        match turn.kind {
            Kind::Reference => self.references.settle(turn.place, &work, &attempt),
            Kind::Twin => {}
            _ => self.failed += u64::from(attempt.failure().is_some()),
        }
        let (p50_ns, failure) = (attempt.p50_ns(), attempt.failure().map(str::to_owned));
        self.keep(&work, (turn.kind, turn.repeat), attempt, beside)?;
        self.ended(turn, (p50_ns, failure), began, later);
        Ok(())
    }

    /// Tells that `turn` has ended, with what came of it. Idle before and after a worker, and what waits for readings of
    /// energy, is time of its turn as well.
    fn ended(
        &mut self,
        turn: Turn,
        (p50_ns, failure): (Option<f64>, Option<String>),
        began: Nanoseconds,
        later: &[Turn],
    ) {
        let took = self.clock.now().saturating_sub(began);
        self.estimate.ended((turn.kind, turn.place), took);
        let left = later.iter().map(|turn| (turn.kind, turn.place));
        let finished = Event::WorkerFinished {
            cell: self.work(turn).planned.id.clone(),
            repeat: turn.repeat,
            kind: turn.kind,
            p50_ns,
            failure,
            left_ns: self.estimate.left(left),
        };
        self.tell(finished);
    }

    /// Keeps why a cell has no twin.
    fn keep_without_twin(
        &mut self,
        turn: Turn,
        work: &Work,
        reason: String,
        later: &[Turn],
    ) -> Result<(), RunError> {
        let began = self.clock.now();
        let attempt = Attempt::not_begun(&reason);
        let beside = Beside::NoTwin(reason);
        self.keep(work, (turn.kind, turn.repeat), attempt, beside)?;
        self.ended(turn, (None, None), began, later);
        Ok(())
    }

    fn work(&self, turn: Turn) -> &Work {
        let plan = &self.request.plan;
        match turn.kind {
            Kind::Reference => &plan.references[turn.place],
            _ => &plan.cells[turn.place],
        }
    }

    fn job_in(&self, turn: Turn, work: &Work) -> Job {
        let run = &self.request.run;
        let purpose = match turn.kind {
            Kind::Reference => Purpose::Reference,
            Kind::Profile => Purpose::Profile(EFFORT),
            _ => {
                let twin = if turn.kind == Kind::Twin { "-twin" } else { "" };
                let name = format!("{}-{}{twin}.npy", &work.planned.id[..16], turn.repeat);
                let limits = work.limits(run.duration_ns, run.max_requests);
                Purpose::Measure(Timing {
                    scenario: work.scenario.clone(),
                    batch: limits.batch,
                    seed: Seed::new(work.planned.cell.seed, turn.repeat),
                    trace_sha256: work.trace_sha256.clone(),
                    duration_ns: limits.duration,
                    max_requests: limits.max_requests,
                    drain_ns: drain(run.deadline_ns, timed_at_least(&work.scenario, limits)),
                    deadline_ns: run.deadline_ns,
                    run_delay: self.run_delay_of(work),
                    samples: Some(self.request.writer.samples_dir().join(name)),
                })
            }
        };
        Job {
            outputs: match turn.kind {
                Kind::Reference => self.references.file(turn.place),
                Kind::Measurement => self.references.candidate(work, turn.repeat),
                _ => None,
            },
            ..self.job(work, purpose)
        }
    }

    fn run_delay_of(&self, work: &Work) -> RunDelayOf {
        let is_read = self.harness.no_run_delay.is_none();
        match is_read && work.planned.cell.threads == 1 {
            true => RunDelayOf::Executing,
            false if self.watches_waiting => RunDelayOf::All,
            false => RunDelayOf::Nobody,
        }
    }

    /// The mean of the repeats' median latencies, or why it is not comparable with a profiled request's.
    fn unprofiled_p50(&self, work: &Work) -> Result<f64, String> {
        if work.scenario.serving().is_some() {
            return Err("under load a latency holds what requests wait for each other".to_owned());
        }
        let own = self
            .records
            .iter()
            .filter(|record| record.kind == Kind::Measurement && record.id == work.planned.id);
        let medians: Vec<f64> = own
            .filter_map(|record| Some(record.latency.as_ref()?.p50.as_ref()?.value_ns))
            .collect();
        let sum: f64 = medians.iter().sum();
        match medians.len() {
            0 => Err("no repeat of the cell has a median latency".to_owned()),
            count => Ok(sum / count as f64),
        }
    }
}
