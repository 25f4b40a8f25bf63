//! Where a tax comes from when it is not the twin's alone: a law of other twins, the busy time of a device, or nothing.

mod common;

use common::splits::{FLOOR, both, doubts, ns, split, summary};
use common::twins::{other_twins, twins};
use common::{cell, failed, profiled, repeats, run_of, timed};
use tare_report::{Laws, summarise, summarise_by};
use tare_results::{DeviceMeans, DeviceTime, Kind, Percentile, Record, TaxDoubt, TaxMethod};

#[test]
fn the_law_of_other_twins_stands_beside_the_measured_tax() {
    let taxes = [76_200.0, 76_200.0, 76_200.0];
    let mut records = both(&[30e6, 30e6, 30e6], &taxes);
    records.extend(other_twins(&[3, 20, 60, 350, 700]));
    let tax = split(&records);
    assert_eq!(
        (tax.method, tax.tax_ns),
        (TaxMethod::HollowTwin, ns(76_200.0))
    );
    let predicted = tax.predicted_tax_ns.expect("a law").as_nanos_f64();
    assert!((predicted / 76_200.0 - 1.0).abs() < 0.01, "{predicted}");
    assert!(tax.predicted_tax_low_ns < Some(ns(76_200.0)));
    assert!(tax.predicted_tax_high_ns > Some(ns(76_200.0)));
}

/// What stands in the place of the twins of `records` where none can be made.
fn without_twins(records: &[Record]) -> Vec<Record> {
    let none = records.iter().map(|record| {
        let reason = "Loop 'decode' carries its shapes";
        let mut record = failed(&record.cell, record.repeat, reason);
        record.kind = Kind::Twin;
        record.missing.insert("twin".to_owned(), reason.to_owned());
        record
    });
    none.collect()
}

#[test]
fn the_law_stands_in_where_no_twin_can_be_made_and_says_so() {
    let mut records = repeats(&[30e6, 30e6, 30e6]);
    records.extend(without_twins(&records));
    records.push(profiled(
        &cell(1),
        Some(1.1),
        &[("MatMul", 15.0), ("Add", 2.0)],
    ));
    let mut run = run_of(vec![cell(1)], 3);
    run.twins = true;
    let none = summarise(&run, &records).remove(0);
    assert_eq!(none.tax, None);
    assert!(
        none.missing["tax"]
            .starts_with("there is no twin: Loop 'decode' carries its shapes; no twin of"),
        "{}",
        none.missing["tax"]
    );
    let laws = Laws::of(&other_twins(&[20, 60, 350, 700]));
    let summary = summarise_by(&run, &records, &laws).remove(0);
    let tax = summary.tax.as_ref().expect("a split");
    assert_eq!(
        (tax.method, tax.operators_executed),
        (TaxMethod::Law, Some(12))
    );
    assert!(
        (tax.tax_ns.as_nanos_f64() / 9_800.0 - 1.0).abs() < 0.02,
        "{}",
        tax.tax_ns
    );
    assert_eq!((tax.rung.as_deref(), tax.residual_ns), (None, None));
    let found = doubts(&summary);
    assert!(
        matches!(found[0], TaxDoubt::ByLaw { twins: 4, .. }),
        "{found:?}"
    );
    assert!(matches!(
        found[1],
        TaxDoubt::LawExtrapolates {
            operators: 12,
            low: 20,
            ..
        }
    ));
    assert!(summary.missing["twin"].contains("Loop"));
}

#[test]
fn a_law_holds_for_one_framework_as_it_was_run() {
    let mut others = other_twins(&[20, 60, 350, 700]);
    for record in &mut others {
        let runtime = record.runtime.as_mut().expect("a runtime");
        runtime.version = "0.26.0".to_owned();
    }
    let laws = Laws::of(&others);
    assert_eq!(laws.all().count(), 1);
    let law = laws.all().next().expect("one");
    assert_eq!(
        (law.version.as_str(), law.twins, law.operators_high),
        ("0.26.0", 4, 700)
    );
    assert!((law.per_operator_ns / 400.0 - 1.0).abs() < 0.01, "{law:?}");
    assert!(law.per_operator_low_ns < 400.0 && law.per_operator_high_ns > 400.0);
    let mut run = run_of(vec![cell(1)], 3);
    run.twins = true;
    let records = both(&[30e6, 30e6, 30e6], &[1e6, 1e6, 1e6]);
    let summary = summarise_by(&run, &records, &laws).remove(0);
    assert!(summary.missing["tax.predicted_tax_ns"].starts_with("no twin of this framework"));
}

#[test]
fn a_device_that_runs_behind_the_host_is_taxed_by_what_its_busy_time_leaves() {
    let mut records = both(&[30e6, 30.3e6, 29.7e6], &[2e6, 2e6, 2e6]);
    let mut profile = profiled(&cell(1), Some(1.0), &[("gemm", 25.0)]);
    let busy = Percentile {
        value_ns: 27e6,
        low_ns: Some(26.9e6),
        high_ns: Some(27.1e6),
        tau: None,
        effective_count: None,
    };
    let device = DeviceTime::of_busy(busy, 12, DeviceMeans::Cupti);
    profile.profile.as_mut().expect("a profile").device = Some(device);
    records.push(profile);
    let summary = summary(&records);
    let tax = summary.tax.as_ref().expect("a split");
    assert_eq!(
        (tax.method, tax.tax_ns),
        (TaxMethod::DeviceIntervals, ns(3e6))
    );
    assert_eq!(
        (tax.kernel_ns, tax.inefficiency_ns),
        (ns(27e6), Some(ns(27e6 - FLOOR.round())))
    );
    assert!(tax.tax_fraction_low < Some(0.1) && tax.tax_fraction_high > Some(0.1));
    assert_eq!(
        summary.twin.as_ref().and_then(|twin| twin.latency_p50_ns),
        Some(2e6)
    );
}

#[test]
fn on_a_device_without_intervals_the_twin_stands_in_and_is_doubted() {
    let mut of = cell(1);
    of.device = "cuda:0".to_owned();
    let mut records = vec![timed(&of, 0, 30e6), timed(&of, 1, 31e6)];
    records.extend(twins(&of, &[1e6, 1.1e6]));
    let mut run = run_of(vec![of], 2);
    run.twins = true;
    let summary = summarise(&run, &records).remove(0);
    assert_eq!(
        summary.tax.as_ref().map(|tax| tax.method),
        Some(TaxMethod::HollowTwin)
    );
    assert!(matches!(
        doubts(&summary)[..],
        [TaxDoubt::NoDeviceIntervals { .. }]
    ));
}

#[test]
fn without_twins_there_is_no_split_and_the_reason_is_told() {
    let run = run_of(vec![cell(1)], 3);
    let unasked = summarise(&run, &repeats(&[30e6, 30e6, 30e6])).remove(0);
    assert_eq!((unasked.tax, unasked.twin), (None, None));
    assert!(
        unasked.missing["tax"].contains("--no-tax") && unasked.missing["twin"].contains("--no-tax")
    );
    let waiting = summary(&repeats(&[30e6, 30e6, 30e6]));
    assert!(waiting.missing["tax"].starts_with("the twin was not timed yet"));
    let mut broken = repeats(&[30e6, 30e6, 30e6]);
    let mut twin = failed(&cell(1), 0, "cannot load the twin");
    twin.kind = tare_results::Kind::Twin;
    broken.push(twin);
    assert!(summary(&broken).missing["tax"].starts_with("the twin failed: cannot load the twin"));
}
