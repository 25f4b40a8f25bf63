//! What a summary says of its records, against figures worked out by hand.

mod common;
#[path = "../../results/tests/common/schema.rs"]
mod validator;

use common::twins::twins;
use common::{cell, close, failed, latency_of, percentile, profiled, repeats, run_of, timed};
use serde_json::Value;
use tare_report::{Summary, summarise, summary_schema};
use tare_results::{Doubt, Kind, Record, Verdict};
use tare_units::{Bytes, Nanoseconds};

/// The summary of one cell with these records.
fn summary(repeats: u64, records: &[Record]) -> Summary {
    let run = run_of(vec![cell(1)], repeats);
    let mut summaries = summarise(&run, records);
    assert_eq!(summaries.len(), 1);
    summaries.remove(0)
}

#[test]
fn a_percentile_is_the_mean_of_the_repeats_with_student_s_interval() {
    let summary = summary(5, &repeats(&[100e5, 102e5, 98e5, 101e5, 99e5]));
    let p50 = summary.latency.unwrap().p50.unwrap();
    let reach = 2.776_445_105_197_793 * 1e5 * (2.5_f64 / 5.0).sqrt();
    close(Some(p50.value_ns), 100e5);
    close(p50.low_ns, 100e5 - reach);
    close(p50.high_ns, 100e5 + reach);
    assert_eq!(p50.tau, None);
    assert_eq!((summary.repeats, summary.verdict), (5, Verdict::Valid));
    assert!(summary.reasons.is_empty() && summary.doubts.is_empty());
}

#[test]
fn one_repeat_keeps_the_bounds_of_its_samples_and_is_doubted() {
    let summary = summary(1, &repeats(&[100e5]));
    let p50 = summary.latency.unwrap().p50.unwrap();
    assert_eq!(
        Some(p50),
        percentile(100e5, 99e5, 101e5).map(|mut p50| {
            (p50.tau, p50.effective_count) = (None, Some(33.0));
            p50
        })
    );
    assert_eq!(summary.doubts, [Doubt::SingleRepeat]);
    assert_eq!(summary.verdict, Verdict::Valid);
}

#[test]
fn repeats_that_agree_better_than_their_samples_are_doubted() {
    let doubts = summary(3, &repeats(&[100e5, 100.01e5, 99.99e5])).doubts;
    let of = |percentile: &str| Doubt::WithinRepeatSpread {
        percentile: percentile.into(),
    };
    assert_eq!(doubts, [of("p50"), of("p90")]);
}

#[test]
fn a_percentile_that_one_repeat_cannot_decide_is_null_with_the_worst_reason() {
    let mut records = repeats(&[100e5, 101e5, 102e5]);
    for (record, count) in records.iter_mut().zip([33, 8, 400]) {
        let reason = format!("{count} of 368 samples");
        record.missing.insert("latency.p99".into(), reason);
        latency_of(record).count = count;
        record.samples.as_mut().unwrap().count = count;
    }
    latency_of(&mut records[2]).p99 = percentile(110e5, 109e5, 111e5);
    let summary = summary(3, &records);
    assert_eq!(summary.latency.unwrap().p99, None);
    assert_eq!(summary.missing["latency.p99"], "8 of 368 samples");
}

#[test]
fn mean_and_spread_are_those_of_all_requests_together() {
    let mut records = repeats(&[2.0, 7.0]);
    let moments = [(2, 2.0, 2.0_f64.sqrt(), 1, 3), (3, 7.0, 2.0, 5, 9)];
    for (record, (count, mean, std, min, max)) in records.iter_mut().zip(moments) {
        let latency = latency_of(record);
        (latency.count, latency.failed) = (count + 4, 4);
        (latency.mean_ns, latency.std_ns) = (Some(mean), Some(std));
        latency.min_ns = Some(Nanoseconds::from_nanos(min));
        latency.max_ns = Some(Nanoseconds::from_nanos(max));
    }
    let latency = summary(2, &records).latency.unwrap();
    close(latency.mean_ns, 5.0);
    close(latency.std_ns, 10.0_f64.sqrt());
    assert_eq!((latency.count, latency.failed), (13, 8));
    assert_eq!(latency.min_ns, Some(Nanoseconds::from_nanos(1)));
    assert_eq!(latency.max_ns, Some(Nanoseconds::from_nanos(9)));
}

#[test]
fn peaks_are_the_largest_and_the_rest_of_memory_is_averaged() {
    let mut records = repeats(&[100e5, 101e5]);
    let memory = records[1].memory.as_mut().unwrap();
    memory.peak_rss_bytes = Some(Bytes::from_mib(300));
    memory.after_load_rss_bytes = Some(Bytes::from_mib(182));
    memory.peak_pss_bytes = None;
    let reason = "smaps_rollup is not readable";
    let missing = &mut records[1].missing;
    missing.insert("memory.peak_pss_bytes".into(), reason.into());
    let summary = summary(2, &records);
    let memory = summary.memory.unwrap();
    assert_eq!(memory.peak_rss_bytes, Some(Bytes::from_mib(300)));
    assert_eq!(memory.after_load_rss_bytes, Some(Bytes::from_mib(181)));
    assert_eq!(memory.minor_faults, Some(4_096));
    assert_eq!(memory.peak_pss_bytes, None);
    assert_eq!(summary.missing["memory.peak_pss_bytes"], reason);
}

