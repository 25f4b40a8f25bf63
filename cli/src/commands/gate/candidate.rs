//! The processes of a candidate that stands alone: what they gave, and their outputs beside the stored ones.

use std::cell::RefCell;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use tare_clock::{Clock, MonotonicClock};
use tare_gate::{Conditions, Fault, PROCESSES, Side, SideFigure};
use tare_harness::plan::Work;
use tare_harness::{Pilot, Repeats, Side as _};
use tare_results::store::Store;
use tare_results::{Kind, Record};
use tare_units::Nanoseconds;

use super::super::run::dry::about;
use super::alone::Kept;
use super::asked::Asked;
use super::bounds::Bound;
use super::callgrind::{Callgrind, NOTE};
use super::executed::library;
use super::given::{Given, Wanted, counts_delay, is_counted_whole};
use super::measure::request;
use super::notes::doubts;
use super::outputs::{Outputs, Staged, StoredOutputs};
use super::prepared::SidePlan;
use super::progress::{Line, SideLine};
use super::stored::FigureKind;
use super::told::Sample;
use crate::exit::Failed;
use crate::terminal::{plain, rewrite};

/// What the candidate's processes gave.
pub struct Gave {
    /// What its figures are.
    pub kind: FigureKind,
    /// One a process.
    pub figures: Vec<SideFigure>,
    /// Why there are no more.
    pub fault: Option<Fault>,
    /// Its run in the store; `None` where it was not executed.
    pub run: Option<String>,
    /// The library that executed it; `None` where none did, or it never said.
    pub library: Option<String>,
    /// How its outputs compare with the stored ones.
    pub outputs: Outputs,
    /// Its own, where they are to be stored.
    pub kept: Option<Staged>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
}

/// What is measured of the candidate.
pub struct Measure<'a> {
    /// As it was asked for.
    pub asked: &'a Asked,
    /// What is gated.
    pub name: &'a str,
    /// What it is compared with.
    pub baseline: &'a Kept,
    /// So many.
    pub processes: usize,
    /// When the budget began.
    pub began: Nanoseconds,
}

/// What is known of it without measuring.
fn exact(asked: &Asked, candidate: &SidePlan) -> Gave {
    let conditions = Conditions {
        single_threaded: true,
        run_delay: true,
    };
    let figure = candidate.exact(asked.metric);
    Gave {
        kind: FigureKind {
            statistic: asked.metric.statistic(conditions),
            counter: None,
        },
        fault: figure.as_ref().err().cloned(),
        figures: figure.into_iter().collect(),
        run: None,
        library: None,
        outputs: Outputs::NotAsked,
        kept: None,
        notes: Vec::new(),
    }
}

impl Gave {
    /// An exact figure whose outputs a process showed.
    fn seen_by(self, process: Self) -> Self {
        Self {
            kind: self.kind,
            figures: self.figures,
            ..process
        }
    }
}

