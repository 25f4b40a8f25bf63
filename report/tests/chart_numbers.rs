//! The numbers behind the charts are those of the summaries, and what is computed of them adds up.

mod common;

use std::collections::HashMap;

use common::twins::twins;
use common::zoo::zoo;
use common::{cell, run_of, timed};
use tare_report::{Analysis, Laws, Summary, analyse, chart, page, summarise};
use tare_units::SignedNanoseconds;

/// A row by the names of its columns.
type Row = HashMap<String, String>;

fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    let parts = text.split(from).skip(1);
    parts.map(|part| part.split(to).next().unwrap()).collect()
}

/// What a download of the chart's numbers would hold.
fn rows(page: &str, chart: &str) -> Vec<Row> {
    let table = between(page, &format!("<table id=\"{chart}-numbers\">"), "</table>")[0];
    let (head, body) = table.split_once("<tbody>").unwrap();
    let head = head.split_once("<tr>").unwrap().1;
    let names: Vec<String> = between(head, "<th", "<th").into_iter().map(named).collect();
    let row = |row: &str| {
        let values = row.split("<td").skip(1).map(value);
        names.iter().cloned().zip(values).collect()
    };
    body.split("<tr>").skip(1).map(row).collect()
}

fn named(head: &str) -> String {
    let (attributes, text) = head.split_once('>').unwrap();
    let key = attributes.split("data-k=").nth(1);
    key.unwrap_or(text).to_owned()
}

fn value(cell: &str) -> String {
    let (attributes, text) = cell.split_once('>').unwrap();
    match attributes.split_once("data-v") {
        Some((_, exact)) => exact.trim_start_matches('=').to_owned(),
        None => text.to_owned(),
    }
}

fn number(row: &Row, key: &str) -> Option<f64> {
    row[key].parse().ok()
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 4e-6 * other.abs()
}

struct Told {
    valid: Vec<Summary>,
    page: String,
}

fn told(cells: usize) -> Told {
    let (run, records) = zoo(cells);
    let summaries = summarise(&run, &records);
    let analysis = analyse(&summaries, &Laws::of(&records));
    let page = page(&summaries, &analysis);
    let valid = summaries.into_iter().filter(|one| one.reasons.is_empty());
    Told {
        valid: valid.collect(),
        page,
    }
}

impl Told {
    /// Each summary with its row of a chart that has one for each.
    fn each(&self, chart: &str) -> Vec<(&Summary, Row)> {
        let rows = rows(&self.page, chart);
        assert_eq!(rows.len(), self.valid.len(), "{chart}");
        self.valid.iter().zip(rows).collect()
    }
}

fn p50(summary: &Summary) -> f64 {
    let latency = summary.latency.as_ref().unwrap();
    latency.p50.as_ref().unwrap().value_ns
}

#[test]
fn rows_are_named_by_their_cell() {
    for (summary, row) in told(60).each("split") {
        assert_eq!(row["adapter"], summary.cell.adapter_spec());
        assert_eq!(row["batch"], summary.cell.batch.to_string());
    }
}

#[test]
fn the_share_of_the_tax_is_that_of_the_latency_and_the_law_comes_near() {
    let told = told(300);
    let mut predicted = 0;
    for (summary, row) in told.each("split") {
        let tax = number(&row, "tax_ns").unwrap();
        let share = tax / number(&row, "latency_p50_ns").unwrap();
        assert!(
            (number(&row, "tax_fraction").unwrap() - share).abs() < 1e-4,
            "{row:?}"
        );
        let class = summary
            .tax
            .as_ref()
            .unwrap()
            .class
            .map(|class| class.name());
        assert_eq!(Some(row["class"].as_str()), class);
        if let Some(by_law) = number(&row, "predicted_tax_ns") {
            assert!((by_law / tax - 1.0).abs() < 0.1, "{row:?}");
            predicted += 1;
        }
    }
    assert!(predicted > 90, "{predicted}");
}

#[test]
fn a_place_under_the_roof_is_work_over_time_and_its_share_that_of_the_lower_roof() {
    for (summary, row) in told(100).each("roofline") {
        let flops = summary.model.flops.unwrap().as_operations() as f64;
        let rate = number(&row, "flops_per_s").unwrap();
        assert!(close(rate, flops / p50(summary) * 1e9), "{row:?}");
        let by_memory =
            number(&row, "flops_per_byte").unwrap() * number(&row, "peak_bytes_per_s").unwrap();
        let roof = number(&row, "peak_flops_per_s").unwrap().min(by_memory);
        assert!(
            close(number(&row, "roof_fraction").unwrap(), rate / roof),
            "{row:?}"
        );
    }
}

