//! A latency is split into floor, inefficiency and tax that add up to it, each with its interval, its class and its doubts.

mod common;

use common::splits::{FLOOR, both, doubts, ns, split, summary};
use common::twins::{twin, twins};
use common::{cell, profiled, repeats, run_of, timed};
use tare_report::summarise;
use tare_results::{Class, Doubt, FloorTerm, TaxDoubt, TaxMethod};
use tare_units::{Bytes, BytesPerSecond, FlopsPerSecond, Rate, SignedNanoseconds};

#[test]
fn the_parts_add_up_to_the_latency_to_the_nanosecond() {
    let records = both(
        &[30_000_000.4, 30_000_001.3, 30_000_003.9],
        &[1e6, 1e6 + 1.0, 1e6 + 0.6],
    );
    let tax = split(&records);
    let (floor, inefficiency) = (
        tax.floor_ns.expect("a floor"),
        tax.inefficiency_ns.expect("one"),
    );
    assert_eq!(floor + inefficiency + tax.tax_ns, tax.latency_ns);
    assert_eq!(
        (tax.latency_ns, tax.tax_ns, floor),
        (ns(30_000_002.0), ns(1_000_001.0), ns(FLOOR))
    );
    assert_eq!(tax.kernel_ns, floor + inefficiency);
    assert_eq!(
        (tax.method, tax.floor_term),
        (TaxMethod::HollowTwin, Some(FloorTerm::Compute))
    );
    assert!((tax.tax_fraction - 1.0 / 30.0).abs() < 1e-6);
}

/// What the twin may still do, in nanoseconds.
fn left(tax: &tare_results::Tax) -> f64 {
    tax.residual_ns.expect("is known").as_nanos_f64()
}

/// Whether a bound lies at `expected`, but for rounding.
fn lies_at(bound: Option<SignedNanoseconds>, expected: f64) -> bool {
    bound.is_some_and(|bound| (bound.as_nanos_f64() - expected).abs() <= 2.0)
}

#[test]
fn what_moves_latency_and_tax_alike_leaves_the_rest_known_well() {
    let tax = split(&both(&[30e6, 31e6, 32e6], &[1e6, 2e6, 3e6]));
    assert_eq!(tax.kernel_low_ns, Some(ns(29e6)));
    assert!(left(&tax) > 0.0 && lies_at(tax.kernel_high_ns, 29e6 + left(&tax)));
    let width = tax.tax_high_ns.expect("bounds") - tax.tax_low_ns.expect("bounds");
    assert!(
        (width.as_nanos_f64() - left(&tax) - 2.0 * 4.302_652_73 * 1e6 / 3f64.sqrt()).abs() < 3.0
    );
    assert_eq!(tax.floor_low_ns, Some(ns(FLOOR.floor())));
}

#[test]
fn repeats_that_have_no_twin_of_their_number_are_not_paired() {
    let mut records = both(&[30e6, 31e6, 32e6], &[1e6, 2e6]);
    records[4].repeat = 2;
    let summary = summary(&records);
    let tax = summary.tax.as_ref().expect("a split");
    assert_eq!(tax.kernel_ns, ns(29.5e6));
    let width = tax.kernel_high_ns.expect("bounds") - tax.kernel_low_ns.expect("bounds");
    assert!(width.as_nanos_f64() > 2.0 * 6e6, "{width}");
    assert!(doubts(&summary).contains(&&TaxDoubt::FewTwinRepeats { have: 2, cell: 3 }));
}

#[test]
fn the_class_is_by_the_share_of_the_tax_and_then_by_what_makes_the_floor() {
    let class = |taxes: &[f64]| split(&both(&[30e6, 30.2e6, 29.8e6], taxes)).class;
    assert_eq!(class(&[25e6, 25e6, 25e6]), Some(Class::FrameworkBound));
    assert_eq!(class(&[2e6, 2.1e6, 1.9e6]), Some(Class::ComputeBound));
    assert_eq!(class(&[13e6, 15e6, 17e6]), Some(Class::Undecided));
    let mut records = both(&[30e6, 30.2e6, 29.8e6], &[2e6, 2.1e6, 1.9e6]);
    for record in &mut records {
        record.model.bytes_min = Some(Bytes::from_mib(400));
    }
    let tax = split(&records);
    assert_eq!(
        (tax.class, tax.floor_term),
        (Some(Class::MemoryBound), Some(FloorTerm::Memory))
    );
}

