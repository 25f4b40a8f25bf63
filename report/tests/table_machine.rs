//! What a table says of the machine: that it was tuned, and what share of its peak the work reached.

mod common;

use common::{cell, profiled, run_of, timed};
use tare_report::{Style, Summary, summarise, table};
use tare_results::{CellPeaks, Family, FamilyShare, Tuning};
use tare_units::{BytesPerSecond, Flops, FlopsPerSecond, Rate};

fn style(width: usize) -> Style {
    Style {
        width,
        color: false,
        unicode: true,
    }
}

fn peaks(flops_per_s: f64) -> CellPeaks {
    CellPeaks {
        flops_per_s: FlopsPerSecond::from_per_s(flops_per_s),
        bytes_per_s: BytesPerSecond::from_per_s(1e10),
        level: "L2".to_owned(),
        h2d_bytes_per_s: None,
        d2h_bytes_per_s: None,
        calibrated_at: "2026-11-01T00:00:00Z".to_owned(),
    }
}

#[test]
fn a_tuned_machine_is_told_above_the_table_and_one_that_was_not_is_not() {
    let mut summaries = summarise(&run_of(vec![cell(1)], 1), &[timed(&cell(1), 0, 30e6)]);
    assert!(!table(&summaries, style(100)).contains("tuned"));
    for summary in &mut summaries {
        summary.tuned = Some(Tuning::default());
    }
    let text = table(&summaries, style(100));
    let above = text.lines().take(3).any(|line| line.contains("tuned"));
    assert!(above, "{text}");
}

#[test]
fn what_products_reach_is_told_beside_the_roof_where_both_are_known() {
    let one = cell(1);
    let mut record = profiled(&one, Some(1.0), &[("MatMul", 20.0), ("Add", 5.0)]);
    record.profile.as_mut().unwrap().families = vec![FamilyShare {
        family: Family::MatrixProducts,
        count: 6,
        time_ns: 20e6,
        share: 0.8,
        flops: Some(Flops::from_operations(1_000_000_000)),
        bytes: Some(tare_units::Bytes::from_bytes(4_000)),
    }];
    let mut run = run_of(vec![one.clone()], 1);
    run.profile = true;
    let mut summaries = summarise(&run, &[timed(&one, 0, 30e6), record]);
    let told = |summaries: &[Summary]| table(summaries, style(200));
    summaries[0].peaks = None;
    let without = told(&summaries);
    assert!(
        without.contains("; matrix products at 50.0 GFLOP/s;"),
        "{without}"
    );
    summaries[0].peaks = Some(peaks(200e9));
    let with = told(&summaries);
    assert!(
        with.contains("matrix products at 50.0 GFLOP/s, 25% of the roof;"),
        "{with}"
    );
}
