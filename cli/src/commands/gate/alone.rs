//! A candidate against a stored baseline: the weaker test, for where the baseline cannot be run again.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use tare_clock::{Clock, MonotonicClock, utc_now};
use tare_gate::{
    Conditions, Fault, Flaw, Metric, Obstacle, Outcome, Side, SideEvidence, SideFigure, Size,
    Statistic, Stored, Unpaired, Verdict, against, estimate,
};
use tare_harness::{Repeats, Side as _};
use tare_results::store::Store;
use tare_results::{Kind, PlannedCell, Record};
use tare_units::Nanoseconds;

use super::asked::Asked;
use super::given::{Given, counts_delay};
use super::measure::{Came, UNSEEN, request};
use super::notes::doubts;
use super::prepared::{Difference, SidePlan, side};
use super::progress::{Line, SideLine};
use super::stored::{Baseline, Now};
use super::told::Told;
use crate::exit::Failed;
use crate::terminal::rewrite;

/// Processes of the candidate.
const PROCESSES: usize = 10;
const WEAKER: &str = "against a stored baseline, the weaker test: whatever else changed on this machine since counts as the candidate's";

/// A candidate, and what it is compared with.
pub struct Alone {
    /// As it was asked for.
    pub asked: Asked,
    candidate: SidePlan,
    baseline: Kept,
}

/// A baseline and where it is kept.
struct Kept {
    path: PathBuf,
    machine: String,
    stored: Option<Baseline>,
}

/// What the candidate's processes gave.
struct Gave {
    statistic: Statistic,
    figures: Vec<SideFigure>,
    fault: Option<Fault>,
    run: Option<String>,
    notes: Vec<String>,
}

