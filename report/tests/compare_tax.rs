//! Taxes of two runs against each other: what is a bound is told as one, in every format, and no difference is made of it.

mod common;

use common::twins::{other_twins, twins};
use common::{cell, run_of, timed};
use tare_report::{
    Comparing, Comparison, Effect, Figure, Laws, Side, Style, compare, summarise_by,
};
use tare_results::{Record, Run, TaxMethod};

/// A run of one cell with its twins.
struct Made {
    run: Run,
    records: Vec<Record>,
    laws: Laws,
}

impl Made {
    /// Of these medians and those of twins that have so much of the operations left.
    fn of(name: &str, p50s: [f64; 3], taxes: [f64; 3], left: f64) -> Self {
        let mut run = run_of(vec![cell(1)], 3);
        (run.id, run.twins) = (name.to_owned(), true);
        let repeats = (0..).zip(p50s);
        let repeats = repeats.map(|(repeat, p50)| timed(&cell(1), repeat, p50));
        let mut records: Vec<Record> = repeats.collect();
        records.extend(twins(&cell(1), &taxes));
        for facts in records.iter_mut().filter_map(|one| one.twin.as_mut()) {
            facts.hollowness = Some(left);
        }
        let laws = Laws::default();
        Self { run, records, laws }
    }

    fn side(&self) -> Side<'_> {
        Side {
            name: self.run.id.clone(),
            run: &self.run,
            records: &self.records,
            summaries: summarise_by(&self.run, &self.records, &self.laws),
        }
    }
}

const HOLLOW: f64 = 1e-6;
/// Of an original whose work takes 800 µs: up to 89 µs.
const A_TENTH: f64 = 0.1;

/// Work of 800 µs beside a tax of so many nanoseconds.
fn taxed(name: &str, tax: f64, left: f64) -> Made {
    let around = |of: f64| [of * 1.001, of, of * 0.999];
    Made::of(name, around(800e3 + tax), around(tax), left)
}

fn between(one: &Made, other: &Made, figure: Figure) -> Comparison {
    let across_machines = false;
    let asked = Comparing {
        figure,
        across_machines,
    };
    compare(&[one.side(), other.side()], asked).expect("two runs")
}

fn shown(found: &Comparison) -> [String; 2] {
    let style = Style {
        width: 160,
        color: false,
        unicode: true,
    };
    [found.table(style), found.markdown()]
}

#[test]
fn a_difference_that_the_twin_s_own_work_could_be_is_not_known() {
    let (one, other) = (taxed("one", 200e3, HOLLOW), taxed("other", 250e3, A_TENTH));
    let found = between(&one, &other, Figure::Tax);
    let row = &found.rows[0];
    assert_eq!(row.effect, Effect::Unknown);
    assert!((row.ratio - 1.25).abs() < 0.01, "{row:?}");
    assert!(row.low < Some(0.9) && row.high > Some(1.25), "{row:?}");
    let why = row.why_unknown.as_deref().expect("a reason");
    assert!(why.contains("all of the difference") && why.contains("--figure p50"));
    for text in shown(&found) {
        assert!(text.contains("≤250 µs") && text.contains(why), "{text}");
        assert!(text.contains("upper bound"), "{text}");
    }
    let back = between(&other, &one, Figure::Tax);
    assert_eq!(back.rows[0].effect, Effect::Unknown);
    let work = between(&one, &other, Figure::Work);
    assert_eq!(work.rows[0].effect, Effect::Unknown, "{work:?}");
    assert!(shown(&work)[0].contains("≥800 µs"), "{}", shown(&work)[0]);
}

#[test]
fn bounds_that_are_alike_are_not_taxes_that_are() {
    let (one, other) = (taxed("one", 200e3, HOLLOW), taxed("other", 200e3, A_TENTH));
    let found = between(&one, &other, Figure::Tax);
    assert_eq!(found.rows[0].effect, Effect::Unknown);
    let measured = taxed("measured", 200e3, HOLLOW);
    let found = between(&one, &measured, Figure::Tax);
    assert_eq!(
        (found.rows[0].effect, &found.rows[0].why_unknown),
        (Effect::Noise, &None)
    );
}

#[test]
fn a_difference_that_is_larger_than_all_that_is_left_in_the_twin_is_one() {
    let (one, other) = (taxed("one", 200e3, HOLLOW), taxed("other", 500e3, A_TENTH));
    let found = between(&one, &other, Figure::Tax);
    let row = &found.rows[0];
    assert_eq!((row.effect, &row.why_unknown), (Effect::Worse, &None));
    assert!(
        row.low.is_some_and(|low| (1.9..2.2).contains(&low)),
        "{row:?}"
    );
    let back = between(&other, &one, Figure::Tax);
    assert_eq!(back.rows[0].effect, Effect::Better);
}

