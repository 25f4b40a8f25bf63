//! Joins the records of each cell of a plan to a summary.

mod counters;
mod doubts;
mod energy;
mod figures;
mod latency;
mod passes;
mod peaks;
mod repeats;

use std::collections::HashMap;

use tare_results::{Kind, PlannedCell, Record, Run};

use crate::summary::{SUMMARY_SCHEMA, Summary};
pub use doubts::{is_alike, severity};
use figures::Figures;
use repeats::Repeats;

/// A summary of each cell of the plan, in its order; those that failed or were not reached are among them, with reasons.
///
/// `records` are those of the run, in the order in which they were appended: a repeat that was made again after it
/// failed stands for itself.
pub fn summarise(run: &Run, records: &[Record]) -> Vec<Summary> {
    let measurements = by_cell(records, Kind::Measurement);
    let profiles = by_cell(records, Kind::Profile);
    run.cells
        .iter()
        .map(|planned| {
            let id = planned.id.as_str();
            let (records, profiles) = (measurements.get(id), profiles.get(id));
            summary(
                run,
                planned,
                records.map_or(&[], Vec::as_slice),
                profiles.map_or(&[], Vec::as_slice),
            )
        })
        .collect()
}

fn by_cell(records: &[Record], kind: Kind) -> HashMap<&str, Vec<&Record>> {
    let mut by_cell: HashMap<&str, Vec<&Record>> = HashMap::new();
    for record in records.iter().filter(|record| record.kind == kind) {
        by_cell.entry(&record.id).or_default().push(record);
    }
    by_cell
}

fn summary(run: &Run, planned: &PlannedCell, records: &[&Record], profiles: &[&Record]) -> Summary {
    let repeats = Repeats::of(records, run.repeats);
    let mut figures = Figures::of(&repeats);
    let wall = figures.latency("latency", |record| record.latency.as_ref());
    let effective = figures.latency("effective_latency", |record| {
        record.effective_latency.as_ref()
    });
    let agreeing = wall.as_ref().map_or(&[][..], |wall| &wall.agreeing);
    let doubts = doubts::union(&repeats, agreeing);
    Summary {
        schema: SUMMARY_SCHEMA.to_owned(),
        id: planned.id.clone(),
        run: run.id.clone(),
        created: repeats.created().unwrap_or(&run.created).to_owned(),
        producer: run.producer.clone(),
        cell: planned.cell.clone(),
        repeats: repeats.counted.len() as u64,
        model: planned.model.clone(),
        runtime: figures.fact("runtime", |record| record.runtime.clone()),
        machine: run.machine.clone(),
        tuned: run.tuned.clone(),
        peaks: figures.peaks(),
        probe: figures.probe(),
        harness: figures.fact("harness", |record| record.harness.clone()),
        load: figures.load(),
        latency: wall.map(|wall| wall.latency),
        effective_latency: effective.map(|effective| effective.latency),
        throughput: figures.throughput(),
        schedule: figures.schedule(),
        memory: figures.memory(),
        counters: figures.counters(),
        energy: figures.energy(),
        profile: figures.profile(profiles, run.profile),
        fidelity: figures.fidelity(),
        doubts,
        verdict: repeats.verdict(),
        reasons: repeats.reasons(),
        missing: figures.missing(),
        samples: repeats.samples(),
    }
}
