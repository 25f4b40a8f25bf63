//! One mark before a tax wherever it stands: ≤ where it is an upper bound, ~ where a law foretells it.

mod common;

use common::twins::{other_twins, twins};
use common::{cell, run_of, timed};
use tare_report::{
    KnownTax, Laws, Style, Summary, analyse, chart, digest, page, summarise_by, table,
};
use tare_results::{Doubt, TaxDoubt};

/// Cells of batches 1, 2 and 4: one has an upper bound, one is measured, and one goes by a law.
fn summaries() -> Vec<Summary> {
    let cells = [1, 2, 4].map(cell).to_vec();
    let parts = [(250e3, 0.1), (200e3, 1e-6), (90e3, 0.1)];
    let mut records = Vec::new();
    for (cell, (tax, left)) in cells.iter().zip(parts) {
        let around = |of: f64| [of * 1.001, of, of * 0.999];
        let repeats = (0..).zip(around(800e3 + tax));
        records.extend(repeats.map(|(repeat, p50)| timed(cell, repeat, p50)));
        let mut twins = twins(cell, &around(tax));
        for facts in twins.iter_mut().filter_map(|one| one.twin.as_mut()) {
            facts.hollowness = Some(left);
        }
        records.extend(twins);
    }
    let mut run = run_of(cells, 3);
    run.twins = true;
    summarise_by(&run, &records, &Laws::of(&other_twins(&[20, 60, 350, 700])))
}

fn marks() -> Vec<&'static str> {
    let all = summaries();
    let known = all.iter().filter_map(|one| one.tax.as_ref());
    known.map(|tax| KnownTax::of(tax).mark()).collect()
}

#[test]
fn a_tax_is_an_upper_bound_where_a_doubt_says_so() {
    assert_eq!(marks(), ["≤", "", "~"]);
    for summary in summaries() {
        let is_not_hollow = |doubt: &Doubt| {
            matches!(
                doubt,
                Doubt::Tax {
                    why: TaxDoubt::NotHollow { .. }
                }
            )
        };
        let known = KnownTax::of(summary.tax.as_ref().expect("a split"));
        assert_eq!(
            known.is_upper_bound,
            summary.doubts.iter().any(is_not_hollow)
        );
    }
}

#[test]
fn a_bound_that_is_less_than_something_has_one_sign() {
    let summaries = summaries();
    let known = summaries.iter().filter_map(|one| one.tax.as_ref());
    let shown = known.map(|tax| KnownTax::of(tax).marked("<1%"));
    assert_eq!(shown.collect::<Vec<_>>(), ["<1%", "<1%", "~<1%"]);
}

#[test]
fn the_table_the_document_and_the_charts_have_the_same_marks() {
    let summaries = summaries();
    let analysis = analyse(&summaries, &Laws::default());
    let style = |unicode| Style {
        width: 140,
        color: false,
        unicode,
    };
    for text in [
        table(&summaries, style(true)),
        digest(&summaries, &analysis),
    ] {
        for marked in [" 200 µs ", "≤250 µs", "~76.", "≤24%", "~9%"] {
            assert!(text.contains(marked), "{marked} in {text}");
        }
    }
    let ascii = table(&summaries, style(false));
    assert!(ascii.contains("<=250 us") && ascii.is_ascii(), "{ascii}");
    let svg = chart("split", &summaries, &analysis).expect("a chart");
    for bar in [
        ", 20% tax",
        ", ≤24% tax",
        ", ~9% tax",
        "tax ≤250 µs",
        "tax ~76.",
    ] {
        assert!(svg.contains(bar), "{bar} in {svg}");
    }
    let page = page(&summaries, &analysis);
    assert!(
        page.contains("<td data-v=250000>≤250 µs<td"),
        "a number for programs has no mark"
    );
    let calls = page.split("<section id=\"calls\"").nth(1).expect("a chart");
    assert!(
        calls.contains("tax ≤250 µs for 178 operators"),
        "{calls:.3000}"
    );
}
