//! A twin that is not hollow is no measure of the tax: a law stands in, or the tax is an upper bound and the class open.

mod common;

use common::splits::{both, doubts, ns, split, summary};
use common::twins::{CLEAR, other_twins, timed_twins};
use common::{cell, run_of};
use tare_report::{Laws, Summary, summarise_by};
use tare_results::{Class, Record, TaxDoubt, TaxMethod};
use tare_units::Bytes;

/// Cell and twin at these medians in milliseconds, where so much of the operations and of the elements is left.
fn left(latency: f64, tax: f64, operations: Option<f64>, elements: Option<f64>) -> Vec<Record> {
    let mut records = both(&[latency * 1e6; 3], &[tax * 1e6; 3]);
    for record in &mut records[3..] {
        let facts = record.twin.as_mut().expect("a twin");
        (facts.hollowness, facts.elements_ratio) = (operations, elements);
        if operations.is_none() {
            let reason = "what Loop 'decode' does is not known".to_owned();
            record.missing.insert("twin.hollowness".to_owned(), reason);
        }
    }
    records
}

/// What says that the twin is not hollow.
fn doubt(summary: &Summary) -> &TaxDoubt {
    let mut told = doubts(summary).into_iter();
    told.find(|doubt| matches!(doubt, TaxDoubt::NotHollow { .. }))
        .expect("a doubt")
}

/// Its shares, by operations and by elements.
fn shares(records: &[Record]) -> (Option<f64>, Option<f64>) {
    match doubt(&summary(records)) {
        TaxDoubt::NotHollow {
            operations_share,
            elements_share,
            bound: 0.05,
        } => (*operations_share, *elements_share),
        other => panic!("{other:?}"),
    }
}

fn near(value: Option<f64>, expected: f64) -> bool {
    value.is_some_and(|value| (value / expected - 1.0).abs() < 1e-6)
}

#[test]
fn work_that_is_left_by_operations_is_told_and_an_upper_bound_below_one_half_decides_the_class() {
    let records = left(30.0, 1.0, Some(0.01), Some(1e-5));
    let tax = split(&records);
    let residual = 0.01 / 0.99 * 29e6;
    assert_eq!(tax.residual_ns, Some(ns(residual)));
    assert_eq!(tax.method, TaxMethod::HollowTwin);
    assert!(tax.tax_fraction_high.is_some_and(|high| high < 0.5));
    let is_by_work = [Class::ComputeBound, Class::MemoryBound].map(Some);
    assert!(is_by_work.contains(&tax.class), "{:?}", tax.class);
    assert_eq!(
        (tax.hollowness, tax.elements_ratio),
        (Some(0.01), Some(1e-5))
    );
    assert!(near(shares(&records).0, residual / 1e6));
}

#[test]
fn a_twin_that_is_its_original_is_all_work_however_little_it_is_faster() {
    let records = left(6.35, 6.33, Some(1.0), Some(1.0));
    let (operations, elements) = shares(&records);
    assert_eq!(operations, Some(1.0));
    assert!(elements.is_some_and(|share| share <= 1.0));
    assert_eq!(split(&records).class, Some(Class::Undecided));
    assert_eq!(split(&records).residual_ns, Some(ns(6.33e6)));
}

#[test]
fn elements_that_are_left_count_as_what_moving_them_takes() {
    let mut records = left(178.8, 16.3, Some(1e-4), Some(0.05));
    for record in &mut records {
        (record.model.bytes_min, record.model.bytes_unfused) = (
            Some(Bytes::from_bytes(0)),
            Some(Bytes::from_bytes(820_000_000)),
        );
    }
    let moving = 0.05 * 820e6 / 10.0;
    let found = shares(&records);
    assert!(near(found.1, moving / 16.3e6), "{found:?}");
    assert!(
        near(found.0, 1e-4 / (1.0 - 1e-4) * 162.5 / 16.3),
        "{found:?}"
    );
}

