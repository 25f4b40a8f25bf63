//! A run of one cell that makes its next repeat when it is told to, so that two runs can take turns.

use std::path::Path;

use tare_clock::Clock;
use tare_results::{Event, Kind, Record};
use tare_units::Nanoseconds;

use super::{Going, Progress, RunError, RunOutcome, RunRequest};
use crate::lockstep::Side;
use crate::order::Turn;
use crate::pilot::Pilot;

/// The first cell of a plan, a repeat at a time; references before they are needed, no twins and no profiles. Repeats whose latencies
/// the run delay does not correct tell how long their requests waited all the same, where that can be read.
pub struct Repeats<'a, C: Clock> {
    going: Going<'a, C>,
    deadline: Nanoseconds,
    next: u64,
}

impl<'a, C: Clock> Repeats<'a, C> {
    /// Measures the harness itself, and then waits to be told.
    ///
    /// # Errors
    /// Where the plan has no cell, or a record cannot be written.
    pub fn begin(
        request: RunRequest<'a>,
        clock: &'a C,
        progress: &'a mut dyn Progress,
    ) -> Result<Self, RunError> {
        if request.plan.cells.is_empty() {
            return Err(RunError::NoCell);
        }
        let mut going = Going::new(request, clock, progress);
        going.watches_waiting = true;
        going.tell(Event::RunStarted {
            workers: going.request.run.repeats,
            done: 0,
        });
        going.measure_harness()?;
        Ok(Self {
            deadline: going.request.run.deadline_ns,
            going,
            next: 0,
        })
    }

    /// Why the run delay is not read; `None` where it is.
    pub fn no_run_delay(&self) -> Option<&str> {
        self.going.harness.no_run_delay.as_deref()
    }

    /// Reads the run delay in no repeat from now on.
    pub fn forgo_run_delay(&mut self, reason: String) {
        let harness = &mut self.going.harness;
        harness.no_run_delay = Some(reason);
        if let Some(cost) = &mut harness.cost {
            cost.run_delay_ns = None;
        }
    }

    /// Does not read how long all threads of its processes wait, from now on.
    pub fn forgo_waiting(&mut self) {
        self.going.watches_waiting = false;
    }

    /// A short go at the cell, one request after the other: how long one takes, and what a worker takes beside. A cell that hangs
    /// in it is not tried again. Where how long all threads wait cannot be read at little cost, that is forgone.
    pub fn pilot(&mut self) -> Pilot {
        let scenario = match "single-stream".parse() {
            Ok(scenario) => scenario,
            Err(error) => {
                return Pilot {
                    shortest: Err(format!("{error}")),
                    waiting: Err(format!("{error}")),
                    took: Nanoseconds::ZERO,
                };
            }
        };
        let pilot = self.going.pilot(0, &scenario);
        if pilot.waiting.is_err() {
            self.forgo_waiting();
        }
        if let Err(reason) = &pilot.shortest
            && pilot.took >= self.deadline
        {
            let id = self.going.request.plan.cells[0].planned.id.clone();
            let hung = self.going.hung.entry((Kind::Measurement, id));
            hung.or_insert_with(|| reason.clone());
        }
        pilot
    }

    /// The outputs that those of the repeats so far were compared with, and who gave them; the file is gone with the run.
    ///
    /// # Errors
    /// In words, why there are none.
    pub fn reference(&self) -> Result<(&Path, &str), String> {
        let going = &self.going;
        going.references.given(&going.request.plan.cells[0])
    }

    /// No more requests than this in a repeat from now on.
    pub fn limit_requests(&mut self, most: u64) {
        let run = &mut self.going.request.run;
        run.max_requests = run.max_requests.min(most);
    }

    /// Ends the run where it stands.
    pub fn finish(self) -> RunOutcome {
        self.going.finish()
    }

    fn turn(repeat: u64) -> Turn {
        Turn {
            kind: Kind::Measurement,
            place: 0,
            repeat,
        }
    }

    /// The reference that has to run before the next repeat.
    fn refer(&mut self) -> Result<(), RunError> {
        let going = &mut self.going;
        let Some(place) = going.references.needed(&going.request.plan.cells[0]) else {
            return Ok(());
        };
        let turn = Turn {
            kind: Kind::Reference,
            place,
            repeat: 0,
        };
        going.take(turn, &[])
    }
}

impl<C: Clock> Side for Repeats<'_, C> {
    fn repeat(&mut self, at_most: Nanoseconds) -> Result<Option<Record>, RunError> {
        if self.going.stopped() {
            return Ok(None);
        }
        self.going.request.run.deadline_ns = self.deadline.min(at_most);
        self.refer()?;
        if self.going.stopped() {
            return Ok(None);
        }
        let turn = Self::turn(self.next);
        self.next += 1;
        let most = self.going.request.run.repeats;
        let later: Vec<Turn> = (self.next..most).map(Self::turn).collect();
        self.going.take(turn, &later)?;
        let mut records = self.going.records.iter();
        let made = |record: &&Record| (record.kind, record.repeat) == (turn.kind, turn.repeat);
        Ok(records.rfind(made).cloned())
    }
}