#[test]
fn loading_throughput_and_skew_are_averaged() {
    let mut records = repeats(&[20e6, 40e6]);
    let load = records[0].load.as_mut().unwrap();
    load.load_ns = Nanoseconds::from_millis(100);
    load.steady = false;
    records[1].schedule.as_mut().unwrap().skew_max_ns = Nanoseconds::from_nanos(5_000);
    let summary = summary(2, &records);
    let load = summary.load.unwrap();
    assert_eq!(load.load_ns, Nanoseconds::from_millis(110));
    assert!(!load.steady);
    close(summary.throughput.unwrap().samples_per_s, 37.5);
    let schedule = summary.schedule.unwrap();
    assert_eq!(schedule.skew_max_ns, Nanoseconds::from_nanos(5_000));
    assert_eq!(schedule.skew_p50_ns, Nanoseconds::from_nanos(80));
}

#[test]
fn equal_doubts_become_the_worst_of_them() {
    let mut records = repeats(&[100e5, 103e5]);
    let guessed = |input: &str| Doubt::GuessedInputs {
        inputs: vec![input.into()],
    };
    records[0].doubts = vec![Doubt::DelayedRequests { share: 0.02 }, guessed("a")];
    records[1].doubts = vec![
        guessed("b"),
        Doubt::DelayedRequests { share: 0.3 },
        guessed("a"),
    ];
    let doubts = summary(2, &records).doubts;
    assert_eq!(
        doubts,
        [
            Doubt::DelayedRequests { share: 0.3 },
            guessed("a"),
            guessed("b")
        ]
    );
}

#[test]
fn a_repeat_that_failed_makes_the_cell_invalid_and_stays_out_of_its_figures() {
    let mut records = repeats(&[100e5, 102e5]);
    records.push(failed(&cell(1), 2, "no such file; give another path"));
    let summary = summary(3, &records);
    assert_eq!((summary.verdict, summary.repeats), (Verdict::Invalid, 2));
    assert_eq!(
        summary.reasons,
        ["repeat 3 of 3: failed while loading the model: no such file; give another path"]
    );
    close(
        summary.latency.map(|latency| latency.p50.unwrap().value_ns),
        101e5,
    );
    let missing = Doubt::MissingRepeats {
        have: 2,
        planned: 3,
    };
    assert!(summary.doubts.contains(&missing));
    assert_eq!(summary.samples.len(), 2);
}

#[test]
fn a_cell_of_which_every_repeat_failed_says_so_once_and_has_no_figures() {
    let records = [0, 1].map(|repeat| failed(&cell(1), repeat, "out of memory"));
    let summary = summary(2, &records);
    assert_eq!(
        summary.reasons,
        ["failed while loading the model: out of memory"]
    );
    assert_eq!((summary.repeats, &summary.latency), (0, &None));
    assert_eq!(summary.missing["latency"], "no repeat ended well");
    assert_eq!(summary.missing["runtime"], "out of memory");
}

#[test]
fn a_retry_stands_for_the_repeat_that_failed() {
    let mut records = vec![failed(&cell(1), 0, "killed")];
    records.extend(repeats(&[100e5, 102e5]));
    let summary = summary(2, &records);
    assert_eq!((summary.verdict, summary.repeats), (Verdict::Valid, 2));
    assert!(summary.reasons.is_empty());
}

#[test]
fn invalid_repeats_still_show_what_they_measured_where_none_is_valid() {
    let mut records = repeats(&[100e5, 102e5]);
    for record in &mut records {
        record.verdict = Verdict::Invalid;
        record.reasons = vec!["its outputs are wrong".into()];
    }
    let summary = summary(2, &records);
    assert_eq!(summary.verdict, Verdict::Invalid);
    assert_eq!(summary.reasons, ["its outputs are wrong"]);
    assert_eq!(summary.repeats, 2);
    assert!(summary.latency.is_some());
}

#[test]
fn the_repeat_whose_outputs_are_farthest_off_stands_for_the_cell() {
    let mut records = repeats(&[100e5, 102e5, 101e5]);
    for (record, (relative, beyond)) in records.iter_mut().zip([(0.5, 0), (0.1, 3), (0.2, 0)]) {
        let fidelity = record.fidelity.as_mut().unwrap();
        fidelity.max_relative = relative;
        fidelity.outputs[0].beyond = beyond;
    }
    let worst = records[1].fidelity.clone();
    assert_eq!(summary(3, &records).fidelity, worst);
    records[1].fidelity = None;
    assert_eq!(summary(3, &records).fidelity, records[0].fidelity);
}