impl Measure<'_> {
    /// What is known of the candidate without measuring, and what processes give where that takes any; `Err` with the run where the
    /// user stopped it.
    ///
    /// # Errors
    /// Where records or outputs cannot be kept.
    pub fn whole(
        &self,
        store: &Store,
        candidate: SidePlan,
        stop: &AtomicBool,
    ) -> Result<Result<Gave, String>, Failed> {
        let is_exact = self.asked.is_exact();
        match is_exact.then(|| exact(self.asked, &candidate)) {
            Some(exact) if !self.asked.compared || exact.fault.is_some() => Ok(Ok(exact)),
            Some(exact) => {
                let gave = self.gave(store, candidate, stop)?;
                Ok(gave.map(|gave| exact.seen_by(gave)))
            }
            None => self.gave(store, candidate, stop),
        }
    }

    /// What processes of the candidate give, until there are enough, one is at fault, or the budget is over; `Err` with the run
    /// where the user stopped it.
    ///
    /// # Errors
    /// Where records or outputs cannot be kept.
    fn gave(
        &self,
        store: &Store,
        mut candidate: SidePlan,
        stop: &AtomicBool,
    ) -> Result<Result<Gave, String>, Failed> {
        let metric = self.asked.metric;
        let work = candidate.work().clone();
        let (counter, callgrind) = (candidate.counter(metric), candidate.callgrind.take());
        let single_threaded = candidate.is_single_threaded(metric);
        let bounds = (candidate.bound(metric), candidate.timed().at_least());
        let sample = candidate.sample(metric);
        let most = (metric, self.processes as u64);
        let request = request(store, candidate, None, most, stop)?;
        let run = request.run.id.clone();
        let folder = store.dir().join(&run);
        let line = RefCell::new(Line::new(self.name));
        let mut told = SideLine::new(&line, Side::Candidate);
        let mut repeats =
            Repeats::begin(request, &MonotonicClock, &mut told).map_err(Failed::cell)?;
        self.size_up(&mut repeats, bounds, sample)?;
        callgrind.iter().for_each(Callgrind::forget);
        let made = self.processes(&mut repeats, (&folder, callgrind.as_ref()));
        rewrite("");
        let Some((given, fault)) = made? else {
            return Ok(Err(run));
        };
        let conditions = Conditions {
            single_threaded,
            run_delay: repeats.no_run_delay().is_none() && counts_delay(given.iter()),
        };
        let (outputs, kept) = self.outputs(&repeats, &work)?;
        let records = repeats.finish().records;
        let notes = callgrind.iter().map(|_| NOTE.to_owned());
        let statistic = metric.statistic(conditions);
        let figures = match self.asked.is_exact() {
            true => Ok(Vec::new()),
            false => given.iter().map(|one| one.figure(statistic)).collect(),
        };
        Ok(Ok(Gave {
            kind: FigureKind { statistic, counter },
            fault: fault.or(figures.as_ref().err().cloned()),
            figures: figures.unwrap_or_default(),
            run: Some(run),
            library: library(&records),
            outputs,
            kept,
            notes: notes.chain(doubts(timed(&records))).collect(),
        }))
    }

    /// Refuses a budget that a short go shows to be too small, bounds the requests of a process, and says what it takes.
    fn size_up(
        &self,
        repeats: &mut Repeats<'_, MonotonicClock>,
        (requests, timed): (Option<Bound>, Nanoseconds),
        sample: Option<Sample>,
    ) -> Result<(), Failed> {
        let pilot = repeats.pilot();
        let fewest = self.processes.min(PROCESSES) as u64;
        rewrite("");
        if let Some(short) = self.asked.too_long(Side::Candidate, &pilot, fewest) {
            return Err(short);
        }
        let exactly = requests.zip(pilot.shortest.as_ref().ok());
        let exactly = exactly.map(|(requests, latency)| (requests.of(*latency), *latency));
        let timed = exactly.map_or(timed, |(count, latency)| {
            Nanoseconds::from_nanos(latency.as_nanos().saturating_mul(count))
        });
        self.check_budget(&pilot, timed, fewest)?;
        let exactly = exactly.map(|(count, _)| count);
        if let Some(count) = exactly {
            repeats.limit_requests(count);
        }
        let sample = exactly.map(Sample::Exactly).or(sample);
        let one = pilot.took + timed;
        eprintln!("{}", plain(&self.foretold(sample, Some(one))));
        Ok(())
    }

    /// What it takes, where a process takes about so long.
    pub fn foretold(&self, sample: Option<Sample>, one: Option<Nanoseconds>) -> String {
        let processes = self.processes as u64;
        let sample = sample.map(|sample| format!(", each with {sample}"));
        let time = one.map(|one| {
            let all = Nanoseconds::from_nanos(one.as_nanos().saturating_mul(processes));
            format!(", {}", about(all))
        });
        format!(
            "{}: {processes} processes of the candidate{} against the days stored in {}{}, {} at the most",
            self.name,
            sample.unwrap_or_default(),
            self.baseline.path.display(),
            time.unwrap_or_default(),
            about(self.asked.budget)
        )
    }

    /// Refuses a budget of which what is left has no room for so few processes as decide anything.
    fn check_budget(&self, pilot: &Pilot, timed: Nanoseconds, fewest: u64) -> Result<(), Failed> {
        let spent = MonotonicClock.now().saturating_sub(self.began);
        let left = self.asked.budget.saturating_sub(spent);
        let one = pilot.took + timed;
        let needed = Nanoseconds::from_nanos(one.as_nanos().saturating_mul(fewest));
        match pilot.shortest.is_err() || needed <= left {
            true => Ok(()),
            false => Err(Failed::told(format!(
                "a budget of {} is too small to decide anything: it takes {fewest} processes of the candidate of about {}; give at \
                 least {}",
                self.asked.budget,
                one,
                needed + spent
            ))),
        }
    }

    /// How the outputs compare with the stored ones; and themselves, where they are to be stored.
    fn outputs(
        &self,
        repeats: &Repeats<'_, MonotonicClock>,
        work: &Work,
    ) -> Result<(Outputs, Option<Staged>), Failed> {
        if !self.asked.compared {
            return Ok((Outputs::NotAsked, None));
        }
        let (own, adapter) = match repeats.reference() {
            Ok(own) => own,
            Err(why) => return Ok((Outputs::Unknown(why), None)),
        };
        let path = &self.baseline.path;
        let of_cell = (&work.load.outputs[..], &*work.planned.cell.precision);
        let stored = self.baseline.stored.as_ref();
        let outputs = stored.map_or(Outputs::NotAsked, |stored| {
            StoredOutputs::compare(stored.outputs(), path, own, of_cell)
        });
        let is_other = matches!(outputs, Outputs::Differ(_));
        let kept = (self.asked.update && !is_other).then(|| Staged::new(path, (own, adapter)));
        let kept = kept.transpose().map_err(Failed::told)?;
        Ok((outputs, kept))
    }

    /// Repeats until there are enough, one is at fault, or the budget is over.
    fn processes(
        &self,
        repeats: &mut Repeats<'_, MonotonicClock>,
        (folder, callgrind): (&Path, Option<&Callgrind>),
    ) -> Result<Processes, Failed> {
        let Asked {
            metric, compared, ..
        } = *self.asked;
        let until = self.began + self.asked.budget;
        let mut given: Vec<Given> = Vec::new();
        while given.len() < self.processes && MonotonicClock.now() < until {
            let left = until.saturating_sub(MonotonicClock.now());
            let Some(record) = repeats.repeat(left).map_err(Failed::cell)? else {
                return Ok(None);
            };
            let wanted = Wanted {
                run: folder,
                metric,
                compared,
                callgrind,
            };
            match Given::of(&record, &wanted) {
                Ok(one) => given.push(one),
                // What was killed because the budget ended is no fault of its own.
                Err(Fault::Failed { .. }) if MonotonicClock.now() >= until => break,
                Err(fault) => {
                    let fault = self.asked.told_of_budget(fault);
                    return Ok(Some((given, Some(fault))));
                }
            }
        }
        let fault = is_counted_whole(given.iter()).err();
        Ok(Some((given, fault)))
    }
}

fn timed(records: &[Record]) -> impl Iterator<Item = &Record> {
    let is_timed = |record: &&Record| record.kind == Kind::Measurement;
    records.iter().filter(is_timed)
}

/// What each gave, and the fault of the last; `None` where the user stopped it.
type Processes = Option<(Vec<Given>, Option<Fault>)>;
