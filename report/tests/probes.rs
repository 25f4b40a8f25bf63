//! What a summary says of what the probes read in each repeat.

mod common;

use common::{cell, close, repeats, run_of};
use tare_report::{Summary, summarise};
use tare_results::{Count, Counters, Doubt, Energy, EnergySource, PeaksDoubt, Record};
use tare_units::{Bytes, FlopsPerSecond, Nanoseconds, Rate};

/// The summary of one cell with these records.
fn summary(records: &[Record]) -> Summary {
    let run = run_of(vec![cell(1)], records.len() as u64);
    summarise(&run, records).remove(0)
}

fn counted(value: u64, counted_share: f64) -> Count {
    Count {
        value,
        counted_share,
        user_space_only: counted_share < 1.0,
    }
}

fn with_counters(each: [Counters; 2]) -> Vec<Record> {
    let mut records = repeats(&[100e5, 101e5]);
    for (record, counters) in records.iter_mut().zip(each) {
        record.counters = Some(counters);
    }
    records
}

#[test]
fn counts_are_means_with_the_least_share_and_threads_the_most() {
    let counters = |instructions, threads_used, cpu_ns| Counters {
        instructions: Some(instructions),
        threads_used: Some(threads_used),
        cpu_ns: Some(Nanoseconds::from_nanos(cpu_ns)),
        ..Counters::default()
    };
    let each = [
        counters(counted(100, 1.0), 1, 10),
        counters(counted(200, 0.5), 3, 30),
    ];
    let counters = summary(&with_counters(each)).counters.expect("a group");
    assert_eq!(counters.instructions, Some(counted(150, 0.5)));
    assert_eq!(counters.threads_used, Some(3));
    assert_eq!(counters.cpu_ns, Some(Nanoseconds::from_nanos(20)));
}

#[test]
fn a_counter_that_one_repeat_lacks_is_null_with_its_reason() {
    let whole = Counters {
        cycles: Some(counted(7, 1.0)),
        ..Counters::default()
    };
    let mut records = with_counters([whole, Counters::default()]);
    let why = "no such unit".to_owned();
    records[1].missing.insert("counters.cycles".to_owned(), why);
    let summary = summary(&records);
    assert_eq!(summary.counters.expect("a group").cycles, None);
    assert_eq!(summary.missing["counters.cycles"], "no such unit");
}

#[test]
fn joules_are_means_whose_random_part_shrinks_and_whose_systematic_part_does_not() {
    let energy = |gross| Energy {
        sources: vec![EnergySource {
            source: "meter".to_owned(),
            gross_j: Some(gross),
            random_j: Some(0.2),
            systematic_j: Some(0.5),
            window_s: 1.0,
            ..EnergySource::default()
        }],
        primary: Some("meter".to_owned()),
        per_sample_j: Some(gross / 10.0),
        ..Energy::default()
    };
    let mut records = repeats(&[100e5, 101e5, 100e5, 101e5]);
    for (record, gross) in records.iter_mut().zip([9.0, 11.0, 9.0, 11.0]) {
        record.energy = Some(energy(gross));
    }
    let joined = summary(&records).energy.expect("joules");
    close(joined.per_sample_j, 1.0);
    let [source] = joined.sources.as_slice() else {
        panic!("one source: {joined:?}")
    };
    close(source.gross_j, 10.0);
    close(source.random_j, 0.1);
    close(source.systematic_j, 0.5);
    assert_eq!(source.idle_j, None);
}

#[test]
fn peaks_are_means_of_rates_and_a_probe_that_one_repeat_lacks_is_null_with_its_reason() {
    let mut records = repeats(&[100e5, 101e5]);
    let peaks = records[1].peaks.as_mut().expect("built with peaks");
    peaks.flops_per_s = peaks.flops_per_s.scaled(3.0);
    let mean = FlopsPerSecond::from_per_s(peaks.flops_per_s.per_s() / 3.0 * 2.0);
    records[1].probe.as_mut().expect("built with probes").after = None;
    let why = "it was killed".to_owned();
    records[1].missing.insert("probe.after".to_owned(), why);
    let summary = summary(&records);
    let peaks = summary.peaks.expect("peaks");
    assert_eq!((peaks.flops_per_s, peaks.level.as_str()), (mean, "DRAM"));
    let probe = summary.probe.expect("probes");
    assert!(probe.before.is_some() && probe.after.is_none());
    assert_eq!(summary.missing["probe.after"], "it was killed");
}

#[test]
fn a_machine_that_changed_is_one_doubt_a_figure_as_bad_as_it_gets() {
    let disagree = |figure: &str, after| Doubt::Peaks {
        why: PeaksDoubt::ProbesDisagree {
            figure: figure.to_owned(),
            before: 1.0,
            after,
        },
    };
    let near = Doubt::Peaks {
        why: PeaksDoubt::NearLevel {
            level: "L2".to_owned(),
            working_set_bytes: Bytes::from_mib(1),
            level_bytes: Bytes::from_mib(1),
        },
    };
    let mut records = repeats(&[100e5, 101e5]);
    records[0].doubts = vec![disagree("flops_per_s", 0.9), near.clone()];
    records[1].doubts = vec![
        disagree("flops_per_s", 0.5),
        disagree("bytes_per_s", 1.2),
        near.clone(),
    ];
    let doubts = summary(&records).doubts;
    let expected = [
        disagree("flops_per_s", 0.5),
        near,
        disagree("bytes_per_s", 1.2),
    ];
    assert_eq!(doubts, expected);
}
