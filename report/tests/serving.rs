//! What a summary, a table, exports and a page say of requests under load.

mod common;

use common::served::{served, served_cell};
use common::{cell, run_of, timed};
use expect_test::expect;
use tare_report::{Laws, Style, Summary, analyse, chart, exporter, page, summarise, table};
use tare_results::{Decision, Doubt, Met, Record, ServingDoubt, Verdict};

fn summarised(cells: &[tare_results::Cell], records: &[Record], repeats: u64) -> Vec<Summary> {
    summarise(&run_of(cells.to_vec(), repeats), records)
}

/// Two repeats of one cell with `over` requests beyond the objective in each.
fn held(over: u64) -> Summary {
    let cell = served_cell("rten", 500);
    let records = [0, 1].map(|repeat| served(&cell, repeat, (4.0, 12.0), over, 0));
    summarised(&[cell], &records, 2).remove(0)
}

/// Two adapters at two rates, the second of which overruns; and a cell that was measured alone.
fn under_load() -> Vec<Summary> {
    let mut cells = Vec::new();
    let mut records = Vec::new();
    for (adapter, scale) in [("rten", 1.0), ("tract", 1.5)] {
        for (rate, p50, p99, over, rejected) in [
            (100, 3.0, 5.0, 2, 0),
            (200, 4.0, 9.0, 20, 0),
            (400, 9.0, 60.0, 900, 150),
        ] {
            let cell = served_cell(adapter, rate);
            let repeat = |repeat: u64| {
                let scale = scale * (1.0 + 0.01 * repeat as f64);
                served(&cell, repeat, (p50 * scale, p99 * scale), over, rejected)
            };
            records.extend([0, 1].map(repeat));
            cells.push(cell);
        }
    }
    summarised(&cells, &records, 2)
}

#[test]
fn counts_are_sums_over_the_repeats_and_batches_are_weighed_by_executions() {
    let summary = held(10);
    let serving = summary.serving.expect("serving");
    assert_eq!((serving.due, serving.done), (20_000, 20_000));
    assert_eq!((serving.workers, serving.most_waiting), (2, 8));
    // 10,000 one at a time and 10,000 two at a time take 15,000 executions.
    assert_eq!(serving.mean_batch, Some(20_000.0 / 15_000.0));
    assert_eq!(serving.goodput_per_s, Some(499.5));
    let p99 = summary.latency.expect("a latency").p99.expect("a p99");
    assert_eq!(p99.effective_count, Some(10_000.0));
    assert_eq!(summary.verdict, Verdict::Valid);
}

#[test]
fn the_objective_is_decided_over_all_requests_by_what_they_are_worth() {
    let met = |over| {
        held(over)
            .serving
            .and_then(|one| one.objective)
            .map(|one| one.met)
    };
    // 20,000 requests are worth 10,000 independent ones, of which 77 may exceed the bound.
    assert_eq!(met(77), Some(Met::Met));
    assert_eq!(met(78), Some(Met::NotDecided));
    assert_eq!(met(150), Some(Met::NotMet));
    let is_undecided = |doubt: &Doubt| {
        let objective = "p99<20.0 ms".to_owned();
        let (over, due) = (156, 20_000);
        *doubt
            == Doubt::Serving {
                why: ServingDoubt::ObjectiveNotDecided {
                    objective,
                    over,
                    due,
                },
            }
    };
    assert!(held(78).doubts.iter().any(is_undecided));
}

#[test]
fn what_one_repeat_could_not_decide_is_no_doubt_where_all_together_do() {
    let cell = served_cell("rten", 500);
    let records = [0, 1].map(|repeat| {
        let mut record = served(&cell, repeat, (4.0, 12.0), 5, 0);
        let why = ServingDoubt::ObjectiveNotDecided {
            objective: "p99<20.0 ms".to_owned(),
            over: 5,
            due: 10_000,
        };
        record.doubts = vec![Doubt::Serving { why }];
        record
    });
    let summary = summarised(&[cell], &records, 2).remove(0);
    assert!(
        summary
            .doubts
            .iter()
            .all(|doubt| !matches!(doubt, Doubt::Serving { .. }))
    );
}

#[test]
fn without_their_effective_sizes_requests_decide_no_objective() {
    let cell = served_cell("rten", 500);
    let mut record = served(&cell, 0, (4.0, 12.0), 0, 0);
    let objective = record
        .serving
        .as_mut()
        .and_then(|one| one.objective.as_mut());
    objective.expect("an objective").effective_count = None;
    let serving = summarised(&[cell], &[record], 1).remove(0).serving;
    let objective = serving.and_then(|one| one.objective).expect("an objective");
    assert_eq!(
        (objective.met, objective.effective_count),
        (Met::NotDecided, None)
    );
}

