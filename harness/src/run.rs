//! A run from its first worker to its last: the harness's own cost, the pilot, then every repeat of every cell.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use tare_adapter_api::{AdapterSpec, Options};
use tare_clock::{Clock, utc_now};
use tare_results::store::{RunWriter, StoreError};
use tare_results::{Event, HarnessCost, Kind, Record, Run};
use tare_scenarios::ScenarioSpec;
use tare_units::Nanoseconds;

use crate::compose::{Attempt, compose};
use crate::estimate::Estimate;
use crate::memory::MemoryWatcher;
use crate::order::{Turn, interleaved};
use crate::pilot::{self, PILOT_DURATION, PILOT_REQUESTS};
use crate::plan::{Plan, Work};
use crate::protocol::{Job, Outcome, PROTOCOL, Request};
use crate::supervise::{Limits, WorkerProgram, outcome_of, supervise};
use crate::warmup::Bounds;

/// Timed work of the worker that measures the harness itself.
const HARNESS_DURATION: Nanoseconds = Nanoseconds::from_millis(100);
/// Requests of the worker that measures the harness itself.
const HARNESS_REQUESTS: u64 = 200_000;

/// Everything a run needs.
pub struct RunRequest<'a> {
    /// As it stands in the store.
    pub run: Run,
    /// Its cells with what their workers need.
    pub plan: Plan,
    /// Records of an earlier go at the same run.
    pub done: Vec<Record>,
    /// The program that serves as worker.
    pub program: WorkerProgram,
    /// Where records go.
    pub writer: RunWriter,
    /// Set when the run is to stop.
    pub stop: &'a AtomicBool,
}

/// Who is told of what happens.
pub trait Progress {
    /// Something happened.
    fn event(&mut self, event: &Event);
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RunOutcome {
    /// Every record, those of an earlier go included.
    pub records: Vec<Record>,
    /// Workers of this go that failed.
    pub failed: u64,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A record could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Runs what is left of `request`; what is done is kept whatever happens.
///
/// # Errors
/// Where a record cannot be written. A worker that fails costs its repeat only.
pub fn execute(
    request: RunRequest,
    clock: &impl Clock,
    progress: &mut dyn Progress,
) -> Result<RunOutcome, RunError> {
    let mut going = Going {
        clock,
        progress,
        estimate: Estimate::default(),
        records: request.done.clone(),
        failed: 0,
        hung: BTreeMap::new(),
        request,
    };
    let turns = going.turns_left();
    let planned = going.request.plan.cells.len() as u64 * going.request.run.repeats;
    going.tell(Event::RunStarted {
        workers: planned,
        done: planned - turns.len() as u64,
    });
    let harness = going.harness_cost()?;
    let read_run_delay = harness
        .as_ref()
        .is_some_and(|cost| cost.run_delay_ns.is_some());
    for (place, turn) in turns.iter().enumerate() {
        if going.stopped() {
            break;
        }
        going.take(*turn, &turns[place + 1..], harness.as_ref(), read_run_delay)?;
    }
    let interrupted = going.stopped();
    let failed = going.failed;
    going.tell(Event::RunFinished {
        failed,
        interrupted,
    });
    Ok(RunOutcome {
        records: going.records,
        failed,
        interrupted,
    })
}

struct Going<'a, C: Clock> {
    request: RunRequest<'a>,
    clock: &'a C,
    progress: &'a mut dyn Progress,
    estimate: Estimate,
    records: Vec<Record>,
    failed: u64,
    /// Cells of which a worker was killed at its deadline, and how that was told.
    hung: BTreeMap<String, String>,
}

impl<C: Clock> Going<'_, C> {
    fn stopped(&self) -> bool {
        self.request.stop.load(Ordering::SeqCst)
    }

    fn tell(&mut self, event: Event) {
        self.request.writer.event(&event);
        self.progress.event(&event);
    }

