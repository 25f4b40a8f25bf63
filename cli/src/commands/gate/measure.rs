//! A gate from its first worker to its verdict.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use tare_clock::{Clock, MonotonicClock};
use tare_gate::{BudgetTooSmall, Conditions, Fault, Gate, Metric, Side};
use tare_hardware::nvml::Nvml;
use tare_harness::{
    self as harness, EnergyMeter, Lockstep, NoPeakMeter, Pilot, Repeats, RunOutcome, RunRequest,
};
use tare_results::store::Store;
use tare_results::{GateRole, GateSide, Record, Run};
use tare_units::Nanoseconds;

use super::super::run::{joules, new_run, weighing};
use super::asked::Asked;
use super::bounds::{Bound, Timed};
use super::callgrind::{self, Callgrind};
use super::decide::{End, Judge, Made, decide};
use super::exact;
use super::given::{Given, Wanted};
use super::notes::notes;
use super::prepared::{Difference, Prepared, SidePlan};
use super::progress::{BlockLine, Line, SideLine};
use super::told::{Sample, Takes, Told, foretold, missing};
use crate::exit::Failed;
use crate::terminal::{plain, rewrite};

/// How a gate came out.
pub enum Came {
    /// With a verdict.
    Out(Box<Told>),
    /// The user stopped it; what is done is in these runs.
    Stopped(Vec<String>),
}

/// What is known of a gate once its runs have taken the plans.
pub struct Measuring {
    asked: Asked,
    name: String,
    differences: Vec<Difference>,
    single_threaded: bool,
    /// What a process times, where its scenario does not say it.
    requests: Option<Bound>,
    /// What bounds the time of a process of each side.
    timed: [Timed; 2],
    /// What is known of it before that.
    takes: Takes,
    began: Nanoseconds,
    runs: [String; 2],
    folders: [PathBuf; 2],
    callgrind: [Option<Callgrind>; 2],
}

/// Decides `prepared`.
///
/// # Errors
/// Where its budget cannot decide anything, or a record cannot be kept.
pub fn gate(store: &Store, prepared: Prepared, stop: &AtomicBool) -> Result<Came, Failed> {
    match prepared.asked.is_exact() {
        true => exact::gate(store, prepared, stop),
        false => measured(store, prepared, stop),
    }
}

/// The gate before its first block, where the run delay can be read.
///
/// # Errors
/// Where nothing could be decided by its limits.
pub fn unmeasured(prepared: &Prepared) -> Result<Gate, Failed> {
    let conditions = Conditions {
        single_threaded: prepared.is_single_threaded(),
        run_delay: true,
    };
    let Asked { metric, limits, .. } = prepared.asked;
    Gate::new(metric, limits, conditions).map_err(Failed::input)
}

fn measured(store: &Store, prepared: Prepared, stop: &AtomicBool) -> Result<Came, Failed> {
    let clock = MonotonicClock;
    let began = clock.now().saturating_sub(prepared.planned_in);
    let ([baseline, candidate], measuring) = begin(store, prepared, stop, began)?;
    let line = RefCell::new(Line::new(&measuring.name));
    let mut of_baseline = SideLine::new(&line, Side::Baseline);
    let mut of_candidate = SideLine::new(&line, Side::Candidate);
    let order = order(&measuring.runs);
    let sides = (
        (baseline, &mut of_baseline as _),
        (candidate, &mut of_candidate as _),
    );
    let mut lockstep = Lockstep::begin(sides.0, sides.1, order, &clock).map_err(Failed::cell)?;
    let (judge, end) = measuring.decide(&mut lockstep, &clock, &line)?;
    rewrite("");
    let outcomes = lockstep.finish();
    Ok(match end {
        End::Stopped => Came::Stopped(measuring.runs.to_vec()),
        End::Over | End::OutOfTime => {
            Came::Out(Box::new(measuring.told(&judge, outcomes, clock.now())))
        }
    })
}

