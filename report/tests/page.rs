//! A report as a page: complete in itself, sound in its markup, with every chart's numbers, whatever the cells are called.

mod common;

use std::collections::BTreeSet;

use common::zoo::{HOSTILE, zoo};
use common::{cell, run_of, timed};
use tare_report::{Analysis, Laws, Reached, Summary, analyse, chart_names, page, summarise};

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

fn of_zoo(cells: usize) -> String {
    let (summaries, analysis) = summaries(cells);
    page(&summaries, &analysis)
}

/// A run without twins, profiles and joules.
fn bare() -> String {
    let cells = vec![cell(1)];
    let records = [0, 1].map(|repeat| timed(&cells[0], repeat, 30e6));
    page(&summarise(&run_of(cells, 2), &records), &nothing())
}

/// What stands between `from` and the next `to`, each time.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    let parts = text.split(from).skip(1);
    parts.map(|part| part.split(to).next().unwrap()).collect()
}

fn section<'a>(page: &'a str, name: &str) -> &'a str {
    between(page, &format!("<section id=\"{name}\""), "</section>")[0]
}

#[test]
fn nothing_refers_to_anything_outside_the_page() {
    let page = of_zoo(200);
    for reference in ["http:", "https:", "src=\"", "@import", "url(", "//cdn"] {
        assert!(!page.contains(reference), "{reference}");
    }
    let links = [
        between(&page, "href=\"", "\""),
        between(&page, "href=#", ">"),
    ]
    .concat();
    let is_within =
        |link: &&str| link.starts_with('#') || **link == *"data:," || link.starts_with('d');
    assert!(links.iter().all(is_within), "{links:?}");
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn ids_are_unique_and_every_link_has_its_target() {
    let page = of_zoo(200);
    let ids = between(&page, " id=\"", "\"");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len());
    let mut links = between(&page, "href=\"#", "\"");
    links.extend(between(&page, "href=#", ">"));
    links.extend(between(&page, "aria-labelledby=\"", "\""));
    assert!(links.len() > 500, "{}", links.len());
    for link in links {
        assert!(unique.contains(link), "{link}");
    }
}

#[test]
fn every_chart_has_its_drawing_its_numbers_and_their_download() {
    let page = of_zoo(200);
    for name in chart_names().into_iter().filter(|name| *name != "rate") {
        let section = section(&page, name);
        assert!(section.contains("<svg viewBox="), "{name}");
        assert!(section.contains(&format!("data-csv=\"{name}\"")), "{name}");
        let table = between(
            section,
            &format!("<table id=\"{name}-numbers\">"),
            "</table>",
        )[0];
        let rows = between(table, "<tr>", "<tr>");
        let columns = rows[0].matches("<th").count();
        assert!(rows.len() > 100, "{name}: {}", rows.len());
        for row in &rows[1..] {
            assert_eq!(row.matches("<td").count(), columns, "{name}: {row}");
        }
    }
}

#[test]
fn numbers_for_programs_have_no_unit_and_their_column_names_it() {
    let page = of_zoo(50);
    let split = section(&page, "split");
    for key in ["latency_p50_ns", "floor_ns", "inefficiency_ns", "tax_ns"] {
        assert!(
            split.contains(&format!("<th class=n data-k={key}>")),
            "{key}"
        );
    }
    for exact in between(&page, "data-v=", ">") {
        assert!(exact.parse::<f64>().is_ok(), "{exact}");
    }
}

#[test]
fn the_parts_of_each_row_add_up_to_its_latency() {
    let page = of_zoo(50);
    let table = between(section(&page, "split"), "<tbody>", "</table>")[0];
    let mut added = 0;
    for row in between(table, "<tr>", "<tr>") {
        let cells = between(row, "data-v=", ">");
        let parts: Vec<i64> = cells
            .iter()
            .take(4)
            .filter_map(|one| one.parse().ok())
            .collect();
        let [latency, floor, inefficiency, tax] = parts[..] else {
            panic!("{row}");
        };
        assert_eq!(latency, floor + inefficiency + tax);
        added += 1;
    }
    assert_eq!(added, 50);
}

