//! One chart as a file of its own, and the report in Markdown.

mod common;

use common::zoo::zoo;
use common::{cell, failed, run_of, timed};
use expect_test::expect;
use tare_report::{
    Analysis, Distributions, Laws, Summary, analyse, chart, chart_names, digest, summarise,
};
use tare_results::samples::Sample;

fn summaries(cells: usize) -> (Vec<Summary>, Analysis) {
    let (run, records) = zoo(cells);
    let summaries = summarise(&run, &records);
    let analysis = analyse(&summaries, &Laws::of(&records));
    (summaries, analysis)
}

/// What no cell says.
fn nothing() -> Analysis {
    analyse(&[], &Laws::default())
}

/// Two batches whose latencies are 10 and 20 ms, with no interval.
fn two() -> Vec<Summary> {
    let cells = vec![cell(1), cell(2)];
    let records = cells
        .iter()
        .map(|cell| timed(cell, 0, 1e7 * cell.batch as f64));
    summarise(&run_of(cells.clone(), 1), &records.collect::<Vec<_>>())
}

/// The charts that cells have which nobody asked under load.
fn without_load() -> Vec<&'static str> {
    let names = chart_names().into_iter();
    names.filter(|name| *name != "rate").collect()
}

#[test]
fn every_chart_is_a_drawing_that_needs_nothing_else() {
    let (summaries, analysis) = summaries(200);
    for name in without_load() {
        let svg = chart(name, &summaries, &analysis).unwrap();
        assert!(
            svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width="),
            "{name}"
        );
        assert!(svg.ends_with("</svg>\n"), "{name}");
        assert!(!svg.contains("var(") && !svg.contains("href"), "{name}");
        assert_eq!(
            svg.matches("<g").count(),
            svg.matches("</g>").count(),
            "{name}"
        );
        let figures = svg.replace("inference", "");
        assert!(
            !figures.contains("NaN") && !figures.contains("inf"),
            "{name}"
        );
    }
}

#[test]
fn coordinates_lie_within_the_drawing() {
    let (summaries, analysis) = summaries(100);
    for name in without_load() {
        let svg = chart(name, &summaries, &analysis).unwrap();
        let width: f64 = between(&svg, "width=\"")[0].parse().unwrap();
        for x in between(&svg, " x=\"") {
            let x: f64 = x.parse().unwrap();
            assert!((-1.0..=width + 1.0).contains(&x), "{name}: {x} of {width}");
        }
    }
}

fn between<'a>(text: &'a str, from: &str) -> Vec<&'a str> {
    let parts = text.split(from).skip(1);
    parts.map(|part| part.split('"').next().unwrap()).collect()
}

