//! Joins the records of each cell of a plan to a summary.

mod batches;
mod counters;
mod doubts;
mod energy;
mod figures;
mod latency;
mod passes;
mod peaks;
mod repeats;
mod serving;

use std::collections::HashMap;

use tare_results::{Doubt, Kind, PlannedCell, Record, Run};

use crate::split::{Laws, Weighed, Weighing};
use crate::summary::{SUMMARY_SCHEMA, Summary};
pub use doubts::{is_alike, severity};
pub use figures::{Figures, mean, reason};
pub use repeats::{Repeats, is_valid};

/// A summary of each cell of the plan, in its order; those that failed or were not reached are among them, with reasons.
///
/// `records` are those of the run, in the order in which they were appended: a repeat that was made again after it
/// failed stands for itself.
pub fn summarise(run: &Run, records: &[Record]) -> Vec<Summary> {
    summarise_by(run, records, &Laws::of(records))
}

/// The same, with the dispatch laws that records of other runs give as well.
pub fn summarise_by(run: &Run, records: &[Record], laws: &Laws) -> Vec<Summary> {
    let of = |kind| by_cell(records, kind);
    let (measurements, twins) = (of(Kind::Measurement), of(Kind::Twin));
    let profiles = of(Kind::Profile);
    let none = Vec::new();
    let summarised = run.cells.iter().map(|planned| {
        let id = planned.id.as_str();
        let records = Records {
            run,
            planned,
            measurements: measurements.get(id).unwrap_or(&none),
            twins: twins.get(id).unwrap_or(&none),
            profiles: profiles.get(id).unwrap_or(&none),
            laws,
        };
        let mut summary = records.summary();
        let is_less = |needed: u64| run.max_requests < needed;
        let bound = summary.samples_of_a_p99().filter(|needed| is_less(*needed));
        summary.max_requests = bound.map(|_| run.max_requests);
        summary
    });
    summarised.collect()
}

/// By the cell's id; a profile of a twin is not one of its cell.
fn by_cell(records: &[Record], kind: Kind) -> HashMap<&str, Vec<&Record>> {
    let mut by_cell: HashMap<&str, Vec<&Record>> = HashMap::new();
    let is_of_kind =
        |record: &&Record| record.kind == kind && (kind != Kind::Profile || record.twin.is_none());
    for record in records.iter().filter(is_of_kind) {
        by_cell.entry(&record.id).or_default().push(record);
    }
    by_cell
}

/// What is known of one cell.
struct Records<'a> {
    run: &'a Run,
    planned: &'a PlannedCell,
    measurements: &'a [&'a Record],
    twins: &'a [&'a Record],
    profiles: &'a [&'a Record],
    laws: &'a Laws,
}

impl Records<'_> {
    fn weighed(&self, repeats: &Repeats<'_>) -> Weighed {
        let weighing = Weighing {
            cell: repeats,
            twins: &Repeats::of(self.twins, self.run.repeats),
            profile: passes::latest(self.profiles),
            profiles: self.profiles,
            laws: self.laws,
            asked: self.run.twins,
        };
        weighing.weighed()
    }

    /// Repeats that make the cell whole; a side of a gate ends when that is decided.
    fn expected(&self) -> u64 {
        match self.run.side {
            Some(_) => self.measurements.len() as u64,
            None => self.run.repeats,
        }
    }

    fn summary(&self) -> Summary {
        let (run, planned) = (self.run, self.planned);
        let repeats = Repeats::of(self.measurements, self.expected());
        let mut figures = Figures::of(&repeats);
        let wall = figures.latency("latency", |record| record.latency.as_ref());
        let effective = figures.latency("effective_latency", |one| one.effective_latency.as_ref());
        let agreeing = wall.as_ref().map_or(&[][..], |wall| &wall.agreeing);
        let mut doubts = doubts::union(&repeats, agreeing);
        let weighed = self.weighed(&repeats);
        let serving = doubts::settle(&mut doubts, figures.serving());
        doubts.extend(weighed.doubts.into_iter().map(|why| Doubt::Tax { why }));
        figures.lack(weighed.missing);
        Summary {
            schema: SUMMARY_SCHEMA.to_owned(),
            id: planned.id.clone(),
            run: run.id.clone(),
            created: repeats.created().unwrap_or(&run.created).to_owned(),
            producer: run.producer.clone(),
            cell: planned.cell.clone(),
            repeats: repeats.counted.len() as u64,
            max_requests: None,
            model: planned.model.clone(),
            runtime: figures.fact("runtime", |record| record.runtime.clone()),
            machine: run.machine.clone(),
            tuned: run.tuned.clone(),
            peaks: figures.peaks(),
            probe: figures.probe(),
            harness: figures.fact("harness", |record| record.harness.clone()),
            load: figures.load(),
            latency: wall.map(|wall| wall.latency),
            batches: figures.batches(),
            effective_latency: effective.map(|effective| effective.latency),
            throughput: figures.throughput(),
            schedule: figures.schedule(),
            serving,
            decision: figures.decision(),
            memory: figures.memory(),
            counters: figures.counters(),
            energy: figures.energy(),
            tax: weighed.tax,
            twin: weighed.twin,
            profile: figures.profile(self.profiles, run.profile),
            fidelity: figures.fidelity(),
            doubts,
            verdict: repeats.verdict(),
            reasons: repeats.reasons(),
            missing: figures.missing(),
            samples: repeats.samples(),
        }
    }
}