#[test]
fn a_repeat_whose_counts_contradict_each_other_makes_the_cell_invalid() {
    let cell = served_cell("rten", 500);
    let mut records = [0, 1].map(|repeat| served(&cell, repeat, (4.0, 12.0), 10, 0));
    if let Some(serving) = &mut records[1].serving {
        serving.done = 9_000;
    }
    let summary = summarised(&[cell], &records, 2).remove(0);
    assert_eq!((summary.verdict, summary.repeats), (Verdict::Invalid, 1));
    assert!(
        summary.reasons[0].starts_with("repeat 2 of 2: 10000 requests were due, but 9000 done"),
        "{:?}",
        summary.reasons
    );
}

#[test]
fn a_repeat_that_does_not_say_what_became_of_its_requests_takes_them_from_the_cell() {
    let cell = served_cell("rten", 500);
    let mut records = [0, 1].map(|repeat| served(&cell, repeat, (4.0, 12.0), 10, 0));
    records[1].serving = None;
    let reason = "the worker told none".to_owned();
    records[1].missing.insert("serving".to_owned(), reason);
    let summary = summarised(&[cell], &records, 2).remove(0);
    assert_eq!(summary.serving, None);
    assert_eq!(summary.missing["serving"], "the worker told none");
}

#[test]
fn a_repeat_that_does_not_say_why_either_is_not_valid() {
    let cell = served_cell("rten", 500);
    let mut records = [0, 1].map(|repeat| served(&cell, repeat, (4.0, 12.0), 10, 0));
    records[1].serving = None;
    let summary = summarised(&[cell], &records, 2).remove(0);
    assert_eq!((summary.verdict, summary.repeats), (Verdict::Invalid, 1));
    assert_eq!(
        summary.reasons,
        ["repeat 2 of 2: there is no serving, and no reason why"]
    );
}

#[test]
fn a_cell_without_a_planned_or_made_repeat_is_not_valid() {
    let cell = served_cell("rten", 500);
    let summary = summarised(&[cell], &[], 0).remove(0);
    assert_eq!(summary.verdict, Verdict::Invalid);
    assert_eq!(summary.reasons, ["no repeat was planned"]);
}