#[test]
fn elements_that_are_left_cost_what_was_measured_of_the_framework() {
    let mut records = left(6.4, 0.062, Some(1e-5), Some(2e-3));
    leave(&mut records, 3_500);
    let set = |records: &mut [Record], name: &str, kinds: &[(&str, u64)]| {
        for record in records.iter_mut() {
            record.runtime.as_mut().expect("a runtime").name = name.to_owned();
            if let Some(facts) = &mut record.twin {
                let kinds = kinds
                    .iter()
                    .map(|(kind, count)| ((*kind).to_owned(), *count));
                facts.kinds = (kinds.len() > 0).then(|| kinds.collect());
            }
        }
    };
    let whole: f64 = 2e-3 / (1.0 - 2e-3) * (6.4e6 - 62e3) / 62e3;
    let (products, convolutions) = ([("MatMul", 178)], [("FusedConv", 178)]);
    for (name, kinds, cost) in [
        ("onnxruntime", &products[..], Some(2.0)),
        ("onnxruntime", &[("Conv", 100), ("Add", 78)], Some(1.1)),
        ("onnxruntime", &[("Conv", 1), ("MatMul", 177)], Some(2.0)),
        ("rten", &convolutions, Some(4.5)),
        ("tract", &products, Some(8.0)),
        ("rten", &[], Some(4.5)),
        ("made up", &products, None),
    ] {
        set(&mut records, name, kinds);
        let share = cost.map_or(whole, |cost: f64| whole.min(3_500.0 * cost / 62e3));
        assert!(
            near(shares(&records).1, share),
            "{name}: {:?}",
            shares(&records)
        );
    }
}

#[test]
fn a_few_elements_are_no_doubt_where_weights_are_what_moves() {
    let mut records = left(0.6, 0.002, Some(5e-6), Some(0.002));
    for record in &mut records {
        let model = &mut record.model;
        (model.bytes_min, model.bytes_unfused) = (
            Some(Bytes::from_mib(16)),
            Some(Bytes::from_bytes(16_842_752)),
        );
        model.flops = Some(tare_units::Flops::from_operations(1));
    }
    assert!(
        doubts(&summary(&records))
            .iter()
            .all(|doubt| !matches!(doubt, TaxDoubt::NotHollow { .. }))
    );
}

/// Says how many elements the twin has left.
fn leave(records: &mut [Record], elements: u64) {
    for facts in records.iter_mut().filter_map(|one| one.twin.as_mut()) {
        facts.elements = Some(elements);
    }
}

#[test]
fn one_operator_that_did_not_shrink_is_all_work_however_slowly_it_moves_it() {
    let mut records = left(0.555, 0.557, None, Some(1.0));
    for record in &mut records {
        let model = &mut record.model;
        (model.bytes_min, model.bytes_unfused) =
            (Some(Bytes::from_mib(1)), Some(Bytes::from_mib(1)));
    }
    assert_eq!(shares(&records).1, Some(1.0));
    leave(&mut records, 262_144);
    assert_eq!(shares(&records).1, Some(1.0));
    assert_eq!(split(&records).class, Some(Class::Undecided));
}

#[test]
fn weights_that_layers_share_do_not_count_as_elements_that_are_left() {
    let mut records = left(6.4, 0.062, Some(1e-5), Some(2e-3));
    let (weights, read) = (Bytes::from_mib(31), Bytes::from_mib(6 * 31));
    for record in &mut records {
        let model = &mut record.model;
        (model.bytes_min, model.bytes_unfused) = (Some(weights), Some(read));
    }
    let doubted = |records: &[Record]| {
        let summary = summary(records);
        let told = doubts(&summary).into_iter();
        told.filter(|doubt| matches!(doubt, TaxDoubt::NotHollow { .. }))
            .count()
    };
    assert_eq!(doubted(&records), 1);
    leave(&mut records, 700);
    assert_eq!(doubted(&records), 0);
}

#[test]
fn a_twin_of_which_nothing_is_known_is_no_measure_and_says_why() {
    let records = left(30.0, 25.0, None, None);
    assert_eq!(shares(&records), (None, None));
    let summary = summary(&records);
    let tax = summary.tax.as_ref().expect("a split");
    assert_eq!((tax.residual_ns, tax.class), (None, Some(Class::Undecided)));
    for field in ["hollowness", "residual_ns"] {
        let told = &summary.missing[&format!("tax.{field}")];
        assert_eq!(told, "what Loop 'decode' does is not known");
    }
    let line = doubt(&summary).to_string();
    assert_eq!(
        line,
        "how much of the model's work the twin still does is not known: the tax is an upper bound"
    );
}

