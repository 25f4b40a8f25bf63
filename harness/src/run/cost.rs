//! What the harness itself costs, and whether this run can afford to read the run delay.

use tare_adapter_api::{AdapterSpec, Options};
use tare_clock::Clock;
use tare_results::{HarnessCost, Kind};
use tare_scenarios::{ScenarioSpec, Seed};
use tare_units::Nanoseconds;

use super::{Going, RunError};
use crate::compose::{Attempt, Beside, Harness, NO_RUN_DELAY};
use crate::pilot::{self, PILOT_DURATION, PILOT_REQUESTS, Pilot};
use crate::plan::Work;
use crate::protocol::{Job, Purpose, RunDelayOf, Timing};
use crate::supervise::WorkerProgram;

/// Timed work of the worker that measures the harness itself.
const HARNESS_DURATION: Nanoseconds = Nanoseconds::from_millis(100);
/// Requests of the worker that measures the harness itself.
const HARNESS_REQUESTS: u64 = 200_000;

impl<C: Clock> Going<'_, C> {
    /// Learns the cost of the harness, from this run's own record of it, which is made first.
    pub(super) fn measure_harness(&mut self) -> Result<(), RunError> {
        if let Some(known) = self.known_harness() {
            self.harness = known;
            return Ok(());
        }
        let (Some(first), Ok(scenario)) =
            (self.request.plan.cells.first(), "single-stream".parse())
        else {
            self.harness.no_run_delay = Some("the run has no cell".to_owned());
            return Ok(());
        };
        let work = null_work(first, scenario, self.request.program.clone());
        let limits = (HARNESS_DURATION, HARNESS_REQUESTS);
        let job = self.quick(&work, limits, RunDelayOf::Nobody);
        let attempt = self.attempt(&work, job, Kind::Harness, 0);
        self.harness = match cost_of(&attempt) {
            Err(reason) => Harness {
                cost: None,
                no_run_delay: Some(reason),
            },
            Ok((cost, reading)) => {
                let decided = reading.and_then(|reading| {
                    self.affords_run_delay(reading, &work.scenario)
                        .map(|()| reading)
                });
                Harness {
                    no_run_delay: decided.as_ref().err().cloned(),
                    cost: Some(HarnessCost {
                        run_delay_ns: decided.ok(),
                        ..cost
                    }),
                }
            }
        };
        if self.stopped() {
            return Ok(());
        }
        self.keep(&work, (Kind::Harness, 0), attempt, Beside::Nothing)
    }

    fn known_harness(&self) -> Option<Harness> {
        let mut own = self.records.iter();
        let own = own.find(|record| record.kind == Kind::Harness && record.harness.is_some())?;
        let cost = own.harness.clone()?;
        let reason = own.missing.get(NO_RUN_DELAY).cloned();
        let unread = || "the run does not read the run delay".to_owned();
        Some(Harness {
            no_run_delay: match cost.run_delay_ns {
                Some(_) => None,
                None => Some(reason.unwrap_or_else(unread)),
            },
            cost: Some(cost),
        })
    }

    /// Whether two readings of the run delay cost under 1% of the fastest single-threaded cell, by a short go at each
    /// adapter's smallest cell; else why they are not taken.
    fn affords_run_delay(
        &mut self,
        reading_ns: f64,
        scenario: &ScenarioSpec,
    ) -> Result<(), String> {
        let mut fastest: Result<Nanoseconds, String> =
            Err("no cell has a single thread".to_owned());
        for place in pilot::smallest_cells(&self.request.plan.cells) {
            if self.stopped() {
                return Err("the run was stopped in its pilot".to_owned());
            }
            let pilot = self.pilot(place, scenario);
            let took = pilot.took + self.request.run.duration_ns;
            self.estimate.guessed((Kind::Measurement, place), took);
            fastest = pilot::faster(fastest, pilot.shortest);
        }
        pilot::decide(reading_ns, fastest)
    }

    /// A short go at the cell at `place` in this scenario; the same where there was one.
    pub(super) fn pilot(&mut self, place: usize, scenario: &ScenarioSpec) -> Pilot {
        if let Some(known) = self.pilots.get(&place) {
            return known.clone();
        }
        let mut work = self.request.plan.cells[place].clone();
        work.scenario = scenario.clone();
        let run_delay = match self.watches_waiting {
            true => RunDelayOf::All,
            false => RunDelayOf::Nobody,
        };
        let job = self.quick(&work, (PILOT_DURATION, PILOT_REQUESTS), run_delay);
        let attempt = self.attempt(&work, job, Kind::Harness, 0);
        let pilot = match self.watches_waiting {
            true => watched(&attempt),
            false => Pilot {
                shortest: shortest(&attempt),
                waiting: Err("it was not asked for".to_owned()),
                took: attempt.took,
            },
        };
        self.pilots.insert(place, pilot.clone());
        pilot
    }

    fn quick(
        &self,
        work: &Work,
        (duration_ns, max_requests): (Nanoseconds, u64),
        run_delay: RunDelayOf,
    ) -> Job {
        let timing = Timing {
            scenario: work.scenario.clone(),
            batch: work.planned.cell.batch,
            seed: Seed::new(work.planned.cell.seed, 0),
            trace_sha256: None,
            duration_ns,
            max_requests,
            drain_ns: Nanoseconds::ZERO,
            run_delay,
            deadline_ns: self.request.run.deadline_ns,
            samples: None,
        };
        self.job(work, Purpose::Measure(timing))
    }
}