#[test]
fn latency_against_batch_is_drawn_to_scale() {
    let svg = chart("batch", &two(), &nothing()).unwrap();
    let body = svg.split("class=\"sheet\"").nth(1).unwrap();
    let body: Vec<&str> = body
        .split("><")
        .skip(1)
        .filter(|part| !part.contains("title"))
        .collect();
    expect![[r#"
        text class="strong" x="16" y="22">Latency against batch</text
        g transform="translate(16 34)"
        path class="c0" d="M2 8a3 3 0 1 0 6 0 3 3 0 1 0-6 0z"/
        text x="14" y="12">rten</text
        /g
        g transform="translate(16 80)"
        text class="tick e" x="58.2" y="198.8">10 ms</text
        text class="tick e" x="58.2" y="19.2">20 ms</text
        text class="tick m" x="73" y="217">1</text
        text class="tick m" x="318.2" y="217">2</text
        path class="grid" d="M63.2 194.8H328M63.2 15.2H328M73 8V202M318.2 8V202"/
        path class="axis" d="M63.2 8V202H328"/
        text class="small m" x="195.6" y="235">batch</text
        text class="small m" transform="translate(11 105)rotate(-90)">median latency</text
        path class="c0 line" d="M73 194.8L318.2 15.2"/
        path class="c0 open" d="M70 194.8a3 3 0 1 0 6 0 3 3 0 1 0-6 0zM73 197.4V192.2"
        /path
        path class="c0 open" d="M315.2 15.2a3 3 0 1 0 6 0 3 3 0 1 0-6 0zM318.2 17.8V12.6"
        /path
        /g
        /svg>
    "#]]
    .assert_eq(&body.join("\n"));
}

#[test]
fn a_line_is_of_all_samples_else_it_joins_three_percentiles_or_more() {
    let few = chart("distribution", &two(), &nothing()).unwrap();
    assert!(few.contains("least ") && few.contains("most "), "{few}");
    assert!(!few.contains(" line"), "{few}");
    let (summaries, mut analysis) = summaries(10);
    let more = chart("distribution", &summaries, &analysis).unwrap();
    assert!(more.contains(" line dash\""), "{more:.2000}");
    assert!(!more.contains(" line\""), "{more:.2000}");
    let samples = |_: &Summary| {
        let sample = |latency| Sample {
            latency,
            ..Sample::default()
        };
        Ok((1..=500).map(|n| sample(n * 1_000)).collect())
    };
    analysis.distributions = Distributions::read(&summaries, samples);
    let all = chart("distribution", &summaries, &analysis).unwrap();
    assert!(all.contains(" line\""), "{all:.2000}");
    assert!(!all.contains(" line dash\""), "{all:.2000}");
}

#[test]
fn what_cannot_be_drawn_says_why() {
    let told = |name: &str| chart(name, &two(), &nothing()).unwrap_err().to_string();
    assert_eq!(
        told("energy"),
        "chart 'energy' has nothing to draw: No joules: no source"
    );
    assert!(told("pie").starts_with("no chart 'pie'; take one of split, batch, roofline"));
    let cells = vec![cell(1)];
    let refused = [failed(&cells[0], 0, "no such file")];
    let invalid = summarise(&run_of(cells, 1), &refused);
    for name in chart_names() {
        let told = chart(name, &invalid, &nothing()).unwrap_err().to_string();
        assert_eq!(
            told,
            format!(
                "chart '{name}' has nothing to draw: no cell is valid: failed while loading the model: no such file"
            )
        );
    }
    let empty = chart("split", &[], &nothing()).unwrap_err().to_string();
    assert_eq!(
        empty,
        "chart 'split' has nothing to draw: no cell was measured"
    );
}

#[test]
fn the_markdown_has_the_table_and_folds_the_numbers_of_each_chart() {
    let (summaries, analysis) = summaries(100);
    let text = digest(&summaries, &analysis);
    assert!(text.starts_with("## tare report\n\n"));
    let parts = without_load().len() + 1;
    assert_eq!(text.matches("<details><summary>").count(), parts);
    assert_eq!(text.matches("</details>").count(), parts);
    assert!(text.contains("<summary>What the cells say together</summary>"));
    assert!(text.contains(" more rows: `tare report -o report.html` has them."));
    assert!(text.contains("| model | adapter | batch | latency | floor | inefficiency | tax |"));
}

/// The rows of the first table of a text, without its heading.
fn first_rows(text: &str) -> Vec<&str> {
    let lines = text.lines().skip_while(|line| !line.starts_with('|'));
    lines
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .collect()
}

#[test]
fn the_markdown_of_a_thousand_cells_fits_a_comment_and_has_the_most_telling_rows() {
    let (summaries, analysis) = summaries(1_000);
    let text = digest(&summaries, &analysis);
    let length = text.chars().count();
    assert!((30_000..=60_000).contains(&length), "{length}");
    let rows = first_rows(&text);
    assert!(rows.len() > 30, "{}", rows.len());
    let more = format!("\n{} more rows: `tare report", 1_000 - rows.len());
    assert!(text.contains(&more), "{more}");
    let invalid = summaries
        .iter()
        .filter(|one| !one.reasons.is_empty())
        .count();
    assert!(
        invalid > 5
            && rows
                .iter()
                .take(invalid)
                .all(|row| row.contains("| invalid |"))
    );
    assert!(rows[invalid].contains("| framework |"), "{}", rows[invalid]);
    let parts = text.matches("<details><summary>").count();
    assert_eq!(text.matches("</details>").count(), parts);
}

#[test]
fn rows_that_have_room_keep_their_order() {
    let (summaries, analysis) = summaries(10);
    let text = digest(&summaries, &analysis);
    let rows = first_rows(&text);
    assert_eq!(rows.len(), 10);
    let batch = |row: &&str| row.split('|').nth(3).unwrap().trim().to_owned();
    let batches: Vec<String> = rows.iter().map(batch).collect();
    let expected: Vec<String> = summaries
        .iter()
        .map(|one| one.cell.batch.to_string())
        .collect();
    assert_eq!(batches, expected);
}

#[test]
fn every_row_of_the_markdown_has_as_many_cells_as_its_heading() {
    let (summaries, analysis) = summaries(60);
    let text = digest(&summaries, &analysis);
    let mut width = None;
    for line in text.lines() {
        let bars = line.replace("\\|", "").matches('|').count();
        match (line.starts_with('|'), width) {
            (false, _) => width = None,
            (true, None) => width = Some(bars),
            (true, Some(heading)) => assert_eq!(bars, heading, "{line}"),
        }
    }
}

#[test]
fn the_markdown_leaves_columns_out_that_have_nothing() {
    let text = digest(&two(), &nothing());
    assert!(
        text.contains("| model | adapter | batch | latency |\n| --- | --- | --: | --: |\n"),
        "{text}"
    );
    assert!(text.contains("No latency is split: "), "{text}");
}

#[test]
fn the_markdown_of_nothing_is_a_sentence() {
    let text = digest(&[], &nothing());
    assert_eq!(text, "## tare report\n\nNo cell was measured.\n");
}