    fn turns_left(&self) -> Vec<Turn> {
        let cells: Vec<_> = self
            .request
            .plan
            .cells
            .iter()
            .map(|work| work.planned.clone())
            .collect();
        let ended_well =
            |record: &&Record| record.kind == Kind::Measurement && record.failure.is_none();
        let done: BTreeSet<(&str, u64)> = self
            .records
            .iter()
            .filter(ended_well)
            .map(|record| (record.id.as_str(), record.repeat))
            .collect();
        interleaved(&cells, self.request.run.repeats)
            .into_iter()
            .filter(|turn| !done.contains(&(cells[turn.cell].id.as_str(), turn.repeat)))
            .collect()
    }

    /// The cost of the harness, from this run's own record of it, which is made first.
    fn harness_cost(&mut self) -> Result<Option<HarnessCost>, RunError> {
        let mut own = self
            .records
            .iter()
            .filter(|record| record.kind == Kind::Harness);
        if let Some(cost) = own.find_map(|record| record.harness.clone()) {
            return Ok(Some(cost));
        }
        let (Some(first), Ok(scenario)) = (
            self.request.plan.cells.first(),
            "single-stream".parse::<ScenarioSpec>(),
        ) else {
            return Ok(None);
        };
        let work = null_work(first, scenario.clone(), self.request.program.clone());
        let job = self.job(&work, HARNESS_DURATION, HARNESS_REQUESTS, false);
        let attempt = self.attempt(&work, job);
        let Some(cost) = attempt
            .outcome
            .as_ref()
            .ok()
            .and_then(Option::as_ref)
            .and_then(|outcome| cost_of(outcome))
        else {
            return self
                .keep(&work, Kind::Harness, 0, attempt, None)
                .map(|()| None);
        };
        let cost = HarnessCost {
            run_delay_ns: match cost.run_delay_ns {
                Some(reading) if self.delay_is_affordable(reading, &scenario) => Some(reading),
                _ => None,
            },
            ..cost
        };
        self.keep(&work, Kind::Harness, 0, attempt, Some(&cost))?;
        Ok(Some(cost))
    }

    /// Whether two readings of the run delay cost under 1% of the fastest single-threaded cell, by a short go at each
    /// adapter's smallest cell.
    fn delay_is_affordable(&mut self, reading_ns: f64, scenario: &ScenarioSpec) -> bool {
        let mut fastest: Option<Nanoseconds> = None;
        for place in pilot::smallest_cells(&self.request.plan.cells) {
            if self.stopped() {
                return false;
            }
            let work = self.request.plan.cells[place].clone();
            let mut job = self.job(&work, PILOT_DURATION, PILOT_REQUESTS, false);
            job.scenario = scenario.clone();
            let attempt = self.attempt(&work, job);
            self.estimate
                .ended(place, attempt.took + self.request.run.duration_ns);
            let minimum = attempt
                .outcome
                .ok()
                .flatten()
                .and_then(|outcome| outcome.latency)
                .and_then(|latency| latency.min_ns);
            fastest = match (fastest, minimum) {
                (Some(fastest), Some(minimum)) => Some(fastest.min(minimum)),
                (known, new) => known.or(new),
            };
        }
        fastest.is_some_and(|fastest| pilot::affordable(reading_ns, fastest))
    }

    fn take(
        &mut self,
        turn: Turn,
        later: &[Turn],
        harness: Option<&HarnessCost>,
        read_run_delay: bool,
    ) -> Result<(), RunError> {
        let work = self.request.plan.cells[turn.cell].clone();
        let reads = read_run_delay && work.planned.cell.threads == 1;
        let mut job = self.job(
            &work,
            self.request.run.duration_ns,
            self.request.run.max_requests,
            reads,
        );
        job.samples = Some(self.request.writer.samples_dir().join(format!(
            "{}-{}.npy",
            &work.planned.id[..16],
            turn.repeat
        )));
        let kind = Kind::Measurement;
        let attempt = match self.hung.get(&work.planned.id) {
            Some(told) => Attempt::not_tried_again(told),
            None => self.attempt_told(&work, job, kind, turn.repeat),
        };
        if self.stopped() && !matches!(attempt.outcome, Ok(Some(_))) {
            return Ok(());
        }
        self.estimate.ended(turn.cell, attempt.took);
        let left_ns = self.estimate.left(later.iter().map(|turn| turn.cell));
        let failure = attempt
            .outcome
            .as_ref()
            .err()
            .map(|failure| failure.message.clone());
        let p50_ns = attempt.p50_ns();
        self.failed += u64::from(failure.is_some());
        self.keep(&work, kind, turn.repeat, attempt, harness)?;
        self.tell(Event::WorkerFinished {
            cell: work.planned.id,
            repeat: turn.repeat,
            kind,
            p50_ns,
            failure,
            left_ns,
        });
        Ok(())
    }

