//! Cells of several models whose work and latency are given.

use tare_report::{Summary, summarise};
use tare_results::{PlannedCell, Record};
use tare_units::Flops;

use super::{cell, planned, run_of, timed};

/// A cell of a model at some sizes and batch, whose latency is `p50` nanoseconds.
pub fn at(
    model: &str,
    shape: &[(&str, u64)],
    batch: u64,
    gigaflops: u64,
    p50: f64,
) -> (PlannedCell, Record) {
    let mut of = cell(batch);
    of.model = model.to_owned();
    let sizes = shape
        .iter()
        .map(|(symbol, size)| ((*symbol).to_owned(), *size));
    of.shape = sizes.collect();
    let mut planned = planned(of.clone());
    planned.id = of.id(model);
    planned.model.sha256 = model.to_owned();
    planned.model.flops = Some(Flops::from_macs(gigaflops * 500_000_000));
    let mut record = timed(&of, 0, p50);
    record.id = planned.id.clone();
    (planned, record)
}

/// The summaries of such cells, which are those of one run.
pub fn summarised(cells: Vec<(PlannedCell, Record)>) -> Vec<Summary> {
    let mut run = run_of(Vec::new(), 1);
    let (planned, records): (Vec<PlannedCell>, Vec<Record>) = cells.into_iter().unzip();
    run.cells = planned;
    summarise(&run, &records)
}