#[test]
fn the_table_has_columns_for_load_where_there_is_load() {
    let style = Style {
        width: 160,
        color: false,
        unicode: true,
    };
    expect![[r#"
        minilm-l6 · seq=128 · fp32 · cpu · 1 thread
        run 20261121-104656-3f9a · Intel(R) Xeon(R) Processor, 2 CPUs · 2 repeats · harness 62 ns

        adapter  scenario          batch      p50  95%                p99  offered/s  achieved/s  goodput/s  skew p99  failed  met  samples/s  GFLOP/s   memory  verdict
        ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
        rten     server:…p99<20ms      1  3.02 ms  ±6.3%  █▍      5.03 ms        100         100      100.0    200 ns      0%  yes        100      287  196 MiB  valid
        rten     server:…p99<20ms      1  4.02 ms  ±6.3%  █▊      9.04 ms        200         200        200    200 ns      0%  yes        200      574  196 MiB  valid
        rten     server:…p99<20ms      1  9.04 ms  ±6.3%  ████    60.3 ms        400         394        364    200 ns    1.5%   no        394    1,130  196 MiB  valid
        tract    server:…p99<20ms      1  4.52 ms  ±6.3%  ██      7.54 ms        100         100      100.0    200 ns      0%  yes        100      287  196 MiB  valid
        tract    server:…p99<20ms      1  6.03 ms  ±6.3%  ██▋     13.6 ms        200         200        200    200 ns      0%  yes        200      574  196 MiB  valid
        tract    server:…p99<20ms      1  13.6 ms  ±6.3%  ██████  90.5 ms        400         394        364    200 ns    1.5%   no        394    1,130  196 MiB  valid

        outputs agree with onnxruntime 1.31.1, relative error at most 4.2e-6
        not split: a latency under load holds what requests wait for each other, which is neither work nor tax
        rten server:rate=100,slo=p99<20ms: of 20,000 requests: p99<20.0 ms holds, 4 requests beyond it, up to 8 waited, 1.33 executed together on average
        rten server:rate=200,slo=p99<20ms: of 20,000 requests: p99<20.0 ms holds, 40 requests beyond it, up to 8 waited, 1.33 executed together on average
        rten server:rate=400,slo=p99<20ms: of 20,000 requests: p99<20.0 ms does not hold, 1,800 requests beyond it, 300 rejected, up to 8 waited, 1.33 executed together
        on average
        tract server:rate=100,slo=p99<20ms: of 20,000 requests: p99<20.0 ms holds, 4 requests beyond it, up to 8 waited, 1.33 executed together on average
        tract server:rate=200,slo=p99<20ms: of 20,000 requests: p99<20.0 ms holds, 40 requests beyond it, up to 8 waited, 1.33 executed together on average
        tract server:rate=400,slo=p99<20ms: of 20,000 requests: p99<20.0 ms does not hold, 1,800 requests beyond it, 300 rejected, up to 8 waited, 1.33 executed
        together on average
    "#]].assert_eq(&table(&under_load(), style));
}

#[test]
fn in_little_room_the_tail_what_failed_and_whether_the_objective_holds_stay() {
    let narrow = Style {
        width: 80,
        color: false,
        unicode: true,
    };
    expect![[r#"
        minilm-l6 · seq=128 · fp32 · cpu · 1 thread
        run 20261121-104656-3f9a · Intel(R) Xeon(R) Processor, 2 CPUs · 2 repeats
        harness 62 ns

        adapter  scenario          batch      p50      p99  failed  met  verdict
        ────────────────────────────────────────────────────────────────────────
        rten     server:…p99<20ms      1  3.02 ms  5.03 ms      0%  yes  valid
        rten     server:…p99<20ms      1  4.02 ms  9.04 ms      0%  yes  valid
        rten     server:…p99<20ms      1  9.04 ms  60.3 ms    1.5%   no  valid
        tract    server:…p99<20ms      1  4.52 ms  7.54 ms      0%  yes  valid
        tract    server:…p99<20ms      1  6.03 ms  13.6 ms      0%  yes  valid
        tract    server:…p99<20ms      1  13.6 ms  90.5 ms    1.5%   no  valid

        outputs agree with onnxruntime 1.31.1, relative error at most 4.2e-6
        not split: a latency under load holds what requests wait for each other, which
        is neither work nor tax
        rten server:rate=100,slo=p99<20ms: of 20,000 requests: p99<20.0 ms holds, 4
        requests beyond it, up to 8 waited, 1.33 executed together on average
        rten server:rate=200,slo=p99<20ms: of 20,000 requests: p99<20.0 ms holds, 40
        requests beyond it, up to 8 waited, 1.33 executed together on average
        rten server:rate=400,slo=p99<20ms: of 20,000 requests: p99<20.0 ms does not
        hold, 1,800 requests beyond it, 300 rejected, up to 8 waited, 1.33 executed
        together on average
        tract server:rate=100,slo=p99<20ms: of 20,000 requests: p99<20.0 ms holds, 4
        requests beyond it, up to 8 waited, 1.33 executed together on average
        tract server:rate=200,slo=p99<20ms: of 20,000 requests: p99<20.0 ms holds, 40
        requests beyond it, up to 8 waited, 1.33 executed together on average
        tract server:rate=400,slo=p99<20ms: of 20,000 requests: p99<20.0 ms does not
        hold, 1,800 requests beyond it, 300 rejected, up to 8 waited, 1.33 executed
        together on average
    "#]]
    .assert_eq(&table(&under_load(), narrow));
}

#[test]
fn cells_under_load_stand_beside_others_without_taking_their_columns() {
    let (alone, loaded) = (cell(1), served_cell("rten", 100));
    let records = [timed(&alone, 0, 3e6), served(&loaded, 0, (3.0, 5.0), 2, 0)];
    let style = Style {
        width: 150,
        color: false,
        unicode: true,
    };
    let summaries = summarised(&[alone, loaded], &records, 1);
    expect![[r#"
        minilm-l6 · rten 0.27.0 · seq=128 · fp32 · cpu · 1 thread
        run 20261121-104656-3f9a · Intel(R) Xeon(R) Processor, 2 CPUs · 1 repeat · harness 62 ns

        scenario          batch      p50  95%                                 p99  offered/s  achieved/s  goodput/s  skew p99  failed  met  samples/s  verdict
        ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
        single-stream         1  3.00 ms  ±1.0%         ██████████████  33 of 368          –           –          –         –       –    –        333  valid *
        server:…p99<20ms      1  3.00 ms  [2.91, 3.12]  ██████████████    5.00 ms        100         100      100.0    200 ns      0%  yes        100  valid *

        * a single repeat says nothing of the difference between processes
        outputs agree with onnxruntime 1.31.1, relative error at most 4.2e-6
        server:rate=100,slo=p99<20ms: not split: a latency under load holds what requests wait for each other, which is neither work nor tax
        server:rate=100,slo=p99<20ms: of 10,000 requests: p99<20.0 ms holds, 2 requests beyond it, up to 7 waited
        a p99 needs 368 samples of each repeat: --duration 2s is enough for every row
    "#]].assert_eq(&table(&summaries, style));
}

/// A look at p99 that comes to this.
fn decision(decided: bool, reach: Option<f64>) -> Option<Decision> {
    Some(Decision {
        percentile: "p99".to_owned(),
        decided,
        wanted: 0.05,
        reach,
        value_ns: reach.map(|_| 9e6),
        low_ns: reach.map(|reach| 9e6 * (1.0 - reach)),
        high_ns: reach.map(|reach| 9e6 * (1.0 + reach)),
        confidence: 0.995,
        looks: 4,
        count: 13_984,
    })
}

#[test]
fn a_cell_is_decided_as_well_as_the_repeat_that_knows_its_percentile_least() {
    let decided = |each: [Option<Decision>; 2]| {
        let mut records = [0, 1].map(|repeat| timed(&cell(1), repeat, 3e6));
        for (record, decision) in records.iter_mut().zip(each) {
            record.decision = decision;
        }
        summarised(&[cell(1)], &records, 2).remove(0)
    };
    let reach = |summary: &Summary| summary.decision.as_ref().and_then(|one| one.reach);
    let known = decided([decision(true, Some(0.031)), decision(true, Some(0.042))]);
    assert_eq!(reach(&known), Some(0.042));
    let style = Style {
        width: 120,
        color: false,
        unicode: true,
    };
    let note = "p99 is known to ±4.2% after 13,984 requests, at look 4";
    let text = table(&[known], style);
    assert!(text.lines().any(|line| line == note), "{text}");
    let open = decided([decision(true, Some(0.04)), decision(false, None)]);
    assert_eq!(open.decision, decision(false, None));
    let lacking = decided([decision(true, Some(0.04)), None]);
    assert_eq!(lacking.decision, None);
    assert_eq!(lacking.missing["decision"], "not measured");
}

#[test]
fn markdown_and_csv_carry_what_became_of_the_requests() {
    let export = |name: &str| {
        let bytes = exporter(name)
            .expect("a format")
            .export(&under_load())
            .expect("a document");
        String::from_utf8(bytes).expect("text")
    };
    let markdown = export("markdown");
    let heading = markdown.lines().find(|line| line.starts_with("| model"));
    let heading = heading.expect("a heading");
    for column in [
        "offered/s",
        "achieved/s",
        "goodput/s",
        "skew p99",
        "failed",
        "met",
    ] {
        assert!(heading.contains(&format!(" {column} |")), "{heading}");
    }
    let csv = export("csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    let value = |row: usize, path: &str| {
        let place = header.iter().position(|column| column == path).expect(path);
        rows[row][place].to_owned()
    };
    assert_eq!(value(2, "serving.rejected"), "300");
    assert_eq!(value(2, "serving.objective.met"), "not-met");
    assert_eq!(value(0, "latency.p99.effective_count"), "10000.0");
    assert_eq!(value(0, "decision.percentile"), "");
}

#[test]
fn the_page_draws_latency_against_the_rate_offered_and_lists_the_numbers() {
    let summaries = under_load();
    let page = page(&summaries, &analyse(&summaries, &Laws::default()));
    let section = page.split("id=\"rate\"").nth(1).expect("the chart");
    let section = section.split("</section>").next().expect("its end");
    assert!(
        section.contains("p99 5.03 ms at 100 requests a second"),
        "{section}"
    );
    assert!(section.contains("p99&lt;20.0 ms"), "{section}");
    let rows = section.split("<tbody>").nth(1).expect("numbers");
    assert_eq!(
        rows.split("</tbody>")
            .next()
            .expect("rows")
            .matches("<tr>")
            .count(),
        6
    );
}

#[test]
fn a_report_without_load_leaves_the_chart_out_and_says_why_where_it_is_asked_for() {
    let summaries = summarised(&[cell(1)], &[timed(&cell(1), 0, 3e6)], 1);
    let analysis = analyse(&summaries, &Laws::default());
    assert!(!page(&summaries, &analysis).contains("id=\"rate\""));
    let empty = chart("rate", &summaries, &analysis)
        .unwrap_err()
        .to_string();
    assert!(empty.contains("--scenario server:rate=100 does"), "{empty}");
}