#[test]
fn outputs_that_were_not_compared_say_why() {
    let mut records = repeats(&[100e5]);
    records[0].fidelity = None;
    let reason = "only rten is ready here";
    records[0].missing.insert("fidelity".into(), reason.into());
    let summary = summary(1, &records);
    assert_eq!((summary.fidelity, summary.verdict), (None, Verdict::Valid));
    assert_eq!(summary.missing["fidelity"], reason);
}

#[test]
fn a_cell_has_its_latest_profile() {
    let mut records = repeats(&[100e5]);
    records.push(profiled(&cell(1), Some(1.1), &[("Add", 1.0)]));
    records.push(profiled(&cell(1), None, &[("MatMul", 2.0)]));
    let reason = "the cell has no median latency";
    let missing = &mut records[2].missing;
    missing.insert("profile.perturbation".into(), reason.into());
    let found = summary(1, &records);
    assert_eq!(found.profile, records[2].profile);
    assert_eq!(found.missing["profile.perturbation"], reason);
    assert_eq!((found.repeats, found.verdict), (1, Verdict::Valid));
    records[2].profile = None;
    assert_eq!(summary(1, &records).profile, records[1].profile);
}

#[test]
fn a_cell_without_a_profile_says_why() {
    let mut records = repeats(&[100e5]);
    let why = |records: &[Record]| summary(1, records).missing["profile"].clone();
    assert!(why(&records).contains("tare run --profile"));
    let mut crashed = failed(&cell(1), 0, "killed by signal 11");
    crashed.kind = Kind::Profile;
    records.push(crashed);
    assert_eq!(why(&records), "killed by signal 11");
    let mut run = run_of(vec![cell(1)], 1);
    run.profile = true;
    let summaries = summarise(&run, &records[..1]);
    assert_eq!(summaries[0].missing["profile"], "not made yet");
}

#[test]
fn cells_come_in_the_order_of_the_plan_and_unreached_ones_with_a_reason() {
    let run = run_of(vec![cell(8), cell(1)], 2);
    let mut twin = timed(&cell(8), 0, 1.0);
    twin.kind = Kind::Twin;
    let records = [twin, timed(&cell(1), 0, 100e5), timed(&cell(1), 1, 102e5)];
    let summaries = summarise(&run, &records);
    let batches: Vec<u64> = summaries.iter().map(|summary| summary.cell.batch).collect();
    assert_eq!(batches, [8, 1]);
    assert_eq!(summaries[0].reasons, ["not made yet"]);
    assert_eq!(summaries[0].verdict, Verdict::Invalid);
    assert_eq!(summaries[0].created, run.created);
    assert_eq!(summaries[1].created, "2026-11-21T10:47:01.000Z");
    assert_eq!(summaries[1].verdict, Verdict::Valid);
}

#[test]
fn every_null_figure_has_a_reason_and_every_reason_a_null() {
    let mut partly = repeats(&[100e5, 102e5]);
    partly[1].load.as_mut().unwrap().first_inference_ns = None;
    partly[0]
        .missing
        .insert("latency.p90".into(), "not so".into());
    let none = [failed(&cell(1), 0, "killed")];
    let mut weighed = repeats(&[100e5, 102e5]);
    weighed.extend(twins(&cell(1), &[1e5, 1.1e5]));
    let mut bare = weighed.clone();
    for record in &mut bare {
        record.model.flops = None;
        let facts = record.twin.as_mut();
        facts.into_iter().for_each(|facts| facts.hollowness = None);
    }
    for records in [&partly[..], &none, &weighed, &bare] {
        let summary = serde_json::to_value(summary(2, records)).unwrap();
        let mut nulls = Vec::new();
        for group in [
            "runtime",
            "peaks",
            "probe",
            "harness",
            "load",
            "latency",
            "effective_latency",
            "throughput",
            "schedule",
            "memory",
            "counters",
            "energy",
            "tax",
            "twin",
            "profile",
            "fidelity",
        ] {
            collect_nulls(&summary[group], group, &mut nulls);
        }
        nulls.retain(|path| path != "runtime.library_sha256");
        nulls.sort();
        let missing = summary["missing"].as_object().unwrap();
        assert_eq!(
            missing.keys().collect::<Vec<_>>(),
            nulls.iter().collect::<Vec<_>>()
        );
    }
}

fn collect_nulls(value: &Value, path: &str, nulls: &mut Vec<String>) {
    match value {
        Value::Null => nulls.push(path.to_owned()),
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, value)| collect_nulls(value, &format!("{path}.{key}"), nulls)),
        _ => {}
    }
}

#[test]
fn a_summary_keeps_to_its_schema_and_reads_back() {
    let schema = serde_json::to_value(summary_schema()).unwrap();
    let whole = summary(2, &repeats(&[100e5, 102e5]));
    let empty = summary(2, &[]);
    for summary in [whole, empty] {
        let value = serde_json::to_value(&summary).unwrap();
        assert_eq!(validator::violations(&schema, &value), [""; 0]);
        let back: Summary = serde_json::from_value(value).unwrap();
        assert_eq!(back, summary);
    }
}
