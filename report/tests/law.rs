//! What dispatch laws foretell, and when they foretell nothing.

mod common;

use common::splits::both;
use common::twins::{CLEAR, other_twins, set_median, timed_twins};
use common::{cell, run_of};
use tare_report::{Laws, summarise_by};
use tare_results::{Class, TaxMethod};
use tare_units::SignedNanoseconds;

#[test]
fn what_a_law_foretells_is_lower_by_what_its_twins_may_still_do() {
    let predicted = |residual: f64| {
        let mut twins = timed_twins(&CLEAR);
        let facts = twins[2].twin.as_mut().expect("a twin");
        // Of 145.1 µs whose original takes twice that.
        facts.hollowness = Some(residual / (1.0 + residual));
        twins.push(common::timed(&twins[2].cell.clone(), 0, 2.0 * 145.1e3));
        let mut run = run_of(vec![cell(1)], 3);
        run.twins = true;
        let records = both(&[30e6; 3], &[77e3; 3]);
        let summary = summarise_by(&run, &records, &Laws::of(&twins)).remove(0);
        let tax = summary.tax.expect("a split");
        let nanos = |part: Option<SignedNanoseconds>| part.expect("a bound").as_nanos_f64();
        (
            nanos(tax.predicted_tax_ns),
            nanos(tax.predicted_tax_low_ns),
            nanos(tax.predicted_tax_high_ns),
        )
    };
    let (none, some) = (predicted(0.0), predicted(0.04));
    assert_eq!((none.0, none.2), (some.0, some.2));
    assert!(
        ((none.1 - some.1) / none.0 - 0.04).abs() < 0.001,
        "{none:?} {some:?}"
    );
}

#[test]
fn what_is_foretold_of_a_model_is_not_learnt_from_the_same_operators_in_another_size() {
    let records = both(&[30e6; 3], &[77e3; 3]);
    let foretold = |twins: &[(u64, f64)]| {
        let mut twins = timed_twins(twins);
        twins.extend(records[3..].iter().cloned());
        let mut run = run_of(vec![cell(1)], 3);
        run.twins = true;
        let summary = summarise_by(&run, &records, &Laws::of(&twins)).remove(0);
        summary.tax.expect("a split").predicted_tax_ns
    };
    let with_its_like = [&CLEAR[..], &[(178, 150e3)]].concat();
    assert_eq!(foretold(&with_its_like), foretold(&CLEAR));
}

/// The lines of frameworks without a law, where twins of so many operators take so many nanoseconds.
fn lacking(twins: &[(u64, f64)]) -> Vec<String> {
    Laws::of(&timed_twins(twins)).lacking().collect()
}

#[test]
fn a_law_by_which_an_operator_may_cost_nothing_is_none() {
    let clear = [(20, 9e3), (60, 25e3), (350, 141e3), (700, 281e3)];
    assert_eq!(lacking(&clear), Vec::<String>::new());
    let unclear = [(49, 52e3), (90, 20e3), (120, 145e3), (186, 90e3)];
    let told = lacking(&unclear).concat();
    assert!(told.contains("which may be nothing"), "{told}");
}

#[test]
fn a_law_that_foretells_less_than_nothing_does_not_serve() {
    let mut run = run_of(vec![cell(1)], 3);
    run.twins = true;
    let mut others = other_twins(&[400, 500, 600, 700, 800]);
    for record in &mut others {
        let p50 = record.latency.as_ref().and_then(|one| one.p50.as_ref());
        let nanos = p50.expect("a median").value_ns;
        set_median(record, nanos - 155_000.0);
    }
    let laws = Laws::of(&others);
    assert_eq!(laws.all().count(), 1);
    let mut records = both(&[30e6; 3], &[25e6; 3]);
    for facts in records.iter_mut().filter_map(|one| one.twin.as_mut()) {
        facts.hollowness = Some(1.0);
    }
    let summary = summarise_by(&run, &records, &laws).remove(0);
    let tax = summary.tax.as_ref().expect("a split");
    assert_eq!(tax.method, TaxMethod::HollowTwin);
    assert_eq!(tax.class, Some(Class::Undecided));
}
