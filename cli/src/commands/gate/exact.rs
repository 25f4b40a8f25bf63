//! A gate of an exact metric: one figure of each side decides, and of what would pass a process of each side shows that both
//! compute the same.

use std::cell::RefCell;
use std::sync::atomic::AtomicBool;

use tare_clock::{Clock, MonotonicClock};
use tare_gate::{Block, ExitClass, Fault, Gate, Side, SideFigure};
use tare_harness::Lockstep;
use tare_results::Record;
use tare_results::store::Store;
use tare_units::Nanoseconds;

use super::decide::Made;
use super::given::Given;
use super::measure::{Came, begin, unmeasured};
use super::notes::notes;
use super::prepared::{Difference, Prepared};
use super::progress::{Line, SideLine};
use super::told::{Told, missing};
use crate::exit::Failed;
use crate::terminal::rewrite;

/// What the two processes gave, and where their records are; nothing where none was needed.
#[derive(Default)]
struct Seen {
    made: Option<Made>,
    /// Whether the budget ended before its outputs were seen: what was killed for that is no fault of its own.
    is_cut: bool,
    runs: Vec<String>,
    notes: Vec<String>,
}

/// Decides `prepared`, whose metric is exact.
///
/// # Errors
/// Where a record cannot be kept.
pub fn gate(store: &Store, prepared: Prepared, stop: &AtomicBool) -> Result<Came, Failed> {
    let began = MonotonicClock.now().saturating_sub(prepared.planned_in);
    let metric = prepared.asked.metric;
    let figures = [&prepared.baseline, &prepared.candidate].map(|side| side.exact(metric));
    let mut gate = unmeasured(&prepared)?;
    let unseen = gate.clone();
    gate.push(block(figures.clone()));
    let (name, differences) = (prepared.name(), prepared.differences());
    let passes = gate.stop().exit_class() == ExitClass::Passed;
    let seen = match unneeded(&differences, prepared.asked.compared, passes) {
        Some(why) => Seen {
            notes: vec![why.to_owned()],
            ..Seen::default()
        },
        None => match seen(store, prepared, stop, (began, &differences))? {
            Ok(seen) => seen,
            Err(runs) => return Ok(Came::Stopped(runs)),
        },
    };
    gate = match seen.made {
        _ if seen.is_cut => unseen,
        Some(made) => judged(unseen, gate, figures, made),
        None => gate,
    };
    Ok(Came::Out(Box::new(Told {
        name,
        differences,
        outcome: gate.outcome(),
        size: gate.size(),
        took_ns: MonotonicClock.now().saturating_sub(began),
        runs: seen.runs,
        updated: false,
        notes: seen.notes,
        evidence: gate.evidence().blocks().to_vec(),
        processes: Vec::new(),
        missing: missing(&gate.outcome()),
    })))
}

/// Why no process has to show the outputs.
fn unneeded(differences: &[Difference], compared: bool, passes: bool) -> Option<&'static str> {
    match () {
        () if !compared => Some("the outputs of the sides were not compared, as they may differ"),
        () if !passes => {
            Some("the outputs of the sides were not compared: it does not pass whatever they are")
        }
        () if differences.is_empty() => Some("both sides are the same, and so are their outputs"),
        () => None,
    }
}

fn block([baseline, candidate]: [Result<SideFigure, Fault>; 2]) -> Block {
    Block {
        first: Side::Baseline,
        baseline,
        candidate,
    }
}

/// The gate as it stands once the outputs were seen: `decided` where they are the same, of which other outputs keep the effect;
/// what went wrong otherwise has no figure.
fn judged(
    mut unseen: Gate,
    mut decided: Gate,
    [baseline, candidate]: [Result<SideFigure, Fault>; 2],
    made: Made,
) -> Gate {
    let fault = |given: Result<Given, Fault>| given.err();
    match (fault(made.baseline), fault(made.candidate)) {
        (None, None) => decided,
        (None, Some(Fault::WrongOutputs { why })) => {
            decided.outputs_differ(why);
            decided
        }
        (of_baseline, of_candidate) => {
            unseen.push(block([
                of_baseline.map_or(baseline, Err),
                of_candidate.map_or(candidate, Err),
            ]));
            unseen
        }
    }
}

/// A process of each side; `Err` with the runs where the user stopped it.
fn seen(
    store: &Store,
    prepared: Prepared,
    stop: &AtomicBool,
    (began, differences): (Nanoseconds, &[Difference]),
) -> Result<Result<Seen, Vec<String>>, Failed> {
    let clock = MonotonicClock;
    let until = began + prepared.asked.budget;
    let ([baseline, candidate], measuring) = begin(store, prepared, stop, began)?;
    let line = RefCell::new(Line::new(measuring.name()));
    let mut of_baseline = SideLine::new(&line, Side::Baseline);
    let mut of_candidate = SideLine::new(&line, Side::Candidate);
    let sides = (
        (baseline, &mut of_baseline as _),
        (candidate, &mut of_candidate as _),
    );
    let mut lockstep = Lockstep::begin(sides.0, sides.1, 0, &clock).map_err(Failed::cell)?;
    let block = lockstep.block(&clock, until);
    rewrite("");
    let made = block
        .map_err(Failed::cell)?
        .map(|block| measuring.made(&block));
    let is_over = clock.now() >= until;
    let is_failed = |given: &Result<Given, Fault>| matches!(given, Err(Fault::Failed { .. }));
    let is_cut = is_over
        && made
            .iter()
            .any(|made| is_failed(&made.baseline) || is_failed(&made.candidate));
    let (baseline, candidate) = lockstep.finish();
    let records: [&[Record]; 2] = [&baseline.records, &candidate.records];
    let runs = measuring.runs().to_vec();
    Ok(match made {
        None => Err(runs),
        made => Ok(Seen {
            made,
            is_cut,
            runs,
            notes: notes(differences, true, records),
        }),
    })
}