impl Alone {
    /// Plans the candidate of `asked` against the baseline in the file at `path`.
    ///
    /// # Errors
    /// Where the candidate cannot be measured, or the file is of another machine or cell, or is not there and shall not be made.
    pub fn of(asked: Asked, path: &Path) -> Result<Self, Failed> {
        let candidate = side(&asked, &asked.candidate)?;
        let machine = tare_hardware::machine(Path::new("/")).fingerprint;
        let now = Now {
            machine: &machine,
            metric: asked.metric,
            planned: &candidate.work().planned,
        };
        let stored = Baseline::read(path, now)?;
        if stored.is_none() && !asked.update {
            return Err(Failed::told(format!(
                "there is no stored baseline {}: store one with --update-baseline",
                path.display()
            )));
        }
        Ok(Self {
            asked,
            candidate,
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
        format!(
            "{}: {PROCESSES} processes of the candidate against the days stored in {}",
            self.name(),
            self.baseline.path.display()
        )
    }

    /// The parts in which the candidate differs from what was stored last.
    pub fn differences(&self) -> Vec<Difference> {
        let stored = self.baseline.stored.as_ref();
        stored.map_or_else(Vec::new, |stored| {
            stored.differences(&self.candidate.work().planned)
        })
    }

    /// Decides it, and stores what was measured where that was asked for and is no regression.
    ///
    /// # Errors
    /// Where records or the baseline cannot be kept, or the stored figures are another statistic.
    pub fn gate(self, store: &Store, stop: &AtomicBool) -> Result<Came, Failed> {
        let began = MonotonicClock.now();
        let (name, differences) = (self.name(), self.differences());
        let planned = self.candidate.work().planned.clone();
        let Self {
            asked,
            candidate,
            baseline,
        } = self;
        let gave = match asked.is_exact() {
            true => exact(&asked, &candidate),
            false => match measured((store, stop), (&asked, &name), candidate, began)? {
                Ok(gave) => gave,
                Err(run) => return Ok(Came::Stopped(vec![run])),
            },
        };
        let outcome = baseline.outcome(&asked, &gave)?;
        let stored = match asked.update && is_fit_to_store(&outcome, asked.limits.must_detect) {
            true => Some(baseline.update(&asked, &gave, &planned)?),
            false => None,
        };
        let mut notes = vec![WEAKER.to_owned(), UNSEEN.to_owned()];
        notes.extend(gave.notes);
        Ok(Came::Out(Box::new(Told {
            name,
            differences,
            size: exactly(PROCESSES),
            took_ns: MonotonicClock.now().saturating_sub(began),
            evidence: Vec::new(),
            updated: stored.is_some(),
            notes: notes.into_iter().chain(stored).collect(),
            outcome,
            runs: gave.run.into_iter().collect(),
        })))
    }
}

impl Kept {
    /// How the candidate compares with what is stored; of nothing, and of a candidate at fault, with no effect.
    fn outcome(&self, asked: &Asked, gave: &Gave) -> Result<Outcome, Failed> {
        if let Some(stored) = &self.stored {
            stored.check_statistic(gave.statistic)?;
        }
        let none = || Stored { days: Vec::new() };
        let days = self.stored.as_ref().map_or_else(none, Baseline::stored);
        let figures: Vec<f64> = gave.figures.iter().map(|one| one.value).collect();
        let compared =
            against(asked.metric, asked.limits, &days, &figures).map_err(Failed::input)?;
        let Unpaired {
            verdict, effect, ..
        } = compared;
        let requests = gave.figures.iter().map(|one| one.requests).sum();
        let side = |figures: &[f64], requests| SideEvidence {
            median: estimate(figures, 0.95).map(|one| one.value),
            requests,
            ..SideEvidence::default()
        };
        Ok(Outcome {
            metric: asked.metric,
            statistic: gave.statistic,
            limits: asked.limits,
            verdict: gave.fault.clone().map_or(verdict, at_fault),
            effect,
            blocks: figures.len(),
            sides: [side(&days.days.concat(), 0), side(&figures, requests)],
        })
    }

    /// Writes the baseline with what the candidate gave, and says so.
    fn update(self, asked: &Asked, gave: &Gave, planned: &PlannedCell) -> Result<String, Failed> {
        let now = Now {
            machine: &self.machine,
            metric: asked.metric,
            planned,
        };
        let figures: Vec<f64> = gave.figures.iter().map(|one| one.value).collect();
        let made = (&*utc_now(), gave.run.as_deref());
        let baseline = Baseline::with(self.stored, (now, gave.statistic), made, &figures);
        baseline.write(&self.path)?;
        Ok(match baseline.days() {
            1 => format!("the baseline {} has 1 day now", self.path.display()),
            days => format!("the baseline {} has {days} days now", self.path.display()),
        })
    }
}

/// What is slower, seems to be by what must be detected, or is no sound measurement, is no baseline for others.
fn is_fit_to_store(outcome: &Outcome, must_detect: f64) -> bool {
    let is_near = outcome
        .effect
        .is_none_or(|effect| effect.value < must_detect);
    match &outcome.verdict {
        Verdict::Pass | Verdict::Improvement => true,
        Verdict::Inconclusive(why) => {
            let open = |obstacle: &Obstacle| {
                matches!(obstacle, Obstacle::DaysUnknown { .. } | Obstacle::TooWide)
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

fn exact(asked: &Asked, candidate: &SidePlan) -> Gave {
    let conditions = Conditions {
        single_threaded: true,
        run_delay: true,
    };
    let figure = candidate.exact(asked.metric);
    Gave {
        statistic: asked.metric.statistic(conditions),
        fault: figure.as_ref().err().cloned(),
        figures: figure.into_iter().collect(),
        run: None,
        notes: Vec::new(),
    }
}

/// Processes of the candidate until there are enough, one is at fault, or the budget is over; `Err` with the run where the
/// user stopped it.
fn measured(
    (store, stop): (&Store, &AtomicBool),
    (asked, name): (&Asked, &str),
    candidate: SidePlan,
    began: Nanoseconds,
) -> Result<Result<Gave, String>, Failed> {
    let single_threaded = candidate.is_single_threaded();
    let requests = candidate.requests(asked.metric);
    let request = request(
        store,
        candidate,
        None,
        (asked.metric, PROCESSES as u64),
        stop,
    )?;
    let run = request.run.id.clone();
    let folder = store.dir().join(&run);
    let line = RefCell::new(Line::new(name));
    let mut told = SideLine::new(&line, Side::Candidate);
    let mut repeats = Repeats::begin(request, &MonotonicClock, &mut told).map_err(Failed::cell)?;
    if let (Some(requests), Ok(latency)) = (requests, repeats.pilot().shortest) {
        repeats.limit_requests(requests.of(latency));
    }
    let until = began + asked.budget;
    let made = processes(&mut repeats, asked.metric, &folder, until);
    rewrite("");
    let Some((given, fault)) = made? else {
        return Ok(Err(run));
    };
    let conditions = Conditions {
        single_threaded,
        run_delay: repeats.no_run_delay().is_none() && counts_delay(given.iter()),
    };
    let records = repeats.finish().records;
    let timed = |record: &&Record| record.kind == Kind::Measurement;
    let statistic = asked.metric.statistic(conditions);
    let figures: Result<Vec<SideFigure>, Fault> =
        given.iter().map(|one| one.figure(statistic)).collect();
    Ok(Ok(Gave {
        statistic,
        fault: fault.or(figures.as_ref().err().cloned()),
        figures: figures.unwrap_or_default(),
        run: Some(run),
        notes: doubts(records.iter().filter(timed)),
    }))
}

/// What each gave, and the fault of the last; `None` where the user stopped it.
type Processes = Option<(Vec<Given>, Option<Fault>)>;

/// Repeats until there are enough, one is at fault, or `until` has come.
fn processes(
    repeats: &mut Repeats<'_, MonotonicClock>,
    metric: Metric,
    folder: &Path,
    until: Nanoseconds,
) -> Result<Processes, Failed> {
    let mut given: Vec<Given> = Vec::new();
    while given.len() < PROCESSES && MonotonicClock.now() < until {
        let left = until.saturating_sub(MonotonicClock.now());
        let Some(record) = repeats.repeat(left).map_err(Failed::cell)? else {
            return Ok(None);
        };
        match Given::of(&record, folder, metric, false) {
            Ok(one) => given.push(one),
            Err(fault) => return Ok(Some((given, Some(fault)))),
        }
    }
    Ok(Some((given, None)))
}