#[test]
fn the_knee_in_the_table_is_the_one_of_the_analysis() {
    let (summaries, analysis) = summaries(100);
    let page = page(&summaries, &analysis);
    let batch = section(&page, "batch");
    let within = analysis
        .knees
        .iter()
        .filter(|knee| knee.reached == Reached::Within);
    let within: Vec<_> = within.collect();
    assert!(within.len() > 2, "{:?}", analysis.knees);
    for knee in &within {
        let digits = format!("data-v={:.6}", knee.batch.to_string());
        assert!(batch.contains(&digits), "{digits}");
    }
    assert_eq!(batch.matches(" band\"").count(), within.len());
}

#[test]
fn laws_and_correlations_stand_beside_what_they_are_about() {
    let page = of_zoo(1_000);
    let said = |name: &str, words: &str| {
        let section = section(&page, name);
        assert!(section.contains(words), "no {words} in {name}");
    };
    said("flops", "rten, batch 1: r = ");
    said("flops", "rten, batch 512: r = ");
    said("calls", "rten: tax = ");
    assert!(!section(&page, "flops").contains("rten: tax = "));
}

#[test]
fn a_name_that_would_be_markup_is_text() {
    let page = of_zoo(1_000);
    assert!(
        !page.contains("<img") && !page.contains("<b>"),
        "markup from a record"
    );
    assert_eq!(page.matches("<script>").count(), 1);
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;.onnx"));
    assert!(!page.contains(HOSTILE));
}

#[test]
fn what_was_not_measured_is_said_in_words_where_its_chart_would_be() {
    let page = bare();
    let said = [
        ("split", "No latency is split: "),
        ("batch", "No cell was measured at more than one batch size"),
        ("energy", "No joules: no source."),
        (
            "operators",
            "No cell was profiled: not asked for: tare run --profile makes one.",
        ),
    ];
    for (name, words) in said {
        assert!(
            section(&page, name).contains(words),
            "{}",
            section(&page, name)
        );
    }
    assert!(!section(&page, "energy").contains("<figure"));
}

#[test]
fn doubts_stand_with_their_numbers_and_mark_them() {
    let page = of_zoo(50);
    let split = section(&page, "split");
    assert!(split.contains("the latency was not steady after 100 to 149 warm-up requests"));
    assert!(
        between(split, "class=\"e\"", "<")
            .iter()
            .any(|text| text.ends_with(" *")),
        "no bar is marked"
    );
    let number = between(&page, "<li id=\"d", "\"").len();
    assert!(number > 5, "{number}");
    assert!(!section(&page, "energy").contains("operators are doubtful"));
}

#[test]
fn a_cell_that_does_not_count_is_named_with_its_reason_and_in_no_chart() {
    let page = of_zoo(100);
    let invalid = between(&page, "id=\"invalid-title\"", "</section>")[0];
    assert!(
        invalid.contains("no operator &lt;b&gt;Mish&lt;/b&gt;"),
        "{invalid}"
    );
    let doubts = section(&page, "doubts");
    for list in [invalid, doubts] {
        assert!(list.contains("<details class=\"printed\">"), "{list:.300}");
    }
    assert_eq!(
        between(section(&page, "split"), "<tbody>", "</table>")[0]
            .matches("<tr>")
            .count(),
        99
    );
}

#[test]
fn cells_of_two_machines_are_not_set_beside_each_other_in_silence() {
    let (mut summaries, analysis) = summaries(20);
    assert!(!page(&summaries, &analysis).contains("compare within one only"));
    summaries[7].machine.fingerprint = "0123456789abcdef".repeat(4);
    let page = page(&summaries, &analysis);
    assert!(page.contains("of 2 machines, 01234567 (") && page.contains("compare within one only"));
}

#[test]
fn runs_beside_each_other_are_told_apart() {
    let (mut summaries, analysis) = summaries(10);
    let (run, mut others) = ("20261122-000000-aaaa".to_owned(), summaries.clone());
    for other in &mut others {
        other.run.clone_from(&run);
    }
    summaries.extend(others);
    let page = page(&summaries, &analysis);
    assert!(page.contains("<title>tare report of run 20261121-104656-3f9a and 1 more"));
    assert!(page.contains("rten · 20261122-000000-aaaa"));
}