#[test]
fn the_floor_follows_what_the_machine_gave_beside_each_repeat() {
    let mut records = both(&[30e6, 30e6, 30e6], &[1e6, 1e6, 1e6]);
    for (record, rate) in records.iter_mut().zip([1.2e11, 1.5e11, 1e11]) {
        let peaks = record.peaks.as_mut().expect("peaks");
        peaks.flops_per_s = FlopsPerSecond::from_per_s(rate);
    }
    let tax = split(&records);
    let expected = FLOOR * (1.0 + 0.8 + 1.2) / 3.0;
    assert_eq!(tax.floor_ns, Some(ns(expected)));
    assert!(tax.floor_low_ns < Some(ns(expected)) && tax.floor_high_ns > Some(ns(expected)));
}

#[test]
fn copies_to_and_from_a_device_can_make_its_floor() {
    let mut records = both(&[30e6, 30e6, 30e6], &[1e6, 1e6, 1e6]);
    for record in &mut records {
        let peaks = record.peaks.as_mut().expect("peaks");
        peaks.d2h_bytes_per_s = Some(BytesPerSecond::from_per_s(7e6));
    }
    let tax = split(&records);
    assert_eq!(tax.floor_term, Some(FloorTerm::DeviceToHost));
    assert_eq!(tax.floor_ns, Some(ns(196_608.0 / 7e6 * 1e9)));
}

#[test]
fn without_calibration_there_is_a_tax_but_no_floor_and_no_class_below_half() {
    let mut records = both(&[30e6, 30e6, 30e6], &[1e6, 1e6, 1e6]);
    for record in &mut records {
        record.peaks = None;
        let reason = "this machine was not calibrated: run tare machine calibrate";
        record.missing.insert("peaks".to_owned(), reason.to_owned());
    }
    let summary = summary(&records);
    let tax = summary.tax.as_ref().expect("a split");
    assert_eq!(
        (tax.floor_ns, tax.inefficiency_ns, tax.class),
        (None, None, None)
    );
    assert_eq!(tax.kernel_ns, ns(29e6));
    assert!(summary.missing["tax.floor_ns"].contains("not calibrated"));
    assert!(summary.missing.contains_key("tax.class"));
    assert!(matches!(doubts(&summary)[..], [TaxDoubt::NoFloor { .. }]));
}

#[test]
fn a_negative_part_is_told_and_not_clamped() {
    let summary = summary(&both(&[20e6, 20e6, 20e6], &[1e6, 1e6, 1e6]));
    let tax = summary.tax.as_ref().expect("a split");
    let value_ns = ns(19e6 - FLOOR.round());
    assert_eq!(tax.inefficiency_ns, Some(value_ns));
    let part = "inefficiency".to_owned();
    assert_eq!(
        doubts(&summary),
        [&TaxDoubt::NegativePart { part, value_ns }]
    );
}

#[test]
fn a_convolution_that_beats_its_floor_is_labelled_algorithmic() {
    let mut records = both(&[20e6, 20e6, 20e6], &[1e6, 1e6, 1e6]);
    records.push(profiled(
        &cell(1),
        Some(1.1),
        &[("FusedConv", 15.0), ("Add", 1.0)],
    ));
    let summary = summary(&records);
    let tax = summary.tax.as_ref().expect("a split");
    assert!(tax.algorithmic && doubts(&summary).is_empty());
}