#[test]
fn a_little_work_left_in_hollow_twins_hides_no_more_than_itself() {
    let a_little = 0.01;
    let (one, other) = (
        taxed("one", 200e3, a_little),
        taxed("other", 204e3, a_little),
    );
    let found = between(&one, &other, Figure::Tax);
    let row = &found.rows[0];
    assert!(row.tax.is_some_and(|tax| !tax.is_upper_bound), "{row:?}");
    assert_eq!(row.effect, Effect::Unknown, "{row:?}");
    let other = taxed("other", 230e3, a_little);
    let found = between(&one, &other, Figure::Tax);
    assert_eq!(found.rows[0].effect, Effect::Worse);
}

/// The first row as CSV, by its columns.
fn fields(found: &Comparison) -> impl Fn(&str) -> String {
    let written = found.csv().expect("CSV");
    let mut read = csv::Reader::from_reader(written.as_slice());
    let heads = read.headers().expect("heads").clone();
    let line = read.records().next().expect("a row").expect("a row");
    move |head| {
        let place = heads.iter().position(|one| one == head);
        line[place.expect("a column")].to_owned()
    }
}

#[test]
fn how_a_tax_is_known_stands_beside_each_median_in_every_format() {
    let bound = taxed("bound", 250e3, A_TENTH);
    let mut by_law = taxed("law", 90e3, A_TENTH);
    by_law.laws = Laws::of(&other_twins(&[20, 60, 350, 700]));
    let found = between(&bound, &by_law, Figure::P50);
    let row = &found.rows[0];
    let (before, after) = (row.baseline_tax.expect("split"), row.tax.expect("split"));
    assert_eq!(
        (before.method, before.is_upper_bound),
        (TaxMethod::HollowTwin, true)
    );
    assert_eq!(
        (after.method, after.is_upper_bound),
        (TaxMethod::Law, false)
    );
    assert!(
        before.low_ns < Some(170e3) && before.high_ns > Some(250e3),
        "{before:?}"
    );
    for text in shown(&found) {
        assert!(text.contains("≤250 µs → ~76."), "{text}");
        assert!(text.contains("≥800 µs → ~81"), "{text}");
        assert!(
            text.contains("upper bound") && text.contains("dispatch law"),
            "{text}"
        );
    }
    let of = fields(&found);
    let how = |side: &str| ["method", "is_upper_bound"].map(|key| of(&format!("{side}_{key}")));
    assert_eq!(how("baseline_tax"), ["hollow-twin", "true"]);
    assert_eq!(how("tax"), ["law", "false"]);
    let low: f64 = of("baseline_tax_low_ns").parse().expect("a number");
    assert_eq!(Some(low), before.low_ns);
    let json: serde_json::Value =
        serde_json::from_str(&found.json().expect("JSON")).expect("an object");
    let row = &json["rows"][0];
    assert_eq!(row["baseline_tax"]["is_upper_bound"], true);
    assert_eq!(
        (&row["tax"]["method"], row["tax"]["low_ns"].is_f64()),
        (&"law".into(), true)
    );
}

#[test]
fn figures_are_told_whole_or_not_at_all_however_little_room_there_is() {
    let (one, other) = (taxed("one", 250e3, A_TENTH), taxed("other", 251e3, A_TENTH));
    let found = between(&one, &other, Figure::P50);
    let told = |width: usize| {
        let style = Style {
            width,
            color: false,
            unicode: true,
        };
        let table = found.table(style);
        assert!(!table.contains('…'), "{table}");
        table.contains("≤250 µs → ≤251 µs")
    };
    let widths: Vec<usize> = (40..140).filter(|width| told(*width)).collect();
    let narrowest = widths.first().copied().expect("room enough");
    assert!(
        narrowest > 40 && widths.len() == 140 - narrowest,
        "{widths:?}"
    );
}

#[test]
fn marks_that_no_row_has_are_not_explained() {
    let (one, other) = (taxed("one", 200e3, HOLLOW), taxed("other", 400e3, HOLLOW));
    for text in shown(&between(&one, &other, Figure::P50)) {
        assert!(text.contains("200 µs → 400 µs"), "{text}");
        assert!(
            !text.contains('≤') && !text.contains("dispatch law"),
            "{text}"
        );
    }
}

#[test]
fn a_cell_whose_twin_takes_as_long_as_itself_has_no_work_to_compare_and_says_so() {
    let bound = Made::of("one", [1.0e6; 3], [0.90e6, 1.05e6, 0.95e6], HOLLOW);
    let found = between(&bound, &bound, Figure::Work);
    assert!(found.rows.is_empty());
    let reason = &found.left_out[0].reason;
    assert!(
        reason.contains("nothing in 1 of 3 repeats") && reason.contains("compare p50 or tax"),
        "{reason}"
    );
    assert_eq!(between(&bound, &bound, Figure::Tax).rows.len(), 1);
}