#[test]
fn the_law_serves_where_a_twin_is_not_hollow_and_says_so() {
    let mut run = run_of(vec![cell(1)], 3);
    run.twins = true;
    let laws = Laws::of(&other_twins(&[20, 60, 350, 700]));
    let records = left(30.0, 25.0, Some(1.0), None);
    let summary = summarise_by(&run, &records, &laws).remove(0);
    let tax = summary.tax.as_ref().expect("a split");
    assert_eq!(
        (tax.method, tax.operators_executed),
        (TaxMethod::Law, Some(178))
    );
    assert!((tax.tax_ns.as_nanos_f64() / 76_200.0 - 1.0).abs() < 0.02);
    assert_ne!(tax.class, Some(Class::Undecided));
    assert_eq!((tax.rung.as_deref(), tax.residual_ns), (None, None));
    let why = "the twin may still do work worth 100.0% by its operations of what it costs, where 5% is the bound";
    assert_eq!(summary.missing["tax.rung"], why);
    let by_law = TaxDoubt::ByLaw {
        reason: why.to_owned(),
        twins: 4,
    };
    assert_eq!(doubts(&summary)[0], &by_law);
    assert_eq!(
        summary.twin.as_ref().and_then(|twin| twin.latency_p50_ns),
        Some(25e6)
    );
}

/// The split where laws are fitted over twins of so many operators that take so many nanoseconds.
fn by_laws(records: &[Record], twins: &[(u64, f64)]) -> tare_results::Tax {
    let mut run = run_of(vec![cell(1)], 3);
    run.twins = true;
    let summary = summarise_by(&run, records, &Laws::of(&timed_twins(twins))).remove(0);
    summary.tax.expect("a split")
}

#[test]
fn a_law_serves_only_within_what_the_twin_allows() {
    let within = by_laws(&left(30.0, 0.1, Some(0.001), Some(1e-5)), &CLEAR);
    assert_eq!(within.method, TaxMethod::Law);
    assert!((within.tax_ns.as_nanos_f64() / 76_200.0 - 1.0).abs() < 0.02);
    assert!(within.tax_high_ns <= Some(ns(100_000.0)));
    assert!(within.tax_low_ns >= Some(ns(70_069.0)));

    let beyond = by_laws(&left(30.0, 0.05, Some(0.001), Some(1e-5)), &CLEAR);
    assert_eq!(
        (beyond.method, beyond.tax_ns),
        (TaxMethod::HollowTwin, ns(50_000.0)),
        "no more than the twin takes can be tax"
    );
    let below = by_laws(&left(30.0, 0.2, Some(0.001), Some(1e-5)), &CLEAR);
    assert_eq!(
        (below.method, below.tax_ns),
        (TaxMethod::HollowTwin, ns(200_000.0)),
        "the twin leaves 30 µs of work, not 124"
    );

    let vague = [(20, 30e3), (60, 10e3), (350, 190e3), (700, 270e3)];
    let vague = by_laws(&left(30.0, 0.1, Some(0.001), Some(1e-5)), &vague);
    assert_eq!(vague.method, TaxMethod::HollowTwin);
}

#[test]
fn the_law_leaves_out_a_twin_that_is_not_hollow_beside_its_original() {
    let mut records = other_twins(&[20, 60, 350, 700]);
    let facts = records[2].twin.as_mut().expect("a twin");
    facts.hollowness = Some(0.005);
    let left_out = |records: &[Record]| {
        let laws = Laws::of(records);
        let law = laws.all().next().expect("a law");
        (law.twins, law.not_hollow)
    };
    assert_eq!(left_out(&records), (4, 0), "its original is not known");
    let mut original = common::timed(&records[2].cell, 0, 30e6);
    original.verdict = tare_results::Verdict::Invalid;
    original.reasons = vec!["its outputs were wrong".to_owned()];
    records.push(original.clone());
    assert_eq!(left_out(&records), (4, 0), "its original tells nothing");
    original.verdict = tare_results::Verdict::Valid;
    original.reasons.clear();
    records.push(original);
    assert_eq!(left_out(&records), (3, 1));
}

