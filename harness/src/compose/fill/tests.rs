//! What is taken back of a record, as other threads worked or issued.

use tare_results::Counters;
use tare_units::Nanoseconds;

use super::super::tests::measurement;
use super::*;

#[test]
fn the_run_delay_of_one_thread_is_not_that_of_two() {
    let judged = |threads_used| {
        let mut record = measurement(Beside::Nothing);
        record.effective_latency = record.latency.clone();
        record.doubts = vec![Doubt::DelayedRequests { share: 0.5 }];
        record.counters = Some(Counters {
            threads_used: Some(threads_used),
            ..Counters::default()
        });
        distrust_run_delay(&mut record);
        record
    };
    let one = judged(1);
    assert!(one.effective_latency.is_some() && one.doubts.len() == 1);
    let two = judged(2);
    assert!(two.effective_latency.is_none() && two.doubts.is_empty());
    assert_eq!(
        two.missing["effective_latency"],
        "2 threads worked: their run delays overlap"
    );
}

#[test]
fn under_load_no_thread_issues_all_requests() {
    let left = |scenario: &str| {
        let mut record = measurement(Beside::Nothing);
        record.cell.scenario = scenario.to_owned();
        record.counters = Some(Counters {
            issuing_cpu_ns: Some(Nanoseconds::from_millis(7)),
            ..Counters::default()
        });
        leave_out_issuing(&mut record);
        let why = record.missing.get("counters.issuing_cpu_ns").cloned();
        (
            record.counters.and_then(|counters| counters.issuing_cpu_ns),
            why,
        )
    };
    let seven = Some(Nanoseconds::from_millis(7));
    assert_eq!(left("single-stream"), (seven, None));
    let (time, why) = left("server");
    assert!(time.is_none() && why.is_some_and(|why| why.contains("several threads")));
}
