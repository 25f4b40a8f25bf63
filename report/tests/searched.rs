//! What a summary says of searches for the highest rate, of which each repeat makes its own.

mod common;

use common::run_of;
use common::served::{served, served_cell};
use tare_report::{Style, Summary, summarise, table};
use tare_results::{Met, RateSearch, SearchEnd, TriedRate};

/// Three repeats, each at the rate that its own search kept.
fn searched(kept: [f64; 3]) -> Vec<Summary> {
    let cell = served_cell("rten", 500);
    let places = [0_u64, 1, 2];
    let records = places.map(|repeat| {
        let mut record = served(&cell, repeat, (4.0, 12.0), 10, 0);
        let kept = kept[repeat as usize];
        let tried = |per_s, met| TriedRate {
            per_s,
            met,
            skew_p99_ns: None,
        };
        record.serving.as_mut().expect("served").search = Some(RateSearch {
            kept_per_s: Some(kept),
            missed_per_s: Some(kept + 20.0),
            trials: 2,
            tried: vec![tried(kept, Met::Met), tried(kept + 20.0, Met::NotMet)],
            confidence: 0.95,
            ended: SearchEnd::Narrow,
        });
        record
    });
    summarise(&run_of(vec![cell], 3), &records)
}

#[test]
fn of_several_searches_both_ends_are_rates_that_were_tried() {
    let summaries = searched([500.0, 480.0, 510.0]);
    let serving = summaries[0].serving.as_ref().expect("serving");
    let search = serving.search.as_ref().expect("a search");
    assert_eq!(search.kept_per_s, Some(480.0));
    assert_eq!(search.missed_per_s, Some(530.0));
    assert_eq!((search.trials, search.tried.len()), (6, 6));
    let style = Style {
        width: 400,
        color: false,
        unicode: true,
    };
    let table = table(&summaries, style);
    let told = "in each of 3 repeats a rate of 480/s or more kept it and one of 530/s at the most did not (6 trials";
    assert!(table.contains(told), "{table}");
}

#[test]
fn repeats_at_different_rates_have_no_percentile_and_no_objective_in_common() {
    let apart = searched([500.0, 480.0, 510.0]).remove(0);
    let latency = apart.latency.expect("counts");
    assert_eq!((latency.p50, latency.p99), (None, None));
    let reason = "repeats were served at different rates, 480.000 to 510.000 requests a second: see each one's record";
    for path in ["latency.p50", "latency.p99_9", "serving.objective"] {
        assert_eq!(apart.missing[path], reason, "{path}");
    }
    assert_eq!(apart.serving.expect("serving").objective, None);
    let alike = searched([500.0; 3]).remove(0);
    assert!(alike.latency.is_some_and(|latency| latency.p99.is_some()));
    assert!(
        alike
            .serving
            .is_some_and(|serving| serving.objective.is_some())
    );
}