/// What the order of the sides is drawn from: the ids of both runs, which hold the time and a salt, so that each gate has an
/// order of its own, and that of a stored one can be drawn again. FNV-1a (Fowler, Noll and Vo).
fn order(runs: &[String]) -> u64 {
    let bytes = runs.iter().flat_map(|run| run.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Both runs in the store, the baseline's first.
///
/// # Errors
/// Where they cannot be kept.
pub fn begin<'s>(
    store: &Store,
    prepared: Prepared,
    stop: &'s AtomicBool,
    began: Nanoseconds,
) -> Result<([RunRequest<'s>; 2], Measuring), Failed> {
    let most = unmeasured(&prepared)?
        .looks()
        .last()
        .map_or(1, |look| look.blocks as u64);
    let (name, differences) = (prepared.name(), prepared.differences());
    let (single_threaded, requests, takes) = (
        prepared.is_single_threaded(),
        prepared.baseline.bound(prepared.asked.metric),
        prepared.takes(),
    );
    let Prepared {
        asked,
        mut baseline,
        mut candidate,
        ..
    } = prepared;
    let timed = [&baseline, &candidate].map(SidePlan::timed);
    let callgrind = [baseline.callgrind.take(), candidate.callgrind.take()];
    let most = (asked.metric, most);
    let role = (GateRole::Baseline, None);
    let baseline = request(store, baseline, Some(role), most, stop)?;
    let role = (GateRole::Candidate, Some(baseline.run.id.as_str()));
    let candidate = request(store, candidate, Some(role), most, stop)?;
    let sides = [baseline, candidate];
    let runs = [0, 1].map(|place: usize| sides[place].run.id.clone());
    let measuring = Measuring {
        folders: [0, 1].map(|place: usize| store.dir().join(&runs[place])),
        asked,
        name,
        differences,
        single_threaded,
        requests,
        timed,
        takes,
        began,
        runs,
        callgrind,
    };
    Ok((sides, measuring))
}

/// A run of `side` in the store, of so many repeats at `most`; where it has a role in a gate, that is of the id given, else of
/// its own.
///
/// # Errors
/// Where the run cannot be kept, or what tells joules does not start.
pub fn request<'s>(
    store: &Store,
    side: SidePlan,
    role: Option<(GateRole, Option<&str>)>,
    (metric, most): (Metric, u64),
    stop: &'s AtomicBool,
) -> Result<RunRequest<'s>, Failed> {
    let told = role.map(|(role, gate)| side.side(role, gate.unwrap_or_default()));
    let program = side.tare.clone();
    let mut run = new_run(store, side.settings, &side.plan, None)?;
    run.repeats = most;
    run.side = told.map(|side| GateSide {
        gate: match side.gate.is_empty() {
            true => run.id.clone(),
            false => side.gate,
        },
        ..side
    });
    let writer = store.create(&run).map_err(Failed::input)?;
    Ok(RunRequest {
        energy: energy_of(metric, &run)?,
        run,
        plan: side.plan,
        done: Vec::new(),
        program,
        writer,
        nvml: Nvml::shared(),
        peaks: Box::new(NoPeakMeter("a gate asks for no floor".to_owned())),
        weighing: weighing(),
        stop,
    })
}

fn energy_of(metric: Metric, run: &Run) -> Result<EnergyMeter, Failed> {
    match metric {
        Metric::Energy => joules::meters(run.probes, (None, None), run.energy_bound),
        _ => joules::unread("not what the gate compares"),
    }
}

impl Measuring {
    /// What is gated, in few words.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ids of both runs, the baseline's first.
    pub fn runs(&self) -> &[String] {
        &self.runs
    }

    fn decide(
        &self,
        lockstep: &mut Lockstep<Repeats<'_, MonotonicClock>>,
        clock: &MonotonicClock,
        line: &RefCell<Line>,
    ) -> Result<(Judge, End), Failed> {
        let pilots = lockstep.pilots();
        self.callgrind.iter().flatten().for_each(Callgrind::forget);
        let conditions = Conditions {
            single_threaded: self.single_threaded,
            run_delay: lockstep.no_run_delay().is_none(),
        };
        let Asked { metric, limits, .. } = self.asked;
        let mut judge = Judge::new(metric, limits, conditions).map_err(Failed::input)?;
        rewrite("");
        self.check_pilots(&pilots, judge.gate())?;
        let takes = self.size_up(lockstep, &pilots);
        if let Some(block) = takes.block {
            self.check_budget(judge.gate(), block, clock.now())?;
        }
        let plan = foretold(&self.name, judge.gate(), takes, self.asked.budget);
        eprintln!("{}", plain(&plan));
        let until = self.began + self.asked.budget;
        let read = |block: &harness::Block| self.made(block);
        let mut watcher = BlockLine(line);
        let end = decide(lockstep, &mut judge, (clock, until), &read, &mut watcher);
        Ok((judge, end.map_err(Failed::cell)?))
    }