/// A pilot that read around each request how long all threads of its process waited.
fn watched(attempt: &Attempt) -> Pilot {
    let measured = attempt.outcome().and_then(|outcome| outcome.measured());
    let none = || Err("its pilot gave none".to_owned());
    let reading = measured.map_or_else(none, |measured| measured.run_delay_ns.clone());
    let shortest = shortest(attempt);
    let shortest = match &reading {
        Ok(reading) => shortest.map(|latency| pilot::without_readings(latency, *reading)),
        Err(_) => shortest,
    };
    Pilot {
        waiting: reading.and_then(|reading| pilot::decide(reading, shortest.clone())),
        shortest,
        took: attempt.took,
    }
}

fn shortest(attempt: &Attempt) -> Result<Nanoseconds, String> {
    let measured = attempt.outcome().and_then(|outcome| outcome.measured());
    let latency = measured.and_then(|measured| measured.latency.as_ref());
    let failure = || {
        attempt
            .failure()
            .unwrap_or("every request failed")
            .to_owned()
    };
    latency
        .and_then(|latency| latency.min_ns)
        .ok_or_else(failure)
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
    null.trace_sha256 = None;
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

/// The cost by what the worker said, and that of one reading of the run delay, or why it is not known.
fn cost_of(attempt: &Attempt) -> Result<(HarnessCost, Result<f64, String>), String> {
    let unknown = |reason: &str| format!("the cost of the harness itself is not known: {reason}");
    let measured = attempt.outcome().and_then(|outcome| outcome.measured());
    let failure = || unknown(attempt.failure().unwrap_or("the run was stopped"));
    let measured = measured.ok_or_else(failure)?;
    let latency = measured.latency.as_ref();
    let p50 = latency.and_then(|latency| latency.p50.as_ref());
    let p50 = p50.ok_or_else(|| unknown("its requests have no median"))?;
    let p99 = latency.and_then(|latency| latency.p99.as_ref());
    let cost = HarnessCost {
        p50_ns: p50.value_ns,
        p99_ns: p99.map(|p99| p99.value_ns),
        clock_ns: measured.clock_ns,
        run_delay_ns: None,
    };
    let reading = measured.run_delay_ns.clone();
    Ok((
        cost,
        reading.map_err(|reason| format!("the run delay cannot be read: {reason}")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Check;
    use crate::compose::tests::measured;
    use crate::protocol::{Given, Measured, Outcome};

    /// A pilot of requests of 2 ms, or what its worker said of one reading.
    fn attempt(run_delay_ns: Result<f64, String>) -> Attempt {
        let measured = Measured {
            run_delay_ns,
            ..measured(Check::default())
        };
        Attempt {
            outcome: Ok(Some(Box::new(Outcome {
                runtime: Default::default(),
                given: Given::Measured(Box::new(measured)),
            }))),
            ..Attempt::not_begun("")
        }
    }

    #[test]
    fn waiting_is_watched_only_where_a_pilot_says_that_a_reading_costs_little() {
        let whole = shortest(&attempt(Ok(800.0))).expect("a latency");
        let cheap = watched(&attempt(Ok(800.0)));
        assert_eq!(cheap.waiting, Ok(()));
        let unread = whole.saturating_sub(Nanoseconds::from_nanos(1_600));
        assert_eq!(cheap.shortest, Ok(unread));
        let why = |attempt: &Attempt| watched(attempt).waiting.expect_err("not watched");
        assert!(why(&attempt(Ok(20_000.0))).contains("over 1%"));
        let unreadable = attempt(Err("no scheduler statistics".to_owned()));
        assert_eq!(why(&unreadable), "no scheduler statistics");
        assert_eq!(watched(&unreadable).shortest, Ok(whole));
        assert!(
            watched(&Attempt::not_begun("killed by signal 11"))
                .waiting
                .is_err()
        );
    }
}
