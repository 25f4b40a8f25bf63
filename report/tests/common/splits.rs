//! A cell and its twins, split.

use tare_report::{Summary, summarise};
use tare_results::{Doubt, Record, Tax, TaxDoubt};
use tare_units::SignedNanoseconds;

use super::twins::twins;
use super::{cell, repeats, run_of};

/// 2.869 GFLOP at 120 GFLOP/s.
pub const FLOOR: f64 = 23_907_532.8;

/// The summary of the only cell, with its twins.
pub fn summary(records: &[Record]) -> Summary {
    let mut run = run_of(vec![cell(1)], 3);
    run.twins = true;
    let mut summaries = summarise(&run, records);
    assert_eq!(summaries.len(), 1);
    summaries.remove(0)
}

/// Repeats of the cell with these medians, and of its twin with those.
pub fn both(latencies: &[f64], taxes: &[f64]) -> Vec<Record> {
    [repeats(latencies), twins(&cell(1), taxes)].concat()
}

/// The split of the only cell.
pub fn split(records: &[Record]) -> Tax {
    summary(records).tax.expect("a split")
}

/// What is doubted of a split.
pub fn doubts(summary: &Summary) -> Vec<&TaxDoubt> {
    let of_tax = summary.doubts.iter().filter_map(|doubt| match doubt {
        Doubt::Tax { why } => Some(why),
        _ => None,
    });
    of_tax.collect()
}

/// Rounded to a whole one.
pub fn ns(nanos: f64) -> SignedNanoseconds {
    SignedNanoseconds::from_nanos_f64(nanos)
}