    /// Refuses a budget a quarter of which has no room for one process.
    fn check_pilots(&self, pilots: &[Pilot; 2], gate: &Gate) -> Result<(), Failed> {
        let blocks = gate.looks().first().map_or(1, |look| look.blocks as u64);
        let sides = [Side::Baseline, Side::Candidate].into_iter().zip(pilots);
        let mut long =
            sides.filter_map(|(side, pilot)| self.asked.too_long(side, pilot, 2 * blocks));
        long.next().map_or(Ok(()), Err)
    }

    /// Bounds the requests of a process by how long one takes, and says what a block then takes; not where a pilot failed,
    /// which the first block will tell.
    fn size_up(
        &self,
        lockstep: &mut Lockstep<Repeats<'_, MonotonicClock>>,
        pilots: &[Pilot; 2],
    ) -> Takes {
        let shortest = pilots
            .iter()
            .map(|pilot| pilot.shortest.as_ref().ok().copied());
        let shortest: Option<Vec<Nanoseconds>> = shortest.collect();
        let Some(shortest) = shortest else {
            return self.takes;
        };
        let requests = self.requests.map(|requests| requests.of(shortest[0]));
        if let Some(requests) = requests {
            lockstep.limit_requests(requests);
        }
        let beside = pilots[0].took + pilots[1].took;
        let timed = |(latency, side): (&Nanoseconds, &Timed)| match requests {
            Some(requests) => side.of(requests, *latency),
            None => side.at_least(),
        };
        let timed = shortest.iter().zip(&self.timed).map(timed);
        Takes {
            requests: requests.map_or(self.takes.requests, |count| Some(Sample::Exactly(count))),
            block: Some(timed.fold(beside, |sum, side| sum + side)),
        }
    }

    /// Refuses a budget of which what is left `now` has no room for the first look.
    fn check_budget(
        &self,
        gate: &Gate,
        block: Nanoseconds,
        now: Nanoseconds,
    ) -> Result<(), Failed> {
        let spent = now.saturating_sub(self.began);
        let left = self.asked.budget.saturating_sub(spent);
        let afforded = gate
            .affordable(left, block)
            .map_err(|short| BudgetTooSmall {
                budget: self.asked.budget,
                needed: short.needed + spent,
                ..short
            });
        afforded.map(|_| ()).map_err(Failed::input)
    }

    /// What the processes of `block` gave.
    pub fn made(&self, block: &harness::Block) -> Made {
        let Asked {
            metric, compared, ..
        } = self.asked;
        let of = |place: usize, record: &Record, compared| {
            let wanted = Wanted {
                run: &self.folders[place],
                metric,
                compared,
                callgrind: self.callgrind[place].as_ref(),
            };
            Given::of(record, &wanted)
        };
        let baseline = of(0, &block.baseline, false);
        // What failed gave no outputs either, and the fault is its own.
        let compared = compared && !matches!(baseline, Err(Fault::Failed { .. }));
        let candidate = of(1, &block.candidate, compared);
        Made {
            first: match block.candidate_first {
                true => Side::Candidate,
                false => Side::Baseline,
            },
            baseline: baseline.map_err(|fault| self.asked.told_of_budget(fault)),
            candidate: candidate.map_err(|fault| self.asked.told_of_budget(fault)),
        }
    }

    fn told(
        self,
        judge: &Judge,
        (baseline, candidate): (RunOutcome, RunOutcome),
        now: Nanoseconds,
    ) -> Told {
        let gate = judge.gate();
        let records: [&[Record]; 2] = [&baseline.records, &candidate.records];
        let mut notes = notes(&self.differences, self.asked.compared, records);
        let counted = self.callgrind.iter().flatten().next();
        notes.extend(counted.map(|_| callgrind::NOTE.to_owned()));
        Told {
            notes,
            name: self.name,
            differences: self.differences,
            outcome: gate.outcome(),
            size: gate.size(),
            took_ns: now.saturating_sub(self.began),
            runs: self.runs.to_vec(),
            updated: false,
            evidence: gate.evidence().blocks().to_vec(),
            processes: Vec::new(),
            missing: missing(&gate.outcome()),
        }
    }
}