    fn job(
        &self,
        work: &Work,
        duration: Nanoseconds,
        max_requests: u64,
        read_run_delay: bool,
    ) -> Job {
        Job {
            protocol: PROTOCOL.to_owned(),
            adapter: work.spec.name.clone(),
            load: work.load.clone(),
            inputs: work.inputs.clone(),
            scenario: work.scenario.clone(),
            batch: work.planned.cell.batch,
            duration_ns: duration,
            max_requests,
            warmup: Bounds::default(),
            read_run_delay,
            samples: None,
        }
    }

    fn attempt(&mut self, work: &Work, job: Job) -> Attempt {
        self.attempt_told(work, job, Kind::Harness, 0)
    }

    fn attempt_told(&mut self, work: &Work, job: Job, kind: Kind, repeat: u64) -> Attempt {
        let limits = Limits {
            deadline: self.request.run.deadline_ns,
            memory: self.request.run.memory_limit_bytes,
            own: job.own_bytes(),
        };
        let started = self.clock.now();
        let cell = &work.planned.id;
        let (writer, progress) = (&mut self.request.writer, &mut *self.progress);
        let mut told = |event: Event| {
            writer.event(&event);
            progress.event(&event);
        };
        let mut watcher = MemoryWatcher::new(cell, kind, repeat, &mut told);
        let ended = supervise(
            &work.program.with_environment(&work.environment),
            &Request::Run(Box::new(job)),
            limits,
            self.clock,
            self.request.stop,
            &mut watcher,
        );
        let attempt = Attempt {
            memory: watcher.into_observed(),
            outcome: outcome_of(ended),
            took: self.clock.now().saturating_sub(started),
        };
        match &attempt.outcome {
            Err(failure) if attempt.took >= limits.deadline => {
                let cell = work.planned.id.clone();
                self.hung
                    .entry(cell)
                    .or_insert_with(|| failure.message.clone());
            }
            _ => {}
        }
        attempt
    }

    fn keep(
        &mut self,
        work: &Work,
        kind: Kind,
        repeat: u64,
        attempt: Attempt,
        harness: Option<&HarnessCost>,
    ) -> Result<(), RunError> {
        if matches!(attempt.outcome, Ok(None)) {
            return Ok(());
        }
        let record = compose(
            &self.request.run,
            work,
            kind,
            repeat,
            attempt,
            harness,
            utc_now(),
        );
        self.request.writer.append(&record)?;
        self.records.push(record);
        Ok(())
    }
}

/// The same cell under the adapter that does nothing.
fn null_work(work: &Work, scenario: ScenarioSpec, program: WorkerProgram) -> Work {
    let mut null = work.clone();
    null.spec = AdapterSpec {
        name: "null".into(),
        version: None,
        options: Options::new(),
    };
    null.program = program;
    null.computes = false;
    null.reference = Err("null computes nothing".into());
    null.load.version = None;
    null.scenario = scenario;
    null.load.options = Options::new();
    null.load.precision = None;
    null.environment.clear();
    null.doubts.clear();
    let cell = &mut null.planned.cell;
    cell.adapter = "null".into();
    cell.adapter_options.clear();
    cell.scenario = null.scenario.name().into();
    cell.scenario_options.clear();
    null.planned.id = cell.id(&null.planned.model.sha256);
    null
}

fn cost_of(outcome: &Outcome) -> Option<HarnessCost> {
    let latency = outcome.latency.as_ref()?;
    Some(HarnessCost {
        p50_ns: latency.p50.as_ref()?.value_ns,
        p99_ns: latency.p99.as_ref().map(|p99| p99.value_ns),
        clock_ns: outcome.clock_ns,
        run_delay_ns: outcome.run_delay_ns.clone().ok(),
    })
}