#[test]
fn percentiles_are_those_of_the_summary_and_empty_where_too_few_samples_decide() {
    let told = told(100);
    let mut undecided = 0;
    for (summary, row) in told.each("distribution") {
        for (name, _, percentile) in summary.latency.as_ref().unwrap().percentiles() {
            let shown = number(&row, &format!("{name}_ns"));
            undecided += usize::from(shown.is_none());
            match percentile {
                Some(known) => assert!(close(shown.unwrap(), known.value_ns), "{name}: {row:?}"),
                None => assert_eq!(row[&format!("{name}_ns")], "", "{name}"),
            }
        }
    }
    assert!(undecided > 0);
}

#[test]
fn work_is_the_model_s_and_operators_are_those_executed() {
    let told = told(150);
    for (summary, row) in told.each("flops") {
        let flops = summary.model.flops.unwrap().as_operations() as f64;
        assert!(close(number(&row, "flops").unwrap(), flops), "{row:?}");
    }
    for (summary, row) in told.each("calls") {
        let executed = summary.tax.as_ref().and_then(|tax| tax.operators_executed);
        let expected = executed.or(summary.model.operators).unwrap() as f64;
        assert_eq!(number(&row, "operators"), Some(expected));
    }
}

#[test]
fn joules_are_the_summary_s_with_the_share_of_the_source_s_random_part() {
    for (summary, row) in told(50).each("energy") {
        let energy = summary.energy.as_ref().unwrap();
        let (joules, source) = (energy.per_sample_j.unwrap(), &energy.sources[0]);
        assert!(
            close(number(&row, "per_sample_j").unwrap(), joules),
            "{row:?}"
        );
        let share = source.random_j.unwrap() / source.gross_j.unwrap();
        let random = number(&row, "per_sample_random_j").unwrap();
        assert!(close(random, joules * share), "{row:?}");
        assert_eq!(row["source"], "rapl:package");
    }
}

#[test]
fn memory_is_the_twin_s_and_what_is_left_without_it() {
    for (summary, row) in told(50).each("memory") {
        let peak = summary
            .memory
            .as_ref()
            .unwrap()
            .peak_rss_bytes
            .unwrap()
            .as_bytes();
        assert_eq!(number(&row, "peak_rss_bytes"), Some(peak as f64));
        let parts = [
            number(&row, "twin_peak_rss_bytes"),
            number(&row, "net_peak_rss_bytes"),
        ];
        let sum: f64 = parts.map(|part| part.unwrap()).iter().sum();
        assert_eq!(sum, peak as f64);
    }
}

#[test]
fn getting_ready_is_the_twin_s_and_what_is_left_without_it() {
    for (summary, row) in told(50).each("load") {
        let load = summary.load.as_ref().unwrap().load_ns.as_nanos();
        assert_eq!(number(&row, "load_ns"), Some(load as f64));
        for stage in ["load", "first_inference"] {
            let of = |part: &str| number(&row, &format!("{stage}{part}_ns")).unwrap();
            assert!((of("_tare") + of("_net") - of("")).abs() < 1.0, "{row:?}");
        }
    }
}

#[test]
fn intervals_that_are_drawn_stand_in_the_table() {
    let told = told(60);
    for (summary, row) in told.each("split") {
        let tax = summary.tax.as_ref().unwrap();
        let nanos = |time: Option<SignedNanoseconds>| time.map(|time| time.as_nanos_f64());
        for (key, expected) in [
            ("floor_low_ns", nanos(tax.floor_low_ns)),
            ("floor_high_ns", nanos(tax.floor_high_ns)),
            ("inefficiency_low_ns", nanos(tax.inefficiency_low_ns)),
            ("inefficiency_high_ns", nanos(tax.inefficiency_high_ns)),
            ("kernel_low_ns", nanos(tax.kernel_low_ns)),
            ("kernel_high_ns", nanos(tax.kernel_high_ns)),
        ] {
            let shown = number(&row, key).unwrap();
            assert!(close(shown, expected.unwrap()), "{key}: {row:?}");
        }
    }
    for (summary, row) in told.each("distribution") {
        let p90 = summary.latency.as_ref().unwrap().p90.as_ref().unwrap();
        let ends = [p90.low_ns.unwrap(), p90.high_ns.unwrap()];
        for (key, end) in ["p90_low_ns", "p90_high_ns"].into_iter().zip(ends) {
            assert!(close(number(&row, key).unwrap(), end), "{row:?}");
        }
    }
}