#[test]
fn a_thousand_cells_stay_below_five_megabytes() {
    let page = of_zoo(1_000);
    assert!(page.len() < 5_000_000, "{}", page.len());
    assert!(page.ends_with("</html>\n"));
    for name in ["split", "batch", "roofline"] {
        let rows = section(&page, name).matches("<tr>").count();
        assert!(rows > 950, "{name}: {rows}");
    }
}

#[test]
fn of_many_cells_named_bars_of_every_kind_of_setting_are_seen_first_and_all_on_demand() {
    let page = of_zoo(1_000);
    let split = section(&page, "split");
    let (first, more) = split.split_once("<details class=\"more\">").unwrap();
    let bars = |part: &str| part.matches("% tax").count();
    assert!(
        first.contains("Seen first are 60 of 990 cells"),
        "{first:.900}"
    );
    assert_eq!(bars(first), 60);
    assert_eq!(first.matches(">rten</text>").count(), 12);
    assert!(first.matches("<figcaption>").count() >= 10, "few models");
    assert!(bars(more) > 900, "{}", bars(more));
    assert!(!section(&of_zoo(60), "split").contains("Seen first"));
}

#[test]
fn of_many_cells_loading_is_drawn_at_the_smallest_batch_and_told_for_all() {
    let page = of_zoo(1_000);
    let load = section(&page, "load");
    assert!(load.contains("Of each setting the smallest batch is drawn"));
    let headings = load.matches("class=\"strong\"").count();
    let first = load.matches(">batch 1</text>").count();
    assert!(
        first >= 40 && headings - first <= 2,
        "{first} of {headings}"
    );
    assert!(
        load.contains("<figcaption>mlp: loading<")
            && load.contains("<figcaption>mlp: first inference<")
    );
    assert!(load.contains("Numbers (990 rows)"));
}

#[test]
fn what_only_several_cells_say_stands_in_tables_of_its_own() {
    let (summaries, analysis) = summaries(1_000);
    let page = page(&summaries, &analysis);
    let together = section(&page, "together");
    let kinds = analysis.laws.iter().map(|law| law.per_kind.len()).sum();
    for (name, count) in [
        ("laws", analysis.laws.len()),
        ("costs", kinds),
        ("knees", analysis.knees.len()),
        ("correlations", analysis.correlations.len()),
    ] {
        if count == 0 {
            assert!(!together.contains(&format!("{name}-numbers")), "{name}");
            continue;
        }
        let table = between(together, &format!("id=\"{name}-numbers\""), "</table>")[0];
        assert_eq!(table.matches("<tr>").count(), count + 1, "{name}");
        assert!(together.contains(&format!("data-csv=\"{name}\"")), "{name}");
    }
    assert!(analysis.laws.len() > 3 && analysis.knees.len() > 50);
}

#[test]
fn without_what_several_cells_say_the_page_says_what_it_takes() {
    let page = bare();
    let together = section(&page, "together");
    for lack in [
        "three different sets of operators",
        "four batch sizes",
        "four models",
    ] {
        assert!(together.contains(lack), "{together}");
    }
}

#[test]
fn a_single_cell_is_counted_as_one() {
    let page = bare();
    assert!(
        page.contains("<p>1 cell, 1 valid with doubts;"),
        "{page:.1500}"
    );
    assert!(page.contains("Numbers (1 row)") && page.contains("of 1 row,"));
}

#[test]
fn doubts_of_one_kind_are_one_line_with_their_range_and_none_is_cut() {
    let page = of_zoo(1_000);
    let mut lines = 0;
    for doubted in between(&page, "<div class=\"doubted\">", "</div>") {
        assert!(!doubted.contains('…'), "{doubted}");
        let texts = between(doubted, "<li>", " <span");
        let unsteady = texts.iter().filter(|text| text.contains("not steady"));
        assert!(unsteady.count() <= 1, "{texts:?}");
        lines += texts.len();
    }
    assert!((5..60).contains(&lines), "{lines}");
}

#[test]
fn a_report_of_nothing_says_so() {
    assert!(page(&[], &nothing()).contains("No cell was measured."));
}