#[test]
fn an_upper_bound_reaches_down_to_what_the_twin_leaves_of_the_work() {
    let tax = split(&left(30.0, 0.05, Some(0.001), Some(1e-5)));
    let residual: f64 = 0.001 / 0.999 * (30e6 - 50e3);
    assert_eq!(tax.tax_ns, ns(50_000.0));
    assert_eq!(
        (tax.tax_low_ns, tax.tax_high_ns),
        (Some(ns((50e3 - residual).floor())), Some(ns(50e3)))
    );
    assert_eq!(tax.kernel_high_ns, Some(ns((29.95e6 + residual).ceil())));
    let inefficiency = tax.inefficiency_ns.expect("a floor").as_nanos_f64();
    let high = tax.inefficiency_high_ns.expect("bounds").as_nanos_f64();
    assert!(high - inefficiency >= residual - 1.0);
    assert!(near(tax.tax_fraction_low, (50e3 - residual) / 30e6));
    assert!(near(tax.tax_fraction_high, 50e3 / 30e6));

    let mostly_tax = split(&left(1.0, 0.9, Some(0.5), Some(1e-5)));
    assert_eq!(mostly_tax.class, Some(Class::FrameworkBound));
    let open = split(&left(1.0, 0.55, Some(0.5), Some(1e-5)));
    assert_eq!(open.class, Some(Class::Undecided));
}

/// Whether a law takes a twin of 145 µs that keeps so much, whose original takes so long in each repeat.
fn is_hollow(operations: Option<f64>, elements: Option<f64>, originals: &[f64]) -> bool {
    let mut records = other_twins(&[20, 60, 350, 700]);
    let facts = records[2].twin.as_mut().expect("a twin");
    (facts.hollowness, facts.elements_ratio) = (operations, elements);
    let cell = records[2].cell.clone();
    let original = |(repeat, nanos): (u64, &f64)| common::timed(&cell, repeat, *nanos);
    records.extend((0..).zip(originals).map(original));
    let laws = Laws::of(&records);
    laws.all().next().expect("a law").not_hollow == 0
}

#[test]
fn a_twin_by_itself_tells_whether_it_is_hollow() {
    let (few, little) = (Some(1e-5), Some(1e-4));
    assert!(is_hollow(few, little, &[30e6]) && is_hollow(few, little, &[]));
    assert!(!is_hollow(Some(0.02), little, &[]));
    assert!(is_hollow(Some(0.02), little, &[290e3]));
    assert!(!is_hollow(Some(1.0), little, &[160e3]));
    assert!(!is_hollow(None, None, &[30e6]));
    assert!(is_hollow(None, Some(1e-6), &[30e6]));
}

#[test]
fn a_twin_that_keeps_much_is_not_hollow_for_being_as_slow_as_its_original_by_chance() {
    for original in [144e3, 145.2e3, 146e3] {
        assert!(!is_hollow(Some(0.99), Some(0.99), &[original]));
        assert!(!is_hollow(Some(0.3), Some(1e-4), &[original]), "{original}");
    }
    for latency in [6.33, 6.34, 6.35] {
        let records = left(latency, 6.34, Some(0.99), Some(0.99));
        assert_eq!(shares(&records), (Some(1.0), Some(1.0)), "{latency}");
    }
    let noisy = both(&[1.00e6, 1.02e6, 0.98e6], &[1.02e6, 0.99e6, 1.00e6]);
    let keeping = |share: f64| {
        let mut records = noisy.clone();
        for facts in records.iter_mut().filter_map(|one| one.twin.as_mut()) {
            (facts.hollowness, facts.elements_ratio) = (Some(share), Some(1e-4));
        }
        records
    };
    // By Student's t over −20, 30 and −20 µs the original takes 68 µs longer at the most.
    let (by_operations, _) = shares(&keeping(0.45));
    assert!(
        by_operations.is_some_and(|share| (0.04..0.08).contains(&share)),
        "{by_operations:?}"
    );
}