#[test]
fn the_law_and_the_fit_stand_beside_what_they_foretell() {
    let told = told(1_000);
    let mut fitted = 0;
    for (summary, row) in told.each("calls") {
        let tax = summary.tax.as_ref().unwrap();
        assert!(close(
            number(&row, "tax_ns").unwrap(),
            tax.tax_ns.as_nanos_f64()
        ));
        let predicted = tax.predicted_tax_ns.map(SignedNanoseconds::as_nanos_f64);
        let shown = number(&row, "predicted_tax_ns");
        assert_eq!(shown.is_some(), predicted.is_some(), "{row:?}");
        let is_end = [1, 512].contains(&summary.cell.batch);
        assert_eq!(number(&row, "fitted_ns").is_some(), is_end, "{row:?}");
        fitted += usize::from(is_end);
    }
    assert!(fitted > 150, "{fitted}");
    let trends = rows(&told.page, "correlations");
    let along = |row: &&Row| row["along"] == "FLOPs" && row["batch"] == "1";
    for row in trends.iter().filter(along) {
        let r = number(row, "r").unwrap();
        assert!(number(row, "r_low").unwrap() <= r && r <= number(row, "r_high").unwrap());
        assert!(number(row, "factor_ns").unwrap() > 0.0, "{row:?}");
    }
}

#[test]
fn laws_are_told_with_the_ends_of_their_intervals() {
    let told = told(1_000);
    let laws = rows(&told.page, "laws");
    assert!(laws.len() >= 4, "{laws:?}");
    for row in &laws {
        let of = |key: &str| number(row, key).unwrap();
        assert!(
            of("per_operator_low_ns") <= of("per_operator_ns"),
            "{row:?}"
        );
        assert!(
            of("per_operator_ns") <= of("per_operator_high_ns"),
            "{row:?}"
        );
        assert!((200.0..3_500.0).contains(&of("per_operator_ns")), "{row:?}");
    }
}

#[test]
fn rates_of_operators_are_their_work_over_their_time_and_below_all_others_they_are_whole() {
    let told = told(10);
    let rows = rows(&told.page, "operators");
    let of_kinds = rows.iter().filter(|row| row["operator"] == "all");
    let mut rated = 0;
    for row in of_kinds
        .clone()
        .filter(|row| number(row, "flops_per_s").is_some())
    {
        let rate = 1e6 / number(row, "time_ns").unwrap() * 1e9;
        assert!(close(number(row, "flops_per_s").unwrap(), rate), "{row:?}");
        rated += 1;
    }
    assert!(rated >= 20, "{rated}");
    let shares: f64 = of_kinds.filter_map(|row| number(row, "share")).sum();
    assert!((shares - told.valid.len() as f64).abs() < 1e-5, "{shares}");
}

#[test]
fn batches_of_one_line_stand_in_order() {
    let told = told(100);
    let rows = rows(&told.page, "batch");
    for pair in rows.windows(2) {
        let same = ["model", "adapter"]
            .iter()
            .all(|key| pair[0][*key] == pair[1][*key]);
        let batch = |row: &Row| number(row, "batch").unwrap();
        assert!(!same || batch(&pair[0]) < batch(&pair[1]), "{pair:?}");
    }
}

/// One cell of 20 ms, whose floor is 23.9 ms and whose twin takes `twin` nanoseconds.
fn faster_than_its_floor(twin: f64) -> (Vec<Summary>, Analysis) {
    let cells = vec![cell(1)];
    let mut records: Vec<_> = (0..3)
        .map(|repeat| timed(&cells[0], repeat, 20e6))
        .collect();
    records.extend(twins(&cells[0], &[twin; 3]));
    let mut run = run_of(cells, 3);
    run.twins = true;
    let summaries = summarise(&run, &records);
    let analysis = analyse(&summaries, &Laws::default());
    (summaries, analysis)
}

#[test]
fn inefficiency_below_zero_is_outlined_explained_and_doubted() {
    let (summaries, analysis) = faster_than_its_floor(4e6);
    let svg = chart("split", &summaries, &analysis).unwrap();
    assert_eq!(svg.matches("<path class=\"negative\"").count(), 1, "{svg}");
    assert!(svg.contains("inefficiency below zero, outlined backwards"));
    assert!(svg.contains("20% tax *"), "{svg}");
    assert!(page(&summaries, &analysis).contains("inefficiency comes out at -"));
}