#[test]
fn a_twin_that_executes_other_operators_is_doubted() {
    let mut records = both(&[30e6, 30e6, 30e6], &[1e6, 1e6, 1e6]);
    for record in &mut records[3..] {
        let facts = record.twin.as_mut().expect("a twin");
        (facts.same_operators, facts.original_operators_executed) = (Some(false), Some(25));
        record.doubts.push(Doubt::Unsteady { warmup_requests: 9 });
        record.doubts.push(Doubt::SingleRepeat);
    }
    let summary = summary(&records);
    let found = doubts(&summary);
    let differ = TaxDoubt::OperatorsDiffer {
        original: 25,
        twin: 178,
        rung: "2".to_owned(),
    };
    let about = Box::new(Doubt::Unsteady { warmup_requests: 9 });
    assert_eq!(found, [&differ, &TaxDoubt::OfTwin { about }]);
}

#[test]
fn nobody_told_what_is_executed_and_threads_may_fork_are_doubts() {
    let mut of = cell(1);
    of.threads = 4;
    let mut records = vec![timed(&of, 0, 30e6), timed(&of, 1, 31e6)];
    records.extend(twins(&of, &[1e6, 1.1e6]));
    for record in &mut records[2..] {
        let facts = record.twin.as_mut().expect("a twin");
        (facts.same_operators, facts.operators_executed) = (None, None);
        facts.original_operators_executed = None;
    }
    let mut run = run_of(vec![of], 2);
    run.twins = true;
    let summary = summarise(&run, &records).remove(0);
    let found = doubts(&summary);
    assert!(
        matches!(found[0], TaxDoubt::RungUnproved { .. }),
        "{found:?}"
    );
    assert_eq!(found[1..], [&TaxDoubt::Threads { threads: 4 }]);
    let tax = summary.tax.as_ref().expect("a split");
    assert_eq!(
        (tax.operators_executed, tax.twin_operators_executed),
        (None, None)
    );
    assert!(summary.missing.contains_key("tax.operators_executed"));
    assert!(summary.missing.contains_key("tax.predicted_tax_ns"));
}

#[test]
fn a_profile_that_distorts_is_doubted_with_or_without_a_twin() {
    let mut records = repeats(&[30e6, 30e6, 30e6]);
    records.push(profiled(&cell(1), Some(1.31), &[("MatMul", 15.0)]));
    let summary = summary(&records);
    assert_eq!(summary.tax, None);
    assert!(matches!(
        doubts(&summary)[..],
        [TaxDoubt::Perturbation { .. }]
    ));
}

#[test]
fn one_repeat_is_split_by_the_bounds_within_it() {
    let summary = summary(&[timed(&cell(1), 0, 30e6), twin(&cell(1), 0, 1e6)]);
    let tax = summary.tax.expect("a split");
    assert_eq!(tax.tax_high_ns, Some(ns(1.01e6)));
    assert!(lies_at(tax.tax_low_ns, 0.99e6 - left(&tax)));
    let reach = (300_000f64.powi(2) + 10_000f64.powi(2)).sqrt();
    assert!(lies_at(tax.kernel_high_ns, 29e6 + reach + left(&tax)));
    assert_eq!(tax.class, Some(Class::ComputeBound));
}

#[test]
fn memory_loading_and_energy_are_weighed_alike() {
    let mut records = both(&[30e6, 30e6, 30e6], &[1e6, 1e6, 1e6]);
    for record in &mut records[3..] {
        record.memory.as_mut().expect("memory").peak_rss_bytes = Some(Bytes::from_mib(50));
        record.load.as_mut().expect("loads").load_ns = tare_units::Nanoseconds::from_millis(20);
    }
    let summary = summary(&records);
    let tax = summary.tax.as_ref().expect("a split");
    let memory = tax.peak_rss_bytes.expect("both have memory");
    assert_eq!(
        (memory.tare, memory.gross - memory.net),
        (50.0 * 1_048_576.0, memory.tare)
    );
    assert_eq!(tax.load_ns.map(|load| load.net), Some(100e6));
    assert_eq!(
        (
            tax.above_idle_j,
            summary.missing["tax.above_idle_j"].as_str()
        ),
        (None, "no source")
    );
    let twin = summary.twin.expect("a twin");
    assert_eq!((twin.repeats, twin.latency_p50_ns), (3, Some(1e6)));
    assert_eq!(summary.missing["twin.above_idle_j"], "no source");
}
